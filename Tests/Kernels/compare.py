#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares what Honeyguide told of some programs with what strace told: compare.py DIRECTORY.

The directory holds, for each program, NAME.jsonl and NAME.strace.PID (strace -ff -y -xx). Prints a table, and below it
each thing that only one of them told. Ends with 1 when there is any. What was run with a filter (filters-FILTER.jsonl) is
compared with what was told without (filters.jsonl, which strace has confirmed), less what the filter leaves out."""

import base64
import collections
import glob
import json
import os
import re
import sys

OPENS = {"open", "openat", "openat2", "creat"}
LOOKUPS = {"stat", "lstat", "newfstatat", "statx", "access", "faccessat", "faccessat2", "readlink", "readlinkat"}
EXECS = {"execve", "execveat"}
KINDS = {"unlinkat": "unlink", "mkdirat": "mkdir", "renameat": "rename", "renameat2": "rename", "linkat": "link",
         "symlinkat": "symlink", "ftruncate": "truncate", "fchmod": "chmod", "fchmodat": "chmod", "fchown": "chown",
         "lchown": "chown", "fchownat": "chown", "fchdir": "chdir"}
# A text, or a structure of any depth of two, or a word.
ARGUMENT = re.compile(r'\s*("(?:\\x[0-9a-f]{2})*"(?:\.\.\.)?|\[[^\]]*\]|\{(?:[^{}]|\{[^{}]*\})*\}|[^,]+)')


def unescape(text):
    return bytes.fromhex(text.strip('".').replace("\\x", "")).decode("utf-8", "surrogateescape")


def strace_calls(path):
    """The calls of one thread: name, arguments, result."""
    for line in open(path, encoding="utf-8", errors="surrogateescape"):
        end = re.match(r"\+\+\+ (exited with (\d+)|killed by (\w+))", line)
        if end:
            yield "+++", [end.group(2) or end.group(3)], ""
            continue
        # Another thread than the first executes a program, and is the first from then on.
        line = re.sub(r" <pid changed to \d+ \.\.\.>$", ") = 0", line.rstrip("\n"))
        call = re.match(r"(\w+)\((.*)\) += (.*)$", line)
        if call:
            yield call.group(1), [part.strip() for part in ARGUMENT.findall(call.group(2))], call.group(3)


def error_of(result):
    found = re.match(r"-1 (E\w+)", result)
    return found.group(1) if found else None


def processes_of(files):
    """By each thread's number: its process, and how many programs that had executed when the thread was made."""
    makers = {}
    for maker, path in files.items():
        programs = 0
        for call, arguments, result in strace_calls(path):
            programs += call in EXECS and not error_of(result)
            if call in ("clone", "clone3") and any("CLONE_THREAD" in part for part in arguments):
                child = re.match(r"(\d+)", result)
                if child:
                    makers[child.group(1)] = maker, programs

    def origin(thread):
        if thread not in makers:
            return thread, 0
        maker, programs = makers[thread]
        process, earlier = origin(maker)
        return process, earlier + programs

    return {thread: origin(thread) for thread in files}


def executed(call, arguments, texts, error):
    """A program's name as the kernel gives it (fs/exec.c, alloc_bprm), and its arguments after the first."""
    name = texts[0] if texts else None
    if error:
        return "exec", name, error
    if call == "execveat" and not name.startswith("/") and not arguments[0].startswith("AT_FDCWD"):
        name = "/dev/fd/" + re.match(r"\d+", arguments[0]).group(0) + ("/" + name if name else "")
    words = next((part for part in arguments if part.startswith("[")), "[]")
    return "exec", name, tuple(unescape(part) for part in re.findall(r'"[^"]*"', words)[1:])


def connected(arguments, error):
    whole = ",".join(arguments)
    address = re.search(r'sin6?_port=htons\((\d+)\).*?"((?:\\x[0-9a-f]{2})+)"', whole)
    if address:
        return "connect", unescape(address.group(2)), int(address.group(1)), error
    path = re.search(r'sun_path=(@?)"((?:\\x[0-9a-f]{2})*)"', whole)
    if path:
        return "connect", path.group(1) + unescape(path.group(2)), error
    return None


def strace_story(name, directory):
    story = collections.Counter()
    lookups = set()
    files = {path.rsplit(".", 1)[1]: path for path in glob.glob(os.path.join(directory, name + ".strace.*"))}
    processes = processes_of(files)
    for thread, path in files.items():
        process, programs = processes[thread]
        for call, arguments, result in strace_calls(path):
            if call == "+++":
                if process == thread:
                    story["exit", arguments[0]] += 1
                continue
            if result.startswith("?"):
                continue
            error = error_of(result)
            texts = [unescape(part) for part in arguments if part.startswith('"')]
            if call in EXECS:
                story[executed(call, arguments, texts, error)] += 1
                programs += not error
            elif call in OPENS:
                opened = None if error else unescape(re.search(r"<([^>]*)>", result).group(1))
                story["open", texts[0] if texts else None, error, opened] += 1
            elif call in LOOKUPS:
                # An empty name is a descriptor's, which is no look-up, unless it is found to lead nowhere.
                if texts[:1] != [""] and (texts or error == "EFAULT") or error == "ENOENT":
                    lookups.add((process, programs, "lookup", texts[0] if texts else None, error))
            elif call == "connect":
                connection = connected(arguments, error)
                if connection:
                    story[connection] += 1
            elif call in KINDS or call in KINDS.values() or call == "rmdir":
                kind = KINDS.get(call, call)
                if call == "unlinkat" and "AT_REMOVEDIR" in arguments[-1]:
                    kind = "rmdir"
                # A link's text comes before its name.
                if kind == "symlink":
                    texts = texts[1:]
                story[kind, texts[0] if texts else None, error] += 1
    for lookup in lookups:
        story[lookup[2:]] += 1
    return story


def text_of(event, field):
    if event.get(field + "_base64"):
        return base64.b64decode(event[field + "_base64"]).decode("utf-8", "surrogateescape")
    return event.get(field)


def honeyguide_events(name, directory):
    events = [json.loads(line) for line in open(os.path.join(directory, name + ".jsonl"), encoding="utf-8")]
    assert events[0]["event"] == "start" and events[-1]["event"] == "summary", "a story without beginning or end"
    return events


def wanted(events, name):
    """What the filter of a run lets pass of all events: the rule, written here once more."""
    programs = {}
    for event in events:
        kind, pid = event["event"], event.get("pid")
        if kind == "exec" and not event.get("error"):
            programs[pid] = event["exe"]
        fields = {"exec": [], "rename": ["path", "to"], "link": ["path", "to"]}.get(kind, ["path"])
        paths = [event[field] for field in fields if event.get(field)]
        below = {path: path.startswith("/tmp/work/d") for path in paths}
        if {
            "filters-comm": event.get("comm") == "cat",
            "filters-uid": event.get("uid") == 1,
            "filters-exe": programs.get(pid, "").startswith("/tests/op"),
            "filters-path": not paths or any(below[path] and not path.startswith("/tmp/work/d/e") for path in paths),
            "filters-without": not paths or not all(below.values()),
        }[name]:
            yield event
        if kind == "fork":
            programs[event["child"]["pid"]] = programs.get(pid, "")


def honeyguide_story(events):
    story = collections.Counter()
    lookups = set()
    programs = collections.Counter()
    for event in events:
        kind, error = event["event"], event.get("error")
        if kind == "exit":
            story["exit", event.get("signal") or str(event["code"])] += 1
        elif kind == "exec":
            # The kernel puts an interpreter, and what stands in the script's first line, before the script's name.
            words = event.get("argv", [])
            words = [text_of({"word": word, "word_base64": coded}, "word")
                     for word, coded in zip(words, event.get("argv_base64") or [None] * len(words))]
            first = words.index(event["script"]) if event.get("script") in words else 0
            story["exec", text_of(event, "filename"), error if error else tuple(words[first + 1:])] += 1
            programs[event["pid"]] += not error
        elif kind == "open":
            opened = None if error else text_of(event, "path")
            story["open", text_of(event, "requested"), error, opened] += 1
        elif kind == "lookup":
            lookups.add((event["pid"], programs[event["pid"]], "lookup", text_of(event, "requested"), error))
        elif kind == "connect":
            remote = event["remote"] or {}
            if "port" in remote:
                story["connect", remote["address"], remote["port"], error] += 1
            elif "abstract" in remote:
                story["connect", "@" + text_of(remote, "abstract"), error] += 1
            elif "path" in remote:
                story["connect", text_of(remote, "requested") or text_of(remote, "path"), error] += 1
        elif kind in KINDS.values() or kind == "rmdir":
            story[kind, text_of(event, "requested"), error] += 1
    for lookup in lookups:
        story[lookup[2:]] += 1
    return story


def normal(story):
    """Without what differs from run to run: the kernel's numbers."""
    result = collections.Counter()
    for key, count in story.items():
        parts = []
        for part in key:
            if isinstance(part, str):
                part = re.sub(r"/proc/\d+", "/proc/PID", part)
                part = re.sub(r"(pipe|socket):\[\d+\]", r"\1:[N]", part)
                part = re.sub(r"/#\d+", "/#INODE", part)
                part = re.sub(r" ?\(deleted\)$", "", part)
            parts.append(part)
        result[tuple(parts)] += count
    return result


def read(path):
    return open(path, encoding="utf-8", errors="replace").read().strip()


def main():
    directory = sys.argv[1]
    failed = False
    details = []
    print("| program | events that both told | Honeyguide alone | strace alone | lost | exit |")
    print("|---|---|---|---|---|---|")
    for path in sorted(glob.glob(os.path.join(directory, "*.jsonl"))):
        name = os.path.basename(path)[:-6]
        events = honeyguide_events(name, directory)
        summary = events[-1]
        is_filtered = name.startswith("filters-")
        if is_filtered:
            theirs = honeyguide_story(wanted(honeyguide_events("filters", directory), name))
        else:
            theirs = strace_story(name, directory)
        ours, theirs = normal(honeyguide_story(events)), normal(theirs)
        only = re.search("-only-(open|change)$", name)
        if only:
            kinds = {"open"} if only.group(1) == "open" else {"rmdir", *KINDS.values()}
            theirs = collections.Counter({key: count for key, count in theirs.items() if key[0] in kinds})
        more, less = ours - theirs, theirs - ours
        both = sum((ours & theirs).values())
        witnesses = [name + ".honeyguide", "filters.strace" if is_filtered else name + ".strace"]
        codes = [read(os.path.join(directory, witness + "-status")) for witness in witnesses]
        least = 3 if is_filtered else 20
        wrong = bool(more or less or summary["lost"] or codes[0] != codes[1] or both < least)
        failed |= wrong
        print(f"| {name} | {both} | {sum(more.values())} | {sum(less.values())} | {summary['lost']} | "
              f"{codes[0]}{'' if codes[0] == codes[1] else ' instead of ' + codes[1]} |")
        for who, only in (("Honeyguide", more), ("strace", less)):
            details += [f"- {name}: {who} alone: {key} x{count}" for key, count in sorted(only.items(), key=repr)[:20]]
        said = read(os.path.join(directory, name + ".said"))
        # What the programs themselves say is theirs.
        details += [f"- {name}: {line}" for line in said.split("\n") if line.startswith("honeyguide:")]
    for path in sorted(glob.glob(os.path.join(directory, "option*-status"))):
        code = read(path)
        option = os.path.basename(path)[len("option"):-len("-status")]
        said = read(path[:-len("-status")])
        if code != "0":
            failed = True
            details.append(f"- `{option}` ended with {code}: {said[:300]}")
    if not os.path.exists(os.path.join(directory, "smoke.jsonl")):
        failed = True
        details.append("- there is no story at all: " + read(os.path.join(directory, "doctor"))[:2000])
    print("\n" + ("\n".join(details) if details else "Nothing differs."))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
