# SPDX-License-Identifier: Apache-2.0
"""Looks at the same files from another root, other mounts and another pid namespace: views.py chroot|mounts|pid"""
import ctypes
import os
import subprocess
import sys

libc = ctypes.CDLL(None, use_errno=True)


def mount(source, target, flags):
    if libc.mount(source.encode(), target.encode(), None, flags, None):
        raise OSError(ctypes.get_errno(), "mount")


def unshare(flags):
    if libc.unshare(flags):
        raise OSError(ctypes.get_errno(), "unshare")


def attempt(call, *arguments):
    try:
        return call(*arguments)
    except OSError:
        return None


if sys.argv[1] == "chroot":
    os.chdir("jail")
    os.chroot(".")
    os.stat("/etc/file")
    open("etc/file").close()
    attempt(open, "/etc/missing")
    os.rename("/etc/file", "/etc/other")
elif sys.argv[1] == "mounts":
    unshare(0x20000)
    mount("none", "/", 16384 | 1 << 18)
    mount("jail", "/mnt", 4096)
    open("/mnt/etc/file").close()
    os.chdir("/mnt/etc")
    attempt(open, "missing")
    attempt(open, "/mnt/missing")
elif sys.argv[1] == "pid":
    unshare(0x20000000)
    child = os.fork()
    if child == 0:
        # The first process of its namespace says which number it has.
        open("number", "w").write(str(os.getpid()))
        subprocess.run(["/bin/sh", "-c", "echo $$ >shell"], check=True)
        os._exit(0)
    os.waitpid(child, 0)
