// SPDX-License-Identifier: Apache-2.0
import CProbeEvents

@testable import Probes

/// Records of every kind, each as the kernel's side would write it: where the fuzzer starts from.
enum RecordCorpus {
  static let all: [[UInt8]] =
    [fork, exit, exec(arguments: Array("/bin/sh\0-c\0true\0".utf8)), signal, variable] + arguments
    + environments + paths + acts + sockets + requests + existing

  private static var fork: [UInt8] {
    var fork = hg_fork()
    fork.header = .test(HG_RECORD_FORK)
    fork.child_pid = 44
    fork.child_start = 1_900
    return bytes(fork)
  }

  private static var exit: [UInt8] {
    var exit = hg_exit()
    exit.header = .test(HG_RECORD_EXIT)
    (exit.user, exit.system, exit.runtime, exit.max_rss) = (4_000_000, 1_000_000, 5_500_000, 900)
    exit.status = 3 << 8
    return bytes(exit)
  }

  private static var signal: [UInt8] {
    var signal = hg_signal()
    signal.header = .test(HG_RECORD_SIGNAL)
    (signal.other_pid, signal.other_start, signal.number) = (44, 1_900, 15)
    unsafe withUnsafeMutableBytes(of: &signal.other_comm) { unsafe $0.copyBytes(from: Array("sleep".utf8)) }
    return bytes(signal)
  }

  private static var variable: [UInt8] {
    var variable = hg_variable()
    variable.header = .test(HG_RECORD_VARIABLE)
    (variable.source, variable.is_set) = (HG_VARIABLE_LIBC.rawValue, 1)
    var tail = Tail()
    variable.name = tail.text("HOME")
    variable.value = tail.text("/home/ada")
    return bytes(variable, tail)
  }

  private static func exec(arguments: [UInt8], apart: Bool = false, flags: UInt32 = 0) -> [UInt8] {
    var exec = hg_exec()
    exec.header = .test(HG_RECORD_EXEC)
    exec.header.tid = 42
    (exec.gid, exec.euid, exec.egid) = (1, 2, 3)
    exec.flags = flags | (apart ? HG_EXEC_ARGUMENTS_APART.rawValue : 0)
    exec.arguments_size = UInt64(arguments.count)
    exec.arguments_kept = UInt32(arguments.count)
    var tail = Tail()
    exec.filename = tail.text("./run")
    exec.interpreter = tail.text("/bin/sh")
    if !apart { tail.bytes += arguments }
    exec.walks.0 = tail.walk("/dash/bin/usr")
    exec.walks.1 = tail.walk("/ada/home")
    exec.walks.2 = tail.walk("/null/dev")
    exec.walks.3 = tail.walk("/", magic: 0x5049_5045)
    exec.walks.4 = tail.walk(nil)
    return bytes(exec, tail)
  }

  /// Long ones, which go ahead of their exec.
  private static var arguments: [[UInt8]] {
    let text = Array("/bin/echo\0".utf8) + [UInt8](repeating: UInt8(ascii: "x"), count: 5_000) + [0]
    var record = hg_arguments()
    record.header = .test(HG_RECORD_ARGUMENTS)
    record.header.tid = 42
    record.kept = UInt32(text.count)
    return [bytes(record, Tail(bytes: text)), exec(arguments: text, apart: true)]
  }

  /// Those of two programs of one process, each before its exec; and one that could not be read.
  private static var environments: [[UInt8]] {
    let texts = [
      "HOME=/home/ada\0PATH=/usr/bin:/bin\0EMPTY=\0=odd\0none\0",
      "HOME=/root\0PATH=/usr/bin:/bin\0HOME=/again\0NEW=a=b\0",
    ]
    let records = texts.enumerated().flatMap { index, text in
      var record = hg_arguments()
      record.header = .test(HG_RECORD_ENVIRONMENT)
      record.header.tid = 42
      (record.kept, record.is_cut) = (UInt32(text.utf8.count), UInt32(index))
      let apart = HG_EXEC_ENVIRONMENT_APART.rawValue
      return [
        bytes(record, Tail(bytes: Array(text.utf8))), exec(arguments: Array("env\0".utf8), flags: apart),
      ]
    }
    return records + [exec(arguments: [], flags: HG_EXEC_ENVIRONMENT_UNREADABLE.rawValue)]
  }

  /// What ran and was open already: a process, a file of each kind, sockets; and the word that somebody came in.
  private static var existing: [[UInt8]] {
    var process = exec(arguments: Array("sleep\0009\0".utf8))
    process[0] = UInt8(HG_RECORD_EXISTING.rawValue)
    let files = (0...8).map { kind in
      var file = hg_existing_file()
      file.header = .test(HG_RECORD_EXISTING_FILE)
      (file.position, file.number, file.flags, file.mode) = (
        17, 3, 0o2, [4, 2, 8, 6, 1, 10, 12, 0, 15][kind] << 12
      )
      var tail = Tail()
      file.walk = kind == 5 ? tail.walk("/", magic: 0x5049_5045) : tail.walk("/f/home")
      return bytes(file, tail)
    }
    let sockets = sockets.map { record in
      var record = record
      record[0] = UInt8(HG_RECORD_EXISTING_SOCKET.rawValue)
      return record
    }
    var arrival = hg_header.test(HG_RECORD_ARRIVAL)
    arrival.size = UInt32(MemoryLayout<hg_header>.size)
    return [process] + files + sockets + [bytes(arrival)]
  }

  /// Each call that takes paths, done and failed.
  private static var paths: [[UInt8]] {
    SystemCall.table.filter { $0.teller == nil && $0.row < HG_CALLS_URING }.flatMap { call in
      // Of an exec that succeeded there is another record.
      (call.shape.event == UInt8(HG_CALL_EXEC.rawValue) ? [Int64(-2), -14] : [5, 0, -2, -14]).map { result in
        var record = hg_paths(
          number: call.row, event: hg_call_event(UInt32(call.shape.event)), result: result)
        let isResolved = result >= 0 && UInt32(call.shape.flags) & HG_CALL_RESULT_FD.rawValue != 0
        record.is_resolved = isResolved ? 1 : 0
        (record.a, record.b) = (0o102, 0o644)
        var tail = Tail()
        record.names.0 = call.shape.path < 0 ? Tail.absent : tail.text("d/./f")
        record.names.1 = call.shape.path2 < 0 ? Tail.absent : tail.text("g")
        record.text = call.shape.text < 0 ? Tail.absent : tail.text("tmpfs")
        record.walks.0 = tail.walk(isResolved ? "/f/d/home" : "/home")
        record.walks.1 = call.shape.path2 < 0 ? tail.walk(nil) : tail.walk("/ada/home")
        return bytes(record, tail)
      }
    }
  }

  /// Requests of io_uring, and their ends.
  private static var requests: [[UInt8]] {
    let calls = SystemCall.table.filter {
      $0.row >= HG_CALLS_URING && $0.shape.event != UInt8(HG_CALL_URING.rawValue) && $0.teller == nil
    }
    return calls.flatMap { call in
      var record = hg_paths(
        number: call.row, event: hg_call_event(UInt32(call.shape.event)), result: Int64(call.row))
      record.header.type = HG_RECORD_URING.rawValue
      var tail = Tail()
      record.names.0 = call.shape.path < 0 ? Tail.absent : tail.text("f")
      (record.names.1, record.text) = (Tail.absent, Tail.absent)
      record.walks.0 = tail.walk("/home")
      record.walks.1 = tail.walk(nil)
      var done = hg_uring_done()
      done.header = .test(HG_RECORD_URING_DONE)
      (done.key, done.result) = (UInt64(call.row), call.shape.event == UInt8(HG_CALL_OPEN.rawValue) ? 7 : -2)
      var end = Tail()
      done.walk = end.walk(done.result < 0 ? nil : "/f/home")
      return [bytes(record, tail), bytes(done, end)]
    }
  }

  private static var acts: [[UInt8]] {
    SystemCall.table.filter { $0.teller == "act_call" }.map { call in
      var record = hg_act()
      record.header = .test(HG_RECORD_ACT)
      (record.call, record.event, record.result) = (call.row, UInt32(call.shape.event), -1)
      record.arguments = (1_000, 15, 0x2000_0000, 0)
      return bytes(record)
    }
  }

  /// Each thing done with a socket, by each kind of address.
  private static var sockets: [[UInt8]] {
    let addresses: [(family: UInt16, type: UInt8, protocol: UInt16, bytes: [UInt8])] = [
      (1, 1, 0, [1, 0] + Array("run/s\0".utf8)), (1, 2, 0, [1, 0, 0] + Array("na\0me".utf8)),
      (1, 5, 0, [1, 0]),
      (2, 1, 6, [2, 0, 0, 80, 127, 0, 0, 1] + [UInt8](repeating: 0, count: 8)),
      (10, 2, 17, [10, 0, 0, 53, 0, 0, 0, 0, 0xfe, 0x80] + [UInt8](repeating: 7, count: 18)),
      (16, 3, 0, [16, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]), (17, 3, 0, [17, 0, 8, 0, 2, 0, 0, 0]),
      (40, 1, 0, [40, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]), (38, 5, 0, [38, 0] + Array("hash".utf8)),
    ]
    let events = [
      HG_CALL_CONNECT, HG_CALL_ACCEPT, HG_CALL_LISTEN, HG_CALL_BIND, HG_CALL_SEND, HG_CALL_CLOSE,
    ]
    return addresses.flatMap { address in
      events.map { event in
        var record = hg_socket()
        record.header = .test(HG_RECORD_SOCKET)
        (record.started, record.sent, record.received) = (1_500, 10, 20)
        (record.call, record.event, record.number) = (42, UInt8(event.rawValue), 5)
        (record.family, record.type, record.protocol) = (address.family, address.type, address.protocol)
        record.flags = UInt16(HG_SOCKET_TIMED.rawValue)
        if address.family == 2 || address.family == 10 {
          record.flags |= UInt16(HG_SOCKET_LOCAL.rawValue | HG_SOCKET_REMOTE.rawValue)
          record.local.port = 40_000
          record.remote.port = 80
        }
        var tail = Tail()
        record.address.size = UInt16(address.bytes.count)
        tail.bytes += address.bytes
        record.walk = address.family == 1 ? tail.walk("/ada/home") : tail.walk(nil)
        return bytes(record, tail)
      }
    }
  }

  /// What stands behind a record's struct.
  private struct Tail {
    var bytes: [UInt8] = []
    static let absent = hg_text(size: 0, flags: UInt16(HG_TEXT_ABSENT.rawValue))

    mutating func text(_ text: String) -> hg_text {
      bytes += text.utf8
      return hg_text(size: UInt16(text.utf8.count), flags: 0)
    }

    mutating func walk(_ walk: String?, magic: UInt32 = 0) -> hg_walk {
      let isPseudo = magic != 0
      bytes += (walk ?? "").utf8
      return hg_walk(
        inode: isPseudo ? 77 : 0, magic: magic, size: UInt16((walk ?? "").utf8.count),
        flags: UInt16(walk == nil ? HG_TEXT_ABSENT.rawValue : isPseudo ? HG_TEXT_PSEUDO.rawValue : 0))
    }
  }

  private static func bytes<Record: BitwiseCopyable>(_ record: Record, _ tail: Tail = Tail()) -> [UInt8] {
    var bytes = unsafe withUnsafeBytes(of: record) { unsafe Array($0) } + tail.bytes
    let size = UInt32(bytes.count)
    for index in 0..<4 { bytes[4 + index] = UInt8(truncatingIfNeeded: size >> UInt32(8 * index)) }
    return bytes
  }
}
