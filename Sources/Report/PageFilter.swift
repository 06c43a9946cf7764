// SPDX-License-Identifier: Apache-2.0
internal import Inspection

extension View {
  /// What the options left out, as a sentence; nil when all is told.
  var filterSentence: String? {
    let filter = inspection.start.filter
    var parts: [String] = []
    if let groups = filter.groups {
      parts.append("--only " + groups.map(\.rawValue).sorted().joined(separator: ","))
    }
    parts += filter.uids.map { "--uid \($0)" } + filter.comms.map { "--comm " + $0.text }
    parts += filter.exes.map { "--exe " + $0.text }
    parts += filter.paths.map { "--path " + ($0.isIncluded ? "" : "!") + $0.text.text }
    return parts.isEmpty
      ? nil : "Filtered by " + parts.joined(separator: ", ") + ": what else was done is not here."
  }
}
