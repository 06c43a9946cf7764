// SPDX-License-Identifier: Apache-2.0
internal import CLibBPF
internal import Glibc
internal import Synchronization

/// What libbpf would print, kept as a value. It has one print function for the whole process, and calls it on the thread
/// that called libbpf: so each thread has messages of its own, and several may call at once.
enum LibbpfMessages {
  /// By thread, of those that are in `collect`.
  private static let collected = Mutex<[pthread_t: [String]]>([:])

  /// Replaces libbpf's printing to standard error, once.
  private static let installed: Bool = {
    unsafe libbpf_set_print { level, format, arguments in
      guard level != LIBBPF_DEBUG, let format = unsafe format, let arguments = unsafe arguments else {
        return 0
      }
      var buffer = [CChar](repeating: 0, count: 1 << 18)
      let length = unsafe vsnprintf(&buffer, buffer.count, format, arguments)
      guard length > 0 else { return 0 }
      let text = String(
        decoding: buffer.prefix(min(Int(length), buffer.count - 1)).map { UInt8(bitPattern: $0) },
        as: UTF8.self)
      LibbpfMessages.collected.withLock { $0[pthread_self()]?.append(text) }
      return length
    }
    return true
  }()

  /// Runs one call and gives its result with what libbpf had to say meanwhile. Not to be nested.
  static func collect<Result>(_ body: () -> Result) -> (Result, [String]) {
    _ = installed
    let thread = pthread_self()
    collected.withLock { $0[thread] = [] }
    let result = body()
    return (result, collected.withLock { $0.removeValue(forKey: thread) ?? [] })
  }

  /// Splits messages into the verifier's log and the rest, without the prefix that libbpf gives them.
  static func divide(_ messages: [String]) -> (log: VerifierLog?, rest: [String]) {
    var log: String?
    var rest: [String] = []
    for message in messages {
      if let start = message.range(of: "BEGIN PROG LOAD LOG --\n"),
        let end = message.range(of: "-- END PROG LOAD LOG")
      {
        log = String(message[start.upperBound..<end.lowerBound])
      } else {
        let text = message.hasPrefix("libbpf: ") ? String(message.dropFirst(8)) : message
        rest.append(text.trimmed)
      }
    }
    return (log.map(VerifierLog.init), rest)
  }
}

extension String {
  /// Without white space at its end.
  fileprivate var trimmed: String {
    var text = Substring(self)
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }

  /// The first place of a text: Foundation's, without Foundation.
  fileprivate func range(of text: String) -> Range<String.Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
      start = index(after: start)
    }
    return nil
  }
}
