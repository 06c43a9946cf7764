// SPDX-License-Identifier: Apache-2.0
internal import Inspection
internal import Testing

@testable internal import Report

/// How masked arguments and environments are written.
struct MaskedLinesTests {
  @Test func `Where secrets were masked is said, and that they are shown`() throws {
    var exec = Exec(exe: "/a", filename: "a", argv: ["a", "***", "b", "***"], argvSize: 30, cwd: "/")
    exec.redacted = [1, 3]
    #expect(
      try fields(.exec(exec)).contains(#""argv":["a","***","b","***"],"redacted":[1,3],"argv_size":30"#))
    #expect(
      try fields(.existing(.process(exec))).contains(#""argv":["a","***","b","***"],"redacted":[1,3],"#))
    let collected = Collected()
    let sink = JSONLines { collected.append($0) }
    var start = Samples.start
    start.redacted = [1]
    try sink.start(start)
    start.redacted = []
    start.showsSecrets = true
    try sink.start(start)
    #expect(collected.lines[0].contains(#""./the_ansible_wrapper.sh","--check"],"redacted":[1],"uid""#))
    #expect(!collected.lines[0].contains("secrets_shown"))
    #expect(collected.lines[1].contains(#""--check"],"secrets_shown":true,"uid""#))
  }

  @Test(.enabled(if: Validator.isInstalled, "needs python3-jsonschema"))
  func `An environment is written as its difference, masked`() throws {
    var exec = Exec(
      exe: "/a", filename: "a", argv: ["a"], argvSize: 2, cwd: "/", stdio: [nil, nil, nil])
    let before = Environment(Array("A=1\0B=2\0".utf8))
    exec.environment = EnvironmentDifference(
      from: before, to: Environment(Array("B=3\0C_TOKEN=4\0".utf8)))
    var event = Samples.event(.exec(exec))
    event.maskSecrets()
    let expected =
      #","environment":{"whole":false,"truncated":false,"added":[{"name":"C_TOKEN","value":"***","redacted":true}],"changed":[{"name":"B","value":"3"}],"removed":["A"]}"#
    #expect(try fields(event.body).hasSuffix(expected))
    let collected = Collected()
    let sink = JSONLines { collected.append($0) }
    try sink.start(Samples.start)
    try sink.receive(event)
    exec.environment = .unreadable
    try sink.receive(Samples.event(.exec(exec)))
    try sink.finish(Samples.end)
    #expect(collected.lines[2].hasSuffix(#","environment":null}"#))
    try Validator.validate(collected.bytes)
  }
}
