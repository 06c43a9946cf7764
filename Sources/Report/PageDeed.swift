// SPDX-License-Identifier: Apache-2.0
internal import Inspection

/// What was done with a path, in the order of telling.
enum Deed: String, CaseIterable {
  case created
  /// Deleted, and made again under its name.
  case madeAnew = "made anew"
  case wrote
  case opened = "opened rw"
  case renamed, linked
  case mode, owner, group, deleted
  /// On a full page: what another line tells on a short one.
  case passed = "moved on"

  var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

  /// Nil where another line tells it: a name on the way to the real one, a rename, a link.
  init?(_ record: FileRecord, _ journeys: Journeys, isMade: Bool) {
    let counts = record.counts
    let isWritten = counts[.written] + counts[.truncated] + counts[.temporary] > 0
    if journeys.isStep(record.path) { return nil }
    if record.isGone {
      if counts[.deleted] + counts[.directoryDeleted] == 0 { return nil }
      self = .deleted
    } else if journeys.isResult(record.path) {
      self = record.wasAbsent || isMade ? .created : record.isMadeAnew ? .madeAnew : .wrote
    } else if journeys.isLinkResult(record.path) || counts[.linked] > 0 || (counts[.renamedTo] > 0 && !isMade)
    {
      // The other line tells where it came from, not what was done with it.
      if !isWritten { return nil }
      self = .wrote
    } else if isMade {
      self = .created
    } else if record.isMadeAnew {
      self = .madeAnew
    } else if isWritten {
      self = .wrote
    } else if counts[.readWritten] > 0 {
      self = .opened
    } else if counts[.modeChanged] > 0 {
      self = .mode
    } else {
      self = .owner
    }
  }
}
