# SPDX-License-Identifier: Apache-2.0
"""Whether another tracer hears from the agent's probes what the program really did, and the agent counts the same beside it.

    agent_probes.py AGENT.SO PYTHON [OPTION ...]

The other tracer is probe_listener.py, which comes, goes, comes again and is killed while the program runs. The program's calls
are known by sys.setprofile in a run of its own, or by hand. Says each difference on a line of its own; ends with 1 where there
is one.
"""
import collections, os, subprocess, sys, time
import agent_counts, agent_session, probe_listener

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.join(HERE, "agent_probed.py")
VALUES = {"PROBED_SET": b"1", "PROBED_LONG": b"v" * 5000, "PROBED_WORDS": u"two w\u00f6rds".encode(), "PROBED_EMPTY": b""}
ENTRY, RETURN, READ = "function__entry", "function__return", "env__read"
failed = False


def differ(what, found, expected):
    global failed
    if found != expected:
        failed = True
        print("%s: %.1000r, expected %.1000r" % (what, found, expected))


class Program:
    """agent_probed.py with the agent in it."""
    def __init__(self, python, session):
        environment = {key.encode(): value for key, value in VALUES.items()}
        environment.update({b"LD_PRELOAD": session.preload().encode(), b"PATH": b"/usr/bin:/bin", b"LC_ALL": b"C.UTF-8"})
        self.process = subprocess.Popen(python + [PROGRAM], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.library = session.build + "/lib/x86_64-linux-gnu/agent.so"
        differ("the program", self.process.stdout.readline(), b"done\n")
        self.memory = probe_listener.Memory(self.process.pid, self.library)

    def begin(self, words):
        self.process.stdin.write(words.encode() + b"\n")
        self.process.stdin.flush()

    def do(self, words):
        self.begin(words)
        differ(words, self.process.stdout.readline(), b"done\n")

    def semaphores(self):
        return [self.memory.number(probe.semaphore) for probe in probe_listener.probes(self.library).values()]

    def await_semaphores(self, are_up):
        for _ in range(200):
            if all(bool(value) == are_up for value in self.semaphores()):
                return
            time.sleep(0.02)
        differ("semaphores", self.semaphores(), "up" if are_up else "down")

    def heard(self, words):
        """What a listener hears while the program does this: how often (process is the program, probe, arguments)."""
        listener = probe_listener.Listener(self.library)
        self.await_semaphores(True)
        self.do(words)
        heard = listener.end()
        self.await_semaphores(False)
        counts = collections.Counter()
        # A child has texts of its own where this program has none yet.
        self.memory.known.clear()
        for pid, probe, (first, second, number) in heard:
            number &= 0xffffffff
            counts[pid == self.process.pid, probe, self.memory.text(first), self.memory.text(second), number] += 1
        return counts


def of_file(heard, name, is_program=True):
    """{(line, function): (begins, ends)} of one file."""
    found = {}
    for (is_own, probe, file, function, line), count in heard.items():
        if is_own == is_program and probe in (ENTRY, RETURN) and os.path.basename(file) == name.encode():
            begins, ends = found.get((line, function), (0, 0))
            found[line, function] = (begins + count, ends) if probe == ENTRY else (begins, ends + count)
    return found


def by_name(found):
    return {function.decode(): counts for (_, function), counts in found.items()}


def listened(program, python):
    truth = {(line, name.encode()): counts for (line, name), counts in agent_counts.truth(python).items()}
    found = of_file(program.heard("everything"), "agent_calls.py")
    for place in sorted(set(truth) | set(found)):
        differ("line %d, %s" % place, found.get(place), truth.get(place))
    differ("functions of agent_calls.py", len(truth) >= 30, True)
    # Nobody listens.
    program.do("repeat 1000")
    own = by_name(of_file(program.heard("repeat 70"), "agent_probed.py"))
    differ("again", own, {"do": (1, 1), "repeat": (1, 1), "worked": (70, 70)})
    # It leaves a function that its parent began; what that began it does not begin again.
    heard = program.heard("child 6")
    differ("parent", by_name(of_file(heard, "agent_probed.py")), {"do": (1, 1), "in_child": (1, 1)})
    differ("child", by_name(of_file(heard, "agent_probed.py", False)),
           {"in_child": (0, 1), "repeat": (1, 1), "worked": (6, 6)})
    heard = program.heard("environment")
    reads = {key[2:]: count for key, count in heard.items() if key[1] == READ}
    differ("reads", reads, {
        (b"PROBED_SET", b"1", 1): 7, (b"PROBED_NOT", b"", 0): 3, (b"PROBED_LONG", b"v" * 4096, 1): 1,
        (b"PROBED_WORDS", VALUES["PROBED_WORDS"], 1): 1, (b"PROBED_EMPTY", b"", 1): 1, (b"", b"", 0): 1})


def killed(program):
    """The listener is killed while the program calls."""
    listener = subprocess.Popen([sys.executable, probe_listener.__file__, program.library], stdout=subprocess.PIPE)
    differ("the listener", listener.stdout.readline(), b"listening\n")
    program.await_semaphores(True)
    program.begin("repeat 100000")
    time.sleep(0.02)
    listener.kill()
    listener.wait()
    differ("the program after that", program.process.stdout.readline(), b"done\n")
    program.await_semaphores(False)


def main():
    agent, python = sys.argv[1], sys.argv[2:]
    flags = agent_session.CALLS | agent_session.ENVIRONMENT | (agent_session.TSC if agent_session.uses_tsc() else 0)
    session = agent_session.Session(agent, flags, 64 << 20)
    try:
        program = Program(python, session)
        listened(program, python)
        killed(program)
        # Whoever comes before a program is there, and stays, hears all of it.
        listener = probe_listener.Listener(program.library)
        other = Program(python, session)
        for each in (other, program):
            each.begin("end 7")
            differ("the program's end", (each.process.wait(), each.process.stdout.read()), (7, b""))
        heard = collections.Counter((pid, probe) for pid, probe, _ in listener.end())
        tables = {table["pid"]: table for table in session.tables()}
    finally:
        session.end()
    # Beside all that the agent has counted.
    functions = {(os.path.basename(function["file"]), function["name"]): function
                 for function in tables[program.process.pid]["functions"]}
    for name, calls in ("worked", 101070), ("repeat", 3), ("in_child", 1), ("environment", 1):
        function = functions["agent_probed.py", name]
        differ("counted of " + name, (function["calls"], function["ends"], function["exceptions"]), (calls, calls, 0))
    differ("counted of everything", functions["agent_calls.py", "everything"]["calls"], 1)
    differ("counted in the child", [
        (function["calls"], function["ends"]) for table in tables.values() if table["is_fork"]
        for function in table["functions"] if function["name"] == "worked"], [(6, 6)])
    other = tables[other.process.pid]
    differ("calls from the first to the last", heard[other["pid"], ENTRY],
           sum(function["calls"] + function["resumes"] for function in other["functions"]))
    differ("ends", heard[other["pid"], RETURN], sum(function["ends"] for function in other["functions"]))
    differ("reads", heard[other["pid"], READ], sum(read["count"] for read in other["reads"]))
    sys.exit(failed)


if __name__ == "__main__":
    main()
