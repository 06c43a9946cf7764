# SPDX-License-Identifier: Apache-2.0
"""Whether the agent's times are those of a program's own clock within 5 %, also where it is killed in mid-call.

    agent_times.py AGENT.SO PYTHON [OPTION ...]

Once with the processor's counter, where the kernel trusts it, and once with CLOCK_MONOTONIC. Says each difference on a
line of its own; ends with 1 where there is one. Each is tried three times: others may take the processor away just
between the two looks at the clock.
"""
import ctypes, json, mmap, os, subprocess, sys, tempfile, time
import agent_session

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "agent_clocks.py")
WITHIN = 0.05


def run(agent, python, flags, is_killed):
    session = agent_session.Session(agent, agent_session.CALLS | flags, 64 << 20)
    try:
        with tempfile.NamedTemporaryFile() as file:
            environment = dict(os.environ, LD_PRELOAD=session.preload())
            process = subprocess.run(
                python + [PROGRAM] + ([file.name] if is_killed else []), env=environment, stdout=subprocess.PIPE)
            if process.returncode != (-9 if is_killed else 0):
                sys.exit("the program ended with %d" % process.returncode)
            truth = json.loads(file.read() if is_killed else process.stdout)
        tables = session.tables()
    finally:
        session.end()
    if len(tables) != 1 or not tables[0]["valid"] or tables[0]["calls_reason"]:
        sys.exit("the agent left no table, or did not count: %r" % tables)
    functions = {function["name"]: function for function in tables[0]["functions"]
                 if os.path.basename(function["file"]) == os.path.basename(PROGRAM)
                 and (function["name"] != "<module>" or function["file"] == PROGRAM)}
    return truth, functions


def differences(truth, functions, scale, is_killed):
    for name, (total, own) in sorted(truth.items()):
        for what, true in (("total", total), ("self", own)):
            found = functions[name][what] * scale
            # timed() is a callee to the agent, and not to the program's clock: microseconds.
            if abs(found - true) > true * WITHIN:
                yield "%s of %s: %.6f s, by its own clock %.6f s" % (what, name, found, true)
    for name, function in functions.items():
        unfinished = function["calls"] + function["resumes"] - function["ends"]
        if unfinished != (1 if is_killed and name in ("<module>", "killed") else 0):
            yield "%s: %d unfinished" % (name, unfinished)
        if function["ends"] and not function["shortest"] <= function["longest"] or function["self"] > function["total"]:
            yield "%s: absurd times, %r" % (name, function)
        if function["total"] * scale > 60:
            yield "%s: absurd total, %r" % (name, function)


def counter_rate():
    """Seconds of one tick of the processor's counter."""
    # rdtsc; shl rdx, 32; or rax, rdx; ret
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(b"\x0f\x31\x48\xc1\xe2\x20\x48\x09\xd0\xc3")
    read = ctypes.CFUNCTYPE(ctypes.c_uint64)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
    first, began = read(), time.monotonic()
    time.sleep(0.2)
    last, ended = read(), time.monotonic()
    return (ended - began) / (last - first)


def main():
    agent, python = sys.argv[1], sys.argv[2:]
    clocks = [(0, 1e-9)]
    if agent_session.uses_tsc():
        clocks.append((agent_session.TSC, counter_rate()))
    failed = False
    for flags, scale in clocks:
        for is_killed in (False, True):
            for _ in range(3):
                found = list(differences(*run(agent, python, flags, is_killed), scale, is_killed))
                if not found:
                    break
            for line in found:
                failed = True
                print("clock %d%s: %s" % (flags, ", killed" if is_killed else "", line))
    sys.exit(failed)


if __name__ == "__main__":
    main()
