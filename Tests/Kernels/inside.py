#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is told from inside of programs, on another kernel: variables that they look up, and calls in Python.

inside.py modules PYTHON    prints the files of the library that PYTHON needs for the programs below
inside.py environment       prints, for a shell, the variables that environment_reads.py is to find
inside.py check DIRECTORY   compares what was told with what the programs say of themselves; prints a table, and ends with 1
                            when anything differs

DIRECTORY holds NAME.inside-jsonl, NAME.inside-account (what the program printed) and NAME.inside-status."""

import base64
import json
import os
import shlex
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../Programs"))
sys.dont_write_bytecode = True

# What of a text is kept.
LIMIT = 4095
# Before these, bash itself looks whether there is something (Tests/DifferentialTests/ShellVariableTests.swift).
ASSIGNED = {b"V_LOCAL", b"V_ARRAY", b"V_TABLE", b"V_REFERENCE", b"V_NUMBER", b"V_OF_ENV"}


def modules(python):
    code = ("import os, sys, functools, re, threading, encodings.utf_8, encodings.ascii, encodings.latin_1\n"
            "for module in list(sys.modules.values()): print(getattr(module, '__file__', None) or '')\n"
            "print(os.path.join(os.path.dirname(os.__file__), 'lib-dynload'))")
    print(subprocess.check_output([python, "-S", "-B", "-c", code], text=True), end="")


def environment():
    import agent_environment
    for name, is_set, value, _ in sorted(agent_environment.expected((3,)), key=str):
        if is_set:
            print(f"export {name}={shlex.quote(value)}")


class Story:
    def __init__(self, directory, name):
        self.name, self.directory = name, directory
        self.events = [json.loads(line) for line in self.read("jsonl").decode().split("\n") if line]
        self.account = self.read("account")

    def read(self, kind):
        path = os.path.join(self.directory, f"{self.name}.inside-{kind}")
        return open(path, "rb").read() if os.path.exists(path) else b""

    def of(self, kind, **fields):
        return [event for event in self.events
                if event["event"] == kind and all(event.get(key) == value for key, value in fields.items())]

    def complaints(self):
        """What is wrong whatever was told."""
        wrong = []
        if not self.events or self.events[-1]["event"] != "summary":
            return ["there is no story: " + self.read("said").decode("utf-8", "replace")[:600]]
        if self.events[-1]["lost"]:
            wrong.append(f"lost: {self.events[-1]['lost_by_reason']}")
        if self.read("status").strip() != b"0":
            wrong.append(f"it ended with {self.read('status')}: {self.read('said')[:600]}")
        return wrong


def text_of(event, field):
    coded = event.get(field + "_base64")
    if coded is not None:
        return base64.b64decode(coded)
    return None if event.get(field) is None else event[field].encode()


def answers_told(events):
    return {(text_of(event, "name"), text_of(event, "value")) for event in events}


def answers_of(account):
    """Name, zero, "=" and the value or "-", zero."""
    parts = account.split(b"\0")[:-1]
    return {(name[:LIMIT], found[1:][:LIMIT] if found[:1] == b"=" else None) for name, found in zip(parts[::2], parts[1::2])}


def library(story):
    """Tests/Programs/variables.c: 400 names of threads, and the rest; and a child that asks once more."""
    told, said = answers_told(story.of("env", source="libc")), answers_of(story.account)
    wrong = [f"{who}: {answer}"[:200] for who, rest in (("told alone", told - said), ("said alone", said - told))
             for answer in sorted(rest, key=repr)[:5]]
    if len(said) < 410:
        wrong.append(f"it looked up {len(said)} only")
    return len(told & said), wrong


def shell(story):
    """Tests/Programs/shell_variables.sh."""
    events = story.of("env", source="bash")
    own = [event for event in events if text_of(event, "name").startswith(b"V_") or event.get("name") == "RANDOM"]
    told, said = answers_told(own), answers_of(story.account)
    wrong = [f"said alone: {answer}"[:200] for answer in said - told]
    is_set = answers_told(event for event in own if event["set"])
    wrong += [f"told alone: {answer}"[:200] for answer in told - said if answer not in is_set and answer[0] not in ASSIGNED]
    arrays = {text_of(event, "name") for event in own if event["set"] and text_of(event, "value") is None}
    if arrays != {b"V_ARRAY", b"V_TABLE"}:
        wrong.append(f"set without a value: {arrays}")
    if len(said) != 26:
        wrong.append(f"it found {len(said)}, not 26")
    return len(told & said), wrong


def python_environment(story):
    """Tests/Programs/environment_reads.py; what it asks for is written down in agent_environment.py."""
    import agent_environment
    so = agent_environment.expected((3,))
    # How often all was read, and the name that was read once more after that.
    words = story.account.decode().split()
    if len(words) != 2:
        return 0, ["it has not said what it did"]
    if words[1].startswith("SET_"):
        so[words[1], True, "value of " + words[1], None] += 1
    parent = story.events[1]["pid"]
    told = {(event["name"], event["set"], event.get("value"), event.get("default") or None): event["count"]
            for event in story.of("env", source="python", pid=parent) if event["name"].startswith(("SET_", "NOT_"))}
    wrong = [f"{key}: told {told.get(key)}, so {so.get(key)}" for key in sorted(set(told) | set(so), key=repr)
             if told.get(key) != so.get(key)]
    wholes = [event["count"] for event in story.of("env_all", source="python", pid=parent)]
    of_child = [event["count"] for event in story.of("env", name="NOT_IN_CHILD") if event["pid"] != parent]
    if wholes != [int(words[0])] or of_child != [2]:
        wrong.append(f"all of it {wholes} times, so {words[0]}; by the child {of_child} times, so 2")
    return sum(1 for key in so if told.get(key) == so[key]), wrong


def python_calls(story):
    """Tests/Programs/agent_calls.py, which wrote what sys.setprofile told it: FIRST-LINE NAME BEGINS ENDS."""
    truth = {}
    for line in story.account.split(b"\n"):
        words = line.split(b" ")
        if len(words) == 4 and words[1] != b"<module>":
            truth[int(words[0]), words[1]] = int(words[2]), int(words[3])
    told = {}
    for event in story.of("function"):
        if not event["file"].endswith("agent_calls.py"):
            continue
        begins = event["calls"] + event.get("resumes", 0)
        before = told.get((event["line"], text_of(event, "name")), (0, 0))
        told[event["line"], text_of(event, "name")] = before[0] + begins, before[1] + begins - event.get("unfinished", 0)
    wrong = [f"line {place[0]}, {place[1]}: told {told.get(place)}, so {counts}" for place, counts in truth.items()
             if told.get(place) != counts]
    if len(truth) < 30:
        wrong.append(f"sys.setprofile saw {len(truth)} functions only")
    return sum(counts[0] for place, counts in truth.items() if told.get(place) == counts), wrong


KINDS = {
    "variables": ("getenv, 64 bits: answers", library),
    "variables32": ("getenv, 32 bits: answers", library),
    "bash": ("`--bash-vars`: answers", shell),
    "python-environment": ("Python with the agent: variables, with counts", python_environment),
    "python-calls": ("Python with the agent: calls, beside sys.setprofile", python_calls),
}


def check(directory):
    details = []
    print("\n| from inside of programs | both told | differs |\n|---|---|---|")
    for name, (title, compare) in KINDS.items():
        story = Story(directory, name)
        wrong = story.complaints()
        both = 0
        if story.events:
            both, more = compare(story)
            wrong += more
        print(f"| {title} | {both} | {len(wrong)} |")
        details += [f"- {name}: {text}" for text in wrong]
    print("\n" + ("\n".join(details) or "Nothing differs."))
    return 1 if details else 0


if __name__ == "__main__":
    if sys.argv[1] == "modules":
        modules(sys.argv[2])
    elif sys.argv[1] == "environment":
        environment()
    else:
        sys.exit(check(sys.argv[2]))
