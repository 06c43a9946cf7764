#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The hard cases (Tests/Programs/hard) on another kernel.

hard.py script NAME...    prints the shell lines that run them in the guest
hard.py check DIRECTORY   compares what they told with what the head of each demands, and with its own account of itself

What a head may hold is described in Tests/Support/HardCase.swift; here `through`, `loses` and `flags` are not known, and
the programs are linked statically. DIRECTORY holds NAME.hard-jsonl, NAME.hard-status and NAME.hard-account."""

import base64
import fnmatch
import glob
import json
import os
import re
import shlex
import sys

HERE = os.path.dirname(__file__)
PLACES = {"W": "/tmp/work", "H": "/bin/honeyguide"}


def head(name):
    lines = []
    paths = [os.path.join(HERE, folder, name + ".c") for folder in ("../Programs/hard", ".")]
    for line in open(next(path for path in paths if os.path.exists(path)), encoding="utf-8"):
        found = re.match(r"//: ([a-z]+)(?: ([^:]+))?: *(.*)", line.rstrip("\n"))
        if found:
            lines.append(found.groups())
    return lines


def fill(text, words):
    for word in sorted(words, key=len, reverse=True):
        text = text.replace("$" + word, words[word])
    return text


def script(names):
    for name in names:
        words = PLACES | {"P": "/tests/hard/" + name}
        lines = head(name)
        texts = {key: fill("; ".join(value for word, _, value in lines if word == key), words)
                 for key in ("prepare", "options", "command")}
        print(f"hard {name} {shlex.quote(texts['prepare'] or ':')} {shlex.quote(texts['options'])} "
              f"{texts['command'] or words['P']}")


def escaped(data):
    return "".join(chr(byte) if 0x20 < byte < 0x7f and byte not in b"\\$" else f"\\x{byte:02x}" for byte in data)


def text_of(value, coded=None):
    return escaped(base64.b64decode(coded) if coded else value.encode("utf-8"))


def value_of(event, path):
    """A field as text, bytes escaped; None where it is absent."""
    parts = path.split(".")
    if len(parts) == 2 and isinstance(event.get(parts[0]), list):
        values = event[parts[0]]
        if parts[1] == "count":
            return str(len(values))
        index = int(parts[1])
        if index >= len(values):
            return None
        coded = event.get(parts[0] + "_base64") or [None] * len(values)
        return "null" if values[index] is None and not coded[index] else text_of(values[index] or "", coded[index])
    if event.get(path + "_base64"):
        return text_of("", event[path + "_base64"])
    value = event
    for place, part in enumerate(parts):
        if not isinstance(value, dict):
            return None
        if place == len(parts) - 1 and value.get(part + "_base64"):
            return text_of("", value[part + "_base64"])
        if part not in value:
            return None
        value = value[part]
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(str(part) for part in value)
    return text_of(value) if isinstance(value, str) else str(value)


def fits(event, condition):
    path, sign, wanted = re.match(r"([^=<>!]+)([=<>!])(.*)", condition, re.S).groups()
    value = value_of(event, path)
    if sign in "<>":
        return value is not None and (int(value) < int(wanted) if sign == "<" else int(value) > int(wanted))
    if sign == "!":
        return value != wanted
    if value is None:
        return wanted == "-"
    pattern = wanted.replace("[", "[[]").replace("?", "[?]")
    return fnmatch.fnmatchcase(value, pattern) if "*" in wanted else value == wanted


def complaints(directory, name):
    def read(kind):
        path = os.path.join(directory, f"{name}.hard-{kind}")
        return open(path, encoding="utf-8", errors="surrogateescape").read() if os.path.exists(path) else ""

    words = PLACES | {"P": "/tests/hard/" + name}
    words |= dict(line.split("=", 1) for line in read("account").split("\n") if "=" in line)
    events = [json.loads(line) for line in read("jsonl").split("\n") if line]
    if not events or events[-1]["event"] != "summary":
        return 0, ["there is no story: " + read("said")[:300]]
    wrong, demands, status = [], 0, "0"
    if events[-1]["lost"]:
        wrong.append(f"lost: {events[-1]['lost_by_reason']}")
    for key, count, text in head(name):
        if key == "status":
            status = text
        if key not in ("expect", "never"):
            continue
        demands += 1
        count = "0" if key == "never" else count or "1"
        event, *conditions = [fill(part, words) for part in text.split(" ")]
        alike = [line for line in events if line["event"] == event]
        found = sum(all(fits(line, condition) for condition in conditions) for line in alike)
        is_so = found > 0 if count == "some" else found < int(count[1:]) if count[0] == "<" else found == int(count)
        if not is_so:
            near = max(alike, key=lambda line: sum(fits(line, condition) for condition in conditions), default=None)
            wrong.append(f"{found} times instead of {count}: {event} {' '.join(conditions)}; nearest: {near}"[:600])
    if read("status").strip() != status:
        wrong.append(f"it ended with {read('status').strip()}, not {status}: {read('said')[:300]}")
    return demands, wrong


def check(directory):
    details = []
    print("\n| hard case | what its head demands | not so |\n|---|---|---|")
    names = sorted(os.path.basename(path)[:-len(".hard-status")] for path in glob.glob(directory + "/*.hard-status"))
    for name in names:
        demands, wrong = complaints(directory, name)
        details += [f"- {name}: {text}" for text in wrong]
        print(f"| {name} | {demands} | {len(wrong)} |")
    print("\n" + ("\n".join(details) or "All of it is so."))
    return 1 if details or not names else 0


if __name__ == "__main__":
    if sys.argv[1] == "script":
        script(sys.argv[2:])
    else:
        sys.exit(check(sys.argv[2]))
