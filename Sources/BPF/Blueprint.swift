// SPDX-License-Identifier: Apache-2.0
internal import CLibBPF
internal import Glibc
internal import SystemPackage

/// A BPF object file that was read but not loaded: maps can be resized, constants set and programs left out.
///
/// Beneath: a `struct bpf_object` that creates the maps, and others, with the same maps, that load the programs (`Part`).
@safe public struct Blueprint: ~Copyable, @unchecked Sendable {
  private let object: OpaquePointer
  private var recipe: Recipe
  private let preparation: Preparation
  /// The sizes of the constants, by their names.
  private let constants: [String: Int]
  /// libbpf reads them again when the maps are created.
  private let bytes: [UInt8]
  /// Where the maps exist already.
  private var hasMaps = false

  /// Reads an object file's bytes. Throws where they are no BPF object (`bpf_object__open_mem`).
  ///
  /// - Parameter otherwise: where the programs need what only newer kernels have (`KernelCode`), the bytes of an object that
  ///   does not, with the same maps, constants and programs; asked for when this kernel has it not.
  public init(
    _ bytes: [UInt8], otherwise: (@Sendable () -> [UInt8])? = nil, name: String
  ) throws(BPFError) {
    // Before the first object is opened, for good.
    ProgramHandlers.install()
    self.bytes = bytes
    let object = unsafe try Self.open(bytes, name: name, types: KernelTypesFile.empty?.path)
    unsafe self.object = object
    var recipe = Recipe(name: name)
    var program = unsafe bpf_object__next_program(object, nil)
    while let found = unsafe program {
      let name = unsafe String(cString: bpf_program__name(found))
      if unsafe bpf_program__autoload(found) { recipe.programs.insert(name) }
      unsafe bpf_program__set_autoload(found, false)
      unsafe program = unsafe bpf_object__next_program(object, found)
    }
    // Only programs need them.
    if let constants = unsafe bpf_object__find_map_by_name(object, Recipe.constants) {
      unsafe bpf_map__set_autocreate(constants, false)
    }
    constants =
      unsafe bpf_object__btf(object).map { unsafe ObjectTypes($0).constants.mapValues(\.count) } ?? [:]
    preparation = Preparation(bytes, otherwise: otherwise, name: name)
    self.recipe = recipe
  }

  deinit { unsafe bpf_object__close(object) }

  /// `types` is what libbpf takes for the kernel's; nil: it reads them itself. It goes on to read the bytes until the object
  /// is loaded: they must last.
  static func open(_ bytes: [UInt8], name: String, types: String?) throws(BPFError) -> OpaquePointer {
    let (object, messages) = unsafe LibbpfMessages.collect { () -> OpaquePointer? in
      unsafe name.withCString { name in
        unsafe (types ?? "").withCString { path in
          var options = unsafe bpf_object_open_opts()
          unsafe options.sz = MemoryLayout<bpf_object_open_opts>.size
          unsafe options.object_name = unsafe name
          if types != nil { unsafe options.btf_custom_path = unsafe path }
          return unsafe bytes.withUnsafeBytes {
            unsafe bpf_object__open_mem($0.baseAddress, $0.count, &options)
          }
        }
      }
    }
    guard let object = unsafe object else {
      throw BPFError(
        call: "bpf_object__open_mem", subject: name, errno: .current,
        messages: LibbpfMessages.divide(messages).rest)
    }
    return unsafe object
  }

  /// Chooses the programs to load; by default those whose section name does not begin with `?`.
  public mutating func enable(_ isEnabled: Bool, program: String) throws(BPFError) {
    try expect(program: program)
    if isEnabled { recipe.programs.insert(program) } else { recipe.programs.remove(program) }
  }

  /// Sets how many entries a map has; for a ring buffer its size in bytes, a power of two and of whole pages.
  public mutating func resize(map: String, entries: UInt32) throws(BPFError) {
    let found = unsafe try find(map: map)
    try check("bpf_map__set_max_entries", map) { unsafe bpf_map__set_max_entries(found, entries) }
  }

  /// Leaves a map out: programs that use it must be left out too.
  public mutating func omit(map: String) throws(BPFError) {
    let found = unsafe try find(map: map)
    try check("bpf_map__set_autocreate", map) { unsafe bpf_map__set_autocreate(found, false) }
  }

  /// Sets a constant (`const volatile` in the C source) by its name; its size must be the value's.
  public mutating func set<Value: BitwiseCopyable>(constant: String, to value: Value) throws(BPFError) {
    let bytes = unsafe withUnsafeBytes(of: value) { unsafe Array($0) }
    guard constants[constant] == bytes.count else { throw missing("bpf_map__initial_value", constant) }
    recipe.values[constant] = bytes
  }

  /// Creates the maps already; they can be neither resized nor left out any more. Constants and programs can still be chosen.
  public mutating func createMaps() throws(BPFError) {
    if hasMaps { return }
    let object = unsafe self.object
    try check("bpf_object__load", recipe.name) { unsafe bpf_object__load(object) }
    hasMaps = true
  }

  /// Creates the maps, relocates the programs to this kernel and has them verified (`bpf_object__load`).
  public consuming func load() throws(BPFError) -> LoadedObject {
    let object = try load(apart: [])
    try object.waitForPrograms()
    return object
  }

  /// The same, but does not wait for the programs: the verifier looks at those of each group at the same time as at the
  /// others; those of no group are one more. Whoever asks for a program waits for its group, and is told there what went
  /// wrong.
  public consuming func load(apart groups: [[String]]) throws(BPFError) -> LoadedObject {
    try createMaps()
    let named = groups.map { Set($0).intersection(recipe.programs) }
    let rest = recipe.programs.subtracting(named.joined())
    var maps: [Part.SharedMap] = []
    var map = unsafe bpf_object__next_map(object, nil)
    let constants = unsafe bpf_object__find_map_by_name(object, Recipe.constants)
    while let found = unsafe map {
      // Each part has constants of its own.
      if unsafe found != constants {
        let name = unsafe String(cString: bpf_map__name(found))
        unsafe maps.append(
          Part.SharedMap(name: name, isCreated: bpf_map__autocreate(found), number: bpf_map__fd(found)))
      }
      unsafe map = unsafe bpf_object__next_map(object, found)
    }
    let parts = (named + [rest]).filter { !$0.isEmpty }.map {
      Part(recipe, programs: $0, maps: maps, preparation)
    }
    return LoadedObject(self, parts)
  }

  /// For the owner of a loaded object only.
  var pointer: OpaquePointer { unsafe object }

  /// Throws where there is no such program.
  func expect(program: String) throws(BPFError) {
    if unsafe bpf_object__find_program_by_name(object, program) == nil {
      throw missing("bpf_object__find_program_by_name", program)
    }
  }

  /// Says how a program of a section `uprobe` will be attached (`enum bpf_attach_type`).
  mutating func set(attachType: UInt32, of program: String) throws(BPFError) {
    try expect(program: program)
    recipe.attachTypes[program] = attachType
  }

  private func find(map: String) throws(BPFError) -> OpaquePointer {
    guard let found = unsafe bpf_object__find_map_by_name(object, map) else {
      throw missing("bpf_object__find_map_by_name", map)
    }
    return unsafe found
  }

  private func missing(_ call: String, _ subject: String) -> BPFError {
    BPFError(call: call, subject: subject, errno: .noSuchFileOrDirectory)
  }
}

/// Calls a function of libbpf that returns 0 or a negative errno.
func check(_ call: String, _ subject: String, _ body: () -> Int32) throws(BPFError) {
  let (result, messages) = LibbpfMessages.collect(body)
  guard result < 0 else { return }
  let (log, rest) = LibbpfMessages.divide(messages)
  throw BPFError(
    call: call, subject: subject, errno: Errno(rawValue: -result), verifierLog: log, messages: rest)
}

extension Errno {
  /// The calling thread's errno.
  static var current: Errno { Errno(rawValue: errno) }
}
