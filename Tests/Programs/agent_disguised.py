# SPDX-License-Identifier: Apache-2.0
"""What the agent does in Pythons that it was not written for: copies of one, which say that they are others.

    agent_disguised.py AGENT.SO PYTHON

A build without an interpreter lock is refused. A version to come is counted where the agent's own test succeeds, and
refused where not. The program runs as ever. Nothing is tried with Python 2. Says what is otherwise; ends with 1 then.
"""
import json, os, subprocess, sys, tempfile
import agent_session

UNKNOWN, NO_INTERFACE, FREE_THREADED = 2, 3, 7
FORMAT = b"%.80s (%.80s) %.80s\0"
PROGRAM = "def f():\n return 1\nfor i in range(5): f()\nimport os\nprint(os.environ['HOME'], sum(f() for i in range(4)))"


def facts(python):
    return json.loads(subprocess.check_output([python, "-c", (
        "import json, sys; print(json.dumps([list(sys.version_info[:2]), sys.base_prefix if sys.version_info[0] > 2 else "
        "sys.prefix, [line.split()[-1] for line in open('/proc/self/maps') if 'python' in line.split('/')[-1]]]))")]))


def disguise(directory, files, version):
    """Copies of an interpreter's files; in that which makes the text of sys.version it is another."""
    assert len(version) == len(FORMAT) - 1
    changed = 0
    for path in files:
        with open(path, "rb") as file:
            data = file.read()
        changed += data.count(FORMAT)
        with open(os.path.join(directory, os.path.basename(path)), "wb") as file:
            file.write(data.replace(FORMAT, version + b"\0"))
        os.chmod(file.name, 0o755)
    return changed == 1


def run(agent, python, prefix, files, version):
    flags = agent_session.CALLS | agent_session.ENVIRONMENT
    session = agent_session.Session(agent, flags, 64 << 20)
    try:
        with tempfile.TemporaryDirectory() as directory:
            if not disguise(directory, files, version):
                sys.exit("%s does not hold its version's text once" % python)
            printed = subprocess.check_output(
                [os.path.join(directory, os.path.basename(os.path.realpath(python))), "-S", "-c", PROGRAM],
                env=dict(os.environ, HOME="/h", PYTHONHOME=prefix, LD_LIBRARY_PATH=directory,
                         LD_PRELOAD=session.preload()))
        tables = session.tables()
    finally:
        session.end()
    if printed.replace(b"(", b"").replace(b"'", b"").replace(b",", b"").replace(b")", b"") != b"/h 4\n":
        print("%s: the program printed %r" % (version, printed))
    return tables[0] if len(tables) == 1 else sys.exit("%s: %d tables" % (version, len(tables)))


def main():
    agent, python = sys.argv[1:]
    version, prefix, files = facts(python)
    files = sorted(set(files) | {os.path.realpath(python)})
    files = [path for path in files if os.path.isfile(path) and not path.endswith((".mo", ".pyc"))]
    if version < [3]:
        return
    free = run(agent, python, prefix, files, b"%.9s free-threading")
    later = run(agent, python, prefix, files, b"3.14.0 (%.0s) %.80s")
    counts = [function["calls"] for function in later["functions"] if function["name"] == "f"]
    wanted = (
        ("free-threaded", (free["calls_reason"], free["environment_reason"], len(free["functions"])),
         (FREE_THREADED, FREE_THREADED, 0)),
        # What is older has no sys.monitoring, or does not even tell where a code object's members are.
        ("3.14", (later["calls_reason"], later["environment_reason"], counts),
         (0, UNKNOWN, [9]) if version >= [3, 12] else (NO_INTERFACE if version >= [3, 10] else UNKNOWN, UNKNOWN, [])))
    for name, found, right in wanted:
        if found != right:
            print("%s: found %r, should be %r" % (name, found, right))
    sys.exit(any(found != right for _, found, right in wanted))


if __name__ == "__main__":
    main()
