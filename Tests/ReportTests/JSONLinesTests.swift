// SPDX-License-Identifier: Apache-2.0
internal import Inspection
internal import Testing

@testable internal import Report

/// The contract's lines, written by hand. docs/events.md shows the same ones.
struct JSONLinesTests {
  private static let expected = [
    #"{"event":"start","schema":1,"time_ns":86400000000000,"honeyguide":"0.1.0","command":["./the_ansible_wrapper.sh","--check"],"uid":1000,"cwd":"/home/ada/project","boot_time_unix_ns":1751328000000000000,"options":["--json","events.jsonl"]}"#,
    event("fork", #""child":{"pid":4243,"start_ns":86400123450000}"#),
    event(
      "exec",
      #""exe":"/usr/bin/bash","filename":"./the_ansible_wrapper.sh","argv":["/bin/bash","./the_ansible_wrapper.sh","--check"],"argv_size":43,"argv_truncated":false,"cwd":"/home/ada/project","interpreter":"/bin/bash","script":"./the_ansible_wrapper.sh","stdio":["/dev/pts/0","pipe:[81234]",null],"gid":1000,"euid":1000,"egid":1000"#
    ),
    event("exec", #""path":"/home/ada/project/bin/git","filename":"bin/git","error":"ENOENT""#),
    event(
      "exit", pid: 4243, start: 86_400_123_450_000,
      #""code":2,"duration_ns":122456789,"user_ns":41000000,"system_ns":9000000,"max_rss_kib":3712"#),
    event(
      "exit", pid: 4244, start: 86_400_123_455_000,
      #""signal":"SIGSEGV","core_dumped":true,"duration_ns":122456789,"user_ns":41000000,"system_ns":9000000,"max_rss_kib":3712"#
    ),
    event(
      "open", #""path":"/etc/passwd","requested":"/etc/passwd","flags":["O_RDONLY","O_CLOEXEC"],"fd":3"#),
    event(
      "open",
      #""path":"/home/ada/project/out.txt","requested":"out.txt","flags":["O_WRONLY","O_CREAT","O_TRUNC"],"mode":438,"error":"EACCES""#
    ),
    event(
      "lookup",
      #""call":"newfstatat","path":"/home/ada/project/ansible.cfg","requested":"ansible.cfg","error":"ENOENT""#
    ),
    event("unlink", #""call":"unlinkat","path":"/tmp/old","requested":"/tmp/old""#),
    event("rmdir", #""call":"rmdir","path":"/tmp/dir","requested":"/tmp/dir","error":"ENOTEMPTY""#),
    event("mkdir", #""call":"mkdirat","path":"/tmp/dir","requested":"/tmp/dir","mode":493"#),
    event(
      "rename",
      #""call":"renameat2","path":"/home/ada/project/a","requested":"a","to":"/home/ada/project/b","to_requested":"b","flags":["RENAME_EXCHANGE"]"#
    ),
    event(
      "link",
      #""call":"linkat","path":"/tmp/file","requested":"/tmp/file","to":"/tmp/name","to_requested":"/tmp/name""#
    ),
    event("symlink", #""call":"symlinkat","path":"/tmp/link","requested":"/tmp/link","to":"../file""#),
    event("truncate", #""call":"ftruncate","path":"/tmp/file","length":4096"#),
    event("chmod", #""call":"fchmodat","path":"/tmp/file","requested":"/tmp/file","mode":420"#),
    event("chown", #""call":"fchownat","path":"/tmp/file","requested":"/tmp/file","owner":1000"#),
    event("chdir", #""call":"chdir","path":"/home/ada/project/roles","requested":"roles""#),
    event("mknod", #""call":"mknodat","path":"/tmp/fifo","requested":"/tmp/fifo","mode":4516,"device":0"#),
    event(
      "connect",
      #""protocol":"tcp","family":"ipv4","local":{"address":"127.0.0.1","port":40312},"remote":{"address":"127.0.0.1","port":8000},"pending":false,"latency_ns":84000"#
    ),
    event(
      "connect",
      #""protocol":"tcp","family":"ipv6","remote":{"address":"2001:db8::1","port":443},"error":"ENETUNREACH","pending":false"#
    ),
    event(
      "connect",
      #""protocol":"unix","family":"unix","socket_type":"stream","remote":{"path":"/home/ada/agent.sock","requested":"agent.sock"},"error":"ENOENT","pending":false"#
    ),
    event(
      "accept",
      #""protocol":"tcp","family":"ipv4","fd":4,"local":{"address":"127.0.0.1","port":8000},"remote":{"address":"127.0.0.1","port":40312}"#
    ),
    event(
      "bind",
      #""protocol":"udp","family":"ipv4","local":{"address":"0.0.0.0","port":68}"#
    ),
    event(
      "listen",
      #""protocol":"unix","family":"unix","socket_type":"stream","local":{"abstract":"my\u0000name"},"backlog":128"#
    ),
    event(
      "send",
      #""protocol":"udp","family":"ipv4","call":"sendto","local":{"address":"0.0.0.0","port":45871},"remote":{"address":"127.0.0.53","port":53}"#
    ),
    event(
      "close",
      #""protocol":"tcp","family":"ipv4","local":{"address":"127.0.0.1","port":40312},"remote":{"address":"127.0.0.1","port":8000},"accepted":false,"bytes_sent":79,"bytes_received":1313,"duration_ns":1213175,"final":true"#
    ),
    event(
      "mount",
      #""call":"mount","path":"/home/ada/mnt","requested":"mnt","source":"tmpfs","filesystem":"tmpfs","flags":["MS_NOSUID","MS_NODEV"]"#
    ),
    event(
      "umount", #""call":"umount2","path":"/mnt","requested":"/mnt","flags":["MNT_DETACH"],"error":"EINVAL""#),
    event("chroot", #""call":"chroot","path":"/srv/jail","requested":"/srv/jail""#),
    event(
      "pivot_root",
      #""call":"pivot_root","path":"/srv/jail","requested":".","put_old":"/srv/jail/old","put_old_requested":"old""#
    ),
    event("setns", #""call":"setns","path":"net:[4026531840]","flags":["CLONE_NEWNET"]"#),
    event("unshare", #""call":"unshare","flags":["CLONE_NEWNS"]"#),
    event(
      "setid",
      #""call":"setresuid","asked":[-1,1001,-1],"ruid":1000,"euid":1001,"suid":1000,"fsuid":1001,"rgid":1000,"egid":1000,"sgid":1000,"fsgid":1000"#
    ),
    event("name", #""call":"prctl","name":"bash""#),
    event("ptrace", #""call":"ptrace","request":"PTRACE_SEIZE","target":4243,"error":"EPERM""#),
    event("kill", #""call":"kill","target":1,"signal":"SIGTERM","error":"EPERM""#),
    event("signal", #""signal":"SIGTERM","to":{"pid":4243,"start_ns":86400123450000,"comm":"sleep"}"#),
    event("signal", #""signal":"SIGKILL","from":{"pid":1,"start_ns":5000000,"comm":"systemd"}"#),
    event(
      "existing",
      #""exe":"/usr/bin/bash","argv":["bash"],"argv_size":5,"argv_truncated":false,"cwd":"/home/ada/project","stdio":["/dev/pts/0","/dev/pts/0","/dev/pts/0"],"gid":1000,"euid":1000,"egid":1000"#
    ),
    event(
      "existing_file",
      #""fd":3,"kind":"socket","path":"socket:[14230]","flags":["O_RDWR","O_NONBLOCK"],"protocol":"tcp","family":"ipv4","state":"listen","local":{"address":"0.0.0.0","port":8000}"#
    ),
    event(
      "existing_file",
      #""fd":5,"kind":"file","path":"/home/ada/project/build.log","path_deleted":true,"flags":["O_WRONLY","O_APPEND"],"position":8192"#
    ),
    event(
      "file_io",
      #""path":"/home/ada/project/out.txt","bytes_read":0,"bytes_written":1048576,"reads":0,"writes":16"#
    ),
    event("io_uring", #""operation":"READ","count":12"#),
    event(
      "env",
      #""name":"HOME","set":true,"value":"/home/ada","source":"python","count":3"#
    ),
    event(
      "env",
      #""name":"PAGER","set":false,"default":"less","source":"libc","count":1"#
    ),
    event(
      "env",
      #""name":"VAULT_TOKEN","set":true,"value":"***","redacted":true,"source":"python","count":1"#
    ),
    event(
      "env",
      #""name":"PIPESTATUS","set":true,"source":"bash","count":1"#
    ),
    event(
      "env_all",
      #""source":"python","count":2"#
    ),
    event(
      "interpreter",
      #""language":"python","version":"3.11.2","method":"frame","calls":true,"environment":true,"lost_functions":0,"lost_calls":0,"lost_reads":0"#
    ),
    event(
      "interpreter",
      #""language":"python","version":null,"method":"none","calls":false,"environment":false,"reason":"it is linked statically","lost_functions":0,"lost_calls":0,"lost_reads":0"#
    ),
    event(
      "function",
      #""language":"python","version":"3.11.2","file":"/home/ada/project/tool.py","line":12,"name":"run","qualname":"Tool.run","calls":40,"resumes":2,"total_ns":81000000,"self_ns":12500000,"min_ns":900,"max_ns":40000000,"unfinished":1,"exceptions":3"#
    ),
    #"{"event":"lost","time_ns":86400200000000,"reason":"ring-full","count":17}"#,
    #"{"event":"summary","time_ns":86402000000000,"exit_code":130,"duration_ns":2000000000,"events":52,"lost":17,"lost_by_reason":{"ring-full":17},"processes":3}"#,
  ]

  private static func event(_ name: String, _ body: String) -> String {
    #"{"event":""# + name + #"","# + Samples.common + "," + body + "}"
  }

  /// The same for a child of the process that did all the others.
  private static func event(_ name: String, pid: Int, start: Int, _ body: String) -> String {
    #"{"event":"\#(name)","time_ns":86400123456789,"pid":\#(pid),"start_ns":\#(start),"tid":\#(pid),"ppid":4242,"uid":1000,"comm":"bash",\#(body)}"#
  }

  private static func run() throws -> Collected {
    let collected = Collected()
    let sink = JSONLines { collected.append($0) }
    try sink.start(Samples.start)
    for event in Samples.events { try sink.receive(event) }
    try sink.lose(Loss(reason: "ring-full", count: 17), time: 86_400_200_000_000)
    try sink.finish(Samples.end)
    return collected
  }

  @Test func `Every event is written as the contract has it`() throws {
    let lines = try Self.run().lines
    #expect(lines.count == Self.expected.count)
    for (line, expected) in zip(lines, Self.expected) { #expect(line == expected) }
  }

  @Test func `The examples of the documentation are what is written`() throws {
    let examples = try Repository.text("docs/events.md").split(separator: "\n").filter { $0.hasPrefix("{") }
    #expect(examples.map(String.init) == Self.expected)
  }

  @Test(.enabled(if: Validator.isInstalled, "needs python3-jsonschema"))
  func `Every event satisfies the schema`() throws {
    try Validator.validate(Self.run().bytes)
  }

  // MARK: What is missing is said

  @Test func `A name that could not be read is null and said to be unreadable`() throws {
    let unreadable = PathArgument(requested: nil, path: nil, isUnreadable: true)
    let lookup = Lookup(call: "stat", target: unreadable, error: ErrorNumber(14))
    #expect(
      try fields(.lookup(lookup))
        == #","call":"stat","path":null,"requested":null,"requested_unreadable":true,"error":"EFAULT""#)
    let failed = FailedExec(target: unreadable, error: ErrorNumber(14))
    #expect(
      try fields(.failedExec(failed))
        == #","path":null,"filename":null,"filename_unreadable":true,"error":"EFAULT""#)
    let rename = Change(
      kind: .rename, call: "rename", target: Samples.path("/a"), to: unreadable, error: ErrorNumber(14))
    #expect(
      try fields(.change(rename)).hasSuffix(
        #","to":null,"to_requested":null,"to_requested_unreadable":true,"error":"EFAULT""#))
    let symlink = Change(
      kind: .symlink, call: "symlink", target: Samples.path("/a"), to: unreadable, error: ErrorNumber(14))
    #expect(try fields(.change(symlink)).hasSuffix(#","to":null,"to_unreadable":true,"error":"EFAULT""#))
    let connect = Connect(
      transport: .tcp, local: nil, remote: nil, error: ErrorNumber(14), isPending: false, latency: nil)
    #expect(
      try fields(.connect(connect))
        == #","protocol":"tcp","remote":null,"remote_unreadable":true,"error":"EFAULT","pending":false"#)
  }

  @Test func `Arguments that could not be read are null and never an empty list`() throws {
    var exec = Exec(exe: "", filename: "", argv: [], argvSize: 300, cwd: "", stdio: [nil, nil, nil])
    exec.isArgvUnreadable = true
    exec.isArgvTruncated = true
    #expect(
      try fields(.exec(exec))
        == #","exe":null,"filename":null,"argv":null,"argv_unreadable":true,"argv_size":300,"argv_truncated":true,"cwd":null,"stdio":[null,null,null],"gid":0,"euid":0,"egid":0"#
    )
    exec.isArgvUnreadable = false
    #expect(try fields(.exec(exec)).contains(#","argv":[],"argv_size""#))
  }

  @Test func `What was cut or has no name any more is said`() throws {
    let target = PathArgument(requested: "a", path: "/a", isTruncated: true, isDeleted: true)
    let open = Open(target: target, flags: OpenFlags(rawValue: 0), mode: 7, result: .descriptor(0))
    #expect(
      try fields(.open(open))
        == #","path":"/a","requested":"a","path_truncated":true,"path_deleted":true,"flags":["O_RDONLY"],"fd":0"#
    )
    let rename = Change(kind: .rename, call: "rename", target: target, to: target)
    #expect(
      try fields(.change(rename)).hasSuffix(#""to_requested":"a","to_truncated":true,"to_deleted":true"#))
  }

  @Test func `A pending connect says so`() throws {
    let connect = Connect(
      transport: .tcp, local: nil, remote: .internet([10, 0, 0, 1], port: 9), error: nil,
      isPending: true, latency: 7)
    #expect(try fields(.connect(connect)).hasSuffix(#""port":9},"pending":true,"latency_ns":7"#))
  }

  // MARK: Limits

  @Test func `Numbers at their limits are integers`() throws {
    let process = ProcessID(pid: .max, start: .max)
    let event = Event(
      time: .max, process: process, tid: .max, ppid: 0, uid: .max, comm: "", body: .fork(Fork(child: process))
    )
    let collected = Collected()
    let sink = JSONLines { collected.append($0) }
    try sink.receive(event)
    try sink.flush()
    #expect(
      collected.lines == [
        #"{"event":"fork","time_ns":18446744073709551615,"pid":2147483647,"start_ns":18446744073709551615,"tid":2147483647,"ppid":0,"uid":4294967295,"comm":"","child":{"pid":2147483647,"start_ns":18446744073709551615}}"#
      ])
    let truncate = Change(kind: .truncate, call: "truncate", target: Samples.path("/a"), length: .min)
    #expect(try fields(.change(truncate)).hasSuffix(#""length":-9223372036854775808"#))
  }

  @Test func `Every power of ten is written with all its digits`() {
    var value: UInt64 = 1
    while true {
      for number in [value - 1, value, value + 1] {
        var buffer = ByteBuffer(capacity: 1)
        buffer.append(decimal: number)
        #expect(text(Array(copying: buffer.span)) == "\(number)")
      }
      let (next, overflow) = value.multipliedReportingOverflow(by: 10)
      if overflow { break }
      value = next
    }
  }

  @Test func `An argument of 128 KiB is written whole`() throws {
    let long = ByteString([UInt8](repeating: UInt8(ascii: "x"), count: 128 * 1024 - 1))
    let exec = Exec(
      exe: "/bin/echo", filename: "/bin/echo", argv: ["echo", long], argvSize: 5 + 128 * 1024, cwd: "/",
      stdio: [nil, nil, nil])
    #expect(try fields(.exec(exec)).contains(#""argv":["echo",""# + long.text + #""],"argv_size":131077"#))
  }

  @Test func `A program that gives other flags each time does not fill the memory, and each is named`() throws
  {
    let collected = Collected()
    let sink = JSONLines { collected.append($0) }
    for value in 0..<1000 as Range<UInt64> {
      let flags = OpenFlags(rawValue: value << 32)
      try sink.receive(
        Samples.event(
          .open(Open(target: Samples.path("/a"), flags: flags, mode: 0, result: .descriptor(3)))))
    }
    try sink.flush()
    for (value, line) in collected.lines.enumerated() where value > 0 {
      let hexadecimal = String(UInt64(value) << 32, radix: 16)
      #expect(line.contains(#""flags":["O_RDONLY","0x\#(hexadecimal)"],"fd":3}"#))
    }
  }
}

/// How lines are handed on, and what is counted.
struct JSONLinesSessionTests {
  @Test func `Lines are handed on whole, in pieces of more than 64 KiB, and at a flush`() throws {
    let collected = Collected()
    var ends: Set<UInt8?> = []
    let sink = JSONLines { span in
      ends.insert(span.isEmpty ? nil : span[span.count - 1])
      collected.append(span)
    }
    try sink.start(Samples.start)
    #expect(collected.pieces == 1)
    try sink.flush()
    #expect(collected.pieces == 1)
    for _ in 0..<1000 { try sink.receive(Samples.event(Samples.bodies[5])) }
    #expect((2...5).contains(collected.pieces) && collected.lines.count < 1001)
    try sink.flush()
    #expect(collected.lines.count == 1001)
    #expect(ends == [10])
  }

  @Test func `An output that fails is told, and what it did not take is not written twice`() throws {
    struct Full: Error {}
    let collected = Collected()
    var isFull = true
    let sink = JSONLines { span in
      if isFull { throw Full() }
      collected.append(span)
    }
    #expect(throws: Full.self) { try sink.start(Samples.start) }
    isFull = false
    try sink.finish(Samples.end)
    #expect(collected.lines.count == 1)
  }

  @Test(
    arguments: [
      (Exit.Status.code(0), "0"), (.code(255), "255"), (.signal(9, coreDumped: true), "137"), (nil, "null"),
    ] as [(Exit.Status?, String)])
  func `The exit code is the one a shell gives`(_ status: Exit.Status?, _ code: String) throws {
    let collected = Collected()
    let end = SessionEnd(
      status: status, time: 5, losses: [Loss(reason: "a\"b", count: 1), Loss(reason: "c", count: .max - 1)],
      events: 0, notes: ["One\nsentence."])
    try JSONLines { collected.append($0) }.finish(end)
    #expect(
      collected.lines == [
        #"{"event":"summary","time_ns":5,"exit_code":\#(code),"duration_ns":5,"events":0,"lost":18446744073709551615,"lost_by_reason":{"a\"b":1,"c":18446744073709551614},"processes":0,"notes":["One\nsentence."]}"#
      ])
  }

  @Test func `A process is counted once, whatever is seen of it, and a pid used again is another`() throws {
    let collected = Collected()
    let sink = JSONLines { collected.append($0) }
    func receive(_ pid: Int32, _ start: UInt64, _ body: Event.Body) throws {
      let process = ProcessID(pid: pid, start: start)
      try sink.receive(
        Event(time: 0, process: process, tid: pid, ppid: 1, uid: 0, comm: "a", body: body))
    }
    let exit = Event.Body.exit(Samples.exit(.code(0)))
    let open = Samples.bodies[5]
    try receive(10, 1, open)
    try receive(10, 1, .fork(Fork(child: ProcessID(pid: 11, start: 2))))
    try receive(11, 2, open)
    try receive(10, 1, open)
    try receive(11, 2, exit)
    try receive(10, 1, .fork(Fork(child: ProcessID(pid: 11, start: 3))))
    try receive(11, 3, exit)
    try receive(12, 4, exit)  // its fork was lost
    try receive(10, 1, exit)
    try receive(10, 1, Samples.bodies[19])  // a connect told after the end
    try receive(
      11, 3, .interpreter(Interpreter(version: nil, method: .none, hasCalls: false, hasEnvironment: false)))
    try sink.finish(Samples.end)
    #expect(collected.lines.last?.contains(#""processes":4"#) == true)
  }
}
