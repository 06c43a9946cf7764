# SPDX-License-Identifier: Apache-2.0
"""Leaves connections open to a child, which closes them one after the other at the moment when their program ends.

Prints each end: its port, its peer's, the bytes that it sent, and those that it received.
"""
import os
import socket
import sys
import time

listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(16)
port = listener.getsockname()[1]
ends = []
for number in range(int(sys.argv[1])):
    there = socket.create_connection(("127.0.0.1", port))
    here, _ = listener.accept()
    there.sendall(b"x" * (number + 1))
    here.recv(number + 1, socket.MSG_WAITALL)
    here.sendall(b"y" * 7)
    there.recv(7, socket.MSG_WAITALL)
    own = there.getsockname()[1]
    print(own, port, number + 1, 7)
    print(port, own, 7, number + 1)
    ends.append((there, here))
sys.stdout.flush()
parent = os.getpid()
if os.fork() == 0:
    os.setsid()
    deadline = time.monotonic() + 5
    while os.getppid() == parent and time.monotonic() < deadline:
        pass
    for there, here in ends:
        there.close()
        here.close()
        time.sleep(0.00005)
