// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import Glibc
internal import Inspection

/// Signals as Honeyguide wants them while a command runs: read from a descriptor, never by a handler.
///
/// Make it first of all in `main`: threads inherit the mask of the one that starts them.
public struct SignalGuard: ~Copyable {
  /// What the process was started with, for the command.
  public let inherited: InheritedState
  let descriptor: Descriptor

  /// Those that are read instead of acted upon. The stop signals are among them because Honeyguide stops when
  /// the command does and only then; a blocked SIGTTOU lets a process write to a terminal it does not own.
  private static let read: [Int32] = [
    SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD, SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU,
  ]
  /// Those the keyboard sends to the command and to Honeyguide alike.
  private static let keyboard: [Int32] = [SIGINT, SIGQUIT]

  /// signalfd(2). SIGPIPE and SIGXFSZ are ignored from here on, so that a closed output, or one that has reached the
  /// limit of `ulimit -f`, is an error of write(2). That limit is the command's, and so is that of `ulimit -n`, below
  /// which programs and maps would not fit: ours are raised as far as we may.
  public init() throws(LaunchError) {
    Descriptor.holdStandardPlaces()
    inherited = InheritedState()
    var mask = Self.mask(Self.read)
    let number = unsafe signalfd(-1, &mask, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
    guard number >= 0 else { throw .cannotStart(call: "signalfd", ErrorNumber(errno)) }
    descriptor = Descriptor(number)
    unsafe pthread_sigmask(SIG_BLOCK, &mask, nil)
    // Where one of these was ignored, none would arrive; the command has the inherited state again.
    for signal in Self.read { _ = Glibc.signal(signal, SIG_DFL) }
    _ = signal(SIGPIPE, SIG_IGN)
    _ = signal(SIGXFSZ, SIG_IGN)
    Self.raise(RLIMIT_FSIZE, to: .max)
    Self.raise(RLIMIT_NOFILE, to: 1024)
  }

  /// Needs CAP_SYS_RESOURCE where the hard limit is below what is wanted; without it to the hard one.
  private static func raise(_ resource: __rlimit_resource, to wanted: rlim_t) {
    let resource = __rlimit_resource_t(resource.rawValue)
    var limit = rlimit()
    guard unsafe getrlimit(resource, &limit) == 0, limit.rlim_cur < wanted else { return }
    let hard = limit.rlim_max
    limit = rlimit(rlim_cur: wanted, rlim_max: max(hard, wanted))
    guard unsafe setrlimit(resource, &limit) != 0 else { return }
    limit = rlimit(rlim_cur: min(hard, wanted), rlim_max: hard)
    unsafe _ = setrlimit(resource, &limit)
  }

  func ignoreKeyboard() {
    for signal in Self.keyboard { _ = Glibc.signal(signal, SIG_IGN) }
  }

  /// For a wait that goes on after the command's end: Ctrl-C and Ctrl-\ are now meant for Honeyguide, which reads
  /// them like SIGTERM.
  func readKeyboard() {
    var mask = Self.mask(Self.keyboard)
    unsafe pthread_sigmask(SIG_BLOCK, &mask, nil)
    for signal in Self.keyboard { _ = Glibc.signal(signal, SIG_DFL) }
    mask = Self.mask(Self.read + Self.keyboard)
    unsafe _ = signalfd(descriptor.number, &mask, 0)
  }

  /// To be called when the command has ended: TERM, HUP, USR1, USR2 and QUIT end Honeyguide again, which may be
  /// writing to something slow. INT stays ignored: who pressed Ctrl-C twice still wants the page.
  public func relax() {
    _ = signal(SIGQUIT, SIG_DFL)
    var mask = Self.mask([SIGTERM, SIGHUP, SIGUSR1, SIGUSR2])
    unsafe pthread_sigmask(SIG_UNBLOCK, &mask, nil)
  }

  static func mask(_ signals: [Int32]) -> sigset_t {
    var mask = sigset_t()
    unsafe sigemptyset(&mask)
    for signal in signals { unsafe sigaddset(&mask, signal) }
    return mask
  }

  /// The next signal that waits; nil when there is none.
  func next() -> Arrival? {
    var info = signalfd_siginfo()
    let size = MemoryLayout<signalfd_siginfo>.size
    while true {
      let count = unsafe Glibc.read(descriptor.number, &info, size)
      if count < 0 && errno == EINTR { continue }
      guard count == size else { return nil }
      return Arrival(
        signal: Int32(info.ssi_signo), sender: info.ssi_code <= 0 ? Int32(bitPattern: info.ssi_pid) : nil)
    }
  }

  struct Arrival: Hashable {
    var signal: Int32
    /// The process that sent it; nil for the kernel, which sends those of the terminal's keys and hang-up.
    var sender: Int32?
  }
}
