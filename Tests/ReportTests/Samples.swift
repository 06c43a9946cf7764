// SPDX-License-Identifier: Apache-2.0
internal import Inspection
internal import Testing

@testable internal import Report

/// One of every event, as the examples of docs/events.md have them.
enum Samples {
  static let process = ProcessID(pid: 4242, start: 86_400_001_000_000)

  static func event(_ body: Event.Body, comm: ByteString = "bash") -> Event {
    Event(
      time: 86_400_123_456_789, process: process, tid: 4242, ppid: 4241, uid: 1000, comm: comm, body: body)
  }

  /// What `event` puts before the fields of a body.
  static let common =
    #""time_ns":86400123456789,"pid":4242,"start_ns":86400001000000,"tid":4242,"ppid":4241,"uid":1000,"comm":"bash""#

  /// Children end, so that what follows can be done by the process itself.
  static let events: [Event] = bodies.map { body in
    guard case .exit(let exit) = body else { return event(body) }
    var event = event(body)
    event.process =
      if case .code = exit.status { child } else { ProcessID(pid: 4244, start: 86_400_123_455_000) }
    event.tid = event.process.pid
    event.ppid = process.pid
    return event
  }

  static let child = ProcessID(pid: 4243, start: 86_400_123_450_000)

  static let start = SessionStart(
    version: "0.1.0", command: ["./the_ansible_wrapper.sh", "--check"], uid: 1000, cwd: "/home/ada/project",
    home: "/home/ada", bootTime: 1_751_328_000_000_000_000, time: 86_400_000_000_000,
    options: ["--json", "events.jsonl"])

  static let end = SessionEnd(
    status: .signal(2, coreDumped: false), time: 86_402_000_000_000,
    losses: [Loss(reason: "ring-full", count: 17)], events: 52)

  static let bodies: [Event.Body] =
    [
      .fork(Fork(child: child)),
      .exec(
        Exec(
          exe: "/usr/bin/bash", filename: "./the_ansible_wrapper.sh",
          argv: ["/bin/bash", "./the_ansible_wrapper.sh", "--check"], argvSize: 43, cwd: "/home/ada/project",
          interpreter: "/bin/bash", script: "./the_ansible_wrapper.sh",
          stdio: ["/dev/pts/0", "pipe:[81234]", nil], gid: 1000, euid: 1000, egid: 1000)),
      .failedExec(FailedExec(target: path("/home/ada/project/bin/git", asked: "bin/git"), error: .noEntry)),
      .exit(exit(.code(2))),
      .exit(exit(.signal(11, coreDumped: true))),
      .open(
        Open(
          target: path("/etc/passwd"), flags: OpenFlags(rawValue: 0o2000000), mode: 0, result: .descriptor(3))
      ),
      .open(
        Open(
          target: path("/home/ada/project/out.txt", asked: "out.txt"), flags: OpenFlags(rawValue: 0o1101),
          mode: 0o666, result: .error(ErrorNumber(13)))),
      .lookup(
        Lookup(
          call: "newfstatat", target: path("/home/ada/project/ansible.cfg", asked: "ansible.cfg"),
          error: .noEntry)),
      .change(Change(kind: .unlink, call: "unlinkat", target: path("/tmp/old"))),
      .change(Change(kind: .rmdir, call: "rmdir", target: path("/tmp/dir"), error: ErrorNumber(39))),
      .change(Change(kind: .mkdir, call: "mkdirat", target: path("/tmp/dir"), mode: 0o755)),
      .change(exchange),
      .change(Change(kind: .link, call: "linkat", target: path("/tmp/file"), to: path("/tmp/name"))),
      .change(
        Change(
          kind: .symlink, call: "symlinkat", target: path("/tmp/link"),
          to: PathArgument(requested: "../file", path: nil))),
      .change(
        Change(
          kind: .truncate, call: "ftruncate", target: PathArgument(requested: nil, path: "/tmp/file"),
          length: 4096)),
      .change(Change(kind: .chmod, call: "fchmodat", target: path("/tmp/file"), mode: 0o644)),
      .change(
        Change(kind: .chown, call: "fchownat", target: path("/tmp/file"), owner: 1000, group: .max)),
      .change(
        Change(kind: .chdir, call: "chdir", target: path("/home/ada/project/roles", asked: "roles"))),
      .change(Change(kind: .mknod, call: "mknodat", target: path("/tmp/fifo"), mode: 0o10644, device: 0)),
      .connect(
        Connect(
          transport: .tcp, local: .internet([127, 0, 0, 1], port: 40312),
          remote: .internet([127, 0, 0, 1], port: 8000), error: nil, isPending: false,
          latency: 84_000)),
      .connect(
        Connect(
          transport: .tcp, local: nil,
          remote: .internet(
            [0x20, 0x01, 0x0D, 0xB8] + .init(repeating: 0, count: 11) + [1], port: 443),
          error: ErrorNumber(101), isPending: false, latency: nil)),
      .connect(
        Connect(
          transport: .unix(.stream), local: nil,
          remote: .path(PathArgument(requested: "agent.sock", path: "/home/ada/agent.sock")),
          error: .noEntry, isPending: false, latency: nil)),
      .socket(
        .accept(
          Accept(
            transport: .tcp, descriptor: 4, local: .internet([127, 0, 0, 1], port: 8000),
            remote: .internet([127, 0, 0, 1], port: 40312), error: nil))),
      .socket(.bind(Bind(transport: .udp, local: .internet([0, 0, 0, 0], port: 68), error: nil))),
      .socket(
        .listen(Listen(transport: .unix(.stream), local: .abstract("my\0name"), backlog: 128, error: nil))),
      .socket(
        .send(
          Send(
            transport: .udp, call: "sendto", local: .internet([0, 0, 0, 0], port: 45871),
            remote: .internet([127, 0, 0, 53], port: 53), error: nil))),
      .socket(
        .close(
          Close(
            transport: .tcp, local: .internet([127, 0, 0, 1], port: 40312),
            remote: .internet([127, 0, 0, 1], port: 8000), sent: 79, received: 1313, duration: 1_213_175,
            isFinal: true, isAccepted: false))),
    ] + acts

  private static let exchange: Change = {
    var change = Change(
      kind: .rename, call: "renameat2", target: path("/home/ada/project/a", asked: "a"),
      to: path("/home/ada/project/b", asked: "b"))
    change.flags = .exchange
    return change
  }()

  private static let acts: [Event.Body] = [
    .act(
      SystemAct(
        kind: .mount, call: "mount", target: path("/home/ada/mnt", asked: "mnt"),
        source: PathArgument(requested: "tmpfs", path: nil), fileSystem: "tmpfs", flags: 6)),
    .act(SystemAct(kind: .umount, call: "umount2", target: path("/mnt"), flags: 2, error: ErrorNumber(22))),
    .act(SystemAct(kind: .chroot, call: "chroot", target: path("/srv/jail"))),
    .act(
      SystemAct(
        kind: .pivotRoot, call: "pivot_root", target: path("/srv/jail", asked: "."),
        source: path("/srv/jail/old", asked: "old"))),
    .act(
      SystemAct(
        kind: .setns, call: "setns", target: PathArgument(requested: nil, path: "net:[4026531840]"),
        flags: 0x4000_0000)),
    .act(SystemAct(kind: .unshare, call: "unshare", flags: 0x2_0000)),
    .act(
      SystemAct(
        kind: .setID, call: "setresuid", arguments: [-1, 1001, -1],
        ids: SystemAct.IDs(users: [1000, 1001, 1000, 1001], groups: [1000, 1000, 1000, 1000]))),
    .act(SystemAct(kind: .name, call: "prctl")),
    .act(SystemAct(kind: .ptrace, call: "ptrace", arguments: [0x4206, 4243], error: ErrorNumber(1))),
    .act(SystemAct(kind: .kill, call: "kill", arguments: [1, 15], error: ErrorNumber(1))),
    .signal(SignalSent(signal: Signal(15), other: child, otherComm: "sleep", isReceived: false)),
    .signal(
      SignalSent(
        signal: Signal(9), other: ProcessID(pid: 1, start: 5_000_000), otherComm: "systemd", isReceived: true)
    ),
    .existing(
      .process(
        Exec(
          exe: "/usr/bin/bash", filename: "", argv: ["bash"], argvSize: 5, cwd: "/home/ada/project",
          stdio: ["/dev/pts/0", "/dev/pts/0", "/dev/pts/0"], gid: 1000, euid: 1000, egid: 1000))),
    .existing(
      .file(
        ExistingFile(
          descriptor: 3, kind: .socket, target: PathArgument(requested: nil, path: "socket:[14230]"),
          flags: OpenFlags(rawValue: 0o4002),
          socket: .init(
            transport: .tcp, local: .internet(InternetAddress(address: [0, 0, 0, 0], port: 8000)),
            remote: nil,
            state: "listen")))),
    .existing(
      .file(
        ExistingFile(
          descriptor: 5, kind: .file,
          target: PathArgument(requested: nil, path: "/home/ada/project/build.log", isDeleted: true),
          flags: OpenFlags(rawValue: 0o2001), position: 8192))),
    .fileIO(
      FileIO(
        target: PathArgument(requested: nil, path: "/home/ada/project/out.txt"), bytesRead: 0,
        bytesWritten: 1_048_576, reads: 0, writes: 16)),
    .act(SystemAct(kind: .uring, call: "READ", flags: 12)),
    .environment(
      EnvironmentRead(source: .python, name: "HOME", isSet: true, value: "/home/ada", count: 3)),
    .environment(
      EnvironmentRead(source: .libc, name: "PAGER", isSet: false, fallback: "less")),
    .environment(redacted),
    .environment(EnvironmentRead(source: .bash, name: "PIPESTATUS", isSet: true)),
    .environment(EnvironmentRead(source: .python, name: nil, isSet: true, count: 2)),
    .interpreter(
      Interpreter(version: "3.11.2", method: .frame, hasCalls: true, hasEnvironment: true)),
    .interpreter(
      Interpreter(
        version: nil, method: .none, hasCalls: false, hasEnvironment: false,
        reason: "it is linked statically")),
    .function(
      FunctionProfile(
        version: "3.11.2", file: "/home/ada/project/tool.py", line: 12, name: "run",
        qualifiedName: "Tool.run", calls: 40, resumes: 2, total: 81_000_000, own: 12_500_000,
        shortest: 900, longest: 40_000_000, unfinished: 1, exceptions: 3)),
  ]

  private static var redacted: EnvironmentRead {
    var read = EnvironmentRead(source: .python, name: "VAULT_TOKEN", isSet: true, value: "***")
    read.isRedacted = true
    return read
  }

  static func path(_ path: ByteString, asked: ByteString? = nil) -> PathArgument {
    PathArgument(requested: asked ?? path, path: path)
  }

  static func exit(_ status: Exit.Status) -> Exit {
    Exit(
      status: status, duration: 122_456_789, userTime: 41_000_000, systemTime: 9_000_000, maxRSS: 3712)
  }
}

/// Bytes that a sink handed on, and in how many pieces.
final class Collected {
  var bytes: [UInt8] = []
  var pieces = 0

  func append(_ span: Span<UInt8>) {
    for index in span.indices { bytes.append(span[index]) }
    pieces += 1
  }

  var lines: [String] { text(bytes).split(separator: "\n").map(String.init) }
}

/// The line that one event becomes.
func line(_ body: Event.Body, comm: ByteString = "bash") throws -> String {
  let collected = Collected()
  let sink = JSONLines { collected.append($0) }
  try sink.receive(Samples.event(body, comm: comm))
  try sink.flush()
  return String(text(collected.bytes).dropLast())
}

/// What a body adds to the common fields of its line.
func fields(_ body: Event.Body) throws -> String {
  let line = try line(body)
  guard let start = line.firstRange(of: Samples.common) else { return line }
  return String(line[start.upperBound...].dropLast())
}
