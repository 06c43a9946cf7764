// SPDX-License-Identifier: Apache-2.0
public import Inspection

/// The words Honeyguide was started with, as bytes. `CommandLine.arguments` repairs what is not UTF-8, and the
/// command would get another argument than was typed.
public enum RawArguments {
  public static var all: [ByteString] {
    let words = (0..<Int(CommandLine.argc)).compactMap { index -> ByteString? in
      guard let word = unsafe CommandLine.unsafeArgv[index] else { return nil }
      return unsafe ByteString(cString: word)
    }
    return words.isEmpty ? fromKernel : words
  }

  /// As /proc/self/cmdline has them. Swift's static runtime finds the words on the stack, next to the environment: it has
  /// none when a preloaded library has set a variable before, by which the C library moves the environment elsewhere.
  static var fromKernel: [ByteString] {
    let processes = ProcFileSystem()
    return processes.arguments(of: processes.ourselves) ?? []
  }

  /// The last words: an argument parser that found `count` words of a command knows where they begin.
  public static func last(_ count: Int) -> [ByteString] { Array(all.suffix(count)) }
}
