# SPDX-License-Identifier: Apache-2.0
"""Runs a command with the agent in it, and prints the tables that it left: what Honeyguide does, without Honeyguide.

    agent_session.py [--flags N] [--limit BYTES] [--no-lock] [--output FILE] AGENT.SO COMMAND [ARGUMENT ...]

Has to be root: sessions are in /run/honeyguide. Prints one JSON object, {"status": ..., "tables": [...]}; what the
command prints goes where it would. The layout is that of agent_table.h.
"""
import argparse, fcntl, json, os, secrets, shutil, struct, subprocess, sys, tempfile

SESSIONS = "/run/honeyguide"
CALLS, ENVIRONMENT, TSC = 1, 2, 4
PAGE, CHUNK = 4096, 65536
HEADER = struct.Struct("<IIIIQQiiQQIIBBBBIQQ64sQ")
FUNCTION = struct.Struct("<8QIIII48x")
READ = struct.Struct("<QQIIII32x")


def uses_tsc():
    with open("/sys/devices/system/clocksource/clocksource0/current_clocksource") as file:
        return file.read().strip() == "tsc"


def lay_out(directory, agent):
    """The library where LD_PRELOAD finds it: BUILD/s/3/f/0/.../$LIB/agent.so."""
    for name in ["s"] + list("0123456789abcdef"):
        os.symlink(".", os.path.join(directory, name))
    for lib in ["lib/x86_64-linux-gnu", "lib/aarch64-linux-gnu", "lib64", "lib"]:
        os.makedirs(os.path.join(directory, lib), exist_ok=True)
        shutil.copy(agent, os.path.join(directory, lib, "agent.so"))
    for root, _, _ in os.walk(directory):
        os.chmod(root, 0o755)


class Session:
    def __init__(self, agent, flags, limit, lock=True):
        self.id = secrets.randbits(32)
        self.directory = f"{SESSIONS}/{self.id:08x}"
        os.makedirs(SESSIONS, mode=0o755, exist_ok=True)
        os.mkdir(self.directory)
        os.chmod(self.directory, 0o1733)
        self.file = open(os.path.join(self.directory, "session"), "w+b")
        self.file.write(struct.pack("<IIIIQQ", 0x53414748, 1, flags, 0, self.id, limit))
        self.file.flush()
        os.chmod(self.file.name, 0o644)
        if lock:
            # struct flock: type, whence, start, length, pid.
            fcntl.fcntl(self.file, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 1, 0))
        self.build = tempfile.mkdtemp(prefix="agent.")
        lay_out(self.build, agent)

    def preload(self):
        return self.build + "/s/" + "/".join(f"{self.id:08x}") + "/$LIB/agent.so"

    def tables(self):
        names = sorted(name for name in os.listdir(self.directory) if name != "session")
        return [read_table(os.path.join(self.directory, name)) for name in names]

    def end(self):
        # Before the lock goes; and yet a Honeyguide that starts now may remove what is left of it.
        shutil.rmtree(self.directory, ignore_errors=True)
        self.file.close()
        shutil.rmtree(self.build)


def text(data, place):
    if place == 0:
        return None
    size, _ = struct.unpack_from("<II", data, place)
    return data[place + 8:place + 8 + size].decode("utf-8", "surrogateescape")


def read_table(path):
    with open(path, "rb") as file:
        data = file.read()
    if len(data) < PAGE:  # its process was ended while it made it
        return dict(file=os.path.basename(path), valid=False, functions=[], reads=[])
    (magic, version, _, _, chunks, session, pid, ppid, created, ticks, clock, python, method, calls_reason,
     environment_reason, is_fork, stop, lost_functions, lost_reads, version_text, lost_calls) = HEADER.unpack_from(data)
    table = dict(
        file=os.path.basename(path), valid=magic == 0x54414748, pid=pid, ppid=ppid, created=created, ticks=ticks,
        clock=clock, python=f"{python:08x}", method=method, calls_reason=calls_reason,
        environment_reason=environment_reason, is_fork=is_fork, stop=stop, chunks=chunks, lost_functions=lost_functions,
        lost_calls=lost_calls, lost_reads=lost_reads, version=version_text.rstrip(b"\0").decode(), functions=[],
        reads=[])
    for chunk in range(PAGE, PAGE + chunks * CHUNK, CHUNK):
        kind, used = struct.unpack_from("<II", data, chunk)
        for index in range(used if kind == 1 else 0):
            (calls, resumes, ends, exceptions, total, own, shortest, longest, line, file, name,
             qualname) = FUNCTION.unpack_from(data, chunk + 64 + index * FUNCTION.size)
            if calls + resumes:
                table["functions"].append(dict(
                    file=text(data, file), line=line, name=text(data, name), qualname=text(data, qualname), calls=calls,
                    resumes=resumes, ends=ends, exceptions=exceptions, total=total, self=own, shortest=shortest,
                    longest=longest))
        for index in range(used if kind == 2 else 0):
            count, first, flags, name, value, fallback = READ.unpack_from(data, chunk + 64 + index * READ.size)
            table["reads"].append(dict(
                count=count, first=first, set=bool(flags & 1), has_default=bool(flags & 2), all=bool(flags & 4),
                name=text(data, name), value=text(data, value), default=text(data, fallback)))
    return table


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--flags", type=int, default=CALLS | ENVIRONMENT | (TSC if uses_tsc() else 0))
    parser.add_argument("--limit", type=int, default=64 << 20)
    parser.add_argument("--no-lock", action="store_true", help="as if Honeyguide had ended")
    parser.add_argument("--output", help="where the JSON goes (standard output)")
    parser.add_argument("agent")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    session = Session(options.agent, options.flags, options.limit, not options.no_lock)
    try:
        environment = dict(os.environ)
        others = environment.get("LD_PRELOAD")
        environment["LD_PRELOAD"] = session.preload() + (":" + others if others else "")
        status = subprocess.call(options.command, env=environment)
        result = json.dumps({"status": status, "tables": session.tables()})
    finally:
        session.end()
    if options.output:
        with open(options.output, "w") as file:
            file.write(result)
    else:
        print(result)


if __name__ == "__main__":
    main()
