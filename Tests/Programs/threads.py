# SPDX-License-Identifier: Apache-2.0
"""Threads that start children at the same time, and children that open files at the same time."""
import os
import subprocess
import threading


def work(number):
    for turn in range(6):
        subprocess.run(["/bin/true", str(number), str(turn)], check=True)  # vfork and exec
        child = os.fork()
        if child == 0:
            try:
                with open(f"{number}-{turn}", "w") as file:
                    file.write("x")
                os.stat("/etc/hostname")
                os.execv("/bin/cat", ["cat", f"{number}-{turn}", "missing"])
            finally:
                os._exit(9)
        os.waitpid(child, 0)
        os.unlink(f"{number}-{turn}")


threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
