// SPDX-License-Identifier: Apache-2.0
import ELF
import SystemPackage
import TestSupport

/// What readelf(1) says of a file: the witness.
enum Readelf {
  private static func lines(_ options: [String], _ file: String) throws -> [[Substring]] {
    let tool = try Requirement.tool("readelf", package: "binutils")
    return try Command([tool, "-W"] + options + [file], in: "/").succeed().outputText
      .split(separator: "\n").map { $0.split(separator: " ") }
  }

  /// One line of a symbol table, as far as both sides tell it.
  struct Symbol: Hashable, Comparable {
    var address: UInt64
    var size: UInt64
    var kind, binding, name: String
    /// Where it lies in the file, by its section: the other way than by the segments that are mapped.
    var offset: UInt64?
    var isDefined: Bool

    static func < (one: Symbol, other: Symbol) -> Bool {
      (one.address, one.name, one.size) < (other.address, other.name, other.size)
    }
  }

  struct Section { var kind: Substring, address, offset, size: UInt64 }

  /// `[Nr] Name Type Address Off Size …`; the first has no name.
  static func sections(_ file: String) throws -> [Section] {
    try lines(["--section-headers"], file).compactMap { words in
      guard var rest = words.first?.first == "[" ? words[...] : nil else { return nil }
      rest = rest.first == "[" ? rest.dropFirst(2) : rest.dropFirst()
      let fields = Array(rest.first == "NULL" ? rest : rest.dropFirst())
      guard fields.count > 3, let address = UInt64(fields[1], radix: 16),
        let offset = UInt64(fields[2], radix: 16), let size = UInt64(fields[3], radix: 16)
      else { return nil }
      return Section(kind: fields[0], address: address, offset: offset, size: size)
    }
  }

  /// `Num: Value Size Type Bind Vis Ndx Name@VERSION (number)`
  static func symbols(_ table: ELFSymbol.Table, _ file: String) throws -> [Symbol] {
    let sections = try sections(file)
    var symbols: [Symbol] = [], isWanted = false
    for words in try lines(["--dyn-syms", "--symbols"], file) {
      if words.starts(with: ["Symbol", "table"]) {
        isWanted = words[2].contains(table == .dynamic ? ".dynsym" : ".symtab")
      }
      guard isWanted, words.count >= 8, words[0].hasSuffix(":"), let address = UInt64(words[1], radix: 16)
      else {
        continue
      }
      let size = words[2].hasPrefix("0x") ? UInt64(words[2].dropFirst(2), radix: 16) : UInt64(words[2])
      // What stands between visibility and section is in brackets: "[<other>: 88]".
      let index = words[6], number = Int(index)
      var offset: UInt64?
      if let number, words[3] != "TLS", sections[number].kind != "NOBITS" {
        // The end of a section (_edata, __init_array_end) need not be anything in the file.
        let distance = address &- sections[number].address
        if distance < sections[number].size { offset = sections[number].offset + distance }
      }
      symbols.append(
        Symbol(
          address: address, size: size ?? .max, kind: String(words[3]), binding: String(words[4]),
          name: String(words[7]), offset: offset, isDefined: index != "UND"))
    }
    return symbols
  }

  /// `Build ID: …`
  static func buildID(_ file: String) throws -> String? {
    try lines(["--notes"], file).compactMap { words in
      words.firstIndex(of: "Build").map { String(words[$0 + 2]) }
    }.first
  }

  struct Probe: Hashable {
    var provider, name, arguments: String
    var address, semaphore: UInt64
  }

  static func probes(_ file: String) throws -> [Probe] {
    var probes: [Probe] = []
    for words in try lines(["--notes"], file) {
      if let place = words.firstIndex(of: "Provider:") {
        probes.append(
          Probe(provider: String(words[place + 1]), name: "", arguments: "", address: 0, semaphore: 0))
      }
      guard !probes.isEmpty else { continue }
      func number(_ word: Substring) -> UInt64 {
        UInt64(word.dropFirst(2).prefix { $0 != "," }, radix: 16) ?? 1
      }
      switch words.first {
      case "Name:": probes[probes.count - 1].name = String(words[1])
      case "Arguments:": probes[probes.count - 1].arguments = words.dropFirst().joined(separator: " ")
      case "Location:":
        probes[probes.count - 1].address = number(words[1])
        probes[probes.count - 1].semaphore = number(words[5])
      default: break
      }
    }
    return probes
  }
}

extension Readelf.Symbol {
  /// What the library says, in readelf's words.
  init(_ symbol: ELFSymbol) {
    let kind =
      switch symbol.kind {
      case .none: "NOTYPE"
      case .object: "OBJECT"
      case .function: "FUNC"
      case .section: "SECTION"
      case .file: "FILE"
      case .common: "COMMON"
      case .threadLocal: "TLS"
      case .indirectFunction: "IFUNC"
      case .other(let number): "<processor specific>: \(number)"
      }
    let binding =
      switch symbol.binding {
      case .local: "LOCAL"
      case .global: "GLOBAL"
      case .weak: "WEAK"
      case .other(10): "UNIQUE"
      case .other(let number): "\(number)"
      }
    let version = symbol.version.map { (symbol.isDefaultVersion ? "@@" : "@") + $0 } ?? ""
    self.init(
      address: symbol.address, size: symbol.size, kind: kind, binding: binding, name: symbol.name + version,
      offset: symbol.offset, isDefined: symbol.isDefined)
  }
}
