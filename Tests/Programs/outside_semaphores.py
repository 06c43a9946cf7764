# SPDX-License-Identifier: Apache-2.0
"""What this Python's semaphores of function__entry, function__return and line are before, while and after Honeyguide
counts the calls of another process that runs the same file, and is ended by a signal.

    outside_semaphores.py HONEYGUIDE SIGNAL
"""
import ctypes, re, signal, subprocess, sys, time

NOTES = subprocess.check_output(["readelf", "-Wn", sys.executable], text=True)
PLACES = [int(re.search(r"Name: %s\n.*Semaphore: (0x[0-9a-f]+)" % name, NOTES)[1], 16)
          for name in ("function__entry", "function__return", "line")]


def values():
    # The file is loaded where its linker put it.
    return [ctypes.c_uint16.from_address(place).value for place in PLACES]


def wait_for(expected):
    for _ in range(200):
        if values() == expected:
            break
        time.sleep(0.05)
    print(*values(), flush=True)


wait_for([0, 0, 0])
command = [sys.argv[1], "run", "--quiet", "--no-inject", "--python", "calls", "--", "/bin/sleep", "60"]
honeyguide = subprocess.Popen(command, stderr=subprocess.DEVNULL)
wait_for([1, 1, 1])
children = subprocess.run(["pgrep", "-P", str(honeyguide.pid), "-x", "sleep"], capture_output=True, text=True)
honeyguide.send_signal(getattr(signal, "SIG" + sys.argv[2]))
honeyguide.wait()
for child in children.stdout.split():
    subprocess.run(["kill", child], stderr=subprocess.DEVNULL)
wait_for([0, 0, 0])
