// SPDX-License-Identifier: Apache-2.0

/// A compiled BPF object that the build embedded into this binary (see Plugins/CompileProbes).
struct EmbeddedObject: Sendable {
  let base64: StaticString
  let size: Int
}
