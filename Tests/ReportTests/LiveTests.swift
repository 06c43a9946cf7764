// SPDX-License-Identifier: Apache-2.0
internal import Inspection
internal import Testing

@testable internal import Report

struct LiveTests {
  private static func lines(
    color: Bool = false, _ events: [Event], lose: [Loss] = []
  ) throws -> [String] {
    let collected = Collected()
    let sink = Live(color: color) { collected.append($0) }
    try sink.start(Samples.start)
    for event in events { try sink.receive(event) }
    for loss in lose { try sink.lose(loss, time: 86_400_200_000_000) }
    try sink.finish(Samples.end)
    return collected.lines
  }

  @Test func `The first line says that secrets are shown`() throws {
    let collected = Collected()
    var start = Samples.start
    start.showsSecrets = true
    try Live(color: false) { collected.append($0) }.start(start)
    #expect(collected.lines == ["honeyguide: secrets are shown"])
    #expect(try Self.lines([]).isEmpty)
  }

  private static func what(_ body: Event.Body) throws -> String? {
    try lines([Samples.event(body)]).first.map { String($0.dropFirst(12 + 1 + 7 + 1 + 15 + 1)) }
  }

  @Test func `Each event is one line that begins with when and who`() throws {
    #expect(
      try Self.lines(Samples.events, lose: [Loss(reason: "ring-full", count: 17)])
        == [
          "    0.123456    4242 bash            fork     4243",
          "    0.123456    4242 bash            exec     /bin/bash ./the_ansible_wrapper.sh --check (/usr/bin/bash)",
          "    0.123456    4242 bash            exec     /home/ada/project/bin/git = ENOENT",
          "    0.123456    4243 bash            exit     2 after 0.122456 s",
          "    0.123456    4244 bash            exit     SIGSEGV, core dumped, after 0.122456 s",
          "    0.123456    4242 bash            open     /etc/passwd read = 3",
          "    0.123456    4242 bash            open     /home/ada/project/out.txt write+create+truncate = EACCES",
          "    0.123456    4242 bash            lookup   /home/ada/project/ansible.cfg (newfstatat) = ENOENT",
          "    0.123456    4242 bash            unlink   /tmp/old",
          "    0.123456    4242 bash            rmdir    /tmp/dir = ENOTEMPTY",
          "    0.123456    4242 bash            mkdir    /tmp/dir mode 0755",
          "    0.123456    4242 bash            rename   /home/ada/project/a -> /home/ada/project/b RENAME_EXCHANGE",
          "    0.123456    4242 bash            link     /tmp/file -> /tmp/name",
          "    0.123456    4242 bash            symlink  /tmp/link -> ../file",
          "    0.123456    4242 bash            truncate /tmp/file to 4096 bytes",
          "    0.123456    4242 bash            chmod    /tmp/file mode 0644",
          "    0.123456    4242 bash            chown    /tmp/file owner 1000",
          "    0.123456    4242 bash            chdir    /home/ada/project/roles",
          "    0.123456    4242 bash            mknod    /tmp/fifo mode 0644",
          "    0.123456    4242 bash            connect  tcp 127.0.0.1:8000 after 0.000084 s",
          "    0.123456    4242 bash            connect  tcp [2001:db8::1]:443 = ENETUNREACH",
          "    0.123456    4242 bash            connect  unix /home/ada/agent.sock = ENOENT",
          "    0.123456    4242 bash            accept   tcp 127.0.0.1:8000 from 127.0.0.1:40312 = 4",
          "    0.123456    4242 bash            bind     udp 0.0.0.0:68",
          "    0.123456    4242 bash            listen   unix @my\\x00name",
          "    0.123456    4242 bash            send     udp 127.0.0.53:53 (sendto)",
          "    0.123456    4242 bash            close    tcp 127.0.0.1:8000 sent 79, received 1313 bytes in 0.001213 s",
          "    0.123456    4242 bash            mount    tmpfs on /home/ada/mnt (tmpfs) MS_NOSUID|MS_NODEV",
          "    0.123456    4242 bash            umount   /mnt MNT_DETACH = EINVAL",
          "    0.123456    4242 bash            chroot   /srv/jail",
          "    0.123456    4242 bash            pivot_root /srv/jail, old root at /srv/jail/old",
          "    0.123456    4242 bash            setns    enter namespace 'net:[4026531840]' CLONE_NEWNET",
          "    0.123456    4242 bash            unshare  CLONE_NEWNS",
          "    0.123456    4242 bash            setid    setresuid(-1, 1001, -1)",
          "    0.123456    4242 bash            name     change its name",
          "    0.123456    4242 bash            ptrace   PTRACE_SEIZE pid 4243 = EPERM",
          "    0.123456    4242 bash            kill     SIGTERM to pid 1 = EPERM",
          "    0.123456    4242 bash            signal   SIGTERM to 4243 sleep",
          "    0.123456    4242 bash            signal   SIGKILL from 1 systemd",
          "    0.123456    4242 bash            existing bash (/usr/bin/bash)",
          "    0.123456    4242 bash            existing 3 tcp 0.0.0.0:8000 listen",
          "    0.123456    4242 bash            existing 5 /home/ada/project/build.log (deleted) write",
          "    0.123456    4242 bash            file_io  /home/ada/project/out.txt read 0, wrote 1048576 bytes",
          "    0.123456    4242 bash            io_uring READ ×12",
          "    0.123456    4242 bash            env      HOME = /home/ada (python) ×3",
          "    0.123456    4242 bash            env      PAGER = not set, default less (libc)",
          "    0.123456    4242 bash            env      VAULT_TOKEN = '***' (python)",
          "    0.123456    4242 bash            env      PIPESTATUS = (unknown) (bash)",
          "    0.123456    4242 bash            env      (all) (python) ×2",
          "    0.123456    4242 bash            python   3.11.2 calls by frame, environment",
          "    0.123456    4242 bash            python   not observed inside: it is linked statically",
          "    0.200000                         lost     17 events: ring-full",
        ])
  }

  @Test func `What could not be read is said`() throws {
    let unreadable = PathArgument(requested: nil, path: nil, isUnreadable: true)
    #expect(
      try Self.what(.lookup(Lookup(call: "stat", target: unreadable, error: ErrorNumber(14))))
        == "lookup   (unreadable) (stat) = EFAULT")
    let exec = Exec(
      exe: "/bin/a", filename: "a", argv: [], argvSize: 9, isArgvUnreadable: true, cwd: "/", stdio: [])
    #expect(try Self.what(.exec(exec)) == "exec     /bin/a (its arguments could not be read)")
    let cut = PathArgument(requested: "/a", path: "/a", isTruncated: true, isDeleted: true)
    #expect(
      try Self.what(.open(Open(target: cut, flags: OpenFlags(rawValue: 2), mode: 0, result: .descriptor(9))))
        == "open     /a (truncated) (deleted) read+write = 9")
  }

  @Test func `A value that reads like the lack of one has its quotes, and what was cut is said`() throws {
    var read = EnvironmentRead(source: .bash, name: "A B", isSet: true, value: "not set", fallback: "")
    #expect(try Self.what(.environment(read)) == "env      'A B' = 'not set', default '' (bash)")
    read.value = "x\u{1B}[m"
    read.isTruncated = true
    #expect(try Self.what(.environment(read))?.hasSuffix(#"x\x1b[m', default '' (truncated) (bash)"#) == true)
    read.value = nil
    #expect(try Self.what(.environment(read))?.contains(" = (unknown), ") == true)
  }

  @Test func `A connect whose end is not known is pending`() throws {
    let connect = Connect(
      transport: .tcp, local: nil, remote: .internet([10, 0, 0, 1], port: 9), error: nil,
      isPending: true, latency: 2_000_000_000)
    #expect(try Self.what(.connect(connect)) == "connect  tcp 10.0.0.1:9 = pending after 2.000000 s")
  }

  @Test func `A hostile name stays inside its quotes and its line`() throws {
    let rename = Change(
      kind: .rename, call: "rename", target: Samples.path("/a -> b"),
      to: Samples.path("/c\n    0.1 root\u{1B}[2J"))
    #expect(try Self.what(.change(rename)) == #"rename   '/a -> b' -> $'/c\n    0.1 root\x1b[2J'"#)
    let lines = try Self.lines([
      Samples.event(.fork(Fork(child: Samples.process)), comm: "a\nb (x)\u{1B}[1m日")
    ])
    #expect(lines == [#"    0.123456    4242 $'a\nb (x)\x1b[1m日' fork     4242"#])
  }

  @Test func `No random name makes a second line or a control byte`() throws {
    var hostile = HostileBytes(seed: 6)
    for _ in 0..<500 {
      let name = ByteString(hostile.next(upTo: 30))
      let collected = Collected()
      let sink = Live(color: false) { collected.append($0) }
      try sink.receive(Samples.event(.unlinked(name), comm: name))
      try sink.flush()
      #expect(collected.bytes.count { $0 == 10 } == 1)
      #expect(collected.bytes.dropLast().allSatisfy { $0 >= 0x20 && $0 != 0x7F })
    }
  }

  @Test func `Colour adds nothing but colour`() throws {
    let events = Samples.events
    let colored = try Self.lines(color: true, events)
    let plain = try Self.lines(events)
    #expect(colored != plain)
    #expect(colored.map { $0.replacing(/\u{1B}\[[0-9]*m/, with: "") } == plain)
    #expect(colored.allSatisfy { $0.contains("\u{1B}[0m") })
  }

  @Test func `Lines are never cut`() throws {
    let long = ByteString([UInt8](repeating: UInt8(ascii: "x"), count: 128 * 1024))
    #expect(try Self.what(.unlinked(long)) == "unlink   " + long.text)
  }
}

extension Event.Body {
  fileprivate static func unlinked(_ name: ByteString) -> Self {
    .change(Change(kind: .unlink, call: "unlink", target: Samples.path(name)))
  }
}
