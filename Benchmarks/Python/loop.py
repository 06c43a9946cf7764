# SPDX-License-Identifier: Apache-2.0
"""A program that only computes, for any Python 3: loop.py COUNT. What it does is beside the point: calls, dictionaries, texts."""
import os, sys


def change(table, number):
    table[number % 1000] = table.get(number % 1000, 0) + number
    return "%d,%s" % (number, os.environ.get("HONEYGUIDE_NOT_SET"))


def main():
    table, size = {}, 0
    for number in range(int(sys.argv[1])):
        size += len(change(table, number))
    assert size and len(table) <= 1000


main()
