// SPDX-License-Identifier: Apache-2.0
import SystemPackage

/// The interpreters of this machine: /usr/bin/python3, those of pyenv, and those that HONEYGUIDE_TEST_PYTHONS names.
public enum Pythons {
  public static let all: [String] = {
    let list = """
      for p in /usr/bin/python3 "$(pyenv root 2>/dev/null || echo "$HOME/.pyenv")"/versions/*/bin/python \
        ${HONEYGUIDE_TEST_PYTHONS//:/ }; do [[ -x $p ]] && echo "$p"; done; true
      """
    var environment = Command.plainEnvironment
    for name in ["HOME", "PATH", "HONEYGUIDE_TEST_PYTHONS"] {
      environment[name] = Requirement.environment(name)
    }
    let outcome = try? Command(["/bin/bash", "-c", list], environment: environment, in: "/").succeed()
    return outcome?.outputText.split(separator: "\n").map(String.init) ?? []
  }()

  /// What a Python answers to an expression, as JSON.
  public static func ask(_ python: String, _ expression: String) throws -> JSON {
    let program = "import json, os, platform, sys, sysconfig; print(json.dumps(\(expression)))"
    let output = try Command([python, "-B", "-c", program], in: "/").succeed().output
    return try JSON(output.filter { $0 != UInt8(ascii: "\n") })
  }
}
