#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Serves one file as /vault.json on a free port of 127.0.0.1, and prints the port when it listens."""
import http.server
import os
import sys

with open(sys.argv[1], "rb") as file:
    SECRETS = file.read()


class Vault(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path != "/vault.json":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(SECRETS)))
        self.end_headers()
        self.wfile.write(SECRETS)

    def log_message(self, *arguments):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Vault)
print(server.server_port, flush=True)
os.close(1)  # The reader of the port waits for no more.
server.serve_forever()
