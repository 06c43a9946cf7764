// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import TestSupport
import Testing

/// All tests that start Honeyguide, one after the other: two of them look at what the whole kernel holds.
@Suite(.serialized, .enabled(if: Requirement.kernel, "\(Requirement.sentence)"), .timeLimit(.minutes(10)))
struct Differential {}

/// Runs a command under strace and, in a directory that is as it was, under Honeyguide, and expects both to tell
/// the same.
///
/// - Parameter least: how many observations of each kind there must be at least, so that two empty stories are
///   not taken for agreement.
func expectAgreement(
  _ laboratory: Laboratory, _ arguments: [String], environment: [String: String] = [:],
  through wrapper: [String] = [],
  options: [String] = [], status: Int32 = 0, normalization: Normalization = .kernelNumbers,
  least: [Observation.Kind: Int],
  prepare: (FilePath) throws -> Void = { _ in }, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let command = Command(
    arguments, environment: Command.plainEnvironment.merging(environment) { $1 }, in: laboratory.work)
  try laboratory.clean(prepare)
  let traced = try laboratory.trace(command, through: wrapper)
  try laboratory.clean(prepare)
  let inspected = try laboratory.inspect(command, through: wrapper, options: options)

  #expect(traced.outcome.status == status, "\(traced.outcome.errorText)", sourceLocation: sourceLocation)
  #expect(
    inspected.outcome.status == status, "\(inspected.outcome.errorText)", sourceLocation: sourceLocation)
  let strace = normalization(traced.observations)
  let honeyguide = normalization(try inspected.story.observations())
  for (kind, count) in least {
    #expect(strace.count(of: kind) >= count, "too little to compare: \(kind)", sourceLocation: sourceLocation)
  }
  let differences = honeyguide.differences(from: strace, names: ("Honeyguide", "strace"))
  let shown = differences.prefix(60).joined(separator: "\n")
  #expect(
    differences.isEmpty, "\(differences.count) differences:\n\(shown)", sourceLocation: sourceLocation)
}
