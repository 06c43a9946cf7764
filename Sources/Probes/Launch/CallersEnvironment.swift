// SPDX-License-Identifier: Apache-2.0
internal import Inspection

extension Elevation {
  /// The environment of who called the tool: the one the tool itself was started with, with the variables on its
  /// command line, and with what was changed on the way from it to us. nil where it may not be read.
  func callersEnvironment(given: EnvironmentBlock, table: ProcFileSystem) -> EnvironmentBlock? {
    guard var environment = table.environment(of: pid) else { return nil }
    let line = table.arguments(of: pid).map { arguments in
      tool == .sudo ? SudoCommandLine(arguments: arguments) : SudoCommandLine(doas: arguments)
    }
    if let line { environment.set(line.variables) }

    if let child = between.first {
      // A shell, make or a script between: what it changed of what the tool had given it.
      if let handed = table.environment(of: child) { environment.applyChanges(from: handed, to: given) }
    } else if let line, let ours = table.arguments(of: table.ourselves)?.first,
      line.command.first?.lastPathComponent != ours.lastPathComponent
    {
      // `sudo env NAME=value honeyguide ...`: the program sudo ran has become us, and what it was given is gone.
      environment.addWhatSudoDoesNotSet(from: given)
    }
    return environment
  }
}

extension EnvironmentBlock {
  /// Does to these variables what was done to `before` until it was `after`.
  mutating func applyChanges(from before: EnvironmentBlock, to after: EnvironmentBlock) {
    for name in before.names where after[name] == nil { self[name] = nil }
    for name in after.names where after[name] != before[name] { self[name] = after[name] }
  }

  /// Takes over what sudo and the PAM modules of its session do not set themselves.
  mutating func addWhatSudoDoesNotSet(from given: EnvironmentBlock) {
    for name in given.names where !Self.isSetBySudo(name) { self[name] = given[name] }
  }

  /// The names, each once.
  var names: [ByteString] {
    var seen: Set<ByteString> = []
    return entries.compactMap(\.variableName).filter { seen.insert($0).inserted }
  }

  private static let sudosNames: Set<ByteString> = [
    "HOME", "MAIL", "SHELL", "LOGNAME", "USER", "USERNAME", "PATH", "TERM", "LANG", "LANGUAGE", "XAUTHORITY",
    "KRB5CCNAME", "DBUS_SESSION_BUS_ADDRESS",
  ]

  private static func isSetBySudo(_ name: ByteString) -> Bool {
    sudosNames.contains(name)
      || ["SUDO_", "DOAS_", "LC_", "XDG_"].contains { name.bytes.starts(with: $0.utf8) }
  }
}

extension ByteString {
  var lastPathComponent: ByteString { ByteString(bytes.split(separator: UInt8(ascii: "/")).last ?? []) }
}
