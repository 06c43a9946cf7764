#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The site's dynamic inventory: the hosts of the environment that SITE_ENV names, all on this machine."""
import json
import os
import sys

SITE = {
    "staging": {"web": ["web1", "web2"], "db": ["db1"]},
    "production": {"web": ["web1", "web2", "web3"], "db": ["db1", "db2"]},
}

if "--host" in sys.argv:
    print("{}")
    sys.exit()

environment = os.environ.get("SITE_ENV", "staging")
if environment not in SITE:
    sys.exit(f"hosts.py: SITE_ENV is {environment!r}; known are {', '.join(SITE)}")
groups = SITE[environment]
local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
inventory = {group: {"hosts": hosts} for group, hosts in groups.items()}
inventory["_meta"] = {"hostvars": {host: local for hosts in groups.values() for host in hosts}}
print(json.dumps(inventory))
