# SPDX-License-Identifier: Apache-2.0
"""Whether environment_behaviour.py prints the same with the agent as alone, but for what is known to differ.

    agent_behaviour.py AGENT.SO PYTHON [OPTION ...]

Says each difference on a line of its own; ends with 1 where there is one.
"""
import os, shutil, subprocess, sys, tempfile
import agent_session

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "environment_behaviour.py")


def is_sanitizer(others):
    """What the agent stands behind."""
    return others is not None and os.path.basename(others.split(":")[0]).startswith("libasan.so")


def run(python, others, preload):
    environment = {b"HOME": b"/", b"PATH": b"/usr/bin:/bin", b"ONE": b"1", b"TWO": b"two words", b"RAW": b"\xff\xfe",
                   b"LC_ALL": b"C.UTF-8", b"EMPTY": b""}
    parts = [part for part in (preload, others) if part]
    if is_sanitizer(others):
        parts.reverse()
    if parts:
        environment[b"LD_PRELOAD"] = ":".join(parts).encode()
    result = subprocess.run(python + [PROGRAM], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return result.stdout.decode("utf-8", "surrogateescape").splitlines(), result.stderr.decode().splitlines()


def main():
    agent, python = sys.argv[1], sys.argv[2:]
    failed = False
    # Any library, under that name.
    directory = tempfile.mkdtemp()
    sanitizer = os.path.join(directory, "libasan.so.8")
    shutil.copy("/lib/x86_64-linux-gnu/libutil.so.1", sanitizer)
    os.chmod(directory, 0o755)
    for others in (None, "libm.so.6", "libm.so.6 libdl.so.2", sanitizer, sanitizer + ":libm.so.6"):
        alone, _ = run(python, others, None)
        session = agent_session.Session(agent, agent_session.CALLS | agent_session.ENVIRONMENT, 64 << 20)
        try:
            inside, notes = run(python, others, session.preload())
        finally:
            session.end()
        different = [(one, other) for one, other in zip(alone, inside) if one != other]
        for one, other in different:
            print("alone   %s\ninside  %s" % (one, other))
        # Each program that was started with anything in its environment got the agent.
        if not notes or not notes[-1].startswith("followed ") or not notes[-1].endswith(" True"):
            print("not followed:", notes)
            failed = True
        failed |= bool(different) or len(alone) != len(inside) or len(alone) < 90
        print("%d answers, %s" % (len(alone), notes[-1:]))
    shutil.rmtree(directory)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
