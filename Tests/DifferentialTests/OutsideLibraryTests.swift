// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import TestSupport
import Testing

extension Differential.Outside {
  /// A Python of this machine that tells its calls to somebody outside, and has a library: the library's path, and its prefix.
  static func library() throws -> (path: String, prefix: String)? {
    let question =
      "[sysconfig.get_config_var('LIBDIR'), sysconfig.get_config_var('INSTSONAME'), sys.prefix]"
    for python in Pythons.all where try tells(python) {
      let answers = try Pythons.ask(python, question).array?.map { $0.string ?? "" } ?? []
      guard answers.count == 3, answers[1].contains(".so") else { continue }
      let path = answers[0] + "/" + answers[1]
      if Files.exists(FilePath(path)) { return (path, answers[2]) }
    }
    return nil
  }

  /// As programs do that unpack themselves: they write Python's library, and load it then. When it is opened for the first time
  /// it is empty.
  @Test func aLibraryThatIsWrittenBeforeItIsLoadedIsFound() throws {
    guard let (library, prefix) = try Self.library() else { return }
    let laboratory = try Laboratory()
    defer { laboratory.close() }
    try laboratory.clean()
    // Without a place to look for it.
    let program = try laboratory.program("again", flags: [library])
    let name = library.split(separator: "/").last.map(String.init) ?? ""
    let text = "import time\ndef f(): pass\ntime.sleep(1)\nfor _ in range(9): f()\n"
    let script = """
      exec 3> "$1"; sleep 0.5; cat "$2" >&3; exec 3>&-
      LD_LIBRARY_PATH=. PYTHONHOME="$3" exec "$4" 1 "$5"
      """
    let story = try Self.inspect(
      ["/bin/sh", "-c", script, "sh", name, library, prefix, program, text], in: laboratory, status: 5
    ).story
    let calls = Self.functions(story, of: "<string>").filter { $0.json["name"]?.string == "f" }
    #expect(calls.map { $0.integer("calls") } == [9])
  }
}
