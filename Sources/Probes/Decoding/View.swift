// SPDX-License-Identifier: Apache-2.0
internal import CProbeEvents
internal import Inspection

/// What a process with another root, or with other mounts, sees at a place, and where that is for us.
struct View {
  let root: ByteString?
  private let hasOtherMounts: Bool
  private let inside: [ByteString?]
  private let devices: [UInt32]
  private let hostMounts: HostMounts

  /// Read from where the texts of an `hg_paths` end.
  init(_ reader: inout RecordReader, _ hostMounts: HostMounts) throws(DecodeError) {
    let view = try reader.readAligned(hg_view.self)
    root = try reader.path(view.root)?.path
    inside = [try reader.path(view.inside.0)?.path, try reader.path(view.inside.1)?.path]
    devices = [view.device.0, view.device.1]
    hasOtherMounts = view.has_other_mounts != 0
    self.hostMounts = hostMounts
  }

  /// Tells a path as the process sees it, and as we do where that is another.
  ///
  /// - Parameters:
  ///   - number: which of the record's two paths.
  ///   - place: the walk, from the root of the process's mounts.
  ///   - name: joined to it; nil where the walk is the path itself.
  func apply(to argument: inout PathArgument, _ number: Int, place: ByteString?, name: ByteString?) {
    guard argument.path != nil, let place, place.bytes.first == UInt8(ascii: "/") else { return }
    // Where an absolute name leads among other mounts, its beginning does not say.
    let isOpen = name?.bytes.first == UInt8(ascii: "/") && root == "/"
    let hostPlace =
      hasOtherMounts
      ? isOpen ? nil : inside[number].flatMap { hostMounts.path(device: devices[number], inside: $0) } : place
    func joined(_ place: ByteString) -> ByteString? { name.map { Decoder.join(place, $0) } ?? place }
    let seen = below(place).flatMap(joined), host = hostPlace.flatMap(joined)
    argument.path = seen ?? argument.path
    argument.hostPath = host == argument.path ? nil : host
  }

  /// Tells the new root of the process: not as it sees it, where every root is "/", but from the root of its mounts.
  func applyToRoot(_ argument: inout PathArgument, place: ByteString?) {
    guard let place, place.isAbsolute else { return }
    let host = hasOtherMounts ? inside[0].flatMap { hostMounts.path(device: devices[0], inside: $0) } : nil
    argument.path = place
    argument.hostPath = host == place ? nil : host
  }

  /// Where a relative name leads for us, whatever the process's root was when it used it; nil where that is `path`, or not
  /// known.
  func hostPath(_ number: Int, name: ByteString?, unless path: ByteString?) -> ByteString? {
    guard hasOtherMounts, let name, !name.isAbsolute else { return nil }
    let place = inside[number].flatMap { hostMounts.path(device: devices[number], inside: $0) }
    let host = place?.joined(name)
    return host == path ? nil : host
  }

  /// A path within the process's root; nil where it lies outside.
  private func below(_ path: ByteString) -> ByteString? {
    let slash = UInt8(ascii: "/")
    guard let root, root.bytes != [slash] else { return path }
    if path == root { return "/" }
    guard path.bytes.starts(with: root.bytes), path.bytes[root.count] == slash else { return nil }
    return ByteString(path.bytes.dropFirst(root.count))
  }
}

/// The id of the container that a cgroup belongs to, by the names that runtimes give: 64 hexadecimal digits, behind a
/// prefix and before ".scope" perhaps (docker-ID.scope, libpod-ID.scope, cri-containerd-ID.scope, /docker/ID); or an LXC
/// container's name.
enum Container {
  static func id(ofCgroup cgroup: ByteString) -> ByteString? {
    let parts = cgroup.bytes.split(separator: UInt8(ascii: "/"))
    for part in parts.reversed() {
      var name = part
      if name.ends(with: ".scope".utf8) { name = name.dropLast(6) }
      if let dash = name.lastIndex(of: UInt8(ascii: "-")) { name = name[(dash + 1)...] }
      if name.count == 64, name.allSatisfy(isHexadecimal) { return ByteString(name) }
      if part.starts(with: "lxc.payload.".utf8) { return ByteString(part.dropFirst(12)) }
    }
    return nil
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }
}

extension ArraySlice<UInt8> {
  fileprivate func ends(with suffix: String.UTF8View) -> Bool {
    count >= suffix.count && self[(endIndex - suffix.count)...].elementsEqual(suffix)
  }
}
