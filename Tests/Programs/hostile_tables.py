# SPDX-License-Identifier: Apache-2.0
"""Leaves in the session's directory, in place of its own table and beside it, what no agent would: Honeyguide is to
count it, and to tell all else as it would. Without a session it does the same in its working directory. As root.

    hostile_tables.py OTHERS        how many files it makes that are nobody's
"""
import os, re, socket, subprocess, sys, time

with open("/proc/self/environ", "rb") as file:
    digits = re.search(rb"LD_PRELOAD=[^\0]*/s/((?:[0-9a-f]/){8})", file.read())
directory = "/run/honeyguide/" + digits.group(1).decode().replace("/", "") if digits else "."
with open("session", "w") as file:
    file.write(directory)
now = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
made = 0


def step(number):
    return number + 1


def place():
    """The next name that a table of this process could have."""
    global made
    made += 1
    return "%s/%d-%x" % (directory, os.getpid(), now + made)


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)
    return path


os.mkfifo(place())
os.symlink("/etc/passwd", place())
os.mkdir(place())
socket.socket(socket.AF_UNIX).bind(place())
os.link(write(place(), b"x" * 5000), place())
os.chown(write(place(), b"x" * 5000), 65534, 65534)
write(place(), b"")
write(place(), os.urandom(70000))
with open(place(), "wb") as file:
    file.truncate(1 << 40)
for number in range(int(sys.argv[1])):
    os.close(os.open("%s/%d-1" % (directory, 4194304 + number), os.O_CREAT | os.O_WRONLY))
os.close(os.open(os.fsencode(directory) + b"/\xff\xfe", os.O_CREAT | os.O_WRONLY))
# A child of fork begins a table of its own; that one stays.
child = os.fork()
for number in range(500):
    step(number)
if child == 0:
    os._exit(3)
print(os.waitpid(child, 0)[1], made)
# Its own, replaced while it goes on.
own = [name for name in os.listdir(directory) if name.startswith("%d-" % os.getpid())]
genuine = [name for name in own if int(name.split("-")[1], 16) < now]
for name in genuine:
    write(directory + "/fresh", b"\x00\x01" * 40000)
    os.replace(directory + "/fresh", directory + "/" + name)
for number in range(500):
    step(number)
print(subprocess.call([sys.executable, "-S", "-c", "def ours(): pass\nours(); ours()"]))
