// SPDX-License-Identifier: Apache-2.0
import Inspection
import Testing

@testable import Report

/// Whose files are those of a program that PyInstaller made.
@Suite struct PageFrozenTests {
  private static let files: [ByteString] = [
    "pyimod02_importers.py", "pyi_rth_inspect.py", "inspect.py", "json/encoder.py", "collections/__init__.py",
    "app.py", "parts/parse.py",
  ]

  @Test func theProgramsOwnFilesAreThoseThatNobodyElseHas() {
    let frozen = FrozenFiles(Self.files)
    #expect(Self.files.filter { !frozen.isLibrary($0) } == ["app.py", "parts/parse.py"])
    #expect(!frozen.isLibrary("/home/ada/json/encoder.py"))
  }

  @Test func whatIsNotFrozenMayHaveTheNameOfALibrary() {
    let plain = FrozenFiles(["code.py", "json/encoder.py"])
    #expect(!plain.isLibrary("code.py") && !plain.isLibrary("json/encoder.py"))
  }
}
