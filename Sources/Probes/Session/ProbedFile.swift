// SPDX-License-Identifier: Apache-2.0
internal import BPF
internal import CProbeEvents
internal import ELF
internal import Glibc
internal import Inspection

/// A file in which functions are that programs ask for variables.
struct ProbedFile: Sendable {
  /// By which it was found.
  let path: ByteString
  let file: OpenedFile
  let sites: [UprobeSite]

  private enum Machine { static let x86_64: UInt16 = 62, i386: UInt16 = 3 }

  /// A C library; nil where it has no such function, or is for a machine whose calls are not known.
  init?(library path: ByteString, _ file: OpenedFile) {
    guard let elf = file.elf else { return nil }
    let source: hg_variable_source
    switch elf.machine {
    case Machine.x86_64 where elf.is64Bit: source = HG_VARIABLE_LIBC
    case Machine.i386: source = HG_VARIABLE_LIBC_32
    default: return nil
    }
    let names = ["getenv", "secure_getenv"].map { Array($0.utf8) }
    guard let symbols = try? elf.symbols(.dynamic, where: { name in names.contains { $0[...] == name } })
    else { return nil }
    self.init(path, file, symbols, source)
  }

  /// A bash, which must export what its loadable builtins use, or at least not be stripped; nil where it is no program,
  /// but a script that calls one.
  init?(bash path: ByteString, _ file: OpenedFile) throws(VariableError) {
    let function = "find_variable"
    let elf: ELFFile, symbols: [ELFSymbol]
    do throws(ELFError) {
      elf = try ELFFile(size: file.size) { file.read($0, $1) }
      symbols = try elf.symbols(named: [function, "shell_version_string"])
    } catch {
      if error == .notELF { return nil }
      throw .notBash(path, .broken(error))
    }
    guard elf.machine == Machine.x86_64, elf.is64Bit else { throw .notBash(path, .machine) }
    // Another program may have a function of that name, which gives back something else.
    guard symbols.contains(where: { $0.name != function && $0.isDefined }),
      let probed = ProbedFile(path, file, symbols.filter { $0.name == function }, HG_VARIABLE_BASH)
    else { throw .notBash(path, .noFunction) }
    self = probed
  }

  private init?(
    _ path: ByteString, _ file: OpenedFile, _ symbols: [ELFSymbol], _ source: hg_variable_source
  ) {
    let offsets = Set(symbols.filter { $0.isDefined && $0.kind == .function }.compactMap(\.offset))
    guard !offsets.isEmpty else { return nil }
    self.path = path
    self.file = file
    sites = offsets.sorted().map { UprobeSite(offset: $0, cookie: UInt64(source.rawValue)) }
  }
}

/// C libraries whose functions are watched: a uprobe is in a file, and each library is another one.
enum CLibraries {
  /// The one that Honeyguide itself runs with, by what is mapped where its getenv lies.
  static func own(_ table: ProcFileSystem) -> ByteString? {
    guard let address = unsafe dlsym(nil, "getenv") else { return nil }
    let place = UInt64(UInt(bitPattern: address))
    return table.mappings(of: table.ourselves).first { $0.addresses.contains(place) }?.path
  }

  /// Where distributions keep others: glibc for 32-bit programs, musl.
  static let others: [ByteString] = [
    "/lib/i386-linux-gnu/libc.so.6", "/lib32/libc.so.6", "/lib/libc.so.6", "/lib64/libc.so.6",
    "/lib/ld-musl-x86_64.so.1", "/lib/ld-musl-i386.so.1",
  ]

  /// Those that a process has mapped, by the path by which we can open them, which leads through its own root.
  static func mapped(by pid: Int32, _ table: ProcFileSystem) -> [ByteString] {
    var paths: [ByteString] = []
    for mapping in table.mappings(of: pid) where mapping.isExecutable && isLibrary(mapping.path) {
      let place = ByteString(table.root.bytes + Array("/\(pid)/root".utf8) + mapping.path.bytes)
      if !paths.contains(place) { paths.append(place) }
    }
    return paths
  }

  /// libc.so.6, libc-2.31.so, ld-musl-x86_64.so.1, libc.musl-x86_64.so.1, and musl's own libc.so.
  private static func isLibrary(_ path: ByteString) -> Bool {
    let name = path.bytes.split(separator: UInt8(ascii: "/")).last ?? []
    return name.elementsEqual("libc.so.6".utf8) || name.elementsEqual("libc.so".utf8)
      || ["libc-2.", "ld-musl-", "libc.musl-"].contains { name.starts(with: $0.utf8) }
  }
}

/// A file that may be bash.
struct Shell: Hashable {
  let path: ByteString
  /// Whether it is called so; an `sh` may be any shell.
  let isBash: Bool
}

/// Where shells are.
enum Shells {
  private static let names: [ByteString] = ["bash", "sh"]

  /// Those that everybody uses, and those that a command of this PATH would find.
  static func usual(path: ByteString?) -> [Shell] {
    (["/bin/bash", "/bin/sh"] + names.flatMap { CommandSearch.candidates(for: $0, path: path) })
      .compactMap { shell($0, named: $0) }
  }

  /// The one that a command is, or that it names in its first line.
  static func of(command: ByteString, path: ByteString?) -> [Shell] {
    CommandSearch.candidates(for: command, path: path).compactMap { file in
      if let shell = shell(file, named: file) { return shell }
      return OpenedFile(file)?.interpreter?.first.flatMap { shell($0, named: $0) }
    }
  }

  /// Those that run; each by the path that leads to it, wherever it lies.
  static func running(_ pids: [Int32], _ table: ProcFileSystem) -> [Shell] {
    pids.compactMap { pid in
      table.executableName(of: pid).flatMap { shell(table.executable(of: pid), named: $0) }
    }
  }

  private static func shell(_ path: ByteString, named name: ByteString) -> Shell? {
    let name = ByteString(name.bytes.split(separator: UInt8(ascii: "/")).last ?? [])
    return names.contains(name) ? Shell(path: path, isBash: name == "bash") : nil
  }
}
