// SPDX-License-Identifier: Apache-2.0
internal import Inspection

/// What the machine's users and groups are called, by their numbers in the initial user namespace.
public struct UserNames: Hashable, Sendable {
  private var users: [UInt32: ByteString] = [:]
  private var groups: [UInt32: ByteString] = [:]

  /// Nobody has a name.
  public init() {}

  /// Takes the texts of /etc/passwd and /etc/group. Of several names of one number the first counts, as for getpwuid(3).
  public init(passwd: [UInt8], group: [UInt8]) {
    users = Self.names(passwd)
    groups = Self.names(group)
  }

  /// "nobody (65534)", or "uid 65534".
  func user(_ number: UInt32) -> String { users[number].map { Self.label($0, number) } ?? "uid \(number)" }

  /// "nogroup (65534)", or "gid 65534".
  func group(_ number: UInt32) -> String { groups[number].map { Self.label($0, number) } ?? "gid \(number)" }

  /// What a call that changes users or groups was given: "65534 nobody", "65534". A process in another user namespace means
  /// others by its numbers: only what it was given indeed has a name.
  func argument(_ number: Int32, of act: SystemAct) -> String {
    let ofGroups = act.call.contains("gid")
    guard let ids = act.ids, act.error == nil, ofGroups || act.call.contains("uid"), number != -1 else {
      return "\(number)"
    }
    let id = UInt32(bitPattern: number)
    let name = (ofGroups ? ids.groups : ids.users).contains(id) ? (ofGroups ? groups : users)[id] : nil
    return "\(number)" + (name.map { " " + Self.printable($0) } ?? "")
  }

  private static func label(_ name: ByteString, _ number: UInt32) -> String {
    printable(name) + " (\(number))"
  }

  private static func printable(_ name: ByteString) -> String {
    var bytes: [UInt8] = []
    Printable.appendPath(name, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// `name:password:number:…`, a line each.
  private static func names(_ text: [UInt8]) -> [UInt32: ByteString] {
    var names: [UInt32: ByteString] = [:]
    for line in text.split(separator: UInt8(ascii: "\n")) {
      let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 3, omittingEmptySubsequences: false)
      guard parts.count >= 3, !parts[0].isEmpty, parts[0].count <= 64,
        let number = UInt32(String(decoding: parts[2], as: UTF8.self)), names[number] == nil
      else { continue }
      names[number] = ByteString(parts[0])
    }
    return names
  }
}
