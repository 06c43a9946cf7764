// SPDX-License-Identifier: Apache-2.0
internal import CProbeEvents
internal import Inspection

/// What the names of a pivot_root that was done meant when it was called. It is seen at its end, when the process has the
/// new root already, and a working directory that lay in the old one lies where that was put.
struct PivotRoot {
  let newRoot: ByteString?
  let putOld: ByteString?
  /// Where the call's process has its root now.
  let root: ByteString
  /// Where relative names begin, as it is reached now; nil: there is none, or it is not known.
  let directory: ByteString?
  /// Where the process went last, by what it was told then.
  let remembered: ByteString?

  /// A name as the process saw it before; nil where that cannot be known.
  func path(_ name: ByteString?) -> ByteString? {
    guard let name else { return nil }
    if name.isAbsolute { return ByteString("/").joined(name) }
    return start.map { $0.joined(name) }
  }

  /// Where relative names began.
  private var start: ByteString? {
    guard let directory, directory.isAbsolute, let newRoot, let putOld, let new = Self.parts(newRoot),
      let old = Self.parts(putOld)
    else { return remembered }
    if directory == root {
      // Whoever was in the old root, or in the new one, is in the new one now.
      if newRoot.isAbsolute {
        return old.starts(with: new) ? "/" : path(newRoot)
      }
      return new.isEmpty ? remembered : "/"
    }
    guard newRoot.isAbsolute == putOld.isAbsolute, old.starts(with: new) else { return remembered }
    let place = old.dropFirst(new.count).reduce(root) { $0.joined(ByteString($1)) }
    guard directory.isBelow(place) else { return remembered }
    let rest = directory.bytes.dropFirst(place == "/" ? 0 : place.count)
    return rest.isEmpty ? "/" : ByteString(rest)
  }

  /// Nil where ".." is among them: where that leads is not known by the name.
  private static func parts(_ name: ByteString) -> [ArraySlice<UInt8>]? {
    let parts = name.bytes.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual(".".utf8) }
    return parts.contains { $0.elementsEqual("..".utf8) } ? nil : parts
  }
}

/// The directory that each living process changed to last, or who forked it: as it was told then.
struct WorkingDirectories {
  private var last: [ProcessID: ByteString] = [:]
  /// Beyond, all are forgotten.
  private static let limit = 16_384

  subscript(process: ProcessID) -> ByteString? { last[process] }

  mutating func note(_ event: Event) {
    switch event.body {
    case .change(let change) where change.kind == .chdir && change.error == nil:
      guard let path = change.target.path, path.isAbsolute, !change.target.isTruncated else {
        last[event.process] = nil
        return
      }
      if last.count >= Self.limit { last.removeAll() }
      last[event.process] = path
    // By another root it has another name.
    case .act(let act) where [.chroot, .pivotRoot, .setns].contains(act.kind) && act.error == nil:
      last[event.process] = nil
    case .fork(let fork): last[fork.child] = last[event.process]
    case .exit: last[event.process] = nil
    default: break
    }
  }
}
