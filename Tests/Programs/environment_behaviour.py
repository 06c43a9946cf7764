# SPDX-License-Identifier: Apache-2.0
"""Prints how os.environ behaves, and what the programs that it starts are given: the same with and without the agent.
What /usr/bin/env prints is told without the agent in it. Runs on Python 2.7 and 3.6 and later."""
from __future__ import print_function
import copy, gc, json, os, pickle, posix, re, subprocess, sys, tempfile

three = sys.version_info[0] > 2
data = os.environ._data if three else os.environ.data


def show(label, function):
    try:
        result = function()
    except BaseException as error:
        result = (type(error).__name__, error.args, getattr(error, "__suppress_context__", None))
    result = sorted(result.items(), key=str) if isinstance(result, dict) else result
    print("%s: %s" % (label, re.sub("0x[0-9a-f]+", "0x", repr(result))))


def plain(output):
    """Without the agent: as it would be alone."""
    lines = []
    for line in output.decode("utf-8", "backslashreplace" if three else "replace").splitlines():
        if line.startswith("LD_PRELOAD="):
            followed.append("/agent.so" in line)
            line = re.sub(":[^:]*/agent.so", "", re.sub("=[^:]*/agent.so:?", "=", line))
            if line == "LD_PRELOAD=":
                continue
        lines.append(line)
    return sorted(lines)


followed = []


def env(**options):
    return plain(subprocess.Popen(["/usr/bin/env"], stdout=subprocess.PIPE, **options).communicate()[0])


def forked(function):
    with tempfile.TemporaryFile() as file:
        child = os.fork()
        if child == 0:
            os.dup2(file.fileno(), 1)
            try:
                function()
            finally:
                os._exit(9)
        status = os.waitpid(child, 0)[1]
        file.seek(0)
        return status, plain(file.read())


def spawned(function, *rest, **options):
    with tempfile.TemporaryFile() as file:
        actions = [(os.POSIX_SPAWN_DUP2, file.fileno(), 1)]
        status = os.waitpid(function(*rest, file_actions=actions, **options), 0)[1]
        file.seek(0)
        return status, plain(file.read())


show("names", lambda: sorted(os.environ))
show("pairs", lambda: sorted(os.environ.items()))
show("order", lambda: list(os.environ) == list(data if not three else map(os.fsdecode, data)))
show("repr", lambda: repr(os.environ) if not three else re.sub("'PYTHON.*?', ", "", repr(os.environ)))
show("repr of the data", lambda: repr(data))
show("str of the data", lambda: str(posix.environ))
show("type", lambda: (type(os.environ), type(os.environ).__mro__, type(os.environ).__module__))
show("type of the data", lambda: (type(data).__name__, type(data).__module__, isinstance(data, dict)))
show("identity", lambda: (data is posix.environ, os.environ == dict(os.environ), os.environ != {}))
show("data equals", lambda: (data == dict(data), dict(data) == data, data != {}, {} == data))
show("sizes", lambda: (len(os.environ), len(data), bool(data)))
show("references", lambda: (sys.getrefcount(os.environ), sys.getrefcount(data[b"ONE"])))
show("dir", lambda: sorted(vars(type(os.environ))))
show("dir of an instance", lambda: sorted(vars(os.environ)))
show("dir of the data", lambda: [name for name in dir(data) if name not in ("__module__", "__slots__")])
show("attributes of the data", lambda: (hasattr(data, "__dict__"), hasattr(data, "__weakref__")))
show("documentation", lambda: (data.__doc__ == dict.__doc__, data.get.__doc__ == dict.get.__doc__))
show("method", lambda: (repr(data.get)[:28], data.get.__name__, data.__contains__(b"ONE")))
show("hash", lambda: hash(os.environ))
show("hash of the data", lambda: hash(data))
show("tracked", lambda: gc.is_tracked(os.environ))
show("key error", lambda: os.environ["NOT_SET"])
show("key error of the data", lambda: data[b"NOT_SET"])
show("wrong key", lambda: os.environ[1])
show("wrong key of get", lambda: os.environ.get(1))
show("no hash", lambda: data[[]])
show("no hash in", lambda: [] in data)
show("too few", lambda: data.get())
show("too many", lambda: data.get(1, 2, 3))
show("pop error", lambda: os.environ.pop("NOT_SET"))
show("pop error of the data", lambda: data.pop(b"NOT_SET"))
show("wrong value", lambda: os.environ.__setitem__("ONE", 1))
show("defaults", lambda: (os.environ.get("NOT_SET", data) is data, os.getenv("NOT_SET", 5), os.environ.get("NOT_SET")))
show("copies", lambda: (type(os.environ.copy()).__name__, os.environ.copy() == dict(os.environ)))
show("copy of the data", lambda: (type(data.copy()), data.copy() == data))
show("copy.copy", lambda: (type(copy.copy(os.environ)), copy.copy(os.environ) == os.environ))
show("copy.copy of the data", lambda: (type(copy.copy(data)), copy.copy(data) == data))
show("deepcopy", lambda: type(copy.deepcopy(os.environ)).__name__)
show("deepcopy of the data", lambda: (type(copy.deepcopy(data)), copy.deepcopy(data) == data))
for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
    show("pickle %d" % protocol, lambda: pickle.loads(pickle.dumps(os.environ, protocol)) == os.environ)
    show("pickle %d of the data" % protocol, lambda: pickle.loads(pickle.dumps(data, protocol)) == data)
show("json", lambda: json.dumps(dict(os.environ), sort_keys=True))
show("views", lambda: (type(os.environ.keys()).__name__, type(data.keys()).__name__, type(iter(data)).__name__))
show("sorted", lambda: sorted(data) == sorted(data.keys()) == sorted(key for key, _ in data.items()))
show("unpacked", lambda: dict(**os.environ) == os.environ)
show("or", lambda: sorted((os.environ | {"NEW": "1"}).items()))
show("or of the data", lambda: type(data | {}))
show("fromkeys", lambda: type(data.fromkeys([1])).__name__)
show("iteration while it changes", lambda: [os.environ.__setitem__("N%d" % at, "1") for at, _ in zip(range(3), data)])
for at in range(3):
    os.environ.pop("N%d" % at, None)
show("putenv", lambda: (os.putenv("PUT", "1"), "PUT" in os.environ, "PUT=1" in env()))
show("unsetenv", lambda: (os.unsetenv("PUT"), "PUT=1" in env()))
show("putenv of nothing", lambda: os.putenv("", "1"))
show("putenv too few", lambda: os.putenv("A"))
show("putenv with =", lambda: os.putenv("A=B", "1"))
show("unsetenv too many", lambda: os.unsetenv("A", "B"))
show("wide", lambda: (os.environ.__setitem__("WIDE", "\xe9"), os.environ["WIDE"], env()))
show("not UTF-8", lambda: os.environ["RAW"])
show("expand", lambda: (os.path.expandvars("$ONE $NOT_SET ${TWO}"), os.path.expanduser("~")))
show("update", lambda: (os.environ.update(THREE="3"), env()))
show("delete", lambda: (os.environ.__delitem__("THREE"), "THREE" in os.environ, env()))
show("signatures", lambda: [getattr(getattr(posix, name, None), "__text_signature__", None)
                            for name in ("execve", "putenv", "unsetenv", "posix_spawn")])
show("functions", lambda: [repr(getattr(posix, name, None)) for name in ("execve", "putenv", "unsetenv", "posix_spawn")])

# What other programs are given.
show("subprocess", lambda: env())
show("subprocess, a copy", lambda: env(env=dict(os.environ, NEW="1")))
show("subprocess, environ", lambda: env(env=os.environ))
show("subprocess, one", lambda: env(env={"NEW": "1"}))
show("subprocess, empty", lambda: env(env={}))
show("subprocess, preload", lambda: env(env={"LD_PRELOAD": "libdl.so.2"}))
show("subprocess, wrong", lambda: env(env={"A": 1}))
show("subprocess, wrong type", lambda: env(env=5))
show("system", lambda: forked(lambda: os.system("/usr/bin/env")))
show("execv", lambda: forked(lambda: os.execv("/usr/bin/env", ["env"])))
show("execve", lambda: forked(lambda: os.execve("/usr/bin/env", ["env"], os.environ)))
show("execve, one", lambda: forked(lambda: os.execve("/usr/bin/env", ["env"], {"A": "b"})))
show("execve, data", lambda: forked(lambda: os.execve("/usr/bin/env", ["env"], posix.environ)))
show("execve, empty", lambda: forked(lambda: os.execve("/usr/bin/env", ["env"], {})))
show("execvpe", lambda: forked(lambda: os.execvpe("env", ["env"], os.environ)))
show("execle", lambda: forked(lambda: os.execle("/usr/bin/env", "env", {"B": "c"})))
show("spawnve", lambda: os.spawnve(os.P_WAIT, "/bin/sh", ["sh", "-c", 'exit ${#Q}'], {"Q": "seven.."}))
show("execve, wrong", lambda: os.execve("/usr/bin/env", ["env"], 5))
show("execve, wrong value", lambda: os.execve("/usr/bin/env", ["env"], {"A": 1}))
show("execve, wrong name", lambda: os.execve("/usr/bin/env", ["env"], {"A\0B": "1"}))
show("execve, no program", lambda: os.execve("/nowhere", ["env"], os.environ))
if three:
    show("execve, named", lambda: forked(lambda: os.execve(env={"C": "d"}, argv=["env"], path="/usr/bin/env")))
if hasattr(os, "posix_spawn"):
    show("posix_spawn", lambda: spawned(os.posix_spawn, "/usr/bin/env", ["env"], os.environ))
    show("posix_spawnp", lambda: spawned(os.posix_spawnp, "env", ["env"], {"D": "e"}))
    show("posix_spawn, empty", lambda: spawned(os.posix_spawn, "/usr/bin/env", ["env"], {}))
    show("posix_spawn, None", lambda: spawned(os.posix_spawn, "/usr/bin/env", ["env"], None))

# LD_PRELOAD as the program sees it.
show("preload", lambda: (os.environ.get("LD_PRELOAD"), "LD_PRELOAD" in os.environ))
show("preload of a Python", lambda: subprocess.check_output(
    [sys.executable, "-c", "import os; print(os.environ.get('LD_PRELOAD'), len(os.environ))"]))
show("preload of an isolated Python", lambda: subprocess.check_output(
    [sys.executable, "-Es" if not three else "-I", "-S", "-c", "import os; print(os.environ.get('LD_PRELOAD'))"]))
show("preload set", lambda: (os.environ.__setitem__("LD_PRELOAD", "libm.so.6"), os.environ["LD_PRELOAD"], env()))
show("preload set, a copy", lambda: env(env=dict(os.environ)))
show("preload set, execve", lambda: forked(lambda: os.execve("/usr/bin/env", ["env"], os.environ)))
show("preload deleted", lambda: (os.environ.__delitem__("LD_PRELOAD"), "LD_PRELOAD" in os.environ, env()))
show("preload deleted again", lambda: os.environ.__delitem__("LD_PRELOAD"))
show("preload put", lambda: (os.putenv("LD_PRELOAD", "libm.so.6"), env()))
show("preload unset", lambda: (os.unsetenv("LD_PRELOAD"), env()))
show("clear", lambda: (os.environ.clear(), len(os.environ), len(data), env()))
print("followed", len(followed), all(followed), file=sys.stderr)
