# SPDX-License-Identifier: Apache-2.0
"""Whether the agent tells what environment_reads.py looks up.

    agent_environment.py AGENT.SO PYTHON [OPTION ...]

Says each difference on a line of its own; ends with 1 where there is one.
"""
import os, subprocess, sys
import agent_session

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "environment_reads.py")

# Name: (count, default). Names that begin with SET_ have the value "value of NAME".
LOOK_UPS = {
    "SET_BEFORE_OS": (1, None), "SET_ITEM": (1, None), "NOT_ITEM": (1, None), "SET_GET": (1, None), "NOT_GET": (1, None),
    "SET_GET_DEFAULT": (1, None), "NOT_GET_DEFAULT": (1, "other"), "NOT_GET_EMPTY": (1, ""), "NOT_GET_NUMBER": (1, "17"),
    "NOT_GET_LIST": (1, "<list>"), "NOT_GET_WIDE": (1, "\xfc"), "SET_GETENV": (1, None), "NOT_GETENV": (1, None),
    "SET_GETENV_DEFAULT": (1, None), "NOT_GETENV_DEFAULT": (1, "other"), "SET_IN": (1, None), "NOT_IN": (1, None),
    "NOT_SETDEFAULT": (1, "other"), "SET_POP": (1, None), "NOT_POP": (1, None), "NOT_POP_DEFAULT": (1, "other"),
    "NOT_POP_ERROR": (1, None), "SET_BYTES": (1, None), "NOT_BYTES": (1, "other"), "SET_GETENVB": (1, None),
    "NOT_GETENVB": (1, "other"), "SET_POSIX": (1, None), "NOT_POSIX": (1, "other"), "SET_POSIX_GET": (1, None),
    "SET_POSIX_IN": (1, None), "NOT_POSIX_IN": (1, None), "SET_EXPAND": (1, None), "NOT_EXPAND": (1, None),
    "SET_OFTEN": (1000, None), "NOT_OFTEN": (1000, None), "SET_THREADS": (8000, None),
    "NOT_THREADS": (8000, None),
}


def expected(version):
    look_ups = dict(LOOK_UPS)
    # Python 3's setdefault asks whether it is there and then for it, and its `in` asks for it.
    look_ups["SET_SETDEFAULT"] = (2 if version[0] > 2 else 1, None)
    if version[0] == 2:
        look_ups["NOT_BYTES"] = (1, None)
        # expandvars asks for what is there, after it was told so.
        look_ups["SET_EXPAND"] = (2, None)
    return {(name, name[0] == "S", "value of " + name if name[0] == "S" else None, default or None): count
            for name, (count, default) in look_ups.items()}


def main():
    agent, python = sys.argv[1], sys.argv[2:]
    version = eval(subprocess.check_output(python + ["-c", "import sys; print(tuple(sys.version_info))"]))
    wanted = expected(version)
    session = agent_session.Session(agent, agent_session.ENVIRONMENT, 64 << 20)
    try:
        environment = {name: value for name, is_set, value, _ in sorted(wanted, key=str) if is_set}
        environment.update(HOME="/", PATH="/bin", LD_PRELOAD=session.preload())
        output = subprocess.check_output(python + [PROGRAM], env=environment).decode()
        tables = session.tables()
    finally:
        session.end()
    # The program's, and its child's.
    tables.sort(key=lambda table: table["is_fork"])
    if len(tables) != 2 or not tables[0]["valid"] or tables[0]["environment_reason"]:
        sys.exit("the agent left no tables, or did not look: %r" % tables)
    of_child = [(read["name"], read["set"], read["all"], read["count"]) for read in tables[1]["reads"]]
    if of_child != [("NOT_IN_CHILD", False, False, 2), (None, False, True, 1)]:
        sys.exit("the child's look-ups are told as %r" % of_child)
    # How often all was read; and the name that was read after that, which stands first.
    true_whole, first = int(output.split()[0]), output.split()[1]
    wanted[first, True, "value of " + first, None] += 1
    reads = tables[0]["reads"]
    found = {(read["name"], read["set"], read["value"], read["default"]): read["count"]
             for read in reads if read["name"] and read["name"][:4] in ("SET_", "NOT_")}
    different = sorted(set(wanted.items()) ^ set(found.items()), key=str)
    for row in different:
        print("%s: %r" % ("not told" if row in set(wanted.items()) else "told", row))
    empty = [read for read in reads if read["name"] == "NOT_GET_EMPTY" and not read["has_default"]]
    whole = sum(read["count"] for read in reads if read["all"])
    if whole != true_whole:
        print("read as a whole %d times, told %d" % (true_whole, whole))
    print("%d look-ups" % len(found))
    sys.exit(1 if different or empty or whole != true_whole or tables[0]["lost_reads"] else 0)


if __name__ == "__main__":
    main()
