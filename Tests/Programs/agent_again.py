# SPDX-License-Identifier: Apache-2.0
"""Whether a program with Python inside that is finalised and initialised again is counted whole, and behaves as alone.

    agent_again.py AGENT.SO PYTHON [OPTION ...]

The program is again.c, linked with that Python's library; where it has none, nothing is tried. Says each difference on a line of
its own; ends with 1 where there is one.
"""
import json, os, subprocess, sys, tempfile
import agent_session

HERE = os.path.dirname(os.path.abspath(__file__))
TIMES = 4
TEXT = """
import os, sys, threading, subprocess
def recurse(depth):
    return depth and recurse(depth - 1)
class Kept(object):
    def method(self): return recurse(3)
for _ in range(7):
    recurse(5)
threads = [threading.Thread(target=Kept().method) for _ in range(3)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print("%s %s %s" % (os.environ.get("AGAIN"), "LD_PRELOAD" in os.environ, subprocess.check_output(["/bin/echo", "x"])))
sys.stdout.flush()
"""
# By hand, each time: 7 times from 5 to 0, and 3 times from 3 to 0.
CALLS = {"recurse": 7 * 6 + 3 * 4, "method": 3, "Kept": 1}


def build(python, directory):
    question = "import json, sys, sysconfig as s; print(json.dumps([sys.prefix] + [s.get_config_var(n) for n in " \
               "('LIBDIR', 'LDLIBRARY')]))"
    prefix, library, name = json.loads(subprocess.check_output(python + ["-c", question]))
    path = os.path.join(library or "", name or "")
    if ".so" not in path or not os.path.exists(path):
        return None, None
    program = os.path.join(directory, "again")
    subprocess.check_call(["cc", "-o", program, os.path.join(HERE, "again.c"), path, "-Wl,-rpath," + library])
    return program, prefix


def main():
    agent, python = sys.argv[1], sys.argv[2:]
    failed = False
    with tempfile.TemporaryDirectory() as directory:
        program, prefix = build(python, directory)
        if not program:
            return
        environment = {"PATH": "/usr/bin:/bin", "PYTHONHOME": prefix, "LC_ALL": "C.UTF-8", "AGAIN": "1"}

        def run(**others):
            result = subprocess.run([program, str(TIMES), TEXT], env=dict(environment, **others), stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT)
            return result.returncode, result.stdout

        alone = run()
        session = agent_session.Session(agent, agent_session.CALLS | agent_session.ENVIRONMENT, 64 << 20)
        try:
            inside = run(LD_PRELOAD=session.preload())
            tables = [table for table in session.tables() if not table["is_fork"]]
        finally:
            session.end()
    if alone != inside or alone[0] != 5:
        failed = True
        print("alone %r, inside %r" % (alone, inside))
    counts = {function["name"]: (function["calls"], function["ends"]) for function in tables[0]["functions"]
              if function["file"] == "<string>"}
    for name, calls in CALLS.items():
        if counts.get(name) != (calls * TIMES, calls * TIMES):
            failed = True
            print("%s: %r, not %d" % (name, counts.get(name), calls * TIMES))
    reads = sum(read["count"] for read in tables[0]["reads"] if read["name"] == "AGAIN")
    if reads != TIMES:
        failed = True
        print("AGAIN was looked up %d times, not %d" % (reads, TIMES))
    sys.exit(failed)


if __name__ == "__main__":
    main()
