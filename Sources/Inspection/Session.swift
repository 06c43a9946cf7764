// SPDX-License-Identifier: Apache-2.0

/// What is known when a run starts.
public struct SessionStart: Hashable, Sendable {
  /// Honeyguide's version.
  public var version: String
  /// Empty where the inspection attached.
  public var command: [ByteString]
  /// The indexes of those of its words in which `***` stands for a secret.
  public var redacted: [Int] = []
  /// Secrets are not masked.
  public var showsSecrets = false
  /// The user the command runs as; who attached.
  public var uid: UInt32
  public var cwd: ByteString
  public var home: ByteString?
  /// The wall clock minus the boot clock, in nanoseconds: add it to an event's time.
  public var bootTime: UInt64
  /// When the command was released, or the inspection attached: nanoseconds since boot.
  public var time: UInt64
  /// Honeyguide's own options, as given.
  public var options: [String]
  /// What of it is told.
  public var filter: Filter
  /// Whom the inspection was attached to; nil where it ran a command.
  public var attached: Attachment?

  public init(
    version: String, command: [ByteString], uid: UInt32, cwd: ByteString, home: ByteString?,
    bootTime: UInt64, time: UInt64, options: [String], filter: Filter = Filter(), attached: Attachment? = nil
  ) {
    self.version = version
    self.command = command
    self.uid = uid
    self.cwd = cwd
    self.home = home
    self.bootTime = bootTime
    self.time = time
    self.options = options
    self.filter = filter
    self.attached = attached
  }
}

/// Events that could not be kept, and why.
public struct Loss: Hashable, Sendable {
  /// A stable word ("ring-full", "queue-full", "not-decoded-x32"), and how many events.
  public var reason: String
  public var count: UInt64
  public init(reason: String, count: UInt64) {
    self.reason = reason
    self.count = count
  }
}

/// What is known when a run has ended.
public struct SessionEnd: Hashable, Sendable {
  /// How the command itself ended; nil when it still runs.
  public var status: Exit.Status?
  /// The time that was given for it was over; who was followed goes on.
  public var isTimeOver = false
  /// When the inspection ended: nanoseconds since boot.
  public var time: UInt64
  /// When the command itself ended: earlier than `time` where what it started was waited for.
  public var commandTime: UInt64
  /// Sums by reason; empty when nothing was lost.
  public var losses: [Loss]
  /// Events that were decoded.
  public var events: UInt64
  /// Sentences for the user about this run (an environment that could not be read, a sink that failed).
  public var notes: [String]

  public init(
    status: Exit.Status?, time: UInt64, commandTime: UInt64? = nil, losses: [Loss], events: UInt64,
    notes: [String] = []
  ) {
    self.status = status
    self.time = time
    self.commandTime = commandTime ?? time
    self.losses = losses
    self.events = events
    self.notes = notes
  }

  public var lost: UInt64 { losses.reduce(0) { $0 + $1.count } }
}

/// One reader of the ordered stream of events: the page, JSON Lines, the live view, a recording.
///
/// Calls come from one thread, in order: `start`, then `receive` and `lose` in any number, then `finish`.
/// An error ends this sink alone; the others go on, and the error is told on the page.
public protocol EventSink: AnyObject {
  func start(_ session: SessionStart) throws
  func receive(_ event: Event) throws
  /// Events were lost since the last call, at about this moment (nanoseconds since boot).
  func lose(_ loss: Loss, time: UInt64) throws
  /// There is nothing more to read for now: hand on what was held back.
  func flush() throws
  func finish(_ end: SessionEnd) throws
}
