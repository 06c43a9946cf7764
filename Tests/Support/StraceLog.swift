// SPDX-License-Identifier: Apache-2.0

/// What `strace -f -y -X raw -xx -o FILE` wrote, calls put together again that were interrupted by other lines.
public struct StraceLog: Sendable {
  public struct Call: Equatable, Sendable {
    public var tid: Int32
    public var name: String
    public var arguments: [StraceArgument]
    public var result: StraceArgument
    /// The name of errno.
    public var error: String?
    /// `?`: the call never returned, or it was interrupted and will be restarted.
    public var isWithoutResult: Bool
  }

  public enum Line: Equatable, Sendable {
    /// At the place where the call returned.
    case call(Call)
    /// `exited with 0`, `killed by SIGKILL`.
    case end(tid: Int32, status: String)
    /// The thread `old` executed a program and goes on under its leader's number.
    case superseded(old: Int32, by: Int32)
  }

  public var lines: [Line] = []

  /// The options for which all this holds. abbrev: everything but the arguments of exec and messages may be shortened.
  public static let options = [
    "-f", "-y", "-X", "raw", "-xx", "-s", "200000", "-e", "abbrev=!execve,execveat,sendmsg,sendmmsg",
  ]

  public init(_ bytes: [UInt8]) throws {
    var unfinished: [Int32: [UInt8]] = [:]
    for written in bytes.split(separator: UInt8(ascii: "\n")) {
      let line = Self.behindUnread(written)
      guard let space = line.firstIndex(of: UInt8(ascii: " ")),
        let tid = Int32(String(decoding: line[..<space], as: UTF8.self))
      else {
        throw StraceScanner.Failure(description: "no thread number: \(String(decoding: line, as: UTF8.self))")
      }
      let rest = line[space...].drop { $0 == UInt8(ascii: " ") }
      if rest.starts(with: "+++ ".utf8) {
        let text = String(decoding: rest.dropFirst(4).dropLast(4), as: UTF8.self)
        if text.hasPrefix("superseded by execve in pid "), let old = Int32(text.dropFirst(28)) {
          unfinished[tid] = unfinished.removeValue(forKey: old)
          lines.append(.superseded(old: old, by: tid))
        } else {
          unfinished[tid] = nil
          lines.append(.end(tid: tid, status: text))
        }
      } else if rest.starts(with: "--- ".utf8) {
        continue
      } else if rest.starts(with: "<... ".utf8) {
        guard var begin = unfinished.removeValue(forKey: tid) else {
          throw StraceScanner.Failure(
            description: "nothing to resume: \(String(decoding: line, as: UTF8.self))")
        }
        begin += rest.dropFirst(5).drop { $0 != UInt8(ascii: ">") }.dropFirst()
        lines.append(.call(try Self.call(tid, begin)))
      } else if let begin = Self.beginning(of: rest) {
        unfinished[tid] = Array(begin)
      } else {
        lines.append(.call(try Self.call(tid, Array(rest))))
      }
    }
  }

  /// The line that follows where strace wrote no end of one: of a call that it could not read, since a thread of the process
  /// executed a program meanwhile: `7 ???(7 +++ superseded by execve in pid 8 +++`.
  private static func behindUnread(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let rest = line.drop { $0 != UInt8(ascii: " ") }.dropFirst()
    guard rest.starts(with: "???(".utf8), rest.ends(with: " +++".utf8) else { return line }
    return rest.dropFirst(4)
  }

  /// What a line holds of a call that has not returned: it goes on later, perhaps (after a thread's exec) under the
  /// number of the thread's leader.
  private static func beginning(of line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard line.ends(with: " ...>".utf8), let mark = line.lastIndex(of: UInt8(ascii: "<")) else { return nil }
    let isUnfinished = line[mark...].elementsEqual("<unfinished ...>".utf8)
    return isUnfinished || line[mark...].starts(with: "<pid changed to ".utf8)
      ? line[..<mark].dropLast() : nil
  }

  static func call(_ tid: Int32, _ bytes: [UInt8]) throws -> Call {
    // A thread that was ended within the call.
    let ended = " <unfinished ...>) = ?"
    let bytes = bytes.ends(with: ended.utf8) ? bytes.dropLast(ended.utf8.count) + Array(") = ?".utf8) : bytes
    var scanner = StraceScanner(bytes)
    guard let parenthesis = bytes.firstIndex(of: UInt8(ascii: "(")) else { throw scanner.failure("no call") }
    let name = String(decoding: bytes[..<parenthesis], as: UTF8.self)
    scanner.position = parenthesis + 1
    let arguments = try scanner.arguments()
    while scanner.skip(" ") {}
    guard scanner.skip("= ") else { throw scanner.failure("no result") }
    // What follows the first word is the error's name and a sentence in parentheses.
    let rest = scanner.bytes[scanner.position...]
    var result = StraceScanner(Array(rest))
    let value: StraceArgument
    let words = String(decoding: rest.prefix(60), as: UTF8.self).split(separator: " ")
    if words.first == "-1" || words.first == "?" {
      value = StraceArgument(text: String(words[0]))
    } else {
      value = try result.argument()
    }
    let error = words.first == "-1" && words.count > 1 ? String(words[1]) : nil
    return Call(
      tid: tid, name: name, arguments: arguments, result: value, error: error,
      isWithoutResult: words.first == "?")
  }
}

extension Sequence<UInt8> where Self: BidirectionalCollection {
  func ends(with suffix: some BidirectionalCollection<UInt8>) -> Bool {
    reversed().starts(with: suffix.reversed())
  }
}
