# SPDX-License-Identifier: Apache-2.0
"""Calls the same function in several programs of several processes, a different number of times in each."""
import os, signal, sys, threading


def worked():
    pass


def repeat(times):
    for _ in range(times):
        worked()


def dying():
    os.kill(os.getpid(), signal.SIGKILL)


def again(word):
    os.execv(sys.executable, [sys.executable, "-B", os.path.abspath(__file__), word])


if len(sys.argv) > 1:
    if sys.argv[1] == "child":
        repeat(7)
        os._exit(0)
    repeat(11)
    dying()
repeat(3)
child = os.fork()
if not child:
    thread = threading.Thread(target=repeat, args=(5,))
    thread.start()
    thread.join()
    again("child")
os.waitpid(child, 0)
again("parent")
