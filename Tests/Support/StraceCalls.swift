// SPDX-License-Identifier: Apache-2.0

/// How a system call takes its paths: an argument's number, or nil where it has none.
struct StraceCallShape {
  enum Meaning: Equatable {
    case open(flags: Int?, mode: Int?)
    case openat2
    case lookup
    case change(String)
  }
  var meaning: Meaning
  var directory: Int?
  /// Nil: the descriptor in `directory` is meant itself.
  var path: Int?
  var directory2: Int?
  var path2: Int?
  /// The argument that holds AT_ flags.
  var flags: Int?
  /// What belongs to a change, by the words of `details`.
  var mode: Int?
  var length: Int?
  var owner: Int?
  var renameFlags: Int?

  init(
    _ meaning: Meaning, directory: Int? = nil, path: Int?, directory2: Int? = nil, path2: Int? = nil,
    flags: Int? = nil, mode: Int? = nil, length: Int? = nil, owner: Int? = nil,
    renameFlags: Int? = nil
  ) {
    self.meaning = meaning
    self.directory = directory
    self.path = path
    self.directory2 = directory2
    self.path2 = path2
    self.flags = flags
    self.mode = mode
    self.length = length
    self.owner = owner
    self.renameFlags = renameFlags
  }

  static let all: [String: StraceCallShape] = [
    "open": .init(.open(flags: 1, mode: 2), path: 0),
    "openat": .init(.open(flags: 2, mode: 3), directory: 0, path: 1),
    "openat2": .init(.openat2, directory: 0, path: 1),
    "creat": .init(.open(flags: nil, mode: 1), path: 0),

    "stat": .init(.lookup, path: 0),
    "lstat": .init(.lookup, path: 0),
    "newfstatat": .init(.lookup, directory: 0, path: 1, flags: 3),
    "statx": .init(.lookup, directory: 0, path: 1, flags: 2),
    "access": .init(.lookup, path: 0),
    "faccessat": .init(.lookup, directory: 0, path: 1),
    "faccessat2": .init(.lookup, directory: 0, path: 1, flags: 3),
    "readlink": .init(.lookup, path: 0),
    "readlinkat": .init(.lookup, directory: 0, path: 1),

    "unlink": .init(.change("unlink"), path: 0),
    "unlinkat": .init(.change("unlink"), directory: 0, path: 1, flags: 2),
    "rmdir": .init(.change("rmdir"), path: 0),
    "mkdir": .init(.change("mkdir"), path: 0, mode: 1),
    "mkdirat": .init(.change("mkdir"), directory: 0, path: 1, mode: 2),
    "rename": .init(.change("rename"), path: 0, path2: 1),
    "renameat": .init(.change("rename"), directory: 0, path: 1, directory2: 2, path2: 3),
    "renameat2": .init(.change("rename"), directory: 0, path: 1, directory2: 2, path2: 3, renameFlags: 4),
    "link": .init(.change("link"), path: 0, path2: 1),
    "linkat": .init(.change("link"), directory: 0, path: 1, directory2: 2, path2: 3),
    // Of a symbolic link the link itself is what is changed; its text leads nowhere.
    "symlink": .init(.change("symlink"), path: 1, path2: 0),
    "symlinkat": .init(.change("symlink"), directory: 1, path: 2, path2: 0),
    "truncate": .init(.change("truncate"), path: 0, length: 1),
    "ftruncate": .init(.change("truncate"), directory: 0, path: nil, length: 1),
    "chmod": .init(.change("chmod"), path: 0, mode: 1),
    "fchmod": .init(.change("chmod"), directory: 0, path: nil, mode: 1),
    "fchmodat": .init(.change("chmod"), directory: 0, path: 1, mode: 2),
    "chown": .init(.change("chown"), path: 0, owner: 1),
    "lchown": .init(.change("chown"), path: 0, owner: 1),
    "fchown": .init(.change("chown"), directory: 0, path: nil, owner: 1),
    "fchownat": .init(.change("chown"), directory: 0, path: 1, owner: 2),
    "chdir": .init(.change("chdir"), path: 0),
    "mknod": .init(.change("mknod"), path: 0, mode: 1),
    "mknodat": .init(.change("mknod"), directory: 0, path: 1, mode: 2),

    // The 32-bit convention's own.
    "oldstat": .init(.lookup, path: 0),
    "oldlstat": .init(.lookup, path: 0),
    "stat64": .init(.lookup, path: 0),
    "lstat64": .init(.lookup, path: 0),
    "fstatat64": .init(.lookup, directory: 0, path: 1, flags: 3),
    "truncate64": .init(.change("truncate"), path: 0, length: 1),
    "ftruncate64": .init(.change("truncate"), directory: 0, path: nil, length: 1),
    "chown32": .init(.change("chown"), path: 0, owner: 1),
    "lchown32": .init(.change("chown"), path: 0, owner: 1),
    "fchown32": .init(.change("chown"), directory: 0, path: nil, owner: 1),

    "fchdir": .init(.change("chdir"), directory: 0, path: nil),
  ]

  /// Every call that the witness needs to see, as `-e trace=` takes it.
  static let traced =
    (all.keys.sorted() + StraceSockets.calls + [
      "execve", "execveat", "clone", "clone3", "fork", "vfork",
      "chroot",
    ]).joined(separator: ",")
}
