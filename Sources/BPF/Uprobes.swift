// SPDX-License-Identifier: Apache-2.0
internal import CLibBPF
public import SystemPackage

/// A place in a file's code at which a program is run whenever a process comes by (uprobes).
public struct UprobeSite: Hashable, Sendable {
  /// Where in the file: not the address that the code is mapped at.
  public var offset: UInt64
  /// Where in the file a counter of 16 bits lies that is to be raised while the program is attached: the semaphore of a
  /// USDT probe. 0: there is none.
  public var semaphore: UInt64
  /// What `bpf_get_attach_cookie` gives the program here.
  public var cookie: UInt64

  public init(offset: UInt64, semaphore: UInt64 = 0, cookie: UInt64 = 0) {
    self.offset = offset
    self.semaphore = semaphore
    self.cookie = cookie
  }
}

/// How a program comes to its places. The kernel wants to know before it verifies the program.
public enum UprobeMechanism: Hashable, Sendable {
  /// One link for all places of a file (Linux 6.6).
  case multi
  /// Likewise, and run both at entry and at return; at entry the program gives 1 where it does not want to be run at
  /// this return, which then costs nothing (Linux 6.13).
  case session
  /// A perf event and a link for each place.
  case perfEvents

  /// Whether sessions are there, asked once.
  public static let hasSessions: Bool = KernelFeature.uprobeSession.answer == .yes

  /// The better one of the others that this kernel has, asked once.
  public static let best: UprobeMechanism = KernelFeature.uprobeMulti.answer == .yes ? .multi : .perfEvents

  fileprivate var attachType: UInt32 {
    switch self {
    case .multi: UInt32(HG_TRACE_UPROBE_MULTI)
    case .session: UInt32(HG_TRACE_UPROBE_SESSION)
    case .perfEvents: 0
    }
  }
}

/// When a program is run: as control comes to a place, or as the function that begins there has returned.
public enum UprobeMoment: Hashable, Sendable {
  case entry
  case `return`
}

/// A program that is attached to places of a file, until this value is gone or its process has ended, however that
/// came: it all hangs on descriptors.
public struct Uprobes: ~Copyable, Sendable {
  private let holding: Holding

  /// A class since an array cannot hold values that are not copyable. Set once, and only dropped after that.
  private final class Holding: @unchecked Sendable {
    var multi: FileDescriptor?
    var events: [Box] = []
    deinit { try? multi?.close() }
    final class Box {
      let link: Link
      init(_ link: consuming Link) { self.link = link }
    }
  }

  fileprivate init(multi descriptor: FileDescriptor) {
    holding = Holding()
    holding.multi = descriptor
  }

  fileprivate init(count: Int, _ link: (Int) throws(BPFError) -> Link) throws(BPFError) {
    holding = Holding()
    for index in 0..<count { holding.events.append(Holding.Box(try link(index))) }
  }

  /// The links' descriptors. A process that holds duplicates of them keeps the program attached, and takes over what
  /// detaching costs: the kernel waits for a grace period at the last one (0.1 to 0.4 s).
  public var descriptors: [FileDescriptor] {
    (holding.multi.map { [$0] } ?? []) + holding.events.map { $0.link.descriptor }
  }
}

extension Blueprint {
  /// Says how a program of a section `uprobe` will be attached, before it is loaded.
  public mutating func prepare(
    uprobe program: String, as mechanism: UprobeMechanism = .best
  ) throws(BPFError) {
    try set(attachType: mechanism.attachType, of: program)
  }
}

extension LoadedObject {
  /// Attaches a program to places of a file, in every process that has it mapped or will have: a file is its inode,
  /// whatever path leads to it. Who is not meant pays too: about 1.5 µs for each time it comes by.
  ///
  /// Beneath: bpf(2) `BPF_LINK_CREATE` with `BPF_TRACE_UPROBE_MULTI`, or `bpf_program__attach_uprobe_opts`, as the
  /// program was prepared.
  ///
  /// - Parameters:
  ///   - moment: of no meaning in a session.
  ///   - file: its path; `/proc/self/fd/N` leads to an open one.
  ///   - process: the one that is meant, with all its threads; nil: all.
  /// - Throws: ENOENT where there is no such file, EBADF or EINVAL where it is none that code can be in, EINVAL where an
  ///   offset is not in the file, ESRCH where there is no such process, EPERM without CAP_BPF and CAP_PERFMON.
  public func attach(
    _ program: String, to sites: [UprobeSite], of file: String, at moment: UprobeMoment = .entry,
    process: Int32? = nil
  ) throws(BPFError) -> Uprobes {
    precondition(!sites.isEmpty && process != 0)
    let found = unsafe try find(program: program)
    let type = unsafe bpf_program__expected_attach_type(found).rawValue
    if type != 0 {
      return try attachAtOnce(unsafe bpf_program__fd(found), type, program, sites, file, moment, process ?? 0)
    }
    return try Uprobes(count: sites.count) { index throws(BPFError) in
      let site = sites[index]
      let (link, messages) = unsafe LibbpfMessages.collect { () -> OpaquePointer? in
        var options = unsafe bpf_uprobe_opts()
        unsafe options.sz = MemoryLayout<bpf_uprobe_opts>.size
        unsafe options.ref_ctr_offset = Int(site.semaphore)
        unsafe options.bpf_cookie = site.cookie
        unsafe options.retprobe = moment == .return
        return unsafe bpf_program__attach_uprobe_opts(found, process ?? -1, file, Int(site.offset), &options)
      }
      guard let link = unsafe link else {
        throw BPFError(
          call: "bpf_program__attach_uprobe_opts", subject: "\(program) at \(site.offset) of \(file)",
          errno: .current, messages: LibbpfMessages.divide(messages).rest)
      }
      return unsafe Link(link)
    }
  }

  private func attachAtOnce(
    _ number: Int32, _ type: UInt32, _ program: String, _ sites: [UprobeSite], _ file: String,
    _ moment: UprobeMoment,
    _ process: Int32
  ) throws(BPFError) -> Uprobes {
    let offsets = sites.map(\.offset), semaphores = sites.map(\.semaphore), cookies = sites.map(\.cookie)
    let link = unsafe hg_link_uprobes(
      number, type, file, offsets, semaphores, cookies, UInt32(sites.count),
      moment == .return && type == UInt32(HG_TRACE_UPROBE_MULTI), process)
    guard link >= 0 else {
      throw BPFError(call: "bpf(BPF_LINK_CREATE)", subject: "\(program) on \(file)", errno: .current)
    }
    return Uprobes(multi: FileDescriptor(rawValue: link))
  }
}
