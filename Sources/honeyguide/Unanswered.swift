// SPDX-License-Identifier: Apache-2.0
internal import Inspection

/// What was asked for by one option, and is left out by another or by the command: nothing of it will be told, so that is said.
///
/// Not what can only be a mistake: that is refused (`SessionOptions.check`).
struct Unanswered {
  var session: SessionOptions
  var python: PythonOptions
  var filter: Filter
  /// Whether the command loads the agent where nothing speaks against it: not `attach`.
  var canInject: Bool

  /// A sentence for each; they become notes on the page.
  var sentences: [String] { ofVariables + ofCalls + ofThePage + ofExecs }

  private var hasAgent: Bool { canInject && !session.noInject }
  /// Why there is none.
  private var withoutAgent: String {
    canInject ? "which --no-inject keeps out" : "which attach does not load"
  }

  private var areCallsTold: Bool { filter.has(.python) && (python.asked?.contains("calls") ?? hasAgent) }
  private func isOnly(_ group: Filter.Group) -> Bool { filter.groups?.contains(group) == true }

  private var ofVariables: [String] {
    var sentences: [String] = []
    if python.asked?.contains("env") == true, session.noEnv || !filter.has(.env) {
      let option = session.noEnv ? "--no-env" : "--only"
      sentences.append("--python env asks which variables Python looks up, and \(option) leaves them out.")
    } else if python.asked?.contains("env") == true, !hasAgent, !areCallsTold {
      // Where calls are told, each Python's own line says it.
      sentences.append("Which variables Python looks up is told by the agent alone, \(withoutAgent).")
    } else if isOnly(.env), session.noEnv {
      sentences.append("--only env asks for look-ups of variables, and --no-env leaves them out.")
    }
    return sentences
  }

  private var ofCalls: [String] {
    if python.asked?.contains("calls") == true, !filter.has(.python) {
      return [
        "--python calls asks what is called inside Python, and --only leaves it out; add python to that."
      ]
    }
    guard isOnly(.python), !areCallsTold else { return [] }
    return [
      python.asked != nil
        ? "--only python asks what is called inside Python, and --python leaves it out; add calls to that."
        : "What is called inside Python is told by the agent, \(withoutAgent); from outside with --python calls."
    ]
  }

  private var ofThePage: [String] {
    let ofFunctions = [(session.top != nil, "--top"), (session.sort != nil, "--sort")]
    if session.quiet, session.page == nil {
      return (ofFunctions + [(session.full, "--full")]).filter(\.0).map {
        "\($0.1) is for the page, which --quiet leaves out."
      }
    }
    guard !areCallsTold else { return [] }
    return ofFunctions.filter(\.0).map {
      "\($0.1) is for Python's functions, and their calls are not counted here."
    }
  }

  private var ofExecs: [String] {
    let hasFullPage = session.full && (!session.quiet || session.page != nil)
    guard session.execEnv, session.json == nil, !hasFullPage else { return [] }
    return ["--exec-env tells in the events and on the full page: give --json FILE or --full, too."]
  }
}
