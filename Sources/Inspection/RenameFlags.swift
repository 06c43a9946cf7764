// SPDX-License-Identifier: Apache-2.0

/// The flags of renameat2(2).
public struct RenameFlags: OptionSet, Hashable, Sendable {
  public var rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Fails where the new name is there.
  public static let noReplace = RenameFlags(rawValue: 1)
  /// Each of the two becomes the other.
  public static let exchange = RenameFlags(rawValue: 2)
  public static let whiteout = RenameFlags(rawValue: 4)

  /// The names; bits without one as one hexadecimal number.
  public var names: [String] {
    let known: [(RenameFlags, String)] = [
      (.noReplace, "RENAME_NOREPLACE"), (.exchange, "RENAME_EXCHANGE"), (.whiteout, "RENAME_WHITEOUT"),
    ]
    let rest = rawValue & ~7
    return known.filter { contains($0.0) }.map(\.1) + (rest == 0 ? [] : ["0x" + String(rest, radix: 16)])
  }
}
