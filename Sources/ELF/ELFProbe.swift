// SPDX-License-Identifier: Apache-2.0

/// A static probe (USDT): a place that the program's author marked for tracers, as sys/sdt.h does it.
///
/// The same probe may stand at several places: each is an `ELFProbe` of its own, and a tracer takes all of them.
public struct ELFProbe: Hashable, Sendable {
  /// Bytes that are no UTF-8 are U+FFFD in these three.
  public let provider: String
  public let name: String
  /// Where its arguments are, as the assembler wrote it: `8@%rdi -4@-20(%rbp)`; empty where it has none.
  public let arguments: String
  /// Where the linker put it in memory; corrected where the file was moved after that (prelink).
  public let address: UInt64
  /// Where it lies in the file: the offset that a uprobe takes. Nil: nowhere.
  public let offset: UInt64?
  /// Where in memory its semaphore was put: a counter of 16 bits that is not 0 while somebody listens. Nil: the program
  /// does not ask whether anybody does.
  public let semaphoreAddress: UInt64?
  /// Where the semaphore lies in the file: what a uprobe takes as its reference counter. Nil where there is none, or where
  /// it lies in no part of the file.
  public let semaphoreOffset: UInt64?
}

extension ELFFile {
  /// The file's static probes, in the order of its notes; none where it has no section `.note.stapsdt`.
  public func probes() throws(ELFError) -> [ELFProbe] {
    let base = section(named: ".stapsdt.base")?.address
    var probes: [ELFProbe] = []
    for section in sections where section.kind == ELFSection.note && section.name == ".note.stapsdt" {
      let bytes = try bytes(of: section)
      try Note.each(bytes, alignment: section.alignment) { note throws(ELFError) in
        guard note.kind == 3, note.owner.elementsEqual("stapsdt".utf8) else { return }
        probes.append(try probe(Bytes(Array(bytes.all[note.content]), "section .note.stapsdt"), base))
      }
    }
    return probes
  }

  /// Three addresses (probe, base, semaphore), three strings.
  private func probe(_ note: Bytes, _ base: UInt64?) throws(ELFError) -> ELFProbe {
    let size = is64Bit ? 8 : 4
    let noted = try note.word(size, is64Bit)
    // Wrapping, as addresses do; with 32 bits, at 32 bits.
    let moved = base.map { $0 &- noted } ?? 0
    func corrected(_ address: UInt64) -> UInt64 { (address &+ moved) & (is64Bit ? .max : 0xffff_ffff) }
    let address = corrected(try note.word(0, is64Bit)), semaphore = try note.word(2 * size, is64Bit)
    let provider = try note.string(UInt64(3 * size))
    let name = try note.string(UInt64(provider.endIndex + 1))
    let arguments = try note.string(UInt64(name.endIndex + 1))
    return ELFProbe(
      provider: text(provider), name: text(name), arguments: text(arguments), address: address,
      offset: offset(ofAddress: address), semaphoreAddress: semaphore == 0 ? nil : corrected(semaphore),
      semaphoreOffset: semaphore == 0 ? nil : offset(ofAddress: corrected(semaphore)))
  }
}
