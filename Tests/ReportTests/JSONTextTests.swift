// SPDX-License-Identifier: Apache-2.0
internal import Inspection
internal import Testing

@testable internal import Report

struct JSONTextTests {
  private static func name(_ bytes: [UInt8]) throws -> String {
    let fields = try fields(
      .change(
        Change(kind: .chdir, call: "fchdir", target: PathArgument(requested: nil, path: ByteString(bytes)))))
    return String(fields.dropFirst(#","call":"fchdir","path":"#.count))
  }

  @Test(arguments: [
    ("plain", #""plain""#), ("", #""""#), ("\"quoted\" \\ /", #""\"quoted\" \\ /""#),
    ("a\nb\rc\td", #""a\nb\rc\td""#), ("\u{1B}[2J\u{7}\u{1}", #""\u001b[2J\u0007\u0001""#),
    ("\u{7F}\u{9B}", #""\u007f\u009b""#), ("Zoë 日本 😀", #""Zoë 日本 😀""#),
    ("\u{2028}\u{2029}\u{202E}\u{2066}\u{FEFF}\u{200B}", #""\u2028\u2029\u202e\u2066\ufeff\u200b""#),
    ("\u{E0041}", #""\udb40\udc41""#), ("\u{10FFFF}", #""\udbff\udfff""#), ("\u{FFFD}", "\"\u{FFFD}\""),
    ("12345678\"", #""12345678\"""#), ("\n12345678", #""\n12345678""#),
    ("1234567\u{7F}", #""1234567\u007f""#),
    ("1234\\5678", #""1234\\5678""#), ("12345678", #""12345678""#), ("\u{1F}12345678", #""\u001f12345678""#),
  ])
  func `Text appears as itself, and what a terminal might obey as an escape`(_ given: String, _ json: String)
    throws
  {
    #expect(try Self.name(Array(given.utf8)) == json)
  }

  @Test(
    arguments: [
      ([0xFF], "\"\u{FFFD}\"", "/w=="),
      ([0x61, 0xFF, 0x62], "\"a\u{FFFD}b\"", "Yf9i"),
      ([0xED, 0xA0, 0x80], "\"\u{FFFD}\u{FFFD}\u{FFFD}\"", "7aCA"),  // a surrogate
      ([0xC0, 0xAF], "\"\u{FFFD}\u{FFFD}\"", "wK8="),  // an overlong slash
      ([0xF0, 0x9F, 0x98], "\"\u{FFFD}\"", "8J+Y"),  // the beginning of an emoji
      ([0xF4, 0x90, 0x80, 0x80], "\"\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\"", "9JCAgA=="),
      ([0xE2, 0x82, 0x0A, 0xFB, 0xFF], "\"\u{FFFD}\\n\u{FFFD}\u{FFFD}\"", "4oIK+/8="),
    ] as [([UInt8], String, String)])
  func `Bytes that are not UTF-8 stand beside their text in base64`(
    _ bytes: [UInt8], _ json: String, _ base64: String
  ) throws {
    #expect(try Self.name(bytes) == json + #","path_base64":""# + base64 + "\"")
  }

  @Test func `A list has base64 only at the places that need it`() throws {
    let exec = Exec(
      exe: "/bin/\u{FF}", filename: "x", argv: ["clean", ByteString([0xFF]), "ü", ByteString([0x61, 0x80])],
      argvSize: 20,
      cwd: "/", stdio: [nil, ByteString([0xFE]), "/dev/null"])
    #expect(
      try fields(.exec(exec))
        == #","exe":"/bin/ÿ","filename":"x","argv":["clean","�","ü","a�"],"argv_base64":[null,"/w==",null,"YYA="],"argv_size":20,"argv_truncated":false,"cwd":"/","stdio":[null,"�","/dev/null"],"stdio_base64":[null,"/g==",null],"gid":0,"euid":0,"egid":0"#
    )
  }

  @Test func `Every byte at every place of a short text is escaped when it must be`() {
    for length in 1...17 {
      for place in 0..<length {
        for byte in 0...UInt8.max {
          var bytes = [UInt8](repeating: UInt8(ascii: "~"), count: length)
          bytes[place] = byte
          var writer = JSONWriter(capacity: 64)
          let isUTF8 = writer.string(bytes.span)
          let written = [UInt8](copying: writer.bytes.span)
          let isItself = written == [0x22] + bytes + [0x22]
          let standsForItself = (0x20...0x7E).contains(byte) && byte != 0x22 && byte != 0x5C
          if isItself != standsForItself || isUTF8 != (byte < 0x80) {
            Issue.record("byte \(byte) at \(place) of \(length): \(text(written))")
          }
        }
      }
    }
  }

  @Test(.enabled(if: Program.isInstalled("python3"), "needs python3"))
  func `Python reads the exact bytes back, and the text that it would have made of them`() throws {
    var hostile = HostileBytes(seed: 4)
    let names = (0..<3_000).map { _ in hostile.next(upTo: 40) }
    let collected = Collected()
    let sink = JSONLines { collected.append($0) }
    for name in names {
      let path = PathArgument(requested: nil, path: ByteString(name))
      try sink.receive(
        Samples.event(.change(Change(kind: .unlink, call: "unlink", target: path)), comm: ByteString(name)))
    }
    try sink.flush()
    let script = """
      import base64, json, sys
      for line in sys.stdin.buffer:
          event = json.loads(line.decode("utf-8"))
          for name in ("comm", "path"):
              exact = event[name].encode() if name + "_base64" not in event else base64.b64decode(event[name + "_base64"], validate=True)
              assert exact.decode("utf-8", "replace") == event[name], (exact, event[name])
              sys.stdout.buffer.write(exact + b"\\0")
      """
    let output = try Program.run(["/usr/bin/python3", "-c", script], input: collected.bytes)
    let read = output.split(separator: 0, omittingEmptySubsequences: false).dropLast().map(Array.init)
    #expect(read == names.flatMap { [$0, $0] })
    #expect(collected.bytes.allSatisfy { $0 == 10 || $0 >= 0x20 && $0 != 0x7F })
  }

  @Test(.enabled(if: Validator.isInstalled, "needs python3-jsonschema"))
  func `Hostile names in every field satisfy the schema`() throws {
    var hostile = HostileBytes(seed: 5)
    func next() -> ByteString { ByteString([UInt8(ascii: "/")] + hostile.next(upTo: 30)) }
    let collected = Collected()
    let sink = JSONLines { collected.append($0) }
    var start = Samples.start
    start.command = [next(), next()]
    start.cwd = next()
    try sink.start(start)
    var events: UInt64 = 0
    for _ in 0..<20 {
      let target = PathArgument(requested: next(), path: next(), isTruncated: true, isDeleted: true)
      let exec = Exec(
        exe: next(), filename: next(), argv: [next(), next()], argvSize: 9, cwd: next(), interpreter: next(),
        script: next(), stdio: [next(), nil, next()])
      var bodies: [Event.Body] = [
        .exec(exec), .failedExec(FailedExec(target: target, error: ErrorNumber(9999))),
        .open(Open(target: target, flags: OpenFlags(rawValue: .max), mode: .max, result: .error(.noEntry))),
        .lookup(Lookup(call: "stat", target: target, error: nil)),
        .exit(Samples.exit(.signal(37, coreDumped: false))),
        .exit(Samples.exit(.signal(99, coreDumped: false))),
      ]
      for kind in Change.Kind.allCases {
        bodies.append(
          .change(
            Change(
              kind: kind, call: kind.rawValue, target: target, to: target, mode: 1, device: 2, length: -1,
              owner: 0,
              group: 0)))
      }
      for body in bodies {
        try sink.receive(Samples.event(body, comm: ByteString(next().bytes.prefix(15))))
        events += 1
      }
    }
    var end = Samples.end
    end.losses = []
    end.events = events
    end.notes = [next().text]
    try sink.finish(end)
    try Validator.validate(collected.bytes)
  }

  @Test(.enabled(if: Validator.isInstalled, "needs python3-jsonschema"))
  func `The validator refuses each line that breaks the contract`() throws {
    let bad = [
      #"{"event":"fork","child":{"pid":1,"start_ns":2}}"#,  // no common fields
      Self.event("fork", #""child":1"#),
      // Neither code nor signal.
      Self.event("exit", #""duration_ns":1,"user_ns":1,"system_ns":1,"max_rss_kib":1"#),
      Self.event("open", #""path":"/a","flags":["O_RDONLY"]"#),  // neither fd nor error
      Self.event("open", #""path":"/a","flags":["readonly"],"fd":1"#),
      Self.event("lookup", #""call":"stat","path":"/a","requested":null"#),  // null without its reason
      Self.event("rename", #""call":"rename","path":"/a""#),
      Self.event("connect", #""protocol":"udp","family":"ipv4","remote":null,"pending":false"#),
      Self.event("chdir", #""call":"chdir","path":"a","path_base64":"YQ==""#),  // base64 of what is UTF-8
      Self.event("chdir", #""call":"chdir","path":"\ufffd","path_base64":"YQ==""#),  // of something else
      Self.event("chdir", #""call":"chdir","path":"/a","path":"/a""#),
      Self.event("chdir", #""call":"chdir","path":1"#),
      Self.last, Self.first, #"["event"]"#, "{", "",
    ]
    let failure = #expect(throws: Program.Failure.self) {
      try Validator.validate(Array(([Self.first] + bad + [Self.last]).map { $0 + "\n" }.joined().utf8))
    }
    for (index, line) in bad.enumerated() {
      #expect(failure?.text.contains("\nline \(index + 2): ") == true, "\(line)")
    }
  }

  @Test(.enabled(if: Validator.isInstalled, "needs python3-jsonschema"))
  func `The validator accepts events and fields of the future`() throws {
    let future = Self.event("python-call", #""anything":1"#)
    try Validator.validate(Array("\(Self.first)\n\(future)\n\(Self.last)\n".utf8))
    let field = Self.event("chdir", #""call":"chdir","path":"/a","new_field":[]"#)
    try Validator.validate(Array("\(Self.first)\n\(field)\n\(Self.last)\n".utf8))
  }

  private static let first =
    #"{"event":"start","schema":1,"time_ns":1,"honeyguide":"1","command":["a"],"uid":0,"cwd":"/","boot_time_unix_ns":1,"options":[]}"#
  private static let last =
    #"{"event":"summary","time_ns":2,"exit_code":0,"duration_ns":1,"events":1,"lost":0,"lost_by_reason":{},"processes":1}"#

  private static func event(_ name: String, _ body: String) -> String {
    #"{"event":""# + name + #"","# + Samples.common + "," + body + "}"
  }
}

struct AddressTextTests {
  @Test(
    arguments: [
      ([127, 0, 0, 1], "127.0.0.1:80"), ([255, 255, 255, 255], "255.255.255.255:80"),
      (Array(repeating: 0, count: 16), "[::]:80"), (Array(repeating: 0, count: 15) + [1], "[::1]:80"),
      ([0x20, 1, 0x0D, 0xB8] + Array(repeating: 0, count: 12), "[2001:db8::]:80"),
      // One group of zeros is written, of two equal runs the first is left out (RFC 5952, 4.2.2 and 4.2.3).
      ([0x20, 1, 0x0D, 0xB8, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1], "[2001:db8:0:1:1:1:1:1]:80"),
      ([0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1], "[2001:db8::1:0:0:1]:80"),
      ([0x20, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xAB, 0xCD], "[2001:0:0:1::abcd]:80"),
      ([0xFE, 0x80, 0, 0, 0, 0, 0, 0, 2, 0x10, 0, 0x20, 0x30, 0, 0xFF, 0xFF], "[fe80::210:20:3000:ffff]:80"),
      (Array(repeating: 0, count: 10) + [0xFF, 0xFF, 10, 0, 0, 1], "[::ffff:10.0.0.1]:80"),
    ] as [([UInt8], String)])
  func `An address is written as RFC 5952 has it`(_ address: [UInt8], _ expected: String) {
    var output: [UInt8] = []
    InternetAddress(address: address, port: 80).appendEndpoint(to: &output)
    #expect(text(output) == expected)
  }
}
