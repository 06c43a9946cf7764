// SPDX-License-Identifier: Apache-2.0

/// Masking, in one place: whatever is told has gone through here, before any sink.
extension Event {
  /// Puts `***` where a secret is, and marks where. Nothing is copied where there is none.
  public mutating func maskSecrets() {
    switch body {
    case .exec(let exec):
      if let masked = exec.masked { body = .exec(masked) }
    case .existing(.process(let exec)):
      if let masked = exec.masked { body = .existing(.process(masked)) }
    case .failedExec(var failed):
      if failed.target.maskPassword() { body = .failedExec(failed) }
    case .environment(let read):
      if let masked = read.masked { body = .environment(masked) }
    case .open(let open):
      if let masked = open.target.masked {
        var open = open
        open.target = masked
        body = .open(open)
      }
    case .lookup(let lookup):
      if let masked = lookup.target.masked {
        body = .lookup(Lookup(call: lookup.call, target: masked, error: lookup.error))
      }
    case .change(let change):
      if let masked = change.masked { body = .change(masked) }
    case .act(let act):
      if let masked = act.source?.masked {
        var act = act
        act.source = masked
        body = .act(act)
      }
    case .fork, .exit, .socket, .signal, .fileIO, .existing(.file), .interpreter, .function: break
    }
  }
}

extension SessionStart {
  public mutating func maskSecrets() { redacted = Secrets.mask(&command) }
}

extension Exec {
  fileprivate var masked: Exec? {
    var arguments = argv
    let redacted = Secrets.mask(&arguments)
    guard !redacted.isEmpty || environment != nil else { return nil }
    var exec = self
    exec.environment?.maskSecrets()
    exec.argv = arguments
    exec.redacted = redacted
    return exec
  }
}

extension EnvironmentRead {
  fileprivate var masked: EnvironmentRead? {
    guard let name else { return nil }
    var read = self
    if let value, let masked = Secrets.masked(value: value, of: name) {
      read.value = masked
      read.isRedacted = true
    }
    if let fallback, let masked = Secrets.masked(value: fallback, of: name) {
      read.fallback = masked
      read.isRedacted = true
    }
    return read.isRedacted ? read : nil
  }
}

extension Change {
  fileprivate var masked: Change? {
    let target = target.masked, to = to?.masked
    guard target != nil || to != nil else { return nil }
    var change = self
    if let target { change.target = target }
    if let to { change.to = to }
    return change
  }
}

extension PathArgument {
  /// Without the password of a URL that was asked for as if it were a file (git does so); nil: there is none.
  fileprivate var masked: PathArgument? {
    guard let requested, requested.bytes.contains(UInt8(ascii: "@")) else { return nil }
    var path = self
    return path.maskPassword() ? path : nil
  }

  fileprivate mutating func maskPassword() -> Bool {
    guard let text = requested, let masked = Secrets.masked(url: text) else { return false }
    requested = masked
    // Joined with a directory, its two slashes are one.
    path = path.map { Secrets.masked(url: $0) ?? $0 }
    hostPath = hostPath.map { Secrets.masked(url: $0) ?? $0 }
    return true
  }
}
