// SPDX-License-Identifier: Apache-2.0

/// A record that somebody left in the file (`Elf64_Nhdr`): from whom, of which kind, and what.
struct Note {
  let owner: ArraySlice<UInt8>
  let kind: UInt32
  /// As an offset into the bytes that the note was found in, and as a count.
  let content: Range<Int>

  /// The notes of a section or segment, one after the other. `alignment` of what follows a note's name and content: 8
  /// where the section says so, 4 everywhere else.
  static func each(
    _ bytes: Bytes, alignment: UInt64, _ body: (Note) throws(ELFError) -> Void
  ) throws(ELFError) {
    let step = alignment == 8 ? 8 : 4
    func aligned(_ offset: Int) -> Int { (offset + step - 1) / step * step }
    var offset = 0
    // What is left at the end and too short for a note is padding.
    while offset <= bytes.count - 12 {
      let nameSize = Int(try bytes.u32(offset)), contentSize = Int(try bytes.u32(offset + 4))
      let kind = try bytes.u32(offset + 8)
      let name = offset + 12, content = aligned(name + nameSize)
      guard content <= bytes.count, contentSize <= bytes.count - content else { throw bytes.end }
      try body(
        Note(
          owner: bytes.all[name..<name + nameSize].prefix { $0 != 0 }, kind: kind,
          content: content..<content + contentSize))
      offset = aligned(content + contentSize)
    }
  }
}

extension ELFFile {
  /// What the linker made of all that it linked, to know the file again by (NT_GNU_BUILD_ID, mostly 20 bytes); nil where
  /// it was not asked to.
  public func buildID() throws(ELFError) -> [UInt8]? {
    var found: [UInt8]?
    func look(_ bytes: Bytes, _ alignment: UInt64) throws(ELFError) {
      try Note.each(bytes, alignment: alignment) { note throws(ELFError) in
        guard found == nil, note.kind == 3, note.owner.elementsEqual("GNU".utf8) else { return }
        found = Array(bytes.all[note.content])
      }
    }
    for segment in segments where segment.kind == ELFSegment.note {
      try look(try source.bytes(segment.offset, segment.fileSize, "notes"), segment.alignment)
    }
    if found != nil { return found }
    for section in sections where section.kind == ELFSection.note && section.name == ".note.gnu.build-id" {
      try look(try bytes(of: section), section.alignment)
    }
    return found
  }
}
