#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares what Honeyguide said of Examples/ansible-wrapper with what the wrapper is known to do.

check-demo.py EVENTS PAGE EXAMPLE HOME: the JSON Lines, the page, the example's folder, the HOME it ran with.
"""
import json
import pathlib
import sys

events_file, page_file, example, home = sys.argv[1:]
events = [json.loads(line) for line in open(events_file, encoding="utf-8")]
page = pathlib.Path(page_file).read_text(encoding="utf-8").splitlines()
site = f"{example}/state/site"
complaints = []


def expect(condition, sentence):
    if not condition:
        complaints.append(sentence)


def of(*kinds):
    return [event for event in events if event["event"] in kinds]


# How it went.
summary = events[-1]
expect(summary.get("event") == "summary", "the last line is no summary")
expect(summary.get("exit_code") == 0, f"the command's exit code is {summary.get('exit_code')}, not 0")
expect(summary.get("lost") == 0, f"{summary.get('lost')} events were lost: {summary.get('lost_by_reason')}")

# What ran.
argvs = [event["argv"] for event in of("exec") if "error" not in event]


def ran(*words):
    """Whether some program got these words, in this order, among its arguments; a program counts by its name."""
    for argv in argvs:
        rest = iter([word.rsplit("/", 1)[-1] for word in argv])
        if all(word in rest for word in words):
            return True
    return False


for words in [("the_ansible_wrapper.sh",), ("git", "fetch"), ("git", "checkout", "release-2"),
              ("ansible-galaxy", "role", "install"), ("ansible-playbook", "site.yml"),
              ("hosts.py", "--list"), ("health.sh",)]:
    expect(ran(*words), f"{' '.join(words)} was not seen to run")

# Where it connected: the stand-in for the vault alone, on loopback.
connects = [event for event in of("connect") if event["protocol"] == "tcp"]
expect(any("error" not in event and event["remote"]["address"] == "127.0.0.1" for event in connects),
       "the connection to the vault was not seen")
for event in connects:
    address = (event.get("remote") or {}).get("address")
    expect(address in ("127.0.0.1", "::1"), f"something connected to {address}")

# Which files it read, and which it left alone.
opened = {event["path"] for event in of("open") if "error" not in event and event.get("path")}
for name in ["ansible.cfg", "site.yml", "inventory/hosts.py", "group_vars/all.yml", "group_vars/web.yml",
             "galaxy_roles/banner/tasks/main.yml", "roles/appconf/tasks/main.yml", "files/health.sh"]:
    expect(f"{site}/{name}" in opened, f"{name} of the site was not seen to be opened")
for name in ["group_vars/mail.yml", "roles/legacy_backup/tasks/main.yml",
             "roles/legacy_backup/defaults/main.yml"]:
    expect(f"{site}/{name}" not in opened, f"{name} of the site was said to be opened, and was not")

# Which ansible.cfg: ansible-galaxy looks for three and finds none but the machine's own, if it has one.
asked = [f"{example}/ansible.cfg", f"{home}/.ansible.cfg", "/etc/ansible/ansible.cfg"]
galaxy = [event["pid"] for event in of("exec")
          if any(word.endswith("/ansible-galaxy") for word in event.get("argv", []))]
seen = [event for event in of("lookup") if event["pid"] in galaxy and event.get("path") in asked]
expect([event["path"] for event in seen] == asked,
       f"ansible-galaxy was said to look for {[event['path'] for event in seen]}, not for {asked}")
for event in seen[:2]:
    expect(event.get("error") == "ENOENT", f"{event['path']} was said to be there")

# Which variables: none of Ansible's own is set, and both of its programs ask for theirs.
for program in ["ansible-galaxy", "ansible-playbook"]:
    pids = {event["pid"] for event in of("exec")
            if any(word.endswith(f"/{program}") for word in event.get("argv", []))}
    looked_up = {event["name"]: event["set"] for event in of("env")
                 if event["pid"] in pids and event["source"] == "python"}
    for name in ["ANSIBLE_CONFIG", "ANSIBLE_ROLES_PATH", "ANSIBLE_COLLECTIONS_PATH"]:
        expect(name in looked_up, f"{program} was not seen to look up {name}")
        expect(not looked_up.get(name), f"{name} was said to be set for {program}")
starts = [number for number, line in enumerate(page) if line.startswith("Which environment variables")]
variables = page[starts[0]:] if starts else []
variables = variables[:variables.index("")] if "" in variables else variables
unset = " ".join(variables).partition(" not set  ")[2]
expect("ANSIBLE_" in unset, "the page does not show variables of Ansible that are not set")
expect(any(line.startswith("Where its Python time went") for line in page), "the page does not show Python's time")

# The page has the three ansible.cfg in that order, and what was found of them.
found = pathlib.Path(asked[2]).exists()
names = [("./ansible.cfg", asked[0]), ("~/.ansible.cfg", asked[1]), (asked[2],)]


def place_of(name, after):
    """Where the page has the name as a word of its own (not as the end of a longer path) after a place."""
    for number, line in enumerate(page):
        for column, word in enumerate(line.split()):
            if (number, column) > after and word.strip(",;:()") in name:
                return number, column
    return None


at = (-1, -1)
for name in names:
    place = place_of(name, at)
    expect(place, f"the page does not show {name[0]}" + ("" if at < (0, 0) else ", or not after the one before"))
    at = place or at
expect(any("site/ansible.cfg" in line for line in page),
       "the page does not show the ansible.cfg that ansible-playbook used")
expect(len(page) <= 60, f"the page has {len(page)} lines, more than 60")

if complaints:
    for complaint in complaints:
        print(f"check-demo: {complaint}", file=sys.stderr)
    sys.exit(1)
print(f"{page_file}: {len(page)} lines; the three ansible.cfg in the order tried,"
      f" {'the last found' if found else 'none found'}; {len(events)} events agree with what the wrapper does")
