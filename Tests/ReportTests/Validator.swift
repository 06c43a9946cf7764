// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Testing

/// The files of this repository that a test compares with.
enum Repository {
  static let root = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }

  static func text(_ path: String) throws -> String {
    String(decoding: try Program.run(["/bin/cat", root + "/" + path]), as: UTF8.self)
  }
}

/// The schema and the script that any reader of the contract may use.
enum Validator {
  static let isInstalled = (try? Program.run(["/usr/bin/python3", "-c", "import jsonschema"])) != nil

  static func validate(_ lines: [UInt8]) throws {
    _ = try Program.run(
      [
        "/usr/bin/python3", Repository.root + "/scripts/validate-events.py",
        Repository.root + "/docs/events.schema.json", "-",
      ], input: lines)
  }
}
