# SPDX-License-Identifier: Apache-2.0
"""Prints what a program can find out about how it was started, in the same words each time.

Left out is only what must differ: process numbers, and what the kernel counts while the program runs. (The process
group is that of whoever started it for the run: Honeyguide's own, or else the program leads it itself.)
"""
import os
import resource
import signal
import sys

print("arguments", [os.fsencode(argument) for argument in sys.argv[1:]])
print("ids", os.getresuid(), os.getresgid(), sorted(os.getgroups()))
print("cwd", os.getcwdb())
for name in sorted(os.environb):
    print("environment", name, os.environb[name])
with open("/proc/self/status") as status:
    wanted = (
        "TracerPid", "Umask", "Cap", "NoNewPrivs", "Seccomp", "SigBlk", "SigIgn", "SigCgt", "SigPnd", "ShdPnd",
        "Cpus_allowed_list", "THP_enabled", "CoreDumping",
    )
    print("".join(line for line in status if line.startswith(wanted)), end="")
for name in sorted(dir(resource)):
    if name.startswith("RLIMIT_"):
        print(name, resource.getrlimit(getattr(resource, name)))
for number in range(1, 65):
    if number not in (32, 33):
        print("signal", number, signal.getsignal(number))
for descriptor in sorted(map(int, os.listdir("/proc/self/fd"))):
    try:
        # Where output goes differs from run to run; of what kind it is does not.
        where = os.fstat(descriptor).st_mode if descriptor in (1, 2) else os.readlink(f"/proc/self/fd/{descriptor}")
        print("descriptor", descriptor, where)
    except FileNotFoundError:
        pass  # the directory that was just read
for name in ("cgroup", "oom_score_adj", "timerslack_ns", "personality", "coredump_filter", "loginuid"):
    try:
        with open(f"/proc/self/{name}") as file:
            print(name, file.read().strip())
    except OSError as error:
        print(name, error.errno)
for namespace in sorted(os.listdir("/proc/self/ns")):
    print("namespace", os.readlink(f"/proc/self/ns/{namespace}"))
print("nice", os.getpriority(os.PRIO_PROCESS, 0), "scheduler", os.sched_getscheduler(0))
try:
    print("terminal", os.open("/dev/tty", os.O_RDWR) >= 0)
except OSError as error:
    print("terminal", error.errno)
print("session of its parent", os.getsid(0) == os.getsid(os.getppid()))
print("input", sys.stdin.buffer.read())
print("to standard error", file=sys.stderr)
