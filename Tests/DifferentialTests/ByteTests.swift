// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import TestSupport
import Testing

extension Differential {
  /// Bytes by file, compared with what strace's results add up to.
  @Suite(.serialized) struct Bytewise {
    @Test(arguments: [false, true])
    func theBytesOfEachFileAreThoseThatStraceAddsUp(is32Bit: Bool) throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try laboratory.program("bytes", is32Bit: is32Bit)
      try laboratory.clean()
      let expected = try straced(laboratory, [program])
      try laboratory.clean()
      let (outcome, story) = try laboratory.inspect(
        Command([program], in: laboratory.work), options: ["--bytes"])
      #expect(outcome.status == 0)
      var told: [String: Sum] = [:]
      var pairs: Set<String> = []
      for line in story.lines where line.event == "file_io" {
        let path = line.bytes("path").map { settled($0.description) } ?? "unknown"
        told[path, default: Sum()].add(line)
        // Pipes and the second "a" apart, each file of a process is told once.
        #expect(path == "pipe" || path == "socket" || pairs.insert(line.process + path).inserted)
      }
      #expect(expected.count > 6)
      #expect(told == expected)
      #expect(told["\(laboratory.work)/shared"]?.written == 14000)
    }

    @Test func filesThatThePathFilterLeavesOutAreNotCounted() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try laboratory.program("bytes")
      try laboratory.clean()
      let story = try laboratory.inspect(
        Command([program], in: laboratory.work), options: ["--bytes", "--path", "shared"]
      ).story
      let lines = story.lines.filter { $0.event == "file_io" }
      #expect(Set(lines.map { $0.bytes("path")?.description }) == ["\(laboratory.work)/shared"])
    }

    @Test func whatTheLoaderReadsOfTheAgentIsNotCountedEither() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      // One that ends, and one that goes on when the command has ended.
      let script = "sleep 3 </dev/null >/dev/null 2>&1 & sleep 0.5; cat /etc/hostname"
      let story = try laboratory.inspect(
        Command(["/bin/sh", "-c", script], in: laboratory.work), options: ["--bytes"], injecting: true
      ).story
      let files = story.lines.filter { $0.event == "file_io" }.compactMap { $0.bytes("path")?.description }
      #expect(files.count { $0.hasSuffix("/libc.so.6") } >= 3 && files.contains("/etc/hostname"))
      #expect(!files.contains { $0.hasSuffix("/agent.so") })
    }

    struct Sum: Equatable {
      var read: Int128 = 0
      var written: Int128 = 0
      var reads: Int128 = 0
      var writes: Int128 = 0

      mutating func add(_ line: HoneyguideLines.Line) {
        read += line.integer("bytes_read") ?? -1
        written += line.integer("bytes_written") ?? -1
        reads += line.integer("reads") ?? -1
        writes += line.integer("writes") ?? -1
      }
    }

    /// Which argument is read from, and which is written to.
    private static let calls: [String: (from: Int?, to: Int?)] = [
      "read": (0, nil), "pread64": (0, nil), "readv": (0, nil), "preadv": (0, nil), "preadv2": (0, nil),
      "write": (nil, 0), "pwrite64": (nil, 0), "writev": (nil, 0), "pwritev": (nil, 0),
      "pwritev2": (nil, 0), "sendfile": (1, 0), "sendfile64": (1, 0), "copy_file_range": (0, 2),
      "splice": (0, 2),
    ]

    private func straced(_ laboratory: Laboratory, _ command: [String]) throws -> [String: Sum] {
      let file = laboratory.root.appending("strace.log")
      let strace = try Requirement.tool("strace", package: "strace")
      let trace = "trace=" + Self.calls.keys.sorted().joined(separator: ",")
      try Command(
        [strace] + StraceLog.options + ["-e", trace, "-o", file.string, "--"] + command, in: laboratory.work
      ).succeed()
      var sums: [String: Sum] = [:]
      for case .call(let call) in try StraceLog(try Files.read(file)).lines {
        guard let places = Self.calls[call.name], let count = call.result.number, count > 0 else { continue }
        if let from = places.from {
          sums[path(call.arguments[from]), default: Sum()].read += Int128(count)
          sums[path(call.arguments[from]), default: Sum()].reads += 1
        }
        if let to = places.to {
          sums[path(call.arguments[to]), default: Sum()].written += Int128(count)
          sums[path(call.arguments[to]), default: Sum()].writes += 1
        }
      }
      return sums
    }

    private func path(_ argument: StraceArgument) -> String {
      settled(argument.annotation?.description ?? "none")
    }

    private func settled(_ path: String) -> String {
      path.hasPrefix("pipe:")
        ? "pipe"
        : path.hasSuffix("/output")
          ? "output" : path.hasPrefix("socket:") || path.hasPrefix("UNIX") ? "socket" : path
    }
  }
}
