// SPDX-License-Identifier: Apache-2.0
import Inspection

/// What the types of Inspection promise about any event, whatever the record was.
struct EventPromises {
  private(set) var broken: [String] = []

  init(_ event: Event) {
    expect(event.comm.count <= 15 && !event.comm.bytes.contains(0), "comm")
    switch event.body {
    case .fork: break
    case .exec(let exec):
      program(exec)
    case .existing(.process(let image)): program(image)
    case .existing(.file(let file)):
      path(file.target)
      expect(file.descriptor >= 0, "descriptor \(file.descriptor)")
      address(file.socket?.local)
      address(file.socket?.remote)
      expect((file.kind == .socket) == (file.socket != nil), "socket")
    case .failedExec(let exec):
      path(exec.target)
      failed(exec.error)
    case .exit(let exit):
      switch exit.status {
      case .code(let code): expect((0...255).contains(code), "code \(code)")
      case .signal(let signal, _): expect((1...127).contains(signal), "signal \(signal)")
      }
    case .open(let open):
      path(open.target)
      switch open.result {
      case .descriptor(let descriptor): expect(descriptor >= 0, "descriptor \(descriptor)")
      case .error(let error): failed(error)
      }
    case .lookup(let lookup):
      path(lookup.target)
      failed(lookup.error)
      expect(!lookup.call.isEmpty, "no call")
    case .change(let change):
      path(change.target)
      change.to.map { path($0, isText: change.kind == .symlink) }
      failed(change.error)
      expect(!change.call.isEmpty, "no call")
    case .fileIO(let io): path(io.target)
    case .environment(let read):
      read.name.map { noZero($0) }
      read.value.map { noZero($0) }
      expect(read.isSet || read.value == nil, "a value of what is not set")
    case .interpreter, .function: break
    case .socket(let event): socket(event)
    case .act(let act):
      act.target.map { path($0) }
      act.source.map { path($0, isText: true) }
      act.fileSystem.map { noZero($0) }
      failed(act.error)
    case .signal(let sent):
      expect(sent.otherComm.count <= 15 && !sent.otherComm.bytes.contains(0), "other comm")
    }
  }

  private mutating func program(_ exec: Exec) {
    let kept = exec.argv.reduce(0) { $0 + $1.count + 1 }
    // The last of those that were cut lacks its zero.
    expect(kept - 1 <= exec.argvSize, "argv is \(kept), argv_size \(exec.argvSize)")
    expect(!exec.isArgvUnreadable || exec.argv.isEmpty, "unreadable arguments that are there")
    for text in exec.argv + [exec.exe, exec.filename, exec.cwd] + exec.stdio.compactMap({ $0 }) {
      noZero(text)
    }
    expect(exec.stdio.count == 3, "stdio")
    expect((exec.interpreter == nil) == (exec.script == nil), "interpreter without script")
    absolute(exec.cwd, isCut: exec.isCwdTruncated)
    if let environment = exec.environment { self.environment(environment) }
  }

  private mutating func environment(_ difference: EnvironmentDifference) {
    let variables = difference.added + difference.changed
    for variable in variables {
      noZero(variable.name)
      noZero(variable.value)
      expect(!variable.name.bytes.contains(UInt8(ascii: "=")), "a name with =")
    }
    let names = variables.map(\.name) + difference.removed
    expect(Set(names).count == names.count, "a variable told twice")
    expect(
      !difference.isWhole || difference.changed.isEmpty && difference.removed.isEmpty, "changed from nothing")
    expect(!difference.isTruncated || difference.removed.isEmpty, "removed, and cut")
    expect(!difference.isUnreadable || names.isEmpty, "unreadable, and there")
  }

  private mutating func socket(_ event: SocketEvent) {
    switch event {
    case .connect(let connect):
      address(connect.local)
      address(connect.remote)
      failed(connect.error)
      expect(!connect.isPending || connect.error == nil, "pending and failed")
    case .accept(let accept):
      address(accept.local)
      address(accept.remote)
      failed(accept.error)
      expect((accept.descriptor == nil) != (accept.error == nil), "neither descriptor nor error")
      expect((accept.descriptor ?? 0) >= 0, "descriptor")
    case .listen(let listen):
      address(listen.local)
      failed(listen.error)
    case .bind(let bind):
      address(bind.local)
      failed(bind.error)
    case .send(let send):
      address(send.local)
      address(send.remote)
      failed(send.error)
    case .close(let close):
      address(close.local)
      address(close.remote)
    }
  }

  private mutating func address(_ address: SocketAddress?) {
    switch address {
    case .internet(let address): expect([4, 16].contains(address.address.count), "address")
    case .path(let argument): path(argument)
    default: break
    }
  }

  /// `isText`: no path need be known.
  private mutating func path(_ argument: PathArgument, isText: Bool = false) {
    argument.requested.map { noZero($0) }
    expect(!argument.isUnreadable || argument.requested == nil, "an unreadable name that is there")
    guard let path = argument.path else { return }
    expect(!isText || argument.requested != nil, "a path of no name")
    noZero(path)
    absolute(path, isCut: argument.isTruncated)
  }

  /// A path begins with "/", unless its beginning was cut or it is the name of a file without a place ("pipe:[1]").
  private mutating func absolute(_ path: ByteString, isCut: Bool) {
    let isPseudo = path.bytes.contains(UInt8(ascii: ":"))
    expect(path.isEmpty || path.bytes.first == UInt8(ascii: "/") || isCut || isPseudo, "no path: \(path)")
  }

  private mutating func failed(_ error: ErrorNumber?) {
    if let error { expect(error.number > 0, "error \(error.number)") }
  }

  private mutating func noZero(_ text: ByteString) { expect(!text.bytes.contains(0), "a zero in a text") }

  private mutating func expect(_ isSo: Bool, _ what: @autoclosure () -> String) {
    if !isSo { broken.append(what()) }
  }
}
