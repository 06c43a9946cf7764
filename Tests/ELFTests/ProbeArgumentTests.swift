// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import TestSupport
import Testing

@testable import ELF

struct ProbeArgumentTests {
  typealias Address = ProbeArgument.Address

  @Test(arguments: [
    ("8@%rax", ProbeArgument(.register(.init(.rax)))),
    ("-4@%edi", ProbeArgument(size: 4, isSigned: true, .register(.init(.rdi, size: 4)))),
    ("2@%bp", ProbeArgument(size: 2, .register(.init(.rbp, size: 2)))),
    ("1@%spl", ProbeArgument(size: 1, .register(.init(.rsp, size: 1)))),
    ("-1@%ah", ProbeArgument(size: 1, isSigned: true, .register(.init(.rax, size: 1, isHighByte: true)))),
    ("1@%dl", ProbeArgument(size: 1, .register(.init(.rdx, size: 1)))),
    ("8@%r8", ProbeArgument(.register(.init(.r8)))),
    ("4@%r10d", ProbeArgument(size: 4, .register(.init(.r10, size: 4)))),
    ("2@%r15w", ProbeArgument(size: 2, .register(.init(.r15, size: 2)))),
    ("1@%r9b", ProbeArgument(size: 1, .register(.init(.r9, size: 1)))),
    ("%rsi", ProbeArgument(.register(.init(.rsi)))),
    ("4@$5", ProbeArgument(size: 4, .constant(5))),
    ("-8@$-1", ProbeArgument(isSigned: true, .constant(-1))),
    ("8@$0xff", ProbeArgument(.constant(255))),
    ("8@$18446744073709551615", ProbeArgument(.constant(-1))),
    ("8@(%rsp)", ProbeArgument(.memory(Address(base: .rsp)))),
    ("8@-16(%rbp)", ProbeArgument(.memory(Address(base: .rbp, displacement: -16)))),
    ("-4@112(%rsp)", ProbeArgument(size: 4, isSigned: true, .memory(Address(base: .rsp, displacement: 112)))),
    ("8@0x10(%rax)", ProbeArgument(.memory(Address(base: .rax, displacement: 16)))),
    ("8@(%rax,%rbx,4)", ProbeArgument(.memory(Address(base: .rax, index: .rbx, scale: 4)))),
    ("8@-8(%rax,%rbx)", ProbeArgument(.memory(Address(base: .rax, index: .rbx, displacement: -8)))),
    ("4@(,%rcx,8)", ProbeArgument(size: 4, .memory(Address(index: .rcx, scale: 8)))),
    ("8@sym(%rip)", ProbeArgument(.memory(Address(base: .rip, symbol: "sym")))),
    ("8@sym+8(%rip)", ProbeArgument(.memory(Address(base: .rip, displacement: 8, symbol: "sym")))),
    ("4@sym-4(%rip)", ProbeArgument(size: 4, .memory(Address(base: .rip, displacement: -4, symbol: "sym")))),
    ("8@16+_a.b$1(%rip)", ProbeArgument(.memory(Address(base: .rip, displacement: 16, symbol: "_a.b$1")))),
    ("8@table(,%rax,8)", ProbeArgument(.memory(Address(index: .rax, scale: 8, symbol: "table")))),
    ("8@sym", ProbeArgument(.memory(Address(symbol: "sym")))),
    // Without its sign it is the name of a variable.
    ("8@rax", ProbeArgument(.memory(Address(symbol: "rax")))),
    ("8@4096", ProbeArgument(.memory(Address(displacement: 4096)))),
  ]) func isUnderstood(_ text: String, _ argument: ProbeArgument) throws {
    #expect(try ProbeArgument(text) == argument)
  }

  @Test(arguments: [
    "", "8@", "@%rax", "3@%rax", "16@%rax", "+8@%rax", "8f@%xmm0", "8@%xmm0", "8@%fs:0(%rax)", "8@%eip",
    "8@%r16",
    "8@$", "8@$sym", "8@$0x", "8@$-", "8@()", "8@(%rax", "8@%rax)", "8@(%eax)", "8@(%rax,)", "8@(%rax,,4)",
    "8@(%rax,%rbx,3)", "8@(%rax,%rsp,1)", "8@(%rip,%rax,1)", "8@(%rax,%rbx,4,1)", "8@1-(%rax)",
    "8@sym+(%rip)",
    "8@sym+-(%rip)", "8@-sym(%rip)", "8@sym*2(%rip)", "8@[sp]", "8@99999999999999999999(%rax)", "8@%",
    "8@ä(%rip)",
  ]) func isRefused(_ text: String) {
    #expect(throws: ProbeArgumentError(text: text)) { try ProbeArgument(text) }
  }

  @Test func blanksDivideThem() throws {
    let list = try ProbeArgument.list(" 8@%rbp  8@%r12 -4@%eax\t")
    #expect(list.map(\.size) == [8, 8, 4])
    #expect(list.map(\.isSigned) == [false, false, true])
    #expect(try ProbeArgument.list("").isEmpty)
    #expect(throws: ProbeArgumentError(text: "8@%zmm0")) { try ProbeArgument.list("8@%rax 8@%zmm0") }
  }
}

/// Real notes: what is understood, written down again as the assembler wrote it, is what readelf shows.
extension ProbeArgumentTests {
  @Test(arguments: Corpus.files) func notesOfRealFilesAreUnderstood(_ file: String) throws {
    let tool = try Requirement.tool("readelf", package: "binutils")
    let shown = try Command([tool, "-Wn", file], in: "/").succeed().outputText.split(separator: "\n")
      .filter { $0.hasPrefix("    Arguments: ") }.map { $0.dropFirst(15).trimmingBlanks }
    let lists = try Corpus.read(file).probes().map { try ProbeArgument.list($0.arguments) }
    #expect(lists.map { $0.map(\.written).joined(separator: " ") } == shown)
    if file == "/usr/bin/python3", shown.count >= 8 {
      #expect(shown.contains { $0.contains("(%rsp)") } && shown.contains { $0.contains("%eax") })
    }
  }
}

extension Substring {
  fileprivate var trimmingBlanks: String {
    split(separator: " ").joined(separator: " ")
  }
}

extension ProbeArgument {
  fileprivate var written: String {
    let text =
      switch place {
      case .constant(let value): "$\(value)"
      case .register(let register): "%" + register.written
      case .memory(let address): address.written
      }
    return "\(isSigned ? "-" : "")\(size)@\(text)"
  }
}

extension ProbeArgument.Address {
  fileprivate var written: String {
    var text = symbol ?? ""
    if displacement != 0 {
      text += symbol != nil && displacement > 0 ? "+\(displacement)" : "\(displacement)"
    }
    guard base != nil || index != nil else { return text }
    text += "(" + (base.map { "%\($0)" } ?? "")
    if let index { text += ",%\(index)" + (scale == 1 ? "" : ",\(scale)") }
    return text + ")"
  }
}

extension ProbeArgument.Register {
  fileprivate var written: String {
    let long = name.rawValue
    if long.dropFirst().first?.isNumber == true {
      return long + ["8": "", "4": "d", "2": "w", "1": "b"]["\(size)", default: "?"]
    }
    let short = String(long.dropFirst())
    switch size {
    case 8: return long
    case 4: return "e" + short
    case 2: return short
    default: return short.hasSuffix("x") ? "\(short.prefix(1))\(isHighByte ? "h" : "l")" : short + "l"
    }
  }
}
