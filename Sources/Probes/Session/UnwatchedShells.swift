// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Inspection

/// The bashes that were executed and whose look-ups nobody watches, since they were not known before the start.
struct UnwatchedShells {
  private let watched: Set<OpenedFile.Identity>
  private var unwatched: Set<ByteString> = []
  /// More of them are not named.
  private static let limit = 4

  init(watched: Set<OpenedFile.Identity>) { self.watched = watched }

  /// Looks at what is executed.
  mutating func note(_ exec: Exec, by pid: Int32) {
    let slash = UInt8(ascii: "/")
    guard exec.exe.bytes.split(separator: slash).last?.elementsEqual("bash".utf8) == true,
      unwatched.count < Self.limit, !unwatched.contains(exec.exe)
    else { return }
    // As the process sees it; when it has gone already, as we do.
    let places = [ByteString(Array("/proc/\(pid)/root".utf8) + exec.exe.bytes), exec.exe]
    for place in places {
      var about = stat()
      guard unsafe stat(place.cString, &about) == 0 else { continue }
      let identity = OpenedFile.Identity(device: UInt64(about.st_dev), inode: UInt64(about.st_ino))
      if !watched.contains(identity) { unwatched.insert(exec.exe) }
      return
    }
  }

  /// Sentences for the page.
  var notes: [String] {
    unwatched.sorted().map { "What \($0.quoted) looked up is not told: --bash-vars did not know of it." }
  }
}
