#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares what Honeyguide told of TCP connections with the account of the program that made them (Tests/Programs/tcp.c):
connections.py DIRECTORY MILLISECONDS, which each packet needed.

The directory holds tcp.account, tcp.story (JSON Lines), tcp.status, and tcp.wire, what was said when the wire was laid. Prints a table,
and below it what differs; ends with 1 when anything does. The rule is that of Tests/DifferentialTests/TCPTests.swift."""

import collections
import errno
import json
import os
import sys

SERVICE = "22001"
KINDS = ["connected", "refused", "timed out", "closed or killed before an answer",
         "ended: half-closed, then closed or reset", "open when the run ended", "accepted"]


def read(directory, name):
    path = os.path.join(directory, name)
    return open(path, encoding="utf-8").read() if os.path.exists(path) else ""


def port(event, end):
    return str((event.get(end) or {}).get("port"))


def outcome(event):
    return "pending" if event["pending"] else event.get("error", "ok")


def take(events, is_it):
    """The one event that is meant, and no longer among the rest; None where there is none or where there are several."""
    found = [event for event in events if is_it(event)]
    for event in found:
        events.remove(event)
    return found[0] if len(found) == 1 else None


def main():
    directory, answer_ns = sys.argv[1], 2 * int(sys.argv[2]) * 1_000_000
    events = [json.loads(line) for line in read(directory, "tcp.story").split("\n") if line]
    account = [line.split() for line in read(directory, "tcp.account").split("\n") if line]
    alike, wrong = collections.Counter(), []

    def note(kind, words, event, demands):
        differs = {name: (told, so) for name, (told, so) in demands.items() if told != so} if event else "not told"
        if differs:
            wrong.append(f"- {kind}, {' '.join(words)}: {differs}; {event}")
        else:
            alike[kind] += 1

    connects = [event for event in events if event["event"] == "connect" and event["protocol"] == "tcp"]
    closes = [event for event in events if event["event"] == "close"]
    accepts = [event for event in events if event["event"] == "accept"]
    for words in (words for words in account if words[0] == "connect"):
        _, pid, local, result, _ = words
        so = errno.errorcode[int(result)] if result.isdigit() else result
        kind = {"ok": KINDS[0], "ECONNREFUSED": KINDS[1], "ETIMEDOUT": KINDS[2], "pending": KINDS[3]}[so]
        event = take(connects, lambda event: port(event, "local") == local)
        demands = event and {"pid": (str(event["pid"]), pid), "outcome": (outcome(event), so)}
        # An answer takes two ways.
        if event and so in ("ok", "ECONNREFUSED"):
            demands["latency_ns is that of two ways"] = event.get("latency_ns", 0) >= answer_ns, True
        note(kind, words, event, demands)
    for words in (words for words in account if words[0] == "close"):
        _, pid, local, remote, sent, received, is_final = words
        event = take(closes, lambda event: (port(event, "local"), port(event, "remote")) == (local, remote))
        note(KINDS[4] if is_final == "1" else KINDS[5], words, event, event and {
            "pid": (str(event["pid"]), pid), "bytes_sent": (str(event["bytes_sent"]), sent),
            "bytes_received": (str(event["bytes_received"]), received), "final": (event["final"], is_final == "1"),
            "accepted": (event["accepted"], local == SERVICE)})
        if local == SERVICE:
            event = take(accepts, lambda event: port(event, "remote") == remote)
            note(KINDS[6], words, event, event and {"pid": (str(event["pid"]), pid), "local": (port(event, "local"), local)})
    wrong += [f"- told and not so: {event}" for event in connects + closes + accepts]
    wrong += [f"- nothing of the kind happened: {kind}" for kind in KINDS if not alike[kind] and not wrong]
    summary = events[-1] if events and events[-1]["event"] == "summary" else {"lost": "everything"}
    if summary["lost"]:
        wrong.append(f"- lost: {summary['lost']} {summary.get('lost_by_reason')}")
    if read(directory, "tcp.status").strip() != "0":
        wrong.append(f"- it ended with {read(directory, 'tcp.status').strip()}: {read(directory, 'tcp.said')[:600]}")
    if wrong and read(directory, "tcp.wire"):
        wrong.append("- the wire: " + read(directory, "tcp.wire")[:600])

    print(f"\n| TCP between two namespaces, veth with netem delay {sys.argv[2]} ms | told as the program accounts for it |")
    print("|---|---|")
    for kind in KINDS:
        print(f"| {kind} | {alike[kind]} |")
    print("\n" + ("\n".join(wrong) or "None differs."))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
