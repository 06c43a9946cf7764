// SPDX-License-Identifier: Apache-2.0

/// The libraries that a file asks the loader for (the section `.dynamic`).
public struct ELFLibraries: Hashable, Sendable {
  /// By name, in order (DT_NEEDED). Bytes that are no UTF-8 are U+FFFD, here and below.
  public var needed: [String] = []
  /// Where they are looked for, as the file says it: DT_RUNPATH, or DT_RPATH where there is none; `$ORIGIN` stands for the
  /// directory that the file is in.
  public var directories: [String] = []
}

extension ELFFile {
  /// None for a file that is not linked dynamically.
  public func libraries() throws(ELFError) -> ELFLibraries {
    var libraries = ELFLibraries()
    guard let section = sections.first(where: { $0.kind == 6 /* SHT_DYNAMIC */ }) else { return libraries }
    let bytes = try bytes(of: section)
    guard section.link < sections.count else { throw bytes.nonsense }
    var strings = Strings(try self.bytes(of: sections[Int(section.link)]))
    let size = is64Bit ? 8 : 4
    var runPath: String?, oldPath: String?
    for entry in stride(from: 0, through: bytes.count - 2 * size, by: 2 * size) {
      let value = try bytes.word(entry + size, is64Bit)
      switch try bytes.word(entry, is64Bit) {
      case 0: return finish()
      case 1: libraries.needed.append(text(try strings.string(value)))
      case 15: oldPath = text(try strings.string(value))
      case 29: runPath = text(try strings.string(value))
      default: break
      }
    }
    func finish() -> ELFLibraries {
      libraries.directories = (runPath ?? oldPath ?? "").split(separator: ":").map(String.init)
      return libraries
    }
    return finish()
  }
}
