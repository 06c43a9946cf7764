#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks Honeyguide's JSON Lines: validate-events.py SCHEMA FILE   (FILE may be -)

Each line against the schema, which is docs/events.schema.json; then what no schema can say: the order of
start and summary, the summary's sums, no name twice in an object, and that each text is what its base64 says.
Needs python3-jsonschema.
"""
import base64
import json
import sys

import jsonschema


def unique(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError("a name stands twice in one object")
    return dict(pairs)


def exact_bytes(line):
    """What is wrong with a line's base64 fields, as sentences."""
    for name in [name for name in line if name.endswith("_base64")]:
        texts, codes = line.get(name.removesuffix("_base64")), line[name]
        if not isinstance(codes, list):
            texts, codes = [texts], [codes]
        if not isinstance(texts, list) or len(texts) != len(codes):
            yield f"{name} does not fit its text"
            continue
        if all(code is None for code in codes):
            yield f"{name} tells nothing"
        for text, code in zip(texts, codes):
            if code is None:
                continue
            exact = base64.b64decode(code, validate=True)
            if exact.decode("utf-8", "replace") != text:
                yield f"{name} is not the text {text!r}"
            elif exact == text.encode():
                yield f"{name} repeats text that is UTF-8"


class Validators:
    """The schema, for each event without the branches that are for other events alone: those say nothing of it."""

    def __init__(self, schema):
        self.schema = schema
        self.branches = [(self.event_of(branch), branch) for branch in schema["allOf"]]
        self.by_event = {}

    @staticmethod
    def event_of(branch):
        """Of {"if": {"properties": {"event": {"const": X}}}, "then": …} X; None for whatever else concerns all lines."""
        if branch.keys() != {"if", "then"}:
            return None
        match branch["if"]:
            case {"properties": {"event": {"const": str(event), **other}, **others}, **rest}:
                return None if other or others or rest else event
        return None

    def of(self, line):
        event = line.get("event") if isinstance(line, dict) else None
        # Without a name of an event every branch may have something to say.
        if not isinstance(event, str):
            return jsonschema.Draft202012Validator(self.schema)
        if event not in self.by_event:
            branches = [branch for name, branch in self.branches if name in (event, None)]
            # An empty allOf is not allowed.
            rest = {name: value for name, value in self.schema.items() if name != "allOf"}
            schema = {**rest, "allOf": branches} if branches else rest
            self.by_event[event] = jsonschema.Draft202012Validator(schema)
        return self.by_event[event]


def problems(lines, validators):
    counted = lost = 0
    for number, (text, end) in enumerate(lines, 1):
        where = f"line {number}"
        if end != b"\n":
            yield f"{where}: ends without a newline"
        try:
            line = json.loads(text.decode("utf-8"), object_pairs_hook=unique)
        except ValueError as error:
            yield f"{where}: {error}"
            continue
        for error in validators.of(line).iter_errors(line):
            yield f"{where}: {error.json_path}: {error.message}"
        if not isinstance(line, dict):
            continue
        yield from (f"{where}: {sentence}" for sentence in exact_bytes(line))
        event = line.get("event")
        if (event == "start") != (number == 1):
            yield f"{where}: start is the first line and no other"
        if (event == "summary") != (number == len(lines)):
            yield f"{where}: summary is the last line and no other"
        if event == "lost":
            lost += line.get("count", 0)
        elif event not in ("start", "summary"):
            counted += 1
        elif event == "summary":
            if line.get("events") != counted:
                yield f"{where}: {line.get('events')} events are announced, {counted} are there"
            if line.get("lost") != sum(line.get("lost_by_reason", {}).values()) or line["lost"] < lost:
                yield f"{where}: the sums of lost events differ"
    if not lines:
        yield "there is no line"


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: validate-events.py SCHEMA FILE")
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    with sys.stdin.buffer if sys.argv[2] == "-" else open(sys.argv[2], "rb") as file:
        lines = [(line.removesuffix(b"\n"), line[-1:]) for line in file]
    if len(lines) >= 10_000:
        print(f"checking {len(lines):,} lines against {sys.argv[1]} …".replace(",", " "), flush=True)
    found = 0
    for problem in problems(lines, Validators(schema)):
        print(problem)
        found += 1
    print(f"{len(lines)} lines, {found} problems" if found else f"{len(lines)} lines are valid")
    sys.exit(1 if found else 0)


main()
