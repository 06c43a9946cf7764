# SPDX-License-Identifier: Apache-2.0
"""Processes that fork without exec and end in each way: by os._exit, by SIGKILL in the middle of a call, by an exception that
nobody catches, by sys.exit. For Python 2.7 and 3.6 on.

    agent_ends.py               runs them
    agent_ends.py DIRECTORY     each under sys.setprofile; each writes into a file of its role's name what each function that
                                began in it did: one line each, FIRST-LINE NAME BEGINS UNFINISHED
"""
import os, signal, sys

seen = []
here, base = os.path.basename(__file__), os.path.basename


def note(frame, event, argument):
    if event in ("call", "return") and base(frame.f_code.co_filename) == here:
        seen.append((frame.f_code.co_firstlineno, frame.f_code.co_name, event))


def watch():
    if len(sys.argv) > 1:
        del seen[:]
        sys.setprofile(note)


def tell(role):
    """What has happened until now; and no more is noted."""
    sys.setprofile(None)
    if len(sys.argv) < 2:
        return
    counts = {}
    for line, name, event in seen:
        counts.setdefault((line, name), [0, 0])[event == "return"] += 1
    with open(os.path.join(sys.argv[1], role), "w") as file:
        for (line, name), (begins, ends) in sorted(counts.items()):
            # What had begun before the fork ends here without a beginning, and is the parent's.
            if begins:
                file.write("%d %s %d %d\n" % (line, name, begins, begins - ends))


def leaf(number):
    return number + 1


def numbers(limit):
    for number in range(limit):
        yield leaf(number)


def raising(depth):
    if depth == 0:
        raise ValueError("at the bottom")
    raising(depth - 1)


def work(rounds):
    for _ in range(rounds):
        list(numbers(3))
        try:
            raising(4)
        except ValueError:
            pass
    kept.append(numbers(2))
    next(kept[-1])


kept = []


def exits_at_once():
    work(11)
    tell("exits_at_once")
    os._exit(3)


def is_killed():
    work(12)
    tell("is_killed")
    os.kill(os.getpid(), signal.SIGKILL)


def leaves():
    work(13)
    del kept[:]  # and not when nobody counts any more
    tell("leaves")
    sys.exit(4)


def fails():
    work(14)
    del kept[:]
    tell("fails")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    raise RuntimeError("of nobody's concern")


def forks_again():
    work(15)
    child(exits_at_once)
    tell("forks_again")
    os._exit(0)


def child(role):
    pid = os.fork()
    if pid == 0:
        watch()
        role()
    os.waitpid(pid, 0)


def parent():
    work(10)
    for role in (is_killed, leaves, fails, forks_again):
        child(role)
    work(1)
    tell("parent")
    os._exit(0)


watch()
parent()
