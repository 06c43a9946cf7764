# SPDX-License-Identifier: Apache-2.0
"""Whether a program whose address space is limited (ulimit -v) gets with the agent what it gets alone, but for some MiB.

    agent_limits.py AGENT.SO PYTHON [OPTION ...]

Says each difference on a line of its own; ends with 1 where there is one.
"""
import os, resource, subprocess, sys
import agent_session

PROGRAM = """
import os, sys
def taken():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
def take(size):
    try:
        return len(bytearray(size))
    except MemoryError:
        return "refused"
print(take(int(sys.argv[1])) if len(sys.argv) > 1 else taken())
"""
MARGIN = 20 << 20


def run(python, limit, *arguments, **environment):
    process = subprocess.run(
        python + ["-c", PROGRAM] + [str(argument) for argument in arguments], env=dict(os.environ, **environment),
        stdout=subprocess.PIPE, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
    return process.returncode, process.stdout.decode().strip()


def main():
    agent, python = sys.argv[1], sys.argv[2:]
    failed = False
    for limit in 200 << 20, 400 << 20, 1 << 30:
        size = limit - int(run(python, limit)[1]) - MARGIN
        session = agent_session.Session(agent, agent_session.CALLS | agent_session.ENVIRONMENT, 64 << 20)
        try:
            alone, inside = run(python, limit, size), run(python, limit, size, LD_PRELOAD=session.preload())
            tables = session.tables()
        finally:
            session.end()
        calls = [function["calls"] for table in tables for function in table["functions"] if function["name"] == "take"]
        if alone != (0, str(size)) or inside != alone or calls != [1]:
            failed = True
            print("of %d: alone %r, inside %r, calls %r" % (limit, alone, inside, calls))
    sys.exit(failed)


if __name__ == "__main__":
    main()
