// SPDX-License-Identifier: Apache-2.0
internal import CProbeEvents

/// Where CPython keeps what names a call, by version: in its frames, and in the code objects that those lead to. In bytes,
/// on 64-bit machines. Versions of one minor number do not differ in this: it is part of what extensions are compiled with,
/// but for 3.11's frame, which has not changed since 3.11.0.
enum PythonLayout {
  /// Up to 3.10, where the frame evaluator is called for each frame: it is given the frame.
  static func evaluated(minor: Int) -> hg_interpreter? {
    var layout = hg_interpreter()
    layout.frame_code = 32
    // 3.9 put the thread before it.
    layout.way = UInt8((minor < 9 ? HG_FRAME_FIRST : HG_FRAME_SECOND).rawValue)
    switch minor {
    case 6: (layout.frame_position, layout.code_line, layout.code_file, layout.code_name) = (120, 36, 96, 104)
    case 7: (layout.frame_position, layout.code_line, layout.code_file, layout.code_name) = (104, 36, 96, 104)
    case 8, 9:
      (layout.frame_position, layout.code_line, layout.code_file, layout.code_name) = (104, 40, 104, 112)
    case 10:
      (layout.frame_position, layout.code_line, layout.code_file, layout.code_name) = (96, 40, 104, 112)
    default: return nil
    }
    layout.measure()
    return layout
  }

  /// 2.7, whose texts are bytes.
  static let evaluated27: hg_interpreter = {
    var layout = hg_interpreter()
    layout.way = UInt8(HG_FRAME_FIRST.rawValue)
    layout.flags = UInt8(HG_INTERPRETER_BYTES.rawValue)
    layout.frame_code = 32
    (layout.frame_position, layout.code_line, layout.code_file, layout.code_name) = (120, 96, 80, 88)
    layout.measure()
    return layout
  }()

  /// 3.11, from the current thread: its frame has run up to an instruction, and what that is tells a begin (RESUME 0) from a
  /// generator that goes on.
  static func current311(_ thread: ThreadState, begin: UInt64, end: UInt64) -> hg_interpreter {
    var layout = hg_interpreter()
    layout.way = UInt8(HG_FRAME_THREAD.rawValue)
    layout.state = (
      Int64(bitPattern: thread.address &- begin), Int64(bitPattern: thread.address &- end)
    )
    if let step = thread.step {
      layout.flags = UInt8(HG_INTERPRETER_INDIRECT.rawValue)
      layout.state_step = step
    }
    (layout.thread_frames, layout.frames_frame) = (56, 8)
    (layout.frame_code, layout.frame_position) = (32, 56)
    (layout.code_line, layout.code_file, layout.code_name, layout.code_qualname) = (72, 112, 120, 128)
    // RESUME, as it is compiled and as it becomes when it has run often; RETURN_GENERATOR.
    layout.resume = (151, 150)
    layout.unstarted = 75
    layout.measure()
    return layout
  }

  /// Where the address of the interpreter's current thread stands, read off the function that gives it.
  struct ThreadState: Hashable {
    /// As the linker put it.
    var address: UInt64
    /// Not nil: at `address` stands another address, and it is this far behind that.
    var step: UInt32?

    /// `_PyThreadState_UncheckedGet` of 3.11, which does nothing but read one word, as compilers make it: the word itself, or
    /// through the table of addresses that a library has. Nil for anything else.
    init?(code: [UInt8], at start: UInt64) {
      var bytes = code[...], place = start
      func number(_ offset: Int) -> UInt32? {
        let word = bytes.dropFirst(offset).prefix(4)
        guard word.count == 4 else { return nil }
        return word.reversed().reduce(0) { $0 << 8 | UInt32($1) }
      }
      // endbr64
      if bytes.starts(with: [0xf3, 0x0f, 0x1e, 0xfa]) {
        bytes = bytes.dropFirst(4)
        place += 4
      }
      // mov DISTANCE(%rip), %rax
      guard bytes.starts(with: [0x48, 0x8b, 0x05]), let distance = number(3) else { return nil }
      address = place &+ 7 &+ UInt64(bitPattern: Int64(Int32(bitPattern: distance)))
      bytes = bytes.dropFirst(7)
      // mov STEP(%rax), %rax
      if bytes.starts(with: [0x48, 0x8b, 0x80]), let found = number(3), found < 1 << 20 {
        step = found
        bytes = bytes.dropFirst(7)
      }
      // ret
      guard bytes.first == 0xc3 else { return nil }
    }
  }
}

extension hg_interpreter {
  /// How much is to be read at once: no more than there is.
  fileprivate mutating func measure() {
    let word: UInt16 = 8, head = UInt16(HG_PYTHON_HEAD)
    // A position is a number of four bytes, or an address.
    let position = frame_position + (resume.0 == 0 ? 4 : word)
    frame_size = UInt8(max(frame_code + word, position) - head)
    code_size = UInt8(max(code_line + 4, code_file + word, code_name + word, code_qualname + word) - head)
  }
}
