// SPDX-License-Identifier: Apache-2.0
internal import CLibBPF
internal import Glibc
internal import SystemPackage

/// A map of the kernel: hash, LRU hash, array, per-CPU array, longest-prefix trie, program array or task storage.
///
/// Keys and values are plain bytes of fixed size; every call checks that the Swift types have it.
public struct BPFMap: ~Copyable, Sendable {
  let descriptor: FileDescriptor
  public let name: String
  public let keySize: Int
  public let valueSize: Int
  public let maxEntries: Int
  private let isPerCPU: Bool

  /// Takes a descriptor of its own for an open map.
  init(duplicating number: Int32, name: String) throws(BPFError) {
    var info = bpf_map_info()
    var size = UInt32(MemoryLayout<bpf_map_info>.size)
    try check("bpf_obj_get_info_by_fd", name) { unsafe bpf_obj_get_info_by_fd(number, &info, &size) }
    let copy = fcntl(number, F_DUPFD_CLOEXEC, 3)
    guard copy >= 0 else { throw BPFError(call: "fcntl", subject: name, errno: .current) }
    descriptor = FileDescriptor(rawValue: copy)
    self.name = name
    keySize = Int(info.key_size)
    valueSize = Int(info.value_size)
    maxEntries = Int(info.max_entries)
    let kind = info.type
    isPerCPU =
      kind == BPF_MAP_TYPE_PERCPU_ARRAY.rawValue || kind == BPF_MAP_TYPE_PERCPU_HASH.rawValue
      || kind == BPF_MAP_TYPE_LRU_PERCPU_HASH.rawValue
  }

  deinit { try? descriptor.close() }

  /// Stores a value (`bpf_map_update_elem`). The key of a task storage is a pidfd, the value of a program array
  /// a program's descriptor.
  public func update<Key: BitwiseCopyable, Value: BitwiseCopyable>(
    _ key: Key, _ value: Value
  ) throws(BPFError) {
    precondition(MemoryLayout<Key>.size == keySize && MemoryLayout<Value>.size == valueSize && !isPerCPU)
    try check("bpf_map_update_elem", name) {
      unsafe withUnsafeBytes(of: key) { key in
        unsafe withUnsafeBytes(of: value) { value in
          unsafe bpf_map_update_elem(descriptor.rawValue, key.baseAddress, value.baseAddress, 0)
        }
      }
    }
  }

  /// Stores a value; key and value are given as their bytes, as many as the map's have.
  public func update(key: [UInt8], value: [UInt8]) throws(BPFError) {
    precondition(key.count == keySize && value.count == valueSize && !isPerCPU)
    try check("bpf_map_update_elem", name) {
      unsafe key.withUnsafeBytes { key in
        unsafe value.withUnsafeBytes { value in
          unsafe bpf_map_update_elem(descriptor.rawValue, key.baseAddress, value.baseAddress, 0)
        }
      }
    }
  }

  /// Removes a key; that it is not there is no error (`bpf_map_delete_elem`).
  public func remove<Key: BitwiseCopyable>(_ key: Key) throws(BPFError) {
    precondition(MemoryLayout<Key>.size == keySize)
    try check("bpf_map_delete_elem", name) {
      unsafe withUnsafeBytes(of: key) { key in
        let result = unsafe bpf_map_delete_elem(descriptor.rawValue, key.baseAddress)
        return result == -ENOENT ? 0 : result
      }
    }
  }

  /// The value of a key, or nil (`bpf_map_lookup_elem`).
  public func lookup<Key: BitwiseCopyable, Value: BitwiseCopyable>(
    _ key: Key, as type: Value.Type
  ) throws(BPFError) -> Value? {
    precondition(MemoryLayout<Key>.size == keySize && MemoryLayout<Value>.size == valueSize && !isPerCPU)
    return try read(key, size: valueSize).map { bytes in
      unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(as: type) }
    }
  }

  /// The sum over the processors of a per-CPU map's 64-bit counter; 0 where there is no such key.
  public func sum<Key: BitwiseCopyable>(_ key: Key) throws(BPFError) -> UInt64 {
    precondition(MemoryLayout<Key>.size == keySize && valueSize == 8 && isPerCPU)
    let processors = Int(libbpf_num_possible_cpus())
    guard let bytes = try read(key, size: 8 * processors) else { return 0 }
    return unsafe bytes.withUnsafeBytes { values in
      (0..<processors).reduce(0) {
        unsafe $0 + values.loadUnaligned(fromByteOffset: 8 * $1, as: UInt64.self)
      }
    }
  }

  /// All entries at about this moment; entries that come or go meanwhile may be missed or repeated
  /// (`bpf_map_get_next_key`).
  public func entries<Key: BitwiseCopyable, Value: BitwiseCopyable>(
    key keyType: Key.Type, value valueType: Value.Type
  ) throws(BPFError) -> [(key: Key, value: Value)] {
    precondition(MemoryLayout<Key>.size == keySize)
    var entries: [(key: Key, value: Value)] = []
    var last: [UInt8]?
    // A key that is deleted while it is asked about sends the walk back to the start: bounded, so it ends.
    for _ in 0..<(2 * maxEntries + 1) {
      var next = [UInt8](repeating: 0, count: keySize)
      let result = unsafe next.withUnsafeMutableBytes { next in
        if let last {
          unsafe last.withUnsafeBytes {
            unsafe bpf_map_get_next_key(descriptor.rawValue, $0.baseAddress, next.baseAddress)
          }
        } else {
          unsafe bpf_map_get_next_key(descriptor.rawValue, nil, next.baseAddress)
        }
      }
      if result == -ENOENT { break }
      guard result == 0 else {
        throw BPFError(call: "bpf_map_get_next_key", subject: name, errno: Errno(rawValue: -result))
      }
      let key = unsafe next.withUnsafeBytes { unsafe $0.loadUnaligned(as: keyType) }
      if let value = try lookup(key, as: valueType) { entries.append((key, value)) }
      last = next
    }
    return entries
  }

  /// Whether there is no entry at about this moment (`bpf_map_get_next_key`).
  public func isEmpty() throws(BPFError) -> Bool {
    var first = [UInt8](repeating: 0, count: keySize)
    let result = unsafe first.withUnsafeMutableBytes {
      unsafe bpf_map_get_next_key(descriptor.rawValue, nil, $0.baseAddress)
    }
    if result == -ENOENT { return true }
    try check("bpf_map_get_next_key", name) { result }
    return false
  }

  private func read<Key: BitwiseCopyable>(_ key: Key, size: Int) throws(BPFError) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: size)
    let result = unsafe withUnsafeBytes(of: key) { key in
      unsafe bytes.withUnsafeMutableBytes {
        unsafe bpf_map_lookup_elem(descriptor.rawValue, key.baseAddress, $0.baseAddress)
      }
    }
    if result == -ENOENT { return nil }
    guard result == 0 else {
      throw BPFError(call: "bpf_map_lookup_elem", subject: name, errno: Errno(rawValue: -result))
    }
    return bytes
  }
}
