// SPDX-License-Identifier: Apache-2.0

/// Why a measurement could not be made, as a sentence.
struct Failure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// Ctrl-C, or a request to end: nothing more is measured.
struct Interrupted: Error {}
