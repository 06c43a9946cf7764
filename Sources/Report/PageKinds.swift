// SPDX-License-Identifier: Apache-2.0
internal import Inspection

/// Files that come by the hundred and that nobody asked about: counted by kind and place.
struct Crowd: Hashable {
  enum Kind: Hashable {
    case processes, devices, kernel, sharedLibraries, locales, terminals, certificates, headers
    case security, shims
    case python, perl, ruby, node, git, packages

    /// "3 shared libraries"; with a place "204 Python library files".
    func text(_ count: Int) -> String {
      switch self {
      case .processes: Words.count(count) + " in /proc"
      case .devices: Words.count(count) + " in /dev"
      case .kernel: Words.count(count) + " in /sys"
      case .sharedLibraries: Words.count(count, "shared library", "shared libraries")
      case .locales: Words.count(count, "locale and time zone file")
      case .terminals: Words.count(count, "terminal description")
      case .certificates: Words.count(count, "certificate")
      case .headers: Words.count(count, "header")
      case .security: Words.count(count, "file") + " of security libraries"
      case .shims: Words.count(count, "shim")
      case .python: Words.count(count, "Python library file")
      case .perl: Words.count(count, "Perl library file")
      case .ruby: Words.count(count, "Ruby library file")
      case .node: Words.count(count, "Node module file")
      case .git: Words.count(count, "file") + " of Git\'s own"
      case .packages: Words.count(count, "cached package file")
      }
    }
  }
  var kind: Kind
  /// What every program asks for before its own work begins.
  var isStarting: Bool {
    switch kind {
    case .sharedLibraries, .locales, .security, .shims: true
    default: false
    }
  }
  /// The directory it lies below, where that says something.
  var place: ByteString?
  /// How many lie there, where others of the kind lie elsewhere.
  var inPlace: Int?

  /// Nil for a path that is told by name.
  init?(_ path: ByteString) {
    let bytes = path.bytes
    // Those are file systems like any other.
    let isStored = Self.stores.contains { path.isBelow($0) }
    if !isStored, let (_, kind) = Self.roots.first(where: { path.isBelow($0.0) }) {
      self.init(kind)
      return
    }
    for (mark, kind) in Self.marks {
      guard let end = bytes.range(of: mark) else { continue }
      if kind == .locales {
        self.init(kind)
        return
      }
      // The place ends with the directory that the mark is in: …/lib/python3.11, …/node_modules.
      let rest = bytes[end...].firstIndex(of: UInt8(ascii: "/")) ?? bytes.count
      self.init(kind, place: ByteString(bytes[..<(mark.last == UInt8(ascii: "/") ? end - 1 : rest)]))
      return
    }
    if let end = bytes.range(of: Array(".git/".utf8)), path.basename != "config" {
      self.init(.git, place: ByteString(bytes[..<(end - 1)]))
      return
    }
    if bytes.hasSuffix(".pmc") || Self.isPerls(path.basename.bytes) {
      self.init(.perl)
      return
    }
    if Self.isPythons(path) {
      self.init(.python)
      return
    }
    if path.basename == "pyvenv.cfg" || bytes.hasSuffix(".pyc") {
      self.init(.python, place: path.directory)
      return
    }
    if bytes.hasSuffix("/glibc-hwcaps") || (bytes.range(of: Array("/lib".utf8)) != nil && Self.isProbed(path))
    {
      self.init(.sharedLibraries)
      return
    }
    if bytes.hasSuffix(".so") || bytes.range(of: Array(".so.".utf8)) != nil {
      self.init(.sharedLibraries)
      return
    }
    return nil
  }

  /// A directory for one kind of processor, where the loader looks for libraries.
  private static func isProbed(_ path: ByteString) -> Bool {
    ["tls", "x86_64", "haswell", "avx512_1", "aarch64", "atomics"].contains(path.basename)
  }

  /// What Python looks for beside its executable, to know whether it was installed.
  private static func isPythons(_ path: ByteString) -> Bool {
    path.basename == "pybuilddir.txt" || path.bytes.hasSuffix("/Modules/Setup.local")
      || (path.bytes.hasSuffix("._pth") && path.basename.bytes.starts(with: "python".utf8))
  }

  /// The directories that Perl looks for in each of those for modules: its version's, and the architecture's that it was built
  /// for.
  private static func isPerls(_ name: [UInt8]) -> Bool {
    if name.hasSuffix("-thread-multi") || name.hasSuffix("-gnu-thread") { return true }
    let parts = name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return parts.count == 3 && parts[0].elementsEqual("5".utf8)
      && parts.allSatisfy { !$0.isEmpty && $0.count <= 3 && $0.allSatisfy { $0 &- 0x30 < 10 } }
  }

  init(_ kind: Kind, place: ByteString? = nil) {
    self.kind = kind
    self.place = place
  }

  private static let stores: [ByteString] = ["/dev/shm", "/dev/mqueue", "/dev/hugepages"]

  private static let roots: [(ByteString, Kind)] = [
    ("/proc", .processes), ("/dev", .devices), ("/sys", .kernel), ("/etc/ld.so.cache", .sharedLibraries),
    ("/etc/ld.so.preload", .sharedLibraries), ("/etc/suid-debug", .sharedLibraries),
    ("/etc/gnutls", .security), ("/etc/selinux", .security),
    ("/etc/crypto-policies", .security), ("/usr/lib/locale", .locales), ("/usr/share/locale", .locales),
    ("/usr/share/locale-langpack", .locales), ("/usr/share/i18n", .locales),
    ("/usr/share/zoneinfo", .locales),
    ("/etc/localtime", .locales), ("/etc/locale.alias", .locales), ("/usr/lib/terminfo", .terminals),
    ("/usr/share/terminfo", .terminals), ("/lib/terminfo", .terminals), ("/etc/terminfo", .terminals),
    ("/etc/ssl/certs", .certificates), ("/usr/share/ca-certificates", .certificates),
    ("/usr/include", .headers), ("/usr/share/git-core", .git), ("/usr/share/perl", .perl),
    ("/usr/share/perl5", .perl), ("/etc/perl", .perl), ("/usr/local/share/perl", .perl),
    ("/usr/local/lib/site_perl", .perl),
  ]

  /// In the middle of a path; the first that occurs decides.
  private static let marks: [([UInt8], Kind)] = [
    ("/gconv/", .locales), ("/LC_MESSAGES/", .locales),
    ("/glibc-hwcaps/", .sharedLibraries), ("/shims/", .shims),
    ("/lib/python", .python), ("/lib64/python", .python),
    ("/site-packages/", .python), ("/dist-packages/", .python), ("/__pycache__/", .python),
    ("/node_modules/", .node), ("/perl5/", .perl), ("/perl-base/", .perl), ("-linux-gnu/perl/", .perl),
    ("/lib/ruby/", .ruby), ("/gems/", .ruby), ("/site_ruby/", .ruby), ("/vendor_ruby/", .ruby),
    ("-linux-gnu/ruby/", .ruby), ("/gem/ruby/", .ruby), ("/rubygems-integration/", .ruby),
    ("/.cargo/registry/", .packages), ("/go/pkg/mod/", .packages), ("/.cache/pip/", .packages),
  ].map { (Array($0.utf8), $1) }
}

extension [UInt8] {
  func hasSuffix(_ suffix: String) -> Bool { self.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) }

  /// Where the first occurrence ends.
  func range(of mark: [UInt8]) -> Int? {
    guard let first = mark.first, count >= mark.count else { return nil }
    for start in 0...(count - mark.count) where self[start] == first {
      if self[start..<(start + mark.count)].elementsEqual(mark) { return start + mark.count }
    }
    return nil
  }
}
