// SPDX-License-Identifier: Apache-2.0

extension Open {
  /// What a successful open counts as.
  var meaning: (use: FileUse, found: Touch.Found) {
    if flags.isTemporaryFile { return (.temporary, .changed) }
    switch flags.access {
    case .none: return (.referenced, .present)
    case .read where flags.isDirectory: return (.listed, .listed)
    case .read: return flags.truncates ? (.written, .written) : (.read, .read)
    case .write: return (.written, .written)
    case .readWrite: return flags.truncates ? (.written, .written) : (.readWritten, [.read, .written])
    }
  }

  /// That it made the file, or that it may have.
  var creating: FileUse? {
    guard flags.creates else { return nil }
    if let isCreated { return isCreated ? .created : nil }
    return flags.isExclusive ? .created : .maybeCreated
  }
}

extension FileRecord {
  mutating func isThere(at time: UInt64) {
    firstPresent = min(firstPresent, time)
    lastThere = max(lastThere, time)
  }

  mutating func isAbsent(at time: UInt64) {
    firstAbsent = min(firstAbsent, time)
    lastAbsent = max(lastAbsent, time)
  }

  /// The last that was heard of it is that it is there.
  func isKnown(at time: UInt64) -> Bool {
    lastThere > max(lastGone, lastAbsent) && lastThere <= time
  }

  /// - Parameter isDeleted: the file had lost this name before, and was meant by a descriptor.
  mutating func apply(_ kind: Change.Kind, at time: UInt64, isDeleted: Bool) {
    switch kind {
    case .unlink: counts.add(.deleted)
    case .rmdir: counts.add(.directoryDeleted)
    case .rename: counts.add(.renamedFrom)
    case .mkdir: counts.add(.directoryCreated)
    case .mknod: counts.add(.created)
    case .symlink: counts.add(.linked)
    // The file keeps its name; the new name is counted as linked.
    case .link: counts.add(.present)
    case .truncate: counts.add(.truncated)
    case .chmod: counts.add(.modeChanged)
    case .chown: counts.add(.ownerChanged)
    case .chdir: counts.add(.entered)
    }
    switch kind {
    case .unlink, .rmdir, .rename:
      firstPresent = min(firstPresent, time)
      lastGone = max(lastGone, time)
      if kind != .rename { firstDeleted = min(firstDeleted, time) }
      if kind == .unlink { rights = FileRights() }
    case .mkdir, .symlink, .mknod:
      firstCreating = min(firstCreating, time)
      isThere(at: time)
    case .link, .truncate, .chmod, .chown, .chdir:
      if !isDeleted { isThere(at: time) }
    }
  }

  /// Bytes kept outside the entry itself: the path's array, the touches'.
  var bytes: Int {
    let touches = moreTouches.isEmpty ? 0 : 48 + moreTouches.capacity * MemoryLayout<Touch>.stride
    return 48 + path.count + touches + (link.map { $0.count + 48 } ?? 0)
  }
}

extension Touch {
  mutating func add(_ found: Found, at time: UInt64, error: Int16) {
    self.time = min(self.time, time)
    self.found.formUnion(found)
    if error != 0 { self.error = error }
  }
}
