// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Inspection

/// What the page's functions are in the order of, as an option names it.
struct FunctionOrder: ExpressibleByArgument {
  let measure: Profile.Measure

  init?(argument: String) {
    guard let measure = Profile.Measure(rawValue: argument) else { return nil }
    self.measure = measure
  }

  static var allValueStrings: [String] { Profile.Measure.allCases.map(\.rawValue) }
}
