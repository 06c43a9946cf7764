# SPDX-License-Identifier: Apache-2.0
"""Looks into the environment in every way that Python has: each with names of its own, SET_... with a value and
NOT_... without. Runs on Python 2.7 and 3.6 and later."""
import posix
posix.environ.get(b"SET_BEFORE_OS")  # bytes in Python 3, str in Python 2
import os, sys, threading

three = sys.version_info[0] > 2

os.environ["SET_ITEM"]
try:
    os.environ["NOT_ITEM"]
except KeyError as error:
    assert error.args == ("NOT_ITEM",)
os.environ.get("SET_GET"), os.environ.get("NOT_GET")
os.environ.get("SET_GET_DEFAULT", "other"), os.environ.get("NOT_GET_DEFAULT", "other")
os.environ.get("NOT_GET_EMPTY", ""), os.environ.get("NOT_GET_NUMBER", 17), os.environ.get("NOT_GET_LIST", [])
os.environ.get("NOT_GET_WIDE", u"\xfc")
os.getenv("SET_GETENV"), os.getenv("NOT_GETENV")
os.getenv("SET_GETENV_DEFAULT", "other"), os.getenv("NOT_GETENV_DEFAULT", "other")
"SET_IN" in os.environ, "NOT_IN" in os.environ
os.environ.setdefault("SET_SETDEFAULT", "other"), os.environ.setdefault("NOT_SETDEFAULT", "other")
os.environ.pop("SET_POP"), os.environ.pop("NOT_POP", None), os.environ.pop("NOT_POP_DEFAULT", "other")
try:
    os.environ.pop("NOT_POP_ERROR")
except KeyError:
    pass
if three:
    os.environb[b"SET_BYTES"], os.environb.get(b"NOT_BYTES", b"other")
    os.getenvb(b"SET_GETENVB"), os.getenvb(b"NOT_GETENVB", b"other")
else:
    os.environ.has_key("SET_BYTES"), os.environ.has_key("NOT_BYTES")
    os.environ["SET_GETENVB"], os.environ.get("NOT_GETENVB", "other")
posix.environ[b"SET_POSIX"], posix.environ.get(b"NOT_POSIX", b"other"), posix.environ.get(b"SET_POSIX_GET")
b"SET_POSIX_IN" in posix.environ, b"NOT_POSIX_IN" in posix.environ
os.path.expandvars("$SET_EXPAND $NOT_EXPAND")
for _ in range(1000):
    os.environ.get("SET_OFTEN"), os.environ.get("NOT_OFTEN")
# What is set and removed is no read.
os.environ["NOT_READ"] = "1"
del os.environ["NOT_READ"]
len(os.environ), bool(os.environ)

# All of it, a read each.
whole = [lambda: list(os.environ), lambda: os.environ.copy(), lambda: dict(os.environ),
         lambda: list(os.environ.items()), lambda: list(os.environ.values()), lambda: [key for key in os.environ.keys()],
         lambda: repr(os.environ), lambda: dict(posix.environ) if three else posix.environ.keys(),
         lambda: posix.environ.copy(), lambda: posix.environ.items(), lambda: [pair for pair in os.environ.items()]]
for read in whole:
    read()


# Threads that take turns in the middle of reading all of it.
def look():
    for _ in range(2000):
        os.environ.get("NOT_THREADS"), os.environ["SET_THREADS"]
    for _ in range(200):
        os.environ.copy()


interval = sys.getswitchinterval() if three else sys.getcheckinterval()
sys.setswitchinterval(1e-6) if three else sys.setcheckinterval(1)
threads = [threading.Thread(target=look) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
sys.setswitchinterval(interval) if three else sys.setcheckinterval(interval)

child = os.fork()
if child == 0:
    os.environ.get("NOT_IN_CHILD"), os.environ.get("NOT_IN_CHILD"), os.environ.copy()
    os._exit(0)
os.waitpid(child, 0)

# Reads of one that look like the beginning of a read of all.
names = list(os.environ)
os.environ[names[0]]
print("%d %s" % (len(whole) + 4 * 200 + 1, names[0]))
