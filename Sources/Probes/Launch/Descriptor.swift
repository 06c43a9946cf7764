// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import Glibc
internal import Inspection

/// A file descriptor of this process, closed with its owner.
struct Descriptor: ~Copyable {
  let number: Int32

  init(_ number: Int32) { self.number = number }
  deinit { _ = close(number) }

  /// Gives the number away: whoever takes it closes it.
  consuming func release() -> Int32 {
    let number = number
    discard self
    return number
  }

  /// Holds the places of standard input, output and error where Honeyguide was started without them, so that
  /// nothing it opens can be taken for one of them. They are close-on-exec: the command is without them too.
  static func holdStandardPlaces() {
    while true {
      let descriptor = unsafe open("/dev/null", O_RDWR | O_CLOEXEC)
      guard (0...2).contains(descriptor) else {
        if descriptor > 2 { close(descriptor) }
        return
      }
    }
  }
}

/// The two ends of a pipe, close-on-exec.
struct Pipe: ~Copyable {
  let reading: Descriptor
  let writing: Descriptor

  init() throws(LaunchError) {
    var (reading, writing): (Int32, Int32) = (-1, -1)
    let result = unsafe hg_pipe(&reading, &writing)
    guard result == 0 else { throw .cannotStart(call: "pipe2", ErrorNumber(-result)) }
    self.reading = Descriptor(reading)
    self.writing = Descriptor(writing)
  }

  /// The end for writing, whose owner is whoever takes it; the other one is closed.
  consuming func releaseWriting() -> Int32 { writing.release() }
}
