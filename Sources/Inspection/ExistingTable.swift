// SPDX-License-Identifier: Apache-2.0

/// What was open when the inspection attached, all processes together. Past the limit the others are counted alone.
public struct ExistingTable: Sendable {
  public struct Place: Hashable, Sendable {
    public var kind: ExistingFile.Kind
    /// Of a socket its inode's name: two descriptors of one socket are one place.
    public var path: ByteString
  }
  public struct Use: Hashable, Sendable {
    public internal(set) var descriptors = 0
    public internal(set) var isWritten = false
    public internal(set) var isDeleted = false
    public internal(set) var socket: ExistingFile.Socket?
  }

  public private(set) var places: [Place: Use] = [:]
  /// Descriptors in all, and those whose places are not kept.
  public private(set) var descriptors = 0
  public private(set) var others = 0
  private var bytes = 0
  private static let limit = 20_000

  init() {}

  mutating func add(_ file: ExistingFile) {
    descriptors += 1
    let place = Place(kind: file.kind, path: file.target.path ?? "")
    if places[place] == nil {
      guard places.count < Self.limit, !place.path.isEmpty else {
        others += 1
        return
      }
      bytes += place.path.count + 240
    }
    var use = places[place] ?? Use()
    use.descriptors += 1
    use.isWritten = use.isWritten || [.write, .readWrite].contains(file.flags.access)
    use.isDeleted = use.isDeleted || file.target.isDeleted
    use.socket = use.socket ?? file.socket
    places[place] = use
  }

  var memory: Int { bytes }
}
