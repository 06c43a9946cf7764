# SPDX-License-Identifier: Apache-2.0
"""Job control with a real terminal: an interactive bash in a pseudo-terminal, in which a launcher starts commands.

    job_control.py LAUNCHER...

LAUNCHER is the command line that a command is put behind (`LaunchDriver --`, `honeyguide run --`). Each claim runs
twice, without the launcher and with it, where the two are to look the same. Prints a line for each claim, exits with
the number of those that do not hold.
"""

import os
import pty
import re
import select
import shlex
import signal
import subprocess
import sys
import tempfile
import termios
import time

LAUNCHER = sys.argv[1:]
PROMPT = "OUTER> "
INNER = "INNER> "


class Terminal:
    """An interactive bash in a pseudo-terminal, without line editing and echo."""

    def __init__(self):
        self.directory = tempfile.TemporaryDirectory()
        self.text = ""
        environment = dict(os.environ, PS1=PROMPT, TERM="dumb", PS2="")
        environment.pop("PROMPT_COMMAND", None)
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            # Python ignores SIGPIPE and SIGXFSZ, and a job of `make test` may ignore more.
            for number in range(1, 32):
                if number not in (signal.SIGKILL, signal.SIGSTOP):
                    signal.signal(number, signal.SIG_DFL)
            os.chdir(self.directory.name)
            os.execvpe("bash", ["bash", "--noprofile", "--norc", "--noediting", "-i"], environment)
        self.expect(re.escape(PROMPT))
        self.line("stty -echo")

    def read(self, timeout):
        """Reads what there is; whether there was anything."""
        if not select.select([self.master], [], [], timeout)[0]:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:
            return False
        self.text += data.decode(errors="replace").replace("\r\n", "\n")
        return bool(data)

    def expect(self, pattern, timeout=10.0):
        """Waits for a pattern; gives all text up to its end and forgets it."""
        deadline = time.monotonic() + timeout
        while True:
            match = re.search(pattern, self.text)
            if match:
                before = self.text[: match.end()]
                self.text = self.text[match.end():]
                return before
            if time.monotonic() > deadline:
                raise AssertionError(f"no {pattern!r} in {self.text!r}")
            self.read(0.05)

    def send(self, text):
        os.write(self.master, text.encode())

    def line(self, text, prompt=PROMPT):
        """Types a line; gives what is printed before the next prompt."""
        self.send(text + "\n")
        return self.expect(re.escape(prompt))[: -len(prompt)]

    def code(self):
        return int(self.line("echo code=$?").split("code=")[1].split()[0])

    def mode(self):
        return termios.tcgetattr(self.master)[:4]

    def wait_mode(self, mode, timeout=10.0):
        "Until the terminal is in this mode. (sudo, with a terminal of its own before the command, takes its time to come back.)"
        deadline = time.monotonic() + timeout
        while self.mode() != mode:
            assert time.monotonic() < deadline, f"the terminal's mode is {self.mode()}, not {mode}"
            time.sleep(0.01)

    def wait_state(self, pid, states, timeout=10.0):
        deadline = time.monotonic() + timeout
        while state_of(pid) not in states:
            assert time.monotonic() < deadline, f"{pid} is {state_of(pid)!r}, not in {states!r}"
            time.sleep(0.01)

    def wait_running(self, name, timeout=10.0):
        "Until the last of the processes below, each the child of the one before, is of that name and sleeps."
        deadline = time.monotonic() + timeout
        while True:
            last = self.pid
            while below := children(last):
                last = below[0]
            if comm_of(last) == name and state_of(last) == "S":
                return
            assert time.monotonic() < deadline, f"{comm_of(last)!r} is the last, not {name!r}"
            time.sleep(0.01)

    def close(self):
        os.close(self.master)
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.waitpid(self.pid, 0)
        self.directory.cleanup()


def state_of(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def comm_of(pid):
    try:
        with open(f"/proc/{pid}/comm") as file:
            return file.read().rstrip("\n")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def children(pid):
    result = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True)
    return [int(word) for word in result.stdout.split()]


def launched(terminal, prefix):
    """The launcher and the command it started, which has no children; the command twice where there is no launcher."""
    chain = [terminal.pid]
    while below := children(chain[-1]):
        chain.append(below[0])
    assert len(chain) > (2 if prefix else 1), f"nothing was started: {chain}"
    return chain[-2 if prefix else -1], chain[-1]


def ready(command, first=":"):
    """A shell command that says when it has begun, and has done what comes first."""
    return "bash --norc -c " + shlex.quote(f"{first}; echo ready; {command}")


def ctrl_c(terminal, prefix):
    "Ctrl-C ends the command, and the code is 130"
    terminal.send(f"{prefix} {ready('exec sleep 60')}\n")
    terminal.expect("ready")
    terminal.send("\x03")
    terminal.expect(PROMPT)
    assert terminal.code() == 130


def ctrl_c_handled(terminal, prefix):
    "A command that handles Ctrl-C goes on, and its code is its own"
    command = ready("while :; do sleep 0.05; done", "trap 'echo caught; exit 9' INT")
    terminal.send(f"{prefix} {command}\n")
    terminal.expect("ready")
    terminal.send("\x03")
    terminal.expect("caught")
    terminal.expect(PROMPT)
    assert terminal.code() == 9


def ctrl_backslash(terminal, prefix):
    "Ctrl-\\ quits the command, and the code is 131"
    terminal.line("ulimit -c 0")
    terminal.send(f"{prefix} {ready('exec sleep 60')}\n")
    terminal.expect("ready")
    _, command = launched(terminal, prefix)
    while comm_of(command) != "sleep":  # bash, which it was, ignores SIGQUIT
        time.sleep(0.01)
    terminal.send("\x1c")
    terminal.expect(PROMPT)
    assert terminal.code() == 131


def ctrl_z(terminal, prefix):
    "Ctrl-Z stops both, fg continues both, again and again"
    terminal.send(f"{prefix} {ready('read line; echo got $line; exit 3')}\n")
    terminal.expect("ready")
    launcher, command = launched(terminal, prefix)
    mode = terminal.mode()
    for _ in range(5):
        terminal.send("\x1a")
        terminal.expect("Stopped")
        terminal.expect(PROMPT)
        terminal.wait_state(launcher, "T")
        terminal.wait_state(command, "T")
        terminal.send("fg\n")
        terminal.wait_state(launcher, "SR")
        terminal.wait_state(command, "SR")
        terminal.wait_mode(mode)
        time.sleep(0.05)  # nothing stops again by itself
        assert state_of(launcher) in "SR" and state_of(command) in "SR"
    terminal.send("word\n")
    terminal.expect("got word")
    terminal.expect(PROMPT)
    assert terminal.code() == 3


def ctrl_z_background(terminal, prefix):
    "A stopped job that bg continues ends in the background"
    terminal.send(f"{prefix} {ready('sleep 0.5; touch done')}\n")
    terminal.expect("ready")
    terminal.send("\x1a")
    terminal.expect("Stopped")
    terminal.expect(PROMPT)
    terminal.line("bg")
    terminal.line("wait")
    assert "yes" in terminal.line("test -e done && echo yes")


def ctrl_z_ignored(terminal, prefix):
    "Ctrl-Z does not stop where the command ignores it"
    command = ready("read line; echo got $line; exit 4", "trap '' TSTP")
    terminal.send(f"{prefix} {command}\n")
    terminal.expect("ready")
    launcher, command = launched(terminal, prefix)
    terminal.send("\x1a")
    time.sleep(0.3)
    assert state_of(launcher) in "SR" and state_of(command) in "SR"
    terminal.send("word\n")
    terminal.expect("got word")
    terminal.expect(PROMPT)
    assert terminal.code() == 4


def stops_itself(terminal, prefix):
    "A command that stops itself alone gives the prompt back, and fg continues it"
    for name in ["TSTP", "STOP", "TTIN"]:
        terminal.send(f"{prefix} {ready(f'kill -{name} $$; echo again; exit 6')}\n")
        terminal.expect("Stopped")
        terminal.expect(PROMPT)
        terminal.send("fg\n")
        terminal.expect("again")
        terminal.expect(PROMPT)
        assert terminal.code() == 6


def background_reader(terminal, prefix):
    "A background job that reads the terminal stops, and fg lets it read"
    terminal.send(f"{prefix} {ready('read line; echo got $line')} &\n")
    terminal.expect("ready")
    launcher, command = launched(terminal, prefix)
    terminal.wait_state(command, "T")
    terminal.wait_state(launcher, "T")
    terminal.send("jobs; echo end of jobs\n")
    assert "Stopped" in terminal.expect("end of jobs")
    terminal.send("fg\n")
    terminal.wait_state(command, "SR")
    terminal.send("word\n")
    terminal.expect("got word")
    terminal.expect(PROMPT)


def start_inner(terminal, prefix):
    # Not on the command line: fg prints that.
    with open(os.path.join(terminal.directory.name, "rc"), "w") as file:
        file.write(f"PS1='{INNER}'\n")
    terminal.send(f"{prefix} bash --noprofile --rcfile rc --noediting -i\n")
    terminal.expect(INNER)


def inner_shell(terminal, prefix):
    "An interactive bash has its job control"
    start_inner(terminal, prefix)
    assert "no job control" not in terminal.text
    terminal.send("sleep 60\n")
    terminal.wait_running("sleep")
    terminal.send("\x1a")
    terminal.expect("Stopped")
    terminal.expect(INNER)
    assert "sleep 60" in terminal.line("jobs", INNER)
    terminal.send("fg\n")
    terminal.wait_running("sleep")
    terminal.send("\x03")
    terminal.expect(INNER)
    assert "code=130" in terminal.line("echo code=$?", INNER)
    terminal.send("\x03")
    terminal.expect(INNER)
    terminal.send("cat | cat\n")
    terminal.send("through\n")
    terminal.expect("through")
    terminal.send("\x04")
    terminal.expect(INNER)
    terminal.send("exit 5\n")
    terminal.expect(PROMPT)
    assert terminal.code() == 5


def inner_suspend(terminal, prefix):
    "An interactive bash can be suspended and continued"
    start_inner(terminal, prefix)
    for _ in range(3):
        terminal.send("suspend\n")
        terminal.expect("Stopped")
        terminal.expect(PROMPT)
        terminal.send("fg\n")
        terminal.expect(INNER)
        assert "alive" in terminal.line("echo alive", INNER)
    terminal.send("exit 7\n")
    terminal.expect(PROMPT)
    assert terminal.code() == 7


def page_while_other_owns_terminal(terminal, prefix):
    "The page is written although the command owns the terminal and `stty tostop` is set"
    terminal.line("stty tostop")
    start_inner(terminal, prefix)
    launcher, _ = launched(terminal, prefix)
    os.kill(launcher, signal.SIGUSR1)
    time.sleep(0.3)
    assert state_of(launcher) in "SR", state_of(launcher)
    assert "alive" in terminal.line("echo alive", INNER)
    terminal.send("exit 8\n")
    terminal.expect(PROMPT)
    assert terminal.code() == 8


def hang_up(terminal, prefix):
    "When the terminal hangs up, the command gets SIGHUP and everything ends"
    where = terminal.directory.name
    # A loop that waits without a child: for a pipe into which nobody writes.
    loop = ready("while :; do read -t 0.05 -u 3; done", "trap 'echo hup >> hups; exit' HUP; mkfifo idle; exec 3<>idle")
    terminal.send(f"{prefix} {loop}\n")
    terminal.expect("ready")
    launcher, command = launched(terminal, prefix)
    os.close(terminal.master)
    terminal.wait_state(command, ["", "Z"])
    terminal.wait_state(launcher, ["", "Z"])
    terminal.master = os.open("/dev/null", os.O_RDONLY)
    with open(os.path.join(where, "hups")) as file:
        # Once from the kernel; and once more where the shell that ends passes it on in time.
        assert set(file.read().splitlines()) == {"hup"}


def terminal_state(terminal, prefix):
    "The command is in the foreground group of the same session and terminal"
    program = "import os, sys; print('state', os.getsid(0), os.tcgetpgrp(0) == os.getpgrp(), os.ttyname(0), os.isatty(1), os.isatty(2), os.getpgrp() == os.getpid())"
    line = terminal.line(f"{prefix} python3 -c {shlex.quote(program)}")
    state = re.search(r"state (\d+) (\w+) (\S+) (\w+) (\w+) (\w+)", line).groups()
    assert state[0] == str(terminal.pid), state
    assert state[1] == "True" and state[3] == "True" and state[4] == "True", state
    assert state[2].startswith("/dev/pts/"), state


ALIKE = [
    ctrl_c, ctrl_c_handled, ctrl_backslash, ctrl_z, ctrl_z_background, ctrl_z_ignored, stops_itself,
    background_reader, inner_shell, inner_suspend, hang_up, terminal_state,
]
LAUNCHED = [page_while_other_owns_terminal]
# sudo makes a session and a terminal of its own; these do not hold under sudo alone, or the user may not send the signal.
NOT_UNDER_SUDO = [stops_itself, terminal_state, page_while_other_owns_terminal]


def check(claim, prefix, label):
    terminal = Terminal()
    try:
        claim(terminal, prefix)
        print(f"holds {label}: {claim.__doc__}", flush=True)
        return 0
    except (AssertionError, OSError) as error:
        print(f"FAILS {label}: {claim.__doc__}: {error!r}", flush=True)
        return 1
    finally:
        terminal.close()


def main():
    prefix = " ".join(shlex.quote(word) for word in LAUNCHER)
    only = os.environ.get("ONLY")
    failures = 0
    for claim in ALIKE + LAUNCHED:
        if only and claim.__name__ != only or claim in NOT_UNDER_SUDO and LAUNCHER[:1] == ["sudo"]:
            continue
        if claim in ALIKE:
            failures += check(claim, "", "alone")
        failures += check(claim, prefix, "launched")
    return failures


if __name__ == "__main__":
    sys.exit(main())
