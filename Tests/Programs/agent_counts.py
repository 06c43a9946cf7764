# SPDX-License-Identifier: Apache-2.0
"""Whether the agent counts what sys.setprofile counts, function by function.

    agent_counts.py AGENT.SO PYTHON [OPTION ...]

Runs agent_calls.py with that Python, once under its own profiler and once with the agent. Says each difference on a
line of its own, and how many functions and calls were compared; ends with 1 where there is a difference.
"""
import os, subprocess, sys, tempfile
import agent_session

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "agent_calls.py")


def truth(python):
    with tempfile.NamedTemporaryFile() as file:
        subprocess.check_call(python + [PROGRAM, file.name])
        rows = [line.split(" ") for line in file.read().decode().splitlines()]
    return {(int(line), name): (int(begins), int(ends)) for line, name, begins, ends in rows}


def counted(agent, python):
    flags = agent_session.CALLS | (agent_session.TSC if agent_session.uses_tsc() else 0)
    session = agent_session.Session(agent, flags, 64 << 20)
    try:
        subprocess.check_call(python + [PROGRAM], env=dict(os.environ, LD_PRELOAD=session.preload()))
        tables = session.tables()
    finally:
        session.end()
    if len(tables) != 1 or not tables[0]["valid"] or tables[0]["calls_reason"]:
        sys.exit("the agent left no table, or did not count: %r" % [
            {key: value for key, value in table.items() if key != "functions"} for table in tables])
    found = {}
    for function in tables[0]["functions"]:
        if os.path.basename(function["file"]) != os.path.basename(PROGRAM):
            continue
        key = function["line"], function["name"]
        begins, ends = found.get(key, (0, 0))
        found[key] = begins + function["calls"] + function["resumes"], ends + function["ends"]
        if not function["shortest"] <= function["longest"] or function["self"] > 1 << 62 or function["total"] > 1 << 62:
            print("absurd times of", key, function)
    return found


def main():
    agent, python = sys.argv[1], sys.argv[2:]
    true, found = truth(python), counted(agent, python)
    # What ran before the profiler was set, modules among it, only the agent can know.
    different = [key for key in true if key[1] != "<module>" and true[key] != found.get(key)]
    for key in different:
        print("line %d, %s: sys.setprofile %r, agent %r" % (key + (true[key], found.get(key))))
    print("%d functions, %d calls" % (len(true), sum(begins for begins, _ in true.values())))
    sys.exit(1 if different or len(true) < 30 else 0)


if __name__ == "__main__":
    main()
