// SPDX-License-Identifier: Apache-2.0
internal import CAgentTable
internal import Inspection

/// What an agent's table says, with every offset and size checked: any program can write such a file.
struct AgentTable {
  let header: hg_agent_header
  let functions: [Function]
  let reads: [Read]

  struct Function {
    var counts: hg_agent_function
    var file: ByteString
    var name: ByteString
    var qualifiedName: ByteString?
  }

  struct Read {
    var counts: hg_agent_read
    var name: ByteString?
    var value: ByteString?
    var fallback: ByteString?
    var isTruncated: Bool
  }

  static let headerSize = Int(HG_AGENT_PAGE), chunkSize = Int(HG_AGENT_CHUNK)

  /// The header alone, where it is one.
  static func header(_ bytes: [UInt8]) throws(TableError) -> hg_agent_header {
    guard bytes.count >= headerSize else { throw .truncated }
    let header = load(hg_agent_header.self, bytes, 0)
    // One that is not finished has no magic: its process ended, or is still at it.
    if header.magic == 0 { throw .unfinished }
    guard header.magic == HG_AGENT_TABLE_MAGIC.rawValue, header.version == HG_AGENT_VERSION,
      header.header_size == headerSize, header.chunk_size == chunkSize
    else { throw .malformed }
    return header
  }

  /// How many bytes of the file the header speaks of.
  static func size(_ header: hg_agent_header) throws(TableError) -> Int {
    guard let chunks = Int(exactly: header.chunks), chunks <= AgentSession.tableLimit / chunkSize else {
      throw .malformed
    }
    return headerSize + chunks * chunkSize
  }

  /// The caller has checked that it is in bounds; and any bytes make a value of these C structs of integers.
  private static func load<Struct: BitwiseCopyable>(_ type: Struct.Type, _ bytes: [UInt8], _ place: Int)
    -> Struct
  {
    precondition(place >= 0 && place <= bytes.count - MemoryLayout<Struct>.size)
    return unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: place, as: type) }
  }

  init(_ bytes: [UInt8]) throws(TableError) {
    let header = try Self.header(bytes)
    let end = try Self.size(header)
    guard end <= bytes.count else { throw .truncated }
    var texts = Texts(bytes)
    var functions: [Function] = []
    var reads: [Read] = []
    for start in stride(from: Self.headerSize, to: end, by: Self.chunkSize) {
      let chunk = Self.load(hg_agent_chunk.self, bytes, start)
      let first = start + MemoryLayout<hg_agent_chunk>.size
      func places(_ size: Int) throws(TableError) -> StrideTo<Int> {
        let room = (start + Self.chunkSize - first) / size
        guard chunk.used <= room else { throw .malformed }
        return stride(from: first, to: first + Int(chunk.used) * size, by: size)
      }
      switch chunk.kind {
      case HG_AGENT_FUNCTIONS.rawValue:
        for place in try places(MemoryLayout<hg_agent_function>.size) {
          let counts = Self.load(hg_agent_function.self, bytes, place)
          // What a child of fork knows from its parent, and has not used.
          if counts.calls == 0, counts.resumes == 0 { continue }
          functions.append(
            Function(
              counts: counts, file: try texts.text(counts.file)?.text ?? "",
              name: try texts.text(counts.name)?.text ?? "",
              qualifiedName: try texts.text(counts.qualname)?.text))
        }
      case HG_AGENT_READS.rawValue:
        for place in try places(MemoryLayout<hg_agent_read>.size) {
          let counts = Self.load(hg_agent_read.self, bytes, place)
          let name = try texts.text(counts.name), value = try texts.text(counts.value)
          let fallback = try texts.text(counts.fallback)
          reads.append(
            Read(
              counts: counts, name: name?.text, value: value?.text, fallback: fallback?.text,
              isTruncated: value?.isCut ?? false || fallback?.isCut ?? false))
        }
      case HG_AGENT_TEXTS.rawValue: break
      default: throw .malformed
      }
    }
    self.header = header
    self.functions = functions
    self.reads = reads
  }

  /// The texts of a table, each taken once. Those of an agent do not overlap; so many that would have to would take far more
  /// memory than the file has.
  private struct Texts {
    private let bytes: [UInt8]
    private var known: [UInt32: (text: ByteString, isCut: Bool)] = [:]
    private var taken = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Nil for none.
    mutating func text(_ place: UInt32) throws(TableError) -> (text: ByteString, isCut: Bool)? {
      if place == 0 { return nil }
      if let text = known[place] { return text }
      let start = Int(place), head = MemoryLayout<hg_agent_text>.size
      guard start >= headerSize, start <= bytes.count - head else { throw .malformed }
      let about = AgentTable.load(hg_agent_text.self, bytes, start)
      let end = start + head + Int(about.size)
      guard about.size <= Int(HG_AGENT_TEXT_LIMIT), about.full_size >= about.size, end <= bytes.count
      else {
        throw .malformed
      }
      taken += Int(about.size)
      guard taken <= bytes.count else { throw .malformed }
      let text = ByteString(bytes[start + head..<end])
      let result = (text, about.full_size > about.size)
      known[place] = result
      return result
    }
  }
}

/// Why a table was not taken; the word that it is counted under.
enum TableError: String, Error {
  case notRegular = "table-not-regular"
  case linked = "table-linked"
  case wrongOwner = "table-wrong-owner"
  case tooLarge = "table-too-large"
  case truncated = "table-truncated"
  case malformed = "table-malformed"
  case unreadable = "table-unreadable"
  /// It is no process's that is known, or not of that time.
  case unmatched = "table-unmatched"
  /// Its process had not finished making it: nothing is in it.
  case unfinished = "table-unfinished"
}
