// SPDX-License-Identifier: Apache-2.0
import Glibc
import Inspection
import Probes

/// Starts a command as `honeyguide run` does, with nothing attached: for tests of what the command then is.
///
///     LaunchDriver [--as-root | --user NAME] [--sudo-env] [--gate-delay MS] [--output FILE] -- COMMAND...
///
/// Notes and SIGUSR1's answer go to standard error, or to FILE. Exits as `honeyguide run` does.
@main
struct LaunchDriver {
  static func main() {
    do throws(LaunchError) {
      exit(try run())
    } catch {
      say("LaunchDriver: \(error)\n")
      exit(error.exitCode)
    }
  }

  static func run() throws(LaunchError) -> Int32 {
    let signals = try SignalGuard()
    var choice = IdentityChoice.invoking
    var keepsSudoEnvironment = false
    var gateDelay: UInt32 = 0
    var output: ByteString?
    var words = RawArguments.all.dropFirst()
    while let word = words.popFirst(), word != "--" {
      switch word {
      case "--as-root": choice = .root
      case "--user": choice = .user(words.popFirst() ?? "")
      case "--sudo-env": keepsSudoEnvironment = true
      case "--gate-delay": gateDelay = UInt32((words.popFirst() ?? "").text) ?? 0
      case "--output": output = words.popFirst()
      default:
        say("LaunchDriver: what is \(word)?\n")
        return 64
      }
    }
    let plan = try LaunchPlan(choice, keepsGivenEnvironment: keepsSudoEnvironment)
    let page: OutputFile
    do {
      if let output {
        page = try OutputFile(output, as: plan.identity)
      } else {
        page = try OutputFile(standardErrorAs: "standard error")
      }
    } catch {
      say("LaunchDriver: \(error)\n")
      return 73
    }
    let wakeUp = try WakeUp()
    let command = try GatedCommand(Array(words), plan: plan, inherited: signals.inherited)
    if gateDelay > 0 {
      say("waiting \(command.pid)\n")
      usleep(gateDelay * 1000)
    }
    var supervisor = Supervisor(try command.release(signals), signals: signals, wakeUp: wakeUp)
    func tell(_ text: String) { try? page.write(Array(text.utf8)) }
    for note in plan.notes { tell("note: \(note)\n") }
    while true {
      switch supervisor.next() {
      case .pageRequested: tell("page so far\n")
      case .wokenUp, .timedOut: continue
      case .terminated:
        tell("terminated\n")
        return 128 + SIGTERM
      case .commandEnded(.code(let code)):
        tell("page: code \(code)\n")
        return code
      case .commandEnded(.signal(let signal, _)):
        tell("page: signal \(signal)\n")
        return 128 + signal
      }
    }
  }

  static func say(_ text: String) {
    let bytes = Array(text.utf8)
    unsafe _ = write(STDERR_FILENO, bytes, bytes.count)
  }
}
