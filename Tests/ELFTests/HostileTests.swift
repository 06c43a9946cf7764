// SPDX-License-Identifier: Apache-2.0
import ELF
import SystemPackage
import TestSupport
import Testing

/// Files that are broken, by chance or on purpose. That nothing traps is what the run itself shows. The inputs are the
/// same in each run.
struct HostileTests {
  /// Everything that can be asked of a file; gives what was found.
  static func ask(_ bytes: [UInt8]) throws(ELFError) -> Int {
    let elf = try ELFFile(bytes)
    var found = elf.sections.count + elf.segments.count, failure: ELFError?
    // One broken part must not hide what the others do.
    do throws(ELFError) { found += try elf.symbols(.dynamic).count } catch { failure = error }
    do throws(ELFError) { found += try elf.symbols(.full).count } catch { failure = error }
    do throws(ELFError) { found += try elf.symbols(named: ["seen", "main"]).count } catch { failure = error }
    do throws(ELFError) { found += try elf.probes().count } catch { failure = error }
    do throws(ELFError) { found += try elf.buildID()?.count ?? 0 } catch { failure = error }
    for address in [0, 1, 0x1000, UInt64.max] where elf.offset(ofAddress: address) != nil { found += 1 }
    if let failure { throw failure }
    return found
  }

  @Test func `what is no ELF file for this reader is refused with a reason`() throws {
    let whole = try Files.read(FilePath(Corpus.made[0]))
    var big = whole
    big[5] = 2
    var odd = whole
    odd[4] = 3
    #expect(throws: ELFError.notELF) { try ELFFile([]) }
    #expect(throws: ELFError.notELF) { try ELFFile(Array("#!/bin/sh\nexit 0\n".utf8)) }
    #expect(throws: ELFError.bigEndian) { try ELFFile(big) }
    #expect(throws: ELFError.malformed("class")) { try ELFFile(odd) }
    #expect(throws: ELFError.truncated("header")) { try ELFFile(Array(whole[..<63])) }
    #expect(throws: ELFError.truncated("program headers")) {
      var bytes = whole
      bytes.set(.max - 7, at: 32)
      _ = try ELFFile(bytes)
    }
    #expect(throws: ELFError.unreadable("header")) { try ELFFile(size: 4096) { _, _ in nil } }
    // As large as it says, and empty: nobody reads all of that.
    var sparse = Array(whole[..<64])
    sparse.set(0, at: 32)
    sparse.set(1 << 20, at: 40)
    (sparse[60], sparse[61]) = (0, 0)
    let start = sparse
    #expect(throws: ELFError.malformed("section headers")) {
      _ = try ELFFile(size: 1 << 50) { offset, count in
        offset == 0 ? Array(start[..<count]) : [UInt8](repeating: 0xff, count: count)
      }
    }
  }

  /// A library of nothing but sections, behind their headers.
  private static func library(_ sections: [(kind: UInt32, content: [UInt8], entry: UInt64)]) -> [UInt8] {
    var headers = [UInt8](repeating: 0, count: 64 * (sections.count + 1)), contents: [UInt8] = []
    func put(_ value: UInt64, _ size: Int, at place: Int, in bytes: inout [UInt8]) {
      for index in 0..<size { bytes[place + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index))) }
    }
    for (number, section) in sections.enumerated() {
      let place = 64 * (number + 1)
      put(UInt64(section.kind), 4, at: place + 4, in: &headers)
      put(UInt64(64 + headers.count + contents.count), 8, at: place + 24, in: &headers)
      put(UInt64(section.content.count), 8, at: place + 32, in: &headers)
      // The strings come first; of versions the symbols are what belongs to them.
      put(section.kind == 0x6fff_ffff ? 2 : 1, 4, at: place + 40, in: &headers)
      put(.max, 4, at: place + 44, in: &headers)
      put(section.entry, 8, at: place + 56, in: &headers)
      contents += section.content
    }
    var file: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 57)
    for (value, size, place) in [
      (3, 2, 16), (62, 2, 18), (64, 8, 40), (64, 2, 58), (sections.count + 1, 2, 60),
    ] {
      put(UInt64(value), size, at: place, in: &file)
    }
    return file + headers + contents
  }

  /// As long as a name may be.
  private static let longName = [UInt8](repeating: 0x41, count: 65_536) + [0]

  @Test func `names without number that are all the same long one are not read for ever`() throws {
    // 1.3 GB of names in half a megabyte: each entry of zeros names the string at 0.
    let symbols = [UInt8](repeating: 0, count: 24 * 20_000)
    let names = (kind: UInt32(3), content: Self.longName, entry: UInt64(0))
    let elf = try ELFFile(Self.library([names, (11, symbols, 24)]))
    #expect(throws: ELFError.malformed("section ")) { try elf.symbols(.dynamic) { _ in false } }
    // 200 of them are none too many.
    let few = try ELFFile(Self.library([names, (11, Array(symbols[..<4_800]), 24)]))
    #expect(try few.symbols(.dynamic).count == 200)
    // DT_NEEDED, and versions that are given, one behind the other.
    let needed = (0..<20_000).flatMap { _ in [1] + [UInt8](repeating: 0, count: 15) }
    #expect(throws: ELFError.malformed("section ")) {
      try ELFFile(Self.library([names, (6, needed, 16)])).libraries()
    }
    var versions = [UInt8](repeating: 0, count: 20 * 20_000)
    for place in stride(from: 16, to: versions.count, by: 20) { versions[place] = 20 }
    let versioned = Self.library([
      names, (11, Array(symbols[..<24]), 24), (0x6fff_ffff, [2, 0], 2), (0x6fff_fffd, versions, 0),
    ])
    #expect(throws: ELFError.malformed("section ")) { try ELFFile(versioned).symbols(.dynamic) }
  }

  @Test(arguments: [0, 1, 2]) func `a file that ends anywhere is read as far as it goes, or refused`(
    _ index: Int
  ) throws {
    let whole = try Files.read(FilePath(Corpus.made[index]))
    let all = try Self.ask(whole)
    var refused = 0
    for size in stride(from: 0, to: whole.count, by: 37) {
      do { #expect(try Self.ask(Array(whole[..<size])) <= all) } catch { refused += 1 }
    }
    // The section headers are the last thing in these files.
    #expect(refused == (whole.count + 36) / 37)
  }

  @Test(arguments: [0, 1, 2]) func `bytes changed at random are read or refused`(_ index: Int) throws {
    let whole = try Files.read(FilePath(Corpus.made[index]))
    var random = SplitMix64(state: UInt64(index)), read = 0, refused = 0
    // Half of the changes go to the headers, where they do most.
    let headers = Int(index == 2 ? whole.word(at: 32) & 0xffff_ffff : whole.word(at: 40))
    for _ in 0..<1_500 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        let place =
          Bool.random(using: &random)
          ? Int.random(in: 0..<bytes.count, using: &random)
          : Bool.random(using: &random)
            ? Int.random(in: 16..<1_000, using: &random)
            : Int.random(in: headers..<bytes.count, using: &random)
        bytes[place] =
          [0, 1, 0x7f, 0x80, 0xff].randomElement(using: &random) ?? 0
          &+ UInt8.random(in: 0...3, using: &random)
      }
      do {
        _ = try Self.ask(bytes)
        read += 1
      } catch { refused += 1 }
    }
    #expect(read > 100 && refused > 150)
  }

  @Test func `random bytes behind a good beginning are read or refused`() throws {
    var random = SplitMix64(state: 7)
    for _ in 0..<5_000 {
      var bytes = (0..<Int.random(in: 16..<600, using: &random)).map { _ in
        UInt8.random(in: .min ... .max, using: &random)
      }
      bytes.replaceSubrange(
        0..<6, with: [0x7f, 0x45, 0x4c, 0x46, UInt8.random(in: 1...2, using: &random), 1])
      // Small numbers lead further in than large ones.
      for place in 16..<min(64, bytes.count) where Bool.random(using: &random) { bytes[place] = 0 }
      _ = try? Self.ask(bytes)
    }
  }
}

struct SplitMix64: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
