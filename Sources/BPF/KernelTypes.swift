// SPDX-License-Identifier: Apache-2.0
internal import CLibBPF
internal import Glibc
internal import SystemPackage

/// The running kernel's type information (BTF), indexed once.
///
/// libbpf searches all of its 150 000 types again for each structure that a program's accesses are relocated for, and
/// again for each tracepoint: 45 ms of a start. This reads them once (2 ms), and answers both questions: which type
/// a tracepoint has, and what the few structures look like that an object names.
///
/// Layout: Documentation/bpf/btf.rst.
struct KernelTypes: Sendable {
  private let bytes: LastingBytes
  private let strings: Range<Int>
  /// Where each type begins, by its id; the first is `void`, which stands nowhere.
  private let offsets: [UInt32]
  /// The ids of all structures and unions, and of the typedefs that name a tracepoint's type.
  private let structures: [UInt32]
  private let tracepoints: [UInt32]
  /// The function `bpf_rdonly_cast` (Linux 6.2); nil where there is none.
  let cast: UInt32?

  /// This kernel's; nil where it has none, or where they hold what this code does not know (then libbpf may).
  static let running: KernelTypes? = LastingBytes("/sys/kernel/btf/vmlinux").flatMap(KernelTypes.init)

  /// What the names of those typedefs begin with, and its first eight bytes as a word.
  private static let tracepointPrefix = "btf_trace_"
  private static let tracepointWord: UInt64 = 0x6361_7274_5f66_7462
  private static let castName = "bpf_rdonly_cast"
  private static let castWord: UInt64 = 0x6e6f_6472_5f66_7062

  private enum Kind: UInt32 {
    case integer = 1, pointer, array, structure, union, enumeration, forward, typedef, volatile, const,
      restrict
    case function, prototype, variable, section, float, declarationTag, typeTag, enumeration64

    /// How many bytes follow the twelve that all types have.
    func tail(_ count: Int) -> Int {
      switch self {
      case .integer, .variable, .declarationTag: 4
      case .array: 12
      case .structure, .union, .section, .enumeration64: 12 * count
      case .enumeration, .prototype: 8 * count
      default: 0
      }
    }
  }

  init?(_ bytes: LastingBytes) {
    guard bytes.count >= 24, bytes.word(0) & 0xffff == 0xeb9f else { return nil }
    let header = Int(bytes.word(4))
    let first = header + Int(bytes.word(8)), end = first + Int(bytes.word(12))
    let names = header + Int(bytes.word(16)), namesEnd = names + Int(bytes.word(20))
    guard end <= bytes.count, namesEnd <= bytes.count, names < namesEnd, bytes[namesEnd - 1] == 0 else {
      return nil
    }

    var offsets: [UInt32] = [0], structures: [UInt32] = [], tracepoints: [UInt32] = [], cast: UInt32?
    offsets.reserveCapacity(bytes.count / 24)
    var offset = first
    while offset < end {
      guard end - offset >= 12 else { return nil }
      let info = bytes.word(offset + 4)
      guard let kind = Kind(rawValue: info >> 24 & 0x1f) else { return nil }
      let id = UInt32(truncatingIfNeeded: offsets.count)
      offsets.append(UInt32(truncatingIfNeeded: offset))
      switch kind {
      case .structure, .union: structures.append(id)
      case .typedef:
        let name = names + Int(bytes.word(offset))
        if name + 8 <= namesEnd, bytes.doubleWord(name) == Self.tracepointWord {
          tracepoints.append(id)
        }
      case .function:
        let name = names + Int(bytes.word(offset)), size = Self.castName.utf8.count
        if name + size < namesEnd, bytes.doubleWord(name) == Self.castWord,
          bytes.isText(Array(Self.castName.utf8), at: name)
        {
          cast = id
        }
      default: break
      }
      offset += 12 + kind.tail(Int(info & 0xffff))
    }
    guard offset == end else { return nil }
    self.bytes = bytes
    self.strings = names..<namesEnd
    self.offsets = offsets
    self.structures = structures
    self.tracepoints = tracepoints
    self.cast = cast
  }

  /// The id of the type that programs on a tracepoint are attached by (`btf_trace_NAME`); nil where there is none.
  func tracepoint(_ name: String) -> UInt32? {
    let wanted = Array((Self.tracepointPrefix + name).utf8)
    return tracepoints.first { isName($0, wanted) }
  }

  /// The id of the function that iterator programs are attached by (`bpf_iter_NAME`); nil where there is none.
  func iterator(_ name: String) -> UInt32? {
    let wanted = Array("bpf_iter_\(name)".utf8)
    return (1..<UInt32(offsets.count)).first { kind($0) == .function && isName($0, wanted) }
  }

  /// The id of a structure; nil where there is none of that name.
  func structure(_ name: String) -> UInt32? {
    let wanted = Array(name.utf8)
    return structures.first { isName($0, wanted) && kind($0) == .structure }
  }

  /// The ids of the named structures, of those that there are.
  func identifiers(of names: Set<[UInt8]>) -> [[UInt8]: UInt32] {
    var found: [[UInt8]: UInt32] = [:]
    for (id, name) in named(names) where kind(id) == .structure { found[name] = id }
    return found
  }

  /// The structures and unions that have one of these names.
  private func named(_ names: Set<[UInt8]>) -> [(id: UInt32, name: [UInt8])] {
    // Twelve bits of a name's hash rule out all but a few of 12 000; a set would hash each again.
    var mayBe = [Bool](repeating: false, count: 1 << 12)
    for name in names { mayBe[Int(LastingBytes.hash(name) & 0xfff)] = true }
    var found: [(id: UInt32, name: [UInt8])] = []
    for id in structures where mayBe[Int(bytes.hash(namePlace(id)) & 0xfff)] {
      let name = string(word(id, 0))
      if names.contains(name) { found.append((id, name)) }
    }
    return found
  }

  /// BTF that has the named structures, all that are in them, and nothing else. Pointers point to `void` in it:
  /// relocating an access asks where a member lies and how long it is, not what it points to.
  func reduced(to names: Set<[UInt8]>) -> [UInt8] {
    var writer = Writer(self)
    for (id, name) in named(names) where !name.isEmpty { _ = writer.translate(id) }
    return writer.finish()
  }

  /// BTF without any type.
  static let none = encoded(types: [], strings: [0])

  private static func encoded(types: [UInt8], strings: [UInt8]) -> [UInt8] {
    var whole: [UInt8] = []
    let sizes = (types: UInt32(types.count), strings: UInt32(strings.count))
    for word in [0x0001_eb9f, 24, 0, sizes.types, sizes.types, sizes.strings] {
      unsafe withUnsafeBytes(of: word) { unsafe whole.append(contentsOf: $0) }
    }
    return whole + types + strings
  }

  // MARK: Reading

  private func kind(_ id: UInt32) -> Kind? { Kind(rawValue: info(id) >> 24 & 0x1f) }
  private func info(_ id: UInt32) -> UInt32 { word(id, 4) }
  private func word(_ id: UInt32, _ place: Int) -> UInt32 { bytes.word(Int(offsets[Int(id)]) + place) }

  private func namePlace(_ id: UInt32) -> Int { place(word(id, 0)) }

  private func isName(_ id: UInt32, _ name: [UInt8]) -> Bool { bytes.isText(name, at: namePlace(id)) }

  /// Where a string begins; behind them all it is the empty one.
  private func place(_ string: UInt32) -> Int {
    min(strings.lowerBound + Int(string), strings.upperBound - 1)
  }

  private func string(_ offset: UInt32) -> [UInt8] { bytes.text(place(offset)) }

  // MARK: Writing

  /// Puts types together under new ids. Ids are given when a type is first met, and types written in that order.
  private struct Writer {
    let types: KernelTypes
    var newIDs: [UInt32: UInt32] = [:]
    var waiting: [UInt32] = []
    var written: [UInt8] = []
    var strings: [UInt8] = [0]
    var stringOffsets: [UInt32: UInt32] = [0: 0]
    var pointer: UInt32?
    var count: UInt32 = 0

    init(_ types: KernelTypes) { self.types = types }

    mutating func translate(_ id: UInt32) -> UInt32 {
      if id == 0 { return 0 }
      if let known = newIDs[id] { return known }
      if types.kind(id) == .pointer, let pointer { return pointer }
      count += 1
      newIDs[id] = count
      if types.kind(id) == .pointer { pointer = count }
      waiting.append(id)
      return count
    }

    mutating func finish() -> [UInt8] {
      var next = 0
      while next < waiting.count {
        write(waiting[next])
        next += 1
      }
      return KernelTypes.encoded(types: written, strings: strings)
    }

    private mutating func write(_ id: UInt32) {
      let info = types.info(id), members = Int(info & 0xffff)
      let kind = types.kind(id)
      put(name(types.word(id, 0)))
      switch kind {
      case .structure, .union:
        put(info)
        put(types.word(id, 8))
        for member in 0..<members {
          put(name(types.word(id, 12 + 12 * member)))
          put(translate(types.word(id, 16 + 12 * member)))
          put(types.word(id, 20 + 12 * member))
        }
      case .enumeration, .enumeration64:
        // The size matters, the values do not.
        put(info & ~0xffff)
        put(types.word(id, 8))
      case .integer:
        put(info)
        put(types.word(id, 8))
        put(types.word(id, 12))
      case .array:
        put(info)
        put(types.word(id, 8))
        put(translate(types.word(id, 12)))
        put(translate(types.word(id, 16)))
        put(types.word(id, 20))
      case .pointer:
        put(info)
        put(0)
      case .float, .forward:
        put(info)
        put(types.word(id, 8))
      default:
        // typedef, const, volatile, restrict, type tag: one type behind them.
        put(info)
        put(translate(types.word(id, 8)))
      }
    }

    private mutating func name(_ offset: UInt32) -> UInt32 {
      if let known = stringOffsets[offset] { return known }
      let new = UInt32(strings.count)
      strings += types.string(offset)
      strings.append(0)
      stringOffsets[offset] = new
      return new
    }

    private mutating func put(_ word: UInt32) {
      unsafe withUnsafeBytes(of: word) { unsafe written.append(contentsOf: $0) }
    }
  }
}
