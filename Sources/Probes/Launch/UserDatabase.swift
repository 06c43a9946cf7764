// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Inspection

/// The files that name users and groups. Without NSS, which may ask a server and wait for it.
public enum UserFiles {
  /// /etc/passwd; empty where it cannot be read.
  public static var passwd: [UInt8] { readFile("/etc/passwd") ?? [] }
  /// /etc/group, likewise.
  public static var group: [UInt8] { readFile("/etc/group") ?? [] }
}

/// One entry of the password database, through NSS: getpwnam_r(3), getpwuid_r(3).
struct UserEntry: Hashable {
  var uid: UInt32
  var gid: UInt32
  var name: ByteString
  var home: ByteString
  var shell: ByteString

  static func named(_ name: ByteString) -> UserEntry? {
    let name = name.bytes.map { CChar(bitPattern: $0) } + [0]
    return unsafe find { entry, buffer, room, result in
      unsafe getpwnam_r(name, entry, buffer, room, result)
    }
  }

  static func numbered(_ uid: UInt32) -> UserEntry? {
    unsafe find { entry, buffer, room, result in
      unsafe getpwuid_r(uid, entry, buffer, room, result)
    }
  }

  /// The groups initgroups(3) would give this user, with `gid` among them; sorted, as the kernel keeps them.
  func groups(with gid: UInt32) -> [UInt32] {
    let name = name.bytes.map { CChar(bitPattern: $0) } + [0]
    var room: Int32 = 64
    while true {
      var groups = [UInt32](repeating: 0, count: Int(room))
      var count = room
      let result = unsafe getgrouplist(name, gid, &groups, &count)
      if result >= 0 { return Set(groups.prefix(Int(count))).sorted() }
      room = max(count, room * 2)  // glibc says how many there are; other libraries need not
    }
  }

  private typealias Lookup = (
    UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
    UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
  ) -> Int32

  /// Repeats with more room while the call asks for it. An error is no entry: NSS tells both the same way.
  private static func find(_ lookup: Lookup) -> UserEntry? {
    var room = 4096
    while room <= 1 << 24 {
      var entry = unsafe passwd()
      var result: UnsafeMutablePointer<passwd>?
      let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: room)
      defer { unsafe buffer.deallocate() }
      switch unsafe lookup(&entry, buffer, room, &result) {
      case EINTR: continue
      case ERANGE: room *= 4
      default:
        // The strings live in `buffer`: they are copied before it goes.
        return unsafe result == nil
          ? nil
          : UserEntry(
            uid: entry.pw_uid, gid: entry.pw_gid, name: ByteString(cString: entry.pw_name),
            home: ByteString(cString: entry.pw_dir), shell: ByteString(cString: entry.pw_shell))
      }
    }
    return nil
  }
}
