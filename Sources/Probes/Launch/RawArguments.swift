// SPDX-License-Identifier: Apache-2.0
public import Inspection

/// The words Honeyguide was started with, as bytes. `CommandLine.arguments` repairs what is not UTF-8, and the
/// command would get another argument than was typed.
public enum RawArguments {
  public static var all: [ByteString] {
    (0..<Int(CommandLine.argc)).compactMap { index in
      guard let word = unsafe CommandLine.unsafeArgv[index] else { return nil }
      return unsafe ByteString(cString: word)
    }
  }

  /// The last words: an argument parser that found `count` words of a command knows where they begin.
  public static func last(_ count: Int) -> [ByteString] { Array(all.suffix(count)) }
}
