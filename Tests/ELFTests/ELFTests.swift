// SPDX-License-Identifier: Apache-2.0
import ELF
import Glibc
import SystemPackage
import TestSupport
import Testing

/// The files that all tests look at, made once.
enum Corpus {
  static let laboratory = Result { try Laboratory() }

  /// The C library, programs of the system, the interpreters that are here, and programs made for this.
  static let files: [String] = {
    var files = [
      "/lib/x86_64-linux-gnu/libc.so.6", "/lib/x86_64-linux-gnu/libm.so.6", "/usr/bin/python3", "/bin/bash",
    ]
    files += ["/lib64/ld-linux-x86-64.so.2", "/lib32/libc.so.6"] + pythons
    return files.filter { Files.exists(FilePath($0)) } + made
  }()

  static let pythons: [String] = {
    let list = """
      for p in "$(pyenv root 2>/dev/null || echo "$HOME/.pyenv")"/versions/*/bin/python ${HONEYGUIDE_TEST_PYTHONS//:/ }; do
        [[ -x $p ]] && echo "$p"; done; true
      """
    var environment = Command.plainEnvironment
    for name in ["HOME", "HONEYGUIDE_TEST_PYTHONS"] { environment[name] = Requirement.environment(name) }
    let outcome = try? Command(["/bin/bash", "-c", list], environment: environment, in: "/").succeed()
    return outcome?.outputText.split(separator: "\n").map(String.init) ?? []
  }()

  /// With probes: whole, stripped, at fixed addresses, of 32 bits.
  static let made: [String] = {
    do {
      let laboratory = try laboratory.get()
      let whole = try laboratory.program("probed")
      let stripped = laboratory.root.appending("stripped").string
      try Command(["/usr/bin/strip", "-o", stripped, whole], in: "/").succeed()
      let small = try laboratory.program("probed", is32Bit: true)
      return [whole, stripped, small]
    } catch {
      return ["cannot be made: \(error)"]
    }
  }()

  static func read(_ path: String) throws -> ELFFile { try ELFFile(try Files.read(FilePath(path))) }
}

struct ELFTests {
  @Test(arguments: Corpus.files, [ELFSymbol.Table.dynamic, .full])
  func `every symbol has the place, kind, size and version that readelf tells`(
    _ file: String, _ table: ELFSymbol.Table
  ) throws {
    let witness = try Readelf.symbols(table, file).filter { $0.kind != "SECTION" }.sorted()
    // Section symbols have no names of their own; of the others both tell the same.
    let told = try Corpus.read(file).symbols(table).filter { $0.kind != .section }.map(Readelf.Symbol.init)
      .sorted()
    #expect(told.count == witness.count)
    for (one, other) in zip(told, witness) where one != other {
      // Where a symbol marks the end of a section, the next one may begin there: the address is in the file all the same.
      var same = one
      if other.offset == nil, other.isDefined { same.offset = nil }
      #expect(same == other)
    }
    if file.hasSuffix("libc.so.6"), table == .dynamic { #expect(told.count > 2_000) }
  }

  @Test func `a function of a loaded library lies where the process has it mapped from`() throws {
    let file = "/lib/x86_64-linux-gnu/libc.so.6"
    let maps = try Files.text("/proc/self/maps").split(separator: "\n").map { $0.split(separator: " ") }
      .filter { $0.last?.hasSuffix("/libc.so.6") == true }
    var compared = 0
    for symbol in try Corpus.read(file).symbols(.dynamic)
    where symbol.kind == .function && symbol.isDefined && symbol.isDefaultVersion {
      guard let found = unsafe dlsym(nil, symbol.name) else { continue }
      let place = UInt64(UInt(bitPattern: found))
      for line in maps {
        let ends = line[0].split(separator: "-").compactMap { UInt64($0, radix: 16) }
        guard ends[0] <= place, place < ends[1], let start = UInt64(line[2], radix: 16) else { continue }
        #expect(symbol.offset == start + place - ends[0], "\(symbol.name)")
        compared += 1
      }
    }
    #expect(compared > 1_500)
  }

  @Test(arguments: Corpus.files)
  func `static probes and the build id are those that readelf tells`(_ file: String) throws {
    let elf = try Corpus.read(file)
    let probes = try elf.probes().map {
      Readelf.Probe(
        provider: $0.provider, name: $0.name, arguments: $0.arguments, address: $0.address,
        semaphore: $0.semaphoreAddress ?? 0)
    }
    #expect(probes == (try Readelf.probes(file)))
    for probe in try elf.probes() {
      #expect(probe.offset != nil)
      #expect((probe.semaphoreOffset == nil) == (probe.semaphoreAddress == nil))
    }
    let id = try elf.buildID()?.map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }.joined()
    #expect(id == (try Readelf.buildID(file)))
  }

  @Test(arguments: [0, 1, 2]) func `a probe is a nop at its place, and its semaphore is zero`(_ index: Int)
    throws
  {
    let file = Corpus.made[index], bytes = try Files.read(FilePath(file))
    let probes = try Corpus.read(file).probes()
    #expect(probes.map(\.name).sorted() == ["asked", "asked", "bare", "plain"])
    for probe in probes {
      #expect(bytes[Int(try #require(probe.offset))] == 0x90)
      #expect((probe.name == "asked") == (probe.semaphoreAddress != nil))
      if let semaphore = probe.semaphoreOffset { #expect(bytes[Int(semaphore)] == 0) }
    }
  }

  @Test func `a function is found by its name, and told from what only looks like one`() throws {
    let elf = try Corpus.read(Corpus.made[0])
    let names = ["seen", "hidden", "perhaps", "chosen", "of_thread", "zeros", "puts", "nothing"]
    let found = try elf.symbols(named: names)
    #expect(
      Set(found.map { "\($0.name) \($0.kind) \($0.binding) \($0.isDefined) \($0.offset != nil)" })
        .isSuperset(of: [
          "seen function global true true", "hidden function local true true",
          "perhaps function weak true true",
          "chosen indirectFunction global true true", "of_thread threadLocal global true false",
          // In memory that begins as zeros, of which the file holds nothing.
          "zeros object global true false", "puts function global false false",
        ]))
    #expect(!found.contains { $0.name == "nothing" })
    // What strip takes away is no error.
    #expect(try Corpus.read(Corpus.made[1]).symbols(named: ["hidden"]) == [])
    // Two versions of one name are two symbols.
    let libc = try Corpus.read("/lib/x86_64-linux-gnu/libc.so.6")
    let versions = try libc.symbols(named: ["memcpy"]).map { "\($0.version ?? "") \($0.isDefaultVersion)" }
    #expect(Set(versions) == ["GLIBC_2.14 true", "GLIBC_2.2.5 false"])
  }

  @Test func `probes of a file that was moved after linking are where they were moved to`() throws {
    let file = Corpus.made[0], old = try Corpus.read(file)
    // The section's own address, changed where it stands in its header: 24 bytes of header before it.
    let index = try #require(old.sections.firstIndex { $0.name == ".stapsdt.base" })
    var bytes = try Files.read(FilePath(file))
    let place = Int(bytes.word(at: 40)) + 64 * index + 16
    bytes.set(bytes.word(at: place) + 32, at: place)
    let new = try ELFFile(bytes)
    #expect(try new.probes().map(\.address) == (try old.probes().map { $0.address + 32 }))
    #expect(
      try new.probes().map(\.semaphoreAddress)
        == (try old.probes().map { $0.semaphoreAddress.map { $0 + 32 } }))
  }

  @Test func `counts that have no room in the header are found in the first section`() throws {
    let old = try Corpus.read(Corpus.made[0])
    var bytes = try Files.read(FilePath(Corpus.made[0]))
    let first = Int(bytes.word(at: 40)), counts = (56..<64).map { bytes[$0] }
    // Segments in sh_info, sections in sh_size, the names' section in sh_link.
    bytes[first + 44] = counts[0]
    bytes[first + 32] = counts[4]
    bytes[first + 40] = counts[6]
    (bytes[56], bytes[57], bytes[60], bytes[61], bytes[62], bytes[63]) = (255, 255, 0, 0, 255, 255)
    let new = try ELFFile(bytes)
    #expect(new.segments == old.segments)
    #expect(new.sections.dropFirst() == old.sections.dropFirst())
    #expect(try new.symbols(.full) == (try old.symbols(.full)))
  }
}

extension [UInt8] {
  func word(at offset: Int) -> UInt64 {
    (0..<8).reduce(0) { $0 | UInt64(self[offset + $1]) << UInt64(8 * $1) }
  }
  mutating func set(_ word: UInt64, at offset: Int) {
    for index in 0..<8 { self[offset + index] = UInt8(truncatingIfNeeded: word >> UInt64(8 * index)) }
  }
}
