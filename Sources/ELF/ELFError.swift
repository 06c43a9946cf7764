// SPDX-License-Identifier: Apache-2.0

/// Why a file was not read. Its text goes on from the file's name: "/bin/x is no ELF file".
public enum ELFError: Error, Hashable, Sendable, CustomStringConvertible {
  /// It does not begin as ELF files do.
  case notELF
  case bigEndian
  /// It ends within this part of it.
  case truncated(String)
  /// This part of it contradicts itself or the rest.
  case malformed(String)
  /// This part of it has more than 256 MiB.
  case tooLarge(String)
  /// This section is compressed.
  case compressed(String)
  /// This part of it could not be read from where the file is.
  case unreadable(String)

  public var description: String {
    switch self {
    case .notELF: "is no ELF file"
    case .bigEndian: "is for a big-endian machine"
    case .truncated(let part): "ends within its \(part)"
    case .malformed(let part): "has a broken \(part)"
    case .tooLarge(let part): "has more than 256 MiB in its \(part)"
    case .compressed(let part): "has a compressed section \(part)"
    case .unreadable(let part): "could not be read at its \(part)"
    }
  }
}
