# SPDX-License-Identifier: Apache-2.0
# -*- coding: utf-8 -*-
"""Does what it is told, a line each, and says "done" after each; for Python 2.7 and 3.6 on.

    everything      the calls of agent_calls.py
    repeat N        calls worked() so often
    child N         the same in a child of fork, which begins in the middle of a call and leaves that call
    environment     what is looked up here, and nothing else
    end             ends, by its own number
"""
import os, sys
import agent_calls


def worked():
    pass


def repeat(times):
    for _ in range(times):
        worked()


def in_child(times):
    if os.fork() == 0:
        repeat(times)
        return True
    return False


def environment():
    get = os.environ.get
    get("PROBED_SET"), get("PROBED_NOT"), get("PROBED_NOT", "other"), os.getenv("PROBED_SET")
    for _ in range(5):
        get("PROBED_SET")
    "PROBED_NOT" in os.environ
    get("PROBED_LONG"), get("PROBED_WORDS"), get("PROBED_EMPTY")
    os.environ.copy()


def do(words):
    if words[0] == "everything":
        agent_calls.everything()
    elif words[0] == "repeat":
        repeat(int(words[1]))
    elif words[0] == "child":
        if in_child(int(words[1])):
            os._exit(0)
        os.wait()
    elif words[0] == "environment":
        environment()
    else:
        sys.exit(int(words[1]))


while True:
    os.write(1, b"done\n")
    do(sys.stdin.readline().split())
