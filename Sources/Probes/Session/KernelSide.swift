// SPDX-License-Identifier: Apache-2.0
internal import BPF

/// The object in the kernel, for several threads.
final class KernelSide: Sendable {
  let object: LoadedObject
  init(_ object: consuming LoadedObject) { self.object = object }
}

/// A value that one thread hands over to another, and does not touch again.
final class HandedOver<Value: ~Copyable>: @unchecked Sendable {
  var value: Value
  init(_ value: consuming Value) { self.value = value }
}
