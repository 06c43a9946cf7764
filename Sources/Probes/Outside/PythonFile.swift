// SPDX-License-Identifier: Apache-2.0
internal import BPF
internal import CProbeEvents
internal import ELF
internal import Inspection

/// A file with a Python interpreter's code in it, and where calls can be seen there from outside.
struct PythonFile {
  /// As far as the file tells it: "3.11.2", "3.8".
  let version: String
  let method: Interpreter.Method
  let layout: hg_interpreter
  /// Where a frame begins, where it ends, and where a semaphore is raised for the sake of the others.
  var begin: UprobeSite
  var end: UprobeSite?
  var raised: UprobeSite?

  /// Why calls cannot be seen; nil where the file is no interpreter at all.
  struct Refusal: Error {
    var version: String?
    var reason: String
  }

  private static let names = [
    "PyEval_EvalFrameEx", "_PyEval_EvalFrameDefault", "_PyRuntime", "PyCode_NewWithPosOnlyArgs",
    "PyFrame_GetCode",
    "PyIter_Send", "Py_Version", "_PyThreadState_UncheckedGet", "Py_FinalizeEx",
  ]

  /// Nil: no interpreter's code is in it.
  ///
  /// - Parameter read: gives so many bytes of the file from an offset on; nil where it cannot.
  init?(_ elf: ELFFile, read: (_ offset: UInt64, _ count: Int) -> [UInt8]?) throws(Refusal) {
    guard elf.is64Bit, elf.machine == 62 else { return nil }
    var symbols: [String: ELFSymbol] = [:]
    do throws(ELFError) {
      // A symbol of data where a function is expected would have the probe written over something else.
      let wanted = Self.names.map { Array($0.utf8) }
      for symbol in try elf.symbols(.dynamic, where: { name in wanted.contains { $0.elementsEqual(name) } })
      where symbol.isDefined { symbols[symbol.name] = symbol }
    } catch { return nil }
    func has(_ name: String) -> Bool { symbols[name] != nil }
    guard let evaluator = symbols["_PyEval_EvalFrameDefault"] ?? symbols["PyEval_EvalFrameEx"],
      evaluator.kind == .function
    else { return nil }

    // From 3.11 on it says so itself; before that by what came with each version.
    if let symbol = symbols["Py_Version"] {
      let bytes = symbol.offset.flatMap { read($0, 8) } ?? []
      let number = bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
      version = "\(number >> 24 & 0xff).\(number >> 16 & 0xff).\(number >> 8 & 0xff)"
      guard number >> 16 == 0x30b else {
        throw Refusal(
          version: version,
          reason: number >> 16 < 0x30f
            ? "since 3.12 the interpreter tells nobody outside of its calls"
            : "where this version keeps its frames is not known here")
      }
      (method, layout, begin, end, raised) = try Self.probes311(elf, symbols, version, read)
      return
    }
    guard has("_PyEval_EvalFrameDefault") else {
      version = "2.7"
      (method, layout) = (.uprobe, PythonLayout.evaluated27)
      guard let offset = evaluator.offset else { return nil }
      begin = UprobeSite(offset: offset)
      return
    }
    let minor =
      !has("_PyRuntime")
      ? 6 : !has("PyCode_NewWithPosOnlyArgs") ? 7 : !has("PyFrame_GetCode") ? 8 : !has("PyIter_Send") ? 9 : 10
    version = "3.\(minor)"
    guard let layout = PythonLayout.evaluated(minor: minor), let offset = evaluator.offset else { return nil }
    (method, self.layout) = (.uprobe, layout)
    begin = UprobeSite(offset: offset)
  }

  private typealias Found = (
    Interpreter.Method, hg_interpreter, begin: UprobeSite, end: UprobeSite?, raised: UprobeSite?
  )

  /// The evaluator of 3.11 runs what Python calls from Python without being called itself. But where the interpreter was built
  /// with probes (--with-dtrace), and believes that somebody wants to hear of each line, it tells each begin and each end.
  private static func probes311(
    _ elf: ELFFile, _ symbols: [String: ELFSymbol], _ version: String,
    _ read: (_ offset: UInt64, _ count: Int) -> [UInt8]?
  ) throws(Refusal) -> Found {
    var probes: [String: ELFProbe] = [:]
    for probe in (try? elf.probes()) ?? [] where probe.provider == "python" { probes[probe.name] = probe }
    guard let begin = probes["function__entry"], let end = probes["function__return"],
      let line = probes["line"]
    else {
      throw Refusal(
        version: version,
        reason:
          "it was built without probes (--with-dtrace), and runs calls where nobody outside can see them")
    }
    guard let beginOffset = begin.offset, let beginSemaphore = begin.semaphoreOffset,
      let endOffset = end.offset,
      let endSemaphore = end.semaphoreOffset, let lineSemaphore = line.semaphoreOffset,
      let quiet = symbols["Py_FinalizeEx"], quiet.kind == .function, let quietOffset = quiet.offset,
      Self.isNothing(read(beginOffset, 5)), Self.isNothing(read(endOffset, 5))
    else { throw Refusal(version: version, reason: "its probes do not lie where they can be attached to") }
    guard let getter = symbols["_PyThreadState_UncheckedGet"], let offset = getter.offset,
      let code = read(offset, 24),
      let thread = PythonLayout.ThreadState(code: code, at: getter.address)
    else {
      throw Refusal(
        version: version, reason: "where it keeps its current thread could not be read off its code")
    }
    return (
      .usdt, PythonLayout.current311(thread, begin: begin.address, end: end.address),
      UprobeSite(offset: beginOffset, semaphore: beginSemaphore),
      UprobeSite(offset: endOffset, semaphore: endSemaphore),
      UprobeSite(offset: quietOffset, semaphore: lineSemaphore)
    )
  }

  /// Whether code is what a probe's place is made of: an instruction that does nothing, of one byte or of five.
  private static func isNothing(_ code: [UInt8]?) -> Bool {
    code?.first == 0x90 || code == [0x0f, 0x1f, 0x44, 0x00, 0x00]
  }
}
