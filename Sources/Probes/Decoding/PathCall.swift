// SPDX-License-Identifier: Apache-2.0
internal import CProbeEvents
internal import Inspection

extension Decoder {
  /// A system call that was given paths, as the domain sees it.
  func pathCall(_ record: hg_paths, _ reader: inout RecordReader) throws(DecodeError) -> Event.Body {
    let name1 = try reader.text(record.names.0), name2 = try reader.text(record.names.1)
    let text = try reader.text(record.text)
    let walk1 = try reader.path(record.walks.0), walk2 = try reader.path(record.walks.1)
    // Without a name the descriptor itself is meant; a name that could not be read leads nowhere.
    let hasName = UInt32(record.names.0.flags) & HG_TEXT_ABSENT.rawValue == 0
    var target = Self.argument(
      name1, record.names.0, walk1, isResolved: record.is_resolved != 0 || !hasName,
      isMissing: record.result == -2)
    let view = record.has_view != 0 ? try View(&reader, hostMounts) : nil
    view?.apply(to: &target, 0, place: walk1?.path, name: record.is_resolved != 0 || !hasName ? nil : name1)
    func second() -> PathArgument {
      var argument = Self.argument(
        name2, record.names.1, walk2, isResolved: false, isMissing: record.result == -2)
      view?.apply(to: &argument, 1, place: walk2?.path, name: name2)
      return argument
    }
    let error = Self.failure(record.result)
    let call = SystemCall.names[record.call] ?? "system call \(record.call)"
    let event = hg_call_event(UInt32(record.event))

    switch event {
    case HG_CALL_EXEC:
      guard let error else { throw .invalid(type: record.header.type) }
      return .failedExec(FailedExec(target: target, error: error))
    case HG_CALL_OPEN:
      // creat has no flags; it means these. openat2 takes 64 bits of them, the others an int, whatever the
      // register holds above it.
      let flags =
        switch call {
        case "creat": UInt64(0o1101)
        case "openat2": record.a
        default: record.a & 0xffff_ffff
        }
      return .open(
        Open(
          // Of a handle that leads nowhere nobody knows where that would have been.
          target: call == "open_by_handle_at" && error != nil
            ? PathArgument(requested: nil, path: nil) : target,
          flags: OpenFlags(rawValue: flags), mode: Self.mode(record.b),
          result: error.map { .error($0) } ?? .descriptor(Int32(clamping: record.result)),
          isCreated: record.file_mode == 0 ? nil : record.file_mode & HG_FILE_CREATED.rawValue != 0))
    case HG_CALL_LOOKUP:
      return .lookup(Lookup(call: call, target: target, error: error))
    case HG_CALL_CHROOT where error == nil:
      view?.applyToRoot(&target, place: walk1?.path)
      return .act(SystemAct(kind: .chroot, call: call, target: target))
    case HG_CALL_PIVOT_ROOT where error == nil:
      let directory = name1?.isAbsolute == false ? walk1 : name2?.isAbsolute == false ? walk2 : nil
      let process = ProcessID(pid: Int32(bitPattern: record.header.pid), start: record.header.start)
      let before = PivotRoot(
        newRoot: name1, putOld: name2, root: view?.root ?? "/", directory: directory?.path,
        remembered: workingDirectories[process])
      var source = second()
      (target.path, source.path) = (before.path(name1), before.path(name2))
      target.hostPath = view?.hostPath(0, name: name1, unless: target.path)
      source.hostPath = view?.hostPath(1, name: name2, unless: source.path)
      return .act(SystemAct(kind: .pivotRoot, call: call, target: target, source: source))
    case HG_CALL_MOUNT, HG_CALL_UMOUNT, HG_CALL_CHROOT, HG_CALL_PIVOT_ROOT, HG_CALL_SETNS:
      let hasSource = UInt32(record.names.1.flags) & HG_TEXT_ABSENT.rawValue == 0
      let source =
        call == "mount"
        ? Self.text(name2, record.names.1)
        : second()
      guard
        let act = Self.act(
          event, call, record, target: target, source: hasSource ? source : nil, text: text, error: error)
      else { throw .invalid(type: record.header.type) }
      return .act(act)
    default:
      guard let kind = Self.kind(of: event, record) else { throw .invalid(type: record.header.type) }
      var change = Change(kind: kind, call: call, target: target, error: error)
      let a = UInt32(truncatingIfNeeded: record.a), b = UInt32(truncatingIfNeeded: record.b)
      switch kind {
      case .mkdir, .chmod: change.mode = Self.mode(record.a)
      case .mknod: (change.mode, change.device) = (Self.mode(record.a), b)
      // The 32-bit convention's own truncate has 32 bits, truncate64 two times 32.
      case .truncate:
        change.length =
          SystemCall.isShort(record.call) ? Int64(Int32(bitPattern: a)) : Int64(bitPattern: record.a)
      case .chown:
        (change.owner, change.group) = SystemCall.isShort(record.call) ? (Self.id(a), Self.id(b)) : (a, b)
      case .rename, .link:
        change.to = second()
        if call == "renameat2" { change.flags = RenameFlags(rawValue: a) }
      case .symlink: change.to = Self.text(name2, record.names.1)
      case .unlink, .rmdir, .chdir: break
      }
      return .change(change)
    }
  }

  /// A user or group of 16 bits, of which -1 is "as it was".
  private static func id(_ register: UInt32) -> UInt32 {
    let short = UInt16(truncatingIfNeeded: register)
    return short == .max ? .max : UInt32(short)
  }

  /// The kernel's umode_t: 16 bits of a register.
  private static func mode(_ register: UInt64) -> UInt32 { UInt32(UInt16(truncatingIfNeeded: register)) }

  private static func kind(of event: hg_call_event, _ record: hg_paths) -> Change.Kind? {
    switch event {
    case HG_CALL_UNLINK: record.a & 0x200 /* AT_REMOVEDIR */ == 0 ? .unlink : .rmdir
    case HG_CALL_RMDIR: .rmdir
    case HG_CALL_MKDIR: .mkdir
    case HG_CALL_RENAME: .rename
    case HG_CALL_LINK: .link
    case HG_CALL_SYMLINK: .symlink
    case HG_CALL_TRUNCATE: .truncate
    case HG_CALL_CHMOD: .chmod
    case HG_CALL_CHOWN: .chown
    case HG_CALL_CHDIR: .chdir
    case HG_CALL_MKNOD: .mknod
    default: nil
    }
  }

  /// A path as asked and as it leads: the walk itself, or the name joined to where it starts.
  static func argument(
    _ requested: ByteString?, _ text: hg_text, _ walk: (path: ByteString, flags: UInt32)?, isResolved: Bool,
    isMissing: Bool = false
  ) -> PathArgument {
    let flags = UInt32(text.flags) | (walk?.flags ?? 0)
    var argument = PathArgument(
      requested: requested, path: nil, isUnreadable: UInt32(text.flags) & HG_TEXT_UNREADABLE.rawValue != 0,
      isTruncated: flags & HG_TEXT_TRUNCATED.rawValue != 0,
      // A pipe or socket has no name to lose.
      isDeleted: (walk?.flags ?? 0) & (HG_TEXT_DELETED.rawValue | HG_TEXT_PSEUDO.rawValue)
        == HG_TEXT_DELETED.rawValue)
    if isResolved {
      argument.path = walk?.path
    } else if let requested, !(isMissing && requested.isEmpty) {
      argument.path = join(walk?.path, requested)
    }
    return argument
  }

  private static func text(_ requested: ByteString?, _ text: hg_text) -> PathArgument {
    PathArgument(
      requested: requested, path: nil, isUnreadable: UInt32(text.flags) & HG_TEXT_UNREADABLE.rawValue != 0,
      isTruncated: UInt32(text.flags) & HG_TEXT_TRUNCATED.rawValue != 0)
  }

  /// A name joined to the directory it starts at (of an absolute name the process's root): absolute, without empty and "." parts. ".." stays, since
  /// what it leads to behind a symbolic link only the kernel knows. Nil for a relative name without a directory.
  static func join(_ directory: ByteString?, _ name: ByteString) -> ByteString? {
    let slash = UInt8(ascii: "/"), dot = UInt8(ascii: ".")
    guard let start = directory ?? (name.bytes.first == slash ? "/" : nil) else { return nil }
    var path = start.bytes
    if path.last == slash { path.removeLast() }
    path.reserveCapacity(path.count + name.count + 1)
    for part in name.bytes.split(separator: slash) where !part.elementsEqual(CollectionOfOne(dot)) {
      path.append(slash)
      path.append(contentsOf: part)
    }
    return ByteString(path.isEmpty ? [slash] : path)
  }
}
