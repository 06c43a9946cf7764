# SPDX-License-Identifier: Apache-2.0
"""Recursion as deep as interpreters go: in threads with stacks of 64 KiB, to the limit and past it, and in the first thread
deeper and deeper. Prints a line after each, so that it is seen how far it came. For Python 2.7 and 3.6 on."""
from __future__ import print_function
import sys, threading

# Since 3.11 calls between Python functions take nothing of the thread's stack.
frames_of_their_own = sys.version_info >= (3, 11)


def recurse(depth):
    return 0 if depth == 0 else 1 + recurse(depth - 1)


def past_the_limit():
    try:
        recurse(10 ** 6)
    except RuntimeError as error:
        return type(error).__name__, str(error)[:32]


def in_thread():
    said.append(recurse(50))
    if frames_of_their_own:
        said.append(recurse(900))
        said.append(past_the_limit())


said = []
threading.stack_size(65536)
for _ in range(3):
    thread = threading.Thread(target=in_thread)
    thread.start()
    thread.join()
print(said, past_the_limit())
sys.stdout.flush()
sys.setrecursionlimit(10 ** 6)
for depth in (5000, 10000, 20000, 40000, 80000):
    print(depth, recurse(depth))
    sys.stdout.flush()
