// SPDX-License-Identifier: Apache-2.0
internal import Inspection

extension LiveLine {
  /// A variable that was looked up. Values are words, so that one which is called "not set" has its quotes.
  mutating func environment(_ read: EnvironmentRead) {
    verb("env")
    if let name = read.name {
      word(name)
      text(" = ")
      if !read.isSet {
        failed("not set")
      } else if let value = read.value {
        word(value)
      } else {
        text("(unknown)")
      }
      if let fallback = read.fallback {
        text(", default ")
        word(fallback)
      }
      if read.isTruncated { text(" (truncated)") }
    } else {
      text("(all)")
    }
    text(" (\(read.source.rawValue))")
    if read.count != 1 { text(" ×\(read.count)") }
  }

  /// How far an interpreter could be observed inside. What its functions did is told by page and JSON alone.
  mutating func interpreter(_ interpreter: Interpreter) {
    verb(interpreter.language)
    if let version = interpreter.version {
      word(ByteString(version))
      text(" ")
    }
    let parts =
      (interpreter.hasCalls ? ["calls by \(interpreter.method.rawValue)"] : [])
      + (interpreter.hasEnvironment ? ["environment"] : [])
    text(parts.isEmpty ? "not observed inside" : parts.joined(separator: ", "))
    if let reason = interpreter.reason {
      text(": ")
      Printable.appendPath(ByteString(reason), to: &bytes)
    }
  }
}
