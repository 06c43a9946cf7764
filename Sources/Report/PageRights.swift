// SPDX-License-Identifier: Apache-2.0
internal import Inspection

/// What was given to a file, as the page tells it: the deed, and in words what it is now.
struct Grant: Hashable, Comparable {
  var deed: Deed
  /// "set-user-id", "0600", "www-data (33)"; empty where that is not known.
  var text: String

  static func < (left: Grant, right: Grant) -> Bool {
    // The weightiest word of all is the longest.
    (left.deed.rank, right.text.utf8.count, left.text) < (right.deed.rank, left.text.utf8.count, right.text)
  }

  /// What must be told of a file, whatever else was done with it, and what is told since nothing else was: where `deed` is
  /// `.mode` or `.owner`.
  static func all(_ rights: FileRights, deed: Deed?, _ names: UserNames) -> [Grant] {
    var grants: [Grant] = []
    let powers =
      (rights.isSetUserID ? ["set-user-id"] : []) + (rights.isSetGroupID ? ["set-group-id"] : [])
      + (rights.isForAll ? ["writable by all"] : [])
    let isOnlyRights = deed == .mode || deed == .owner
    if !powers.isEmpty {
      grants.append(Grant(deed: .mode, text: powers.joined(separator: ", ")))
    } else if isOnlyRights, let mode = rights.mode {
      let digits = String(mode, radix: 8)
      grants.append(
        Grant(deed: .mode, text: String(repeating: "0", count: max(0, 4 - digits.count)) + digits))
    }
    if rights.isForAnother || (isOnlyRights && (rights.owner ?? rights.group) != nil) {
      // In a user namespace of its own a process means others by these numbers.
      let names = rights.isByRoot ? names : UserNames()
      let owner = rights.owner.map { names.user($0) }
      let group = rights.group.map { names.group($0) }.map {
        owner == nil || $0.hasPrefix("gid ") ? $0 : "group " + $0
      }
      let ids = [owner, group].compactMap { $0 }
      grants.append(Grant(deed: rights.owner == nil ? .group : .owner, text: ids.joined(separator: ", ")))
    }
    if grants.isEmpty, isOnlyRights, let deed { grants.append(Grant(deed: deed, text: "")) }
    return grants
  }
}

extension View {
  /// "mode      set-user-id: ./bin/tool": for each kind of rights the files that were given them.
  func grantLines(_ grants: [Grant: [FileRecord]], of deed: Deed) -> [(Int) -> [Line]] {
    grants.filter { $0.key.deed == deed }.sorted { $0.key < $1.key }.map { grant, records in
      { limit in
        let paths = sorted(records).map(\.path)
        if grant.text.isEmpty { return nameLines(paths, label: deed.rawValue, indent: 12, limit: limit) }
        let label = margin(deed.rawValue, to: 12) + grant.text + ":"
        return nameLines(
          paths, label: String(label.dropFirst(2)), indent: Line(label).columns + 1, limit: limit)
      }
    }
  }
}
