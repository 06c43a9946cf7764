// SPDX-License-Identifier: Apache-2.0
import CLaunch
import Glibc
import Inspection
import Testing

@testable import Probes

@Suite struct LaunchGatedCommandTests {
  static let plan = LaunchPlan(identity: .ours, environment: .ours)

  // MARK: What the command is

  /// Ways to start a process in a state of its own; each runs `$1` in it.
  static let settings: [String] = [
    "$1",
    "umask 027; $1",
    "trap '' USR1 TERM PIPE INT CHLD; $1",
    "ulimit -n 99; ulimit -S -c 0; $1",
    "ulimit -S -f 1000; $1",
    "trap '' XFSZ; ulimit -f 2000; $1",
    "exec 5</etc/passwd 9>/dev/null; $1",
    "exec 0<&-; $1",
    "exec 0<&- 2>&-; $1",
    "cd / && $1",
    "env -i A=1 B=2 A=3 $1",
    "nice -n 5 $1",
    "setpriv --no-new-privs $1",
    "python3 -c 'import signal, os, sys; signal.pthread_sigmask(signal.SIG_BLOCK, [2, 10, 34, 64]); os.execv(\"/bin/sh\", [\"sh\", \"-c\", sys.argv[1]])' \"$1\"",
  ]

  @Test(arguments: settings)
  func `A command is given what it would be given alone`(setting: String) {
    let script = """
      run() ( \(setting) )
      run "$WHOAMI one 'two words' ''" > alone
      run "$DRIVER -- $WHOAMI one 'two words' ''" > gated 2> page
      # The variable `_` is the shell's word for what it started.
      for run in alone gated; do
        sed '/^environment _=/d; s/^\\(fd [12]\\) .*/\\1/' $run > $run.1
      done
      test "$(wc -l < alone.1)" -gt 40 && diff alone.1 gated.1
      """
    let result = Shell.run(script)
    #expect(result.code == 0 && result.output.isEmpty, "\(result.output)")
  }

  @Test func `A signal that is 32 or 33 is handed on as it was`() {
    // glibc keeps these two for itself and hides them: only a bare system call sees them.
    let result = Shell.run(
      """
      python3 - "$DRIVER" "$WHOAMI" > out 2>/dev/null <<'END'
      import ctypes, os, subprocess, sys
      libc = ctypes.CDLL(None, use_errno=True)
      mask = (ctypes.c_ulong * 1)(1 << 31 | 1 << 32)
      assert libc.syscall(14, 0, mask, None, 8) == 0
      os.execv(sys.argv[1], [sys.argv[1], "--", sys.argv[2]])
      END
      grep SigBlk out
      """)
    #if arch(x86_64)
      #expect(result.output == "SigBlk:\t0000000180000000\n")
    #endif
  }

  @Test(
    .enabled(if: LaunchRights.areRoot, "becoming another user needs root"), arguments: ["nobody", "daemon"])
  func `A command of another user is what setpriv(1) would make it`(user: String) {
    let result = Shell.run(
      """
      export HOME=$(getent passwd \(user) | cut -d: -f6) USER=\(user) LOGNAME=\(user)
      export SHELL=$(getent passwd \(user) | cut -d: -f7)
      id=$(id -u \(user)) group=$(id -g \(user))
      setpriv --reuid $id --regid $group --init-groups --inh-caps=-all "$WHOAMI" > alone
      "$DRIVER" --user \(user) -- "$WHOAMI" > gated 2> page
      for run in alone gated; do
        sed '/^environment _=/d; s/^\\(fd [12]\\) .*/\\1/' $run | sort > $run.1
      done
      grep '^Uid' gated
      grep -c '^CapPrm..0000000000000000$' gated
      grep -c '^CapEff..0000000000000000$' gated
      grep -c '^CapInh..0000000000000000$' gated
      diff alone.1 gated.1
      """)
    let uid = LaunchIdentityTests.idSays("-u", of: user)
    #expect(result.output == "Uid:\t\(uid)\t\(uid)\t\(uid)\t\(uid)\n1\n1\n1\n", "\(result.output)")
  }

  @Test(.enabled(if: LaunchRights.areRoot, "raising capabilities needs root"))
  func `No inheritable or ambient capability reaches another user's command`() {
    let result = Shell.run(
      """
      setpriv --inh-caps=+net_raw,+chown --ambient-caps=+net_raw,+chown "$DRIVER" --user nobody -- \
        "$WHOAMI" 2>/dev/null | grep -E '^Cap(Inh|Prm|Eff|Amb)'
      """)
    let zero = "0000000000000000"
    #expect(result.output == "CapInh:\t\(zero)\nCapPrm:\t\(zero)\nCapEff:\t\(zero)\nCapAmb:\t\(zero)\n")
  }

  @Test func `A command has no descriptor but those it was given`() {
    let listing = "sh -c 'ls /proc/$$/fd' </dev/null 2>/dev/null"
    let result = Shell.run("\"$DRIVER\" --output page -- \(listing)")
    #expect(result == Shell.run(listing))
    #expect(result.lines.count >= 4)
  }

  // MARK: What cannot be run

  static let failures: [(command: String, code: Int32, says: String)] = [
    ("no-such-command", 127, #""no-such-command" was not found in any directory of PATH"#),
    ("./missing", 127, #""./missing" cannot be run: there is no such file"#),
    ("''", 127, "was not found"),
    ("./plain", 126, "permission denied"),
    ("/etc", 126, "permission denied"),
    ("./plain/below", 126, "a part of its path is no directory"),
    ("./loop", 126, "too many symbolic links"),
    ("./no-interpreter", 127, "the interpreter it names does not exist"),
    ("./foreign", 126, "it is no program for this machine"),
  ]

  @Test(arguments: failures) func `What cannot be run is one sentence and a shell's exit code`(
    command: String, code: Int32, says: String
  ) {
    let prepare = """
      echo text > plain; ln -s loop loop; printf '#!/no/such/interpreter\\n' > no-interpreter
      printf '\\177ELF\\0\\0\\0\\0' > foreign; chmod +x no-interpreter foreign
      """
    let gated = Shell.run("\(prepare)\n\"$DRIVER\" -- \(command) 2>&1")
    let alone = Shell.run("\(prepare)\nbash <<'END' 2>/dev/null\n\(command)\nEND\n")
    #expect(gated.code == code)
    #expect(gated.code == alone.code)
    #expect(gated.output.contains(says), "\(gated.output)")
    #expect(gated.lines.count == 2 && gated.output.hasSuffix(".\n"), "\(gated.output)")
  }

  static let runnable: [String] = [
    "true", "false", "sh -c 'exit 42'", "sh -c 'kill -9 $$'", "sh -c 'kill -TERM $$'", "./script",
    "./script a 'b c'",
    "script-in-path", "shadowed", "./empty",
  ]

  @Test(arguments: runnable) func `A command's output and exit code are its own`(command: String) {
    let prepare = """
      mkdir -p one two three/shadowed; export PATH="$PWD/three:$PWD/one:$PWD/two:$PATH:"
      echo 'echo "script $0 $#" "$@"; exit 7' | tee script > script-in-path; : > empty
      echo 'not to be run' > one/shadowed; printf '#!/bin/sh\\necho two "$0"' > two/shadowed
      chmod +x script script-in-path empty two/shadowed
      """
    // Run by env(1), which searches as execvp does; the directory's name differs.
    let gated = Shell.run(
      "\(prepare)\n\"$DRIVER\" -- \(command) 2>/dev/null | sed \"s#$PWD##\"; exit ${PIPESTATUS:-0}")
    let alone = Shell.run("\(prepare)\nenv \(command) 2>/dev/null | sed \"s#$PWD##\"; exit ${PIPESTATUS:-0}")
    #expect(gated == alone)
    let gatedCode = Shell.run("\(prepare)\n\"$DRIVER\" -- \(command) >/dev/null 2>&1").code
    let aloneCode = Shell.run("\(prepare)\nenv \(command) >/dev/null 2>&1").code
    #expect(gatedCode == aloneCode)
  }

  @Test(.enabled(if: LaunchRights.areRoot, "becoming another user needs root"))
  func `A file only root may run is not found runnable for another user`() {
    let prepare = "mkdir first second; cp /bin/true first/program; chmod 700 first/program;"
    #expect(Shell.run("\(prepare) \"$DRIVER\" --user nobody -- ./first/program 2>&1").code == 126)
    let search =
      "cp /bin/false second/program; PATH=$PWD/first:$PWD/second \"$DRIVER\" --user nobody -- program"
    #expect(Shell.run("\(prepare) \(search) 2>&1").code == 1)
  }

  // MARK: The gate

  @Test func `Nothing runs before the gate is open, and nothing when it never opens`() throws {
    let directory = TemporaryDirectory()
    let file = "\(directory.path)/ran"
    let cancelled = try GatedCommand(["/usr/bin/touch", ByteString(file)], plan: Self.plan)
    let pid = cancelled.pid
    #expect(kill(pid, 0) == 0)
    usleep(50_000)
    #expect(directory.read("ran") == nil)
    cancelled.cancel()
    #expect(kill(pid, 0) == -1 && errno == ESRCH)
    #expect(directory.read("ran") == nil)

    let released = try GatedCommand(["touch", ByteString(file)], plan: Self.plan)
    #expect(released.path.text.hasSuffix("/touch"))
    let command = try released.release()
    #expect(command.nextChange(waits: true) == .ended(.code(0)))
    #expect(directory.read("ran") == "")
  }

  @Test func `A command whose launcher is killed before the gate opens runs nothing and ends`() {
    let result = Shell.run(
      """
      "$DRIVER" --gate-delay 10000 -- touch ran 2> log &
      until grep -q waiting log; do sleep 0.01; done
      child=$(sed 's/waiting //' log)
      kill -0 "$child" && kill -9 $!
      for i in $(seq 200); do kill -0 "$child" 2>/dev/null || break; sleep 0.01; done
      kill -0 "$child" 2>/dev/null && echo still there
      test -e ran && echo has run
      exit 0
      """)
    #expect(result.output == "")
  }

  @Test func `A command that waits is traced by nobody and is already who it will be`() throws {
    let gated = try GatedCommand(["true"], plan: Self.plan)
    let status = readFile(ByteString("/proc/\(gated.pid)/status")).map { String(decoding: $0, as: UTF8.self) }
    #expect(status?.contains("TracerPid:\t0\n") == true)
    gated.cancel()
  }

  @Test func `A program that is deleted behind the gate is one sentence when it opens`() throws {
    let directory = TemporaryDirectory()
    directory.write("#!/bin/sh\n", to: "program")
    let path = "\(directory.path)/program"
    unsafe chmod(path, 0o755)
    let gated = try GatedCommand([ByteString(path)], plan: Self.plan)
    unsafe unlink(path)
    do {
      _ = try gated.release()
      Issue.record("it ran")
    } catch {
      #expect(error == .interpreterNotFound(path: ByteString(path)))
    }
  }

  @Test func `A signal from before the gate meets the command's own disposition`() throws {
    // The threads of a test runner block most signals: the command is to have none blocked.
    var inherited = InheritedState()
    inherited.raw.blocked = 0
    let gated = try GatedCommand(["sleep", "60"], plan: Self.plan, inherited: inherited)
    kill(gated.pid, SIGUSR1)
    usleep(20_000)
    let command = try gated.release()
    #expect(command.nextChange(waits: true) == .ended(.signal(SIGUSR1, coreDumped: false)))
  }

  @Test(arguments: [SIGTSTP, SIGSTOP]) func `A stop from before the gate does not stop the start`(
    signal: Int32
  ) throws {
    var inherited = InheritedState()
    inherited.raw.blocked = 0
    let gated = try GatedCommand(["true"], plan: Self.plan, inherited: inherited)
    kill(gated.pid, signal)
    usleep(20_000)
    let command = try gated.release()
    var last = command.nextChange(waits: true)
    while last == .continued { last = command.nextChange(waits: true) }
    #expect(last == .ended(.code(0)))
  }

  @Test func `Limits that were lowered meanwhile are given back`() throws {
    // As if they had been these when the state was read. RLIMIT_CORE is the fifth; sh counts it in 512 bytes.
    var inherited = InheritedState()
    inherited.raw.limits.4.rlim_cur = inherited.raw.limits.4.rlim_cur == 4096 ? 8192 : 4096
    let expected = inherited.raw.limits.4.rlim_cur / 512
    let gated = try GatedCommand(
      ["sh", "-c", ByteString("test $(ulimit -S -c) = \(expected)")], plan: Self.plan, inherited: inherited)
    let command = try gated.release()
    #expect(command.nextChange(waits: true) == .ended(.code(0)))
  }
}
