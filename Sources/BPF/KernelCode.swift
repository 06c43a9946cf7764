// SPDX-License-Identifier: Apache-2.0
internal import CLibBPF
internal import Glibc

/// Two things that newer kernels let programs do, and that libbpf knows nothing of yet: both save calls, and every call costs
/// 10 to 30 ns.
///
/// - `bpf_rdonly_cast` (Linux 6.2) makes an address into a pointer that may be read through by loads, instead of by calls of
///   `bpf_probe_read_kernel`. A program calls it by a number that no helper function has, with a structure's BTF id, which a
///   constant called `type_NAME` holds.
/// - `may_goto` (Linux 6.9) makes a loop that the verifier looks through once, instead of by a call of `bpf_loop` and one more
///   for each round. A program has it with the same number as its operand, where the constant `has_loops` is not 0.
///
/// Where the kernel has one, an object's instructions are completed before libbpf reads them, and the constants are set
/// before it loads them. Elsewhere the constants are 0, and the verifier, which knows constants, looks at none of it.
/// Sources/Probes/Programs/loads.h has the other side.
enum KernelCode {
  /// "chgn"
  private static let number: Int32 = 0x6e67_6863
  private static let typePrefix = "type_"
  private static let loopsConstant = "has_loops"

  private enum Opcode {
    static let call: UInt8 = 0x85, mayGoto: UInt8 = 0xe5, ifEqual: UInt8 = 0x15, always: UInt8 = 0x05
    static let setImmediate: UInt8 = 0xb7, exit: UInt8 = 0x95
    /// `src_reg` of a call of a kernel function (`BPF_PSEUDO_KFUNC_CALL`).
    static let kernelFunction: UInt8 = 2
  }

  /// The BTF id of `bpf_rdonly_cast`; nil where this kernel, or these rights, do not have it. Found out by trying, once.
  private static let cast: UInt32? = {
    guard let types = KernelTypes.running, let function = types.cast,
      let type = types.structure("task_struct")
    else { return nil }
    return loads([
      instruction(Opcode.setImmediate, to: 1, 0),
      instruction(Opcode.setImmediate, to: 2, Int32(bitPattern: type)),
      bpf_insn(
        code: Opcode.call, dst_reg: 0, src_reg: Opcode.kernelFunction, off: 0,
        imm: Int32(bitPattern: function)),
      instruction(Opcode.setImmediate, 0),
      instruction(Opcode.exit, 0),
    ]) ? function : nil
  }()

  private static let hasLoops: Bool = loads([
    instruction(Opcode.setImmediate, 0),
    bpf_insn(code: Opcode.mayGoto, dst_reg: 0, src_reg: 0, off: 1, imm: 0),
    bpf_insn(code: Opcode.always, dst_reg: 0, src_reg: 0, off: -2, imm: 0),
    instruction(Opcode.exit, 0),
  ])

  /// Completes an object's instructions. They are 8 bytes each: opcode, registers, offset (2), operand (4).
  static func complete(_ object: inout [UInt8]) {
    let number = bytes(of: number)
    for place in stride(from: 0, to: object.count - 7, by: 8)
    where object[place + 1] == 0 && object[place + 4..<place + 8].elementsEqual(number) {
      switch object[place] {
      case Opcode.call:
        guard let cast else { continue }
        object[place + 1] = Opcode.kernelFunction << 4
        object.replaceSubrange(place + 4..<place + 8, with: bytes(of: Int32(bitPattern: cast)))
      case Opcode.mayGoto:
        // Of the same shape, and never reached.
        if !hasLoops { object[place] = Opcode.ifEqual }
        object.replaceSubrange(place + 4..<place + 8, with: bytes(of: 0))
      default: continue
      }
    }
  }

  /// The constants to be set, and what to. None where the cast or one of the structures is missing.
  static func constants(of object: ObjectTypes) -> [(name: String, value: UInt32)] {
    guard cast != nil, let types = KernelTypes.running else { return [] }
    let constants = object.constants, names = constants.filter { $0.hasPrefix(typePrefix) }
    let structures = names.map { Array($0.utf8.dropFirst(typePrefix.utf8.count)) }
    let ids = types.identifiers(of: Set(structures))
    guard ids.count == names.count else { return [] }
    let set = zip(names, structures).compactMap { name, structure in ids[structure].map { (name, $0) } }
    return hasLoops && constants.contains(loopsConstant) ? set + [(loopsConstant, 1)] : set
  }

  private static func instruction(_ code: UInt8, to register: UInt8 = 0, _ operand: Int32) -> bpf_insn {
    bpf_insn(code: code, dst_reg: register, src_reg: 0, off: 0, imm: operand)
  }

  private static func bytes(of operand: Int32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: operand >> (8 * $0)) }
  }

  /// Whether the kernel takes a program: one over packets, which is never attached.
  private static func loads(_ instructions: [bpf_insn]) -> Bool {
    let (result, _) = LibbpfMessages.collect {
      var options = unsafe bpf_prog_load_opts()
      unsafe options.sz = MemoryLayout<bpf_prog_load_opts>.size
      return unsafe bpf_prog_load(
        BPF_PROG_TYPE_SOCKET_FILTER, "hg_try", "Dual BSD/GPL", instructions, instructions.count, &options)
    }
    guard result >= 0 else { return false }
    close(result)
    return true
  }
}
