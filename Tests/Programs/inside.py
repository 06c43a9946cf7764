# SPDX-License-Identifier: Apache-2.0
"""Looks up a variable, calls functions, starts another Python and a program with an empty environment; says of itself and of
the other Python whether the agent is in their memory."""
import os, subprocess, sys


def has_agent():
    with open("/proc/self/maps") as file:
        return "/agent.so" in file.read()


def main():
    print(has_agent(), os.environ.get("ASKED_BY_PYTHON"), flush=True)
    if len(sys.argv) == 1:
        subprocess.check_call([sys.executable, "-S", __file__, "child"])
        subprocess.check_call(["/usr/bin/env", "-i", "/bin/true"])


main()
