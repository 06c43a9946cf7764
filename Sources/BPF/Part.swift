// SPDX-License-Identifier: Apache-2.0
internal import CLibBPF

/// Some programs of an object, loaded by a thread of their own: the verifier takes milliseconds for each of them, and looks
/// at programs that are loaded by several threads at the same time. libbpf loads those of an object one after the other; so
/// each part is an object of libbpf's, made of the same bytes, which takes another one's maps for its own.
@safe final class Part: @unchecked Sendable {
  /// A map of the object that has them.
  struct SharedMap: Sendable {
    var name: String
    var isCreated: Bool
    var number: Int32
  }

  let programs: Set<String>
  private var thread: Thread?
  // Set by the thread before it ends.
  private var prepared: Preparation.Result?
  private var object: OpaquePointer?
  private var error: BPFError?

  /// Begins to load. The maps must last until that is done.
  init(_ recipe: Recipe, programs: Set<String>, maps: [SharedMap], _ preparation: Preparation) {
    self.programs = programs
    thread = Thread.orHere { [self] in
      do throws(BPFError) {
        let prepared = try preparation.result()
        self.prepared = prepared
        try load(recipe, prepared, maps)
      } catch { self.error = error }
    }
  }

  deinit { if let object = unsafe object { unsafe bpf_object__close(object) } }

  func wait() { thread?.join() }

  /// Waits until it is loaded.
  func loaded() throws(BPFError) -> OpaquePointer {
    wait()
    if let error { throw error }
    guard let object = unsafe object else { preconditionFailure("a part has neither an object nor an error") }
    return unsafe object
  }

  private func load(
    _ recipe: Recipe, _ prepared: Preparation.Result, _ maps: [SharedMap]
  ) throws(BPFError) {
    let object = unsafe try Blueprint.open(prepared.bytes, name: recipe.name, types: prepared.types?.path)
    unsafe self.object = object
    var program = unsafe bpf_object__next_program(object, nil)
    while let found = unsafe program {
      let name = unsafe String(cString: bpf_program__name(found))
      unsafe bpf_program__set_autoload(found, programs.contains(name))
      if let type = recipe.attachTypes[name] {
        try check("bpf_program__set_expected_attach_type", name) {
          unsafe bpf_program__set_expected_attach_type(found, bpf_attach_type(rawValue: type))
        }
      }
      unsafe program = unsafe bpf_object__next_program(object, found)
    }
    let values = recipe.values.merging(prepared.constants) { chosen, _ in chosen }
    unsafe try Self.set(values, of: object)
    for map in maps {
      guard let found = unsafe bpf_object__find_map_by_name(object, map.name) else { continue }
      if map.isCreated {
        try check("bpf_map__reuse_fd", map.name) { unsafe bpf_map__reuse_fd(found, map.number) }
      } else {
        unsafe bpf_map__set_autocreate(found, false)
      }
    }
    try check("bpf_object__load", recipe.name) { unsafe bpf_object__load(object) }
  }

  /// Sets constants by their names, those that there are.
  private static func set(_ values: [String: [UInt8]], of object: OpaquePointer) throws(BPFError) {
    var size = 0
    guard let map = unsafe bpf_object__find_map_by_name(object, Recipe.constants),
      let start = unsafe bpf_map__initial_value(map, &size), let btf = unsafe bpf_object__btf(object)
    else { return }
    var bytes = unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: size))
    for (name, place) in unsafe ObjectTypes(btf).constants {
      if let value = values[name], value.count == place.count, place.upperBound <= size {
        bytes.replaceSubrange(place, with: value)
      }
    }
    try check("bpf_map__set_initial_value", Recipe.constants) {
      unsafe bytes.withUnsafeBytes { unsafe bpf_map__set_initial_value(map, $0.baseAddress, $0.count) }
    }
  }
}
