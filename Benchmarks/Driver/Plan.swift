// SPDX-License-Identifier: Apache-2.0

/// What is compared in this run, and how often.
struct Plan {
  let pairs: Int
  /// Asked for and installed, with the path of each.
  let tools: [(tool: Tool, path: String)]
  /// Asked for and not installed.
  let missing: [Tool]
  /// Whether the tools were named by the caller, not taken because they are there.
  let toolsAreNamed: Bool

  /// The tools in the order of one round: each is first once before one is first twice.
  func rotated(_ round: Int, _ tools: [Tool]) -> [Tool] {
    guard !tools.isEmpty else { return [] }
    let split = round % tools.count
    return Array(tools[split...] + tools[..<split])
  }

  /// Whether it is this benchmark's failure when a tool cannot be measured: somebody else's program that does not
  /// work on this machine is named in the table, and no more, unless it was asked for by name.
  func mustWork(_ tool: Tool) -> Bool { toolsAreNamed || tool.program == "honeyguide" || tool == .nothing }

  func mark(_ row: inout Row, of tool: Tool, _ what: String = "", notMeasured failure: Failure) {
    row.note = "\(what)not measured: \(failure)"
    row.failed = mustWork(tool)
  }

  func missingRow(_ tool: Tool) -> Row {
    Row(tool: label(tool), note: "not installed", failed: mustWork(tool))
  }

  func path(_ tool: Tool) -> String { tools.first { $0.tool == tool }?.path ?? "" }
}

/// The samples of one tool, as they come in.
struct Series {
  var cpu: [Double] = []
  var wall: [Double] = []
  /// Microseconds of each call, where they are a figure.
  var added: [Double] = []
  var tracer: [Double] = []
  var loss = Loss()
  /// Set where a run failed: the tool is not run again, and no figure is given for it.
  var failure: Failure?
}

/// Runs `body`; a failure is kept in `failure`, an interruption ends everything.
func attempt(_ failure: inout Failure?, _ body: () throws -> Void) throws {
  do { try body() } catch let error as Interrupted { throw error } catch let error as Failure {
    failure = error
  } catch { failure = Failure("\(error)") }
}
