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
/// Where the kernel has them, an object's instructions are completed before libbpf reads them, and the constants are set
/// before it loads them. Where there is no `may_goto`, its constant is 0, and the verifier, which knows constants, looks at none
/// of it. Where there is no cast, another object is loaded.
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
    let (cast, hasLoops) = (cast, hasLoops)
    unsafe object.withUnsafeMutableBytes { object in
      for place in stride(from: 0, to: object.count - 7, by: 8) {
        // In bounds, and any bytes make an instruction.
        var found = unsafe object.loadUnaligned(fromByteOffset: place, as: bpf_insn.self)
        guard found.imm == number, found.src_reg == 0, found.dst_reg == 0 else { continue }
        switch found.code {
        case Opcode.call:
          guard let cast else { continue }
          found.src_reg = Opcode.kernelFunction
          found.imm = Int32(bitPattern: cast)
        case Opcode.mayGoto:
          // Of the same shape, and never reached.
          if !hasLoops { found.code = Opcode.ifEqual }
          found.imm = 0
        default: continue
        }
        unsafe object.storeBytes(of: found, toByteOffset: place, as: bpf_insn.self)
      }
    }
  }

  /// The constants to be set, of those that an object has, and what to. Nil where it wants to cast, and there is no cast, or
  /// one of the structures is missing.
  static func constants(_ constants: some Sequence<String>) -> [String: UInt32]? {
    let names = constants.filter { $0.hasPrefix(typePrefix) }
    if names.isEmpty { return [:] }
    guard cast != nil, let types = KernelTypes.running else { return nil }
    let structures = names.map { Array($0.utf8.dropFirst(typePrefix.utf8.count)) }
    let ids = types.identifiers(of: Set(structures))
    guard ids.count == names.count else { return nil }
    var values = Dictionary(uniqueKeysWithValues: zip(names, structures.map { ids[$0] ?? 0 }))
    if hasLoops { values[loopsConstant] = 1 }
    return values
  }

  private static func instruction(_ code: UInt8, to register: UInt8 = 0, _ operand: Int32) -> bpf_insn {
    bpf_insn(code: code, dst_reg: register, src_reg: 0, off: 0, imm: operand)
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
