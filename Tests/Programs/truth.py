# SPDX-License-Identifier: Apache-2.0
"""Starts children in different circumstances; each writes what /proc says about it, the parent what wait4 says."""
import json
import os
import sys


def told():
    with open("/proc/self/stat") as stat:
        words = stat.read().rpartition(")")[2].split()
    with open("/proc/self/comm", "rb") as comm:
        name = comm.read().rstrip(b"\n").decode()
    with open("/proc/self/cmdline", "rb") as arguments:
        argv = arguments.read().decode().split("\0")[:-1]
    return {
        "pid": os.getpid(), "ppid": os.getppid(), "uid": os.getuid(), "gid": os.getgid(), "euid": os.geteuid(),
        "egid": os.getegid(), "cwd": os.getcwd(), "exe": os.readlink("/proc/self/exe"), "argv": argv, "comm": name,
        "start_ticks": int(words[19]), "ticks_per_second": os.sysconf("SC_CLK_TCK"),
        "stdio": [os.readlink(f"/proc/self/fd/{number}") if os.path.lexists(f"/proc/self/fd/{number}") else None
                  for number in range(3)],
    }


def busy():
    memory = b"x" * (30 << 20)
    return sum(number * number for number in range(1_500_000)) + len(memory)


if sys.argv[1:] and sys.argv[1] == "child":
    truth = told()
    busy()
    os.write(int(sys.argv[2]), (json.dumps(truth) + "\n").encode())
    os._exit(int(sys.argv[3]))


def in_directory():
    os.mkdir("place")
    os.chdir("place")


def as_nobody():
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)


def as_half_nobody():
    os.setresgid(1, 2, 3)
    os.setresuid(1, 0, 0)


def with_streams():
    os.close(0)
    os.dup2(os.open("/dev/null", os.O_RDWR), 1)
    os.dup2(os.pipe()[1], 2)


log = os.open("truth", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
os.set_inheritable(log, True)
for code, circumstance in enumerate((lambda: None, in_directory, as_nobody, as_half_nobody, with_streams)):
    child = os.fork()
    if child == 0:
        try:
            circumstance()
            os.execv(sys.executable, [f"child {code}", sys.argv[0], "child", str(log), str(code)])
        finally:
            os._exit(99)
    _, status, usage = os.wait4(child, 0)
    end = {
        "pid": child, "status": os.waitstatus_to_exitcode(status), "max_rss_kib": usage.ru_maxrss,
        "processor_ns": int((usage.ru_utime + usage.ru_stime) * 1e9),
    }
    os.write(log, (json.dumps(end) + "\n").encode())
