// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Inspection

/// What a process executes or loads, and what may have an interpreter's code.
struct Suspect {
  /// The files to look at, in order.
  let codeFiles: [ByteString]

  init(library: ByteString) { codeFiles = [library] }

  /// Through the process itself where it still runs that program: it may see other files by the same names than we do. Of one that is
  /// gone by its path, unless it was in a container.
  init(pid: Int32, _ exec: Exec) {
    let link = "/proc/\(pid)/exe"
    var buffer = [CChar](repeating: 0, count: 4097)
    let length = unsafe readlink(link, &buffer, buffer.count - 1)
    if length > 0, ByteString(buffer[..<length].map { UInt8(bitPattern: $0) }) == exec.exe {
      codeFiles = PythonSearch.codeFiles(ByteString(link), root: "/proc/\(pid)/root", place: exec.exe)
    } else if exec.cgroup == nil, exec.container == nil {
      codeFiles = PythonSearch.codeFiles(exec.exe)
    } else {
      codeFiles = []
    }
  }
}
