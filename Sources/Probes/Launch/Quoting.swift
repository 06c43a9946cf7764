// SPDX-License-Identifier: Apache-2.0
internal import Inspection

extension ByteString {
  /// For a sentence: in quotation marks, on one line, with control bytes and what is not UTF-8 as \xNN.
  var quoted: String {
    var text = "\u{22}"
    var decoder = bytes[...]
    while !decoder.isEmpty {
      // The shortest prefix that is one valid character; a byte that starts none is escaped alone.
      let length = (1...4).first { count in
        count <= decoder.count && String(validating: decoder.prefix(count), as: UTF8.self) != nil
      }
      if let length,
        let scalar = String(decoding: decoder.prefix(length), as: UTF8.self).unicodeScalars.first,
        Self.isPlain(scalar)
      {
        if scalar == "\u{22}" || scalar == "\\" { text += "\\" }
        text.unicodeScalars.append(scalar)
        decoder = decoder.dropFirst(length)
      } else {
        let hex = String(decoder.removeFirst(), radix: 16)
        text += "\\x" + (hex.count == 1 ? "0" : "") + hex
      }
    }
    return text + "\u{22}"
  }

  /// Neither a control character nor one that turns the direction of a line or hides in it.
  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
    default: true
    }
  }
}
