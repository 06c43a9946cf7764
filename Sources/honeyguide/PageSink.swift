// SPDX-License-Identifier: Apache-2.0
internal import Inspection
internal import Probes
internal import Report

final class PageSink: EventSink {
  init(_ options: RunCommand, as user: Identity) throws {}
  func start(_ session: SessionStart) throws {}
  func receive(_ event: Event) throws {}
  func lose(_ loss: Loss, time: UInt64) throws {}
  func flush() throws {}
  func finish(_ end: SessionEnd) throws { StandardError.say("\(end)") }
  func show() {}
}
