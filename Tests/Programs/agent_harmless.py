# SPDX-License-Identifier: Apache-2.0
"""Whether a program's own debuggers, coverage tools and profilers see with the agent what they see without.

    agent_harmless.py AGENT.SO PYTHON [OPTION ...]

Says what is otherwise; ends with 1 then. Meanwhile the agent counts on, except in Python 2, where it makes way for the
program's profiler, and says so.
"""
import difflib, os, subprocess, sys
import agent_session

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "agent_observed.py")
PROGRAM_PROFILES = 5
# How often `work` is called: traced twice, and once in each other way.
CALLS = 5


def main():
    agent, python = sys.argv[1], sys.argv[2:]
    alone = subprocess.check_output(python + [PROGRAM]).decode()
    flags = agent_session.CALLS | (agent_session.TSC if agent_session.uses_tsc() else 0)
    session = agent_session.Session(agent, flags, 64 << 20)
    try:
        observed = subprocess.check_output(
            python + [PROGRAM], env=dict(os.environ, LD_PRELOAD=session.preload())).decode()
        tables = session.tables()
    finally:
        session.end()
    failed = observed != alone or "gcd" not in alone
    sys.stdout.writelines(difflib.unified_diff(
        alone.splitlines(True), observed.splitlines(True), "alone", "with the agent", n=0))
    table = tables[0]
    counts = {function["name"]: function["calls"] for function in table["functions"]
              if os.path.basename(function["file"]) == os.path.basename(PROGRAM)}
    is_old, is_new = int(table["python"], 16) < 0x03000000, int(table["python"], 16) >= 0x030c0000
    if table["calls_reason"] != (PROGRAM_PROFILES if is_old else 0):
        print("the reason was %d" % table["calls_reason"])
        failed = True
    if not is_old and counts.get("work") != CALLS + is_new:
        print("`work` was called %d times, not %r" % (CALLS + is_new, counts.get("work")))
        failed = True
    sys.exit(failed)


if __name__ == "__main__":
    main()
