# SPDX-License-Identifier: Apache-2.0
"""A program that observes itself in every way that debuggers, coverage tools and profilers do, for Python 2.7 and 3.6
on: prints what they saw, which is the same in each run.
"""
from __future__ import print_function
import cProfile, io, os, pdb, pstats, sys, threading

HERE = os.path.basename(__file__)


def gcd(one, other):
    while other:
        one, other = other, one % other
    return one


def squares(limit):
    for number in range(limit):
        yield number * number


def failing(depth):
    if depth == 0:
        raise KeyError("at the end")
    failing(depth - 1)


def work():
    total = gcd(48, 36) + sum(squares(5))
    try:
        failing(3)
    except KeyError:
        total += 1
    return total


def lines_traced():
    """As coverage tools and debuggers do it: each line, in threads as well."""
    seen = []

    def trace(frame, event, argument):
        if os.path.basename(frame.f_code.co_filename) != HERE:
            return None
        seen.append((frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno, event))
        return trace

    threading.settrace(trace)
    sys.settrace(trace)
    work()
    sys.settrace(None)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    threading.settrace(None)
    return seen


def profiled_by_function():
    seen = []

    def profile(frame, event, argument):
        if os.path.basename(frame.f_code.co_filename) == HERE:
            seen.append((frame.f_code.co_name, event, getattr(argument, "__name__", None)))

    sys.setprofile(profile)
    work()
    is_ours = sys.getprofile() is profile
    sys.setprofile(None)
    return seen, is_ours, sys.getprofile()


def profiled():
    profiler = cProfile.Profile()
    profiler.runcall(work)
    return sorted((name, row[0], row[1]) for (file, _, name), row in pstats.Stats(profiler).stats.items()
                  if os.path.basename(file) == HERE)


def debugged():
    text = io.StringIO if sys.version_info[0] > 2 else io.BytesIO
    commands = ["b gcd", "c", "p one, other", "n", "n", "s", "p one, other", "w", "r", "u", "cl 1", "c"]
    output = text()
    debugger = pdb.Pdb(stdin=text("\n".join(commands) + "\n"), stdout=output)
    debugger.use_rawinput = False
    debugger.runcall(work)
    return output.getvalue()


def monitored():
    if sys.version_info < (3, 12):
        return None
    monitoring, seen = sys.monitoring, []
    tool = monitoring.PROFILER_ID
    monitoring.use_tool_id(tool, "of the program")
    events = monitoring.events
    names = ("PY_START", "PY_RETURN", "PY_UNWIND", "PY_YIELD", "PY_RESUME")

    def noting(name):
        return lambda code, *rest: seen.append((code.co_name, name, len(rest)))

    for name in names:
        monitoring.register_callback(tool, getattr(events, name), noting(name))
    monitoring.set_events(tool, sum(getattr(events, name) for name in names))
    work()
    monitoring.set_events(tool, 0)
    monitoring.free_tool_id(tool)
    return seen


def main():
    for observe in (lines_traced, profiled_by_function, profiled, debugged, monitored):
        print(observe.__name__, observe())
    # Not in the middle of what observes: how deep a traceback is, and what a frame says of its callers.
    try:
        failing(5)
    except KeyError:
        traceback, depth = sys.exc_info()[2], 0
        while traceback:
            traceback, depth = traceback.tb_next, depth + 1
        print(depth, sys._getframe().f_code.co_name, sys._getframe().f_back.f_code.co_name)


if __name__ == "__main__":
    main()
