// SPDX-License-Identifier: Apache-2.0
import Glibc
import SystemPackage

/// A temporary directory with the compiled storms, the files they look at, and what the tracers write.
///
/// Removed when its owner is gone.
struct Workshop: ~Copyable {
  let directory: String

  /// The file that the open storm opens.
  var target: String { directory + "/target" }
  /// With the suffix 0, the file that the stat storm of one path looks at.
  var present: String { directory + "/present-" }
  /// With a number behind it, a path that does not exist.
  var absent: String { directory + "/absent-" }
  /// What is opened, looked at or run only to see whether a tracer is attached.
  var marker: String { directory + "/marker-of-the-benchmark" }
  /// What a storm writes about itself.
  var result: String { directory + "/result" }
  /// What a tracer writes.
  var output: String { directory + "/output" }
  /// What a tracer says on standard error.
  var complaint: String { directory + "/complaint" }
  /// What a storm says on standard error while a tracer follows another process.
  var stormComplaint: String { directory + "/complaint-of-the-storm" }
  /// What the process says that is followed while a storm runs elsewhere.
  var held: String { directory + "/held" }
  var project: String { directory + "/project" }
  /// The argument that the exec storm gives to each /bin/true.
  let word = "word-of-the-exec-storm"

  /// A library for a tracer that insists on raising RLIMIT_MEMLOCK where that is not permitted.
  var unlimitedMemory: String { directory + "/memlock.so" }

  func storm(_ name: String) -> String { directory + "/storm-" + name }

  init() throws {
    let base = Programs.environment("TMPDIR") ?? "/tmp"
    var template = Array((base + "/honeyguide-bench.XXXXXX").utf8CString)
    guard unsafe mkdtemp(&template) != nil else {
      throw Failure("no directory could be made in \(base): \(Errno(rawValue: errno)); set TMPDIR")
    }
    directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Compiles the storms found in `sources` and writes a C project of `files` files.
  func furnish(sources: String, files: Int) throws {
    guard let compiler = Programs.find("cc") else {
      throw Failure("the storms are C programs and cc is not installed: apt-get install gcc libc6-dev")
    }
    for name in ["open", "stat", "exec", "connect", "build", "getppid", "getenv", "hold", "flood"] {
      try run([compiler, "-O2", "-Wall", "-o", storm(name), "\(sources)/\(name).c"])
    }
    try run([
      compiler, "-O2", "-Wall", "-static", "-nostartfiles", "-fno-stack-protector",
      "-o", storm("first"), "\(sources)/first.c",
    ])
    try run([
      compiler, "-O2", "-Wall", "-shared", "-fPIC", "-o", unlimitedMemory, "\(sources)/memlock.c",
    ])
    try write("one line\n", to: target)
    try write("one line\n", to: present + "0")
    try write("one line\n", to: marker)
    try writeProject(files: files)
  }

  /// Runs a command to its end; its complaint is part of the failure.
  func run(_ arguments: [String]) throws {
    let complaint = try create(self.complaint)
    defer { try? complaint.close() }
    let ending = try Child(arguments, output: complaint, error: complaint).wait()
    guard ending.succeeded else {
      throw Failure("\(arguments.joined(separator: " ")): \(ending.sentence)\(firstComplaint())")
    }
  }

  /// The telling line of what was said on standard error, as the end of a sentence.
  func firstComplaint(in path: String? = nil) -> String {
    guard let text = Files.text(path ?? complaint) else { return "" }
    // The reason may come after greetings and warnings: a line that names an error is preferred.
    let lines = text.split(separator: "\n")
    let telling = lines.first { $0.lowercased().contains("error") || $0.lowercased().contains("fail") }
    return (telling ?? lines.first).map { ": " + $0.prefix(300) } ?? ""
  }

  /// A new, empty file, open for writing.
  func create(_ path: String) throws -> FileDescriptor {
    do {
      return try FileDescriptor.open(
        FilePath(path), .writeOnly, options: [.create, .truncate, .closeOnExec],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
    } catch { throw Failure("\(path) could not be written: \(error)") }
  }

  private func write(_ text: String, to path: String) throws {
    let file = try create(path)
    defer { try? file.close() }
    do { try file.writeAll(text.utf8) } catch { throw Failure("\(path) could not be written: \(error)") }
  }

  /// A C project as a build tool sees it: each file includes a header of its own and three of the system's.
  private func writeProject(files: Int) throws {
    guard unsafe mkdir(project, 0o755) == 0 else { throw Failure("\(project) could not be made") }
    var objects = "", declarations = "", calls = ""
    for number in 0..<files {
      objects += " part\(number).o"
      declarations += "int part\(number)(int value);\n"
      calls += "  sum += part\(number)(sum);\n"
      try write("enum { CONSTANT_\(number) = \(number) };\n", to: "\(project)/part\(number).h")
      try write(
        """
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include "part\(number).h"
        int part\(number)(int value) {
          char text[64];
          snprintf(text, sizeof text, "%d", value + CONSTANT_\(number));
          return atoi(text) + (int)strlen(text);
        }

        """, to: "\(project)/part\(number).c")
    }
    try write(
      declarations + "int main(void) {\n  int sum = 0;\n" + calls + "  return sum == 0;\n}\n",
      to: "\(project)/main.c")
    try write(
      "all: program\nprogram: main.o\(objects)\n\t$(CC) -o $@ $^\n%.o: %.c\n\t$(CC) -O1 -c -o $@ $<\n",
      to: "\(project)/Makefile")
  }

  deinit { Files.removeTree(directory) }
}
