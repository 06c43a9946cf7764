// SPDX-License-Identifier: Apache-2.0
internal import Inspection

/// The variables that were looked up, as a person wants to hear of them.
struct LookedUp {
  /// Those that somebody found, what belongs to the programs themselves first.
  private(set) var set: [Variable] = []
  /// Those that nobody found, by the programs that looked.
  private(set) var groups: [Group] = []
  /// What interpreter, loader and C library ask for in every program.
  private(set) var usual: [Variable] = []
  /// What bash looks up for its own purposes in every script.
  private(set) var ofShell: [Variable] = []

  struct Group {
    /// Printable.
    var programs: [UInt8]
    var variables: [Variable]
  }

  init(_ view: View) {
    var unset: [(variable: Variable, rank: Int)] = []
    var found: [(variable: Variable, rank: Int)] = []
    // Of those without an answer nothing is known but that somebody looked; they are counted.
    for variable in view.inspection.environment.variables where !variable.answers.isEmpty {
      let rank = Self.rank(variable, view)
      if variable.isOurs {
        // Nothing was set but what Honeyguide adds.
        usual.append(variable)
      } else if variable.answers.allSatisfy({ $0.source == .bash }), Usual.isOfShell(variable) {
        ofShell.append(variable)
      } else if Usual.isUsual(variable.name), !variable.isSet || Usual.isLocale(variable.name) {
        usual.append(variable)
      } else if variable.isSet {
        found.append((variable, rank))
      } else {
        unset.append((variable, rank))
      }
    }
    let before: ((variable: Variable, rank: Int), (variable: Variable, rank: Int)) -> Bool = {
      // What Python itself is asked for is the program's own; of the C library, its libraries ask.
      ($0.rank, $0.variable.isOfPython ? 0 : 1, $0.variable.first, $0.variable.name)
        < ($1.rank, $1.variable.isOfPython ? 0 : 1, $1.variable.first, $1.variable.name)
    }
    set = found.sorted(by: before).map(\.variable)
    var places: [[UInt8]: Int] = [:]
    for (variable, _) in unset.sorted(by: before) {
      let programs = Self.programs(of: variable, view)
      if let place = places[programs] {
        groups[place].variables.append(variable)
      } else {
        places[programs] = groups.count
        groups.append(Group(programs: programs, variables: [variable]))
      }
    }
    // Who looked for the most has the most to say about itself. The order is kept of those that are alike.
    groups = groups.enumerated().sorted {
      ($1.element.variables.count, $0.offset) < ($0.element.variables.count, $1.offset)
    }.map(\.element)
  }

  /// What bears the name of the program that looks, what the command itself asks for, the rest, and last what every login
  /// has.
  private static func rank(_ variable: Variable, _ view: View) -> Int {
    let programs = variable.answers.map(\.program)
    if programs.contains(where: { isOwn(variable.name, of: view.name(of: $0)) }) { return 0 }
    if Usual.isLogin(variable.name) || Usual.isUsual(variable.name) { return 3 }
    let table = view.inspection.processes.programs
    return programs.contains { view.isCommand(table[$0].process) } ? 1 : 2
  }

  /// ANSIBLE_CONFIG of ansible-playbook, GIT_DIR of git.
  static func isOwn(_ name: ByteString, of program: ByteString) -> Bool {
    func letters(_ text: ByteString) -> [UInt8] {
      text.bytes.prefix { $0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z") }.map { $0 | 0x20 }
    }
    let word = letters(name)
    return word.count > 1 && word == letters(program)
  }

  private static func programs(of variable: Variable, _ view: View) -> [UInt8] {
    var names: [ByteString] = []
    for answer in variable.answers {
      let name = view.name(of: answer.program)
      if !names.contains(name) { names.append(name) }
    }
    names.sort()
    var text: [UInt8] = []
    for (index, name) in names.prefix(names.count > 2 ? 1 : 2).enumerated() {
      if index > 0 { text += ", ".utf8 }
      Printable.appendPath(name, to: &text)
    }
    if names.count > 2 { text += " and others".utf8 }
    return text
  }

  /// The last lines: "interpreter, loader and locale: …", and those of them that were set; what bash keeps for itself.
  func usual(_ view: View) -> [Line] {
    usualLine(view)
      + (ofShell.isEmpty
        ? [] : [Line("  bash's own purposes: \(Words.count(ofShell.count, "more variable"))", .faint)])
  }

  private func usualLine(_ view: View) -> [Line] {
    if usual.isEmpty { return [] }
    var line = Line("  interpreter, loader and locale: ", .faint)
    let set = usual.filter(\.isSet)
    if set.count < usual.count { line.add("\(Words.count(usual.count - set.count)) not set", .faint) }
    for variable in set {
      line.add(line.columns > 34 ? ", " : "", .faint)
      line.add(view.text(variable.name), .faint)
      if variable.isOurs {
        line.add(" (Honeyguide's own)", .faint)
      } else if let value = variable.answers.first(where: \.isSet)?.value {
        line.add("=", .faint)
        line.add(view.text(value, columns: 20), .faint)
      }
    }
    return view.wrapped(line)
  }
}

extension Variable {
  /// Somebody looked it up in os.environ and the like.
  fileprivate var isOfPython: Bool { answers.contains { $0.source == .python } }

  /// LD_PRELOAD with the agent's library alone, which the program would not have without Honeyguide.
  fileprivate var isOurs: Bool {
    name == "LD_PRELOAD"
      && answers.allSatisfy { answer in
        guard answer.isSet, let value = answer.value?.bytes else { return !answer.isSet }
        return value.range(of: Array("/honeyguide/".utf8)) != nil && value.hasSuffix("/agent.so")
          && !value.contains(UInt8(ascii: ":")) && !value.contains(Byte.space)
      } && isSet
  }
}

extension LookedUp.Group {
  /// How many of the names with one beginning are shown.
  private static let most = 4

  /// The names, each with 1; of many with one beginning ("ANSIBLE_") the first, and how many more.
  func items(_ view: View) -> [(text: Line, count: Int)] {
    var counts: [[UInt8]: Int] = [:]
    for variable in variables { counts[Self.beginning(variable.name), default: 0] += 1 }
    var shown: [[UInt8]: Int] = [:]
    var items: [(text: Line, count: Int)] = []
    for variable in variables {
      let beginning = Self.beginning(variable.name)
      let count = counts[beginning] ?? 0
      let number = shown[beginning, default: 0] + 1
      shown[beginning] = number
      let isMany = count > Self.most + 1 && !beginning.isEmpty
      if isMany, number > Self.most + 1 { continue }
      var item = Line()
      let isFold = isMany && number == Self.most + 1
      if isFold {
        item.add("\(Words.count(count - Self.most)) more ", .faint)
        var text: [UInt8] = []
        Printable.appendPath(beginning, to: &text)
        item.add(text + Array("_*".utf8))
      } else {
        item.add(view.text(variable.name, columns: 40))
        // A type says nothing of what comes.
        if let fallback = variable.answers.lazy.compactMap(\.fallback).first,
          fallback.bytes.first != UInt8(ascii: "<")
        {
          item.add(" (default ", .faint)
          item.add(view.text(fallback, columns: 20), .faint)
          item.add(")", .faint)
        }
      }
      items.append((item, isFold ? count - Self.most : 1))
    }
    return items
  }

  private static func beginning(_ name: ByteString) -> [UInt8] {
    let underscore = UInt8(ascii: "_")
    guard let end = name.bytes.dropFirst().firstIndex(of: underscore) else { return [] }
    return Array(name.bytes[..<end])
  }
}

/// Variables that say little about a program, since every program asks for them.
enum Usual {
  static func isUsual(_ name: ByteString) -> Bool {
    isLocale(name) || names.contains(name)
      || ["PYTHON", "_PYTHON", "LD_", "MALLOC_", "GCONV", "GLIBC_", "RESOLV_", "__PYVENV"].contains {
        name.bytes.starts(with: $0.utf8)
      }
  }

  static func isLocale(_ name: ByteString) -> Bool {
    name == "LANG" || name == "LANGUAGE" || name.bytes.starts(with: "LC_".utf8)
  }

  /// What bash looks up at its start, and around each command and function. What changes what it does (BASH_ENV, CDPATH) is
  /// of interest where it is set.
  static func isOfShell(_ variable: Variable) -> Bool {
    if switches.contains(variable.name) { return !variable.isSet }
    return variable.name.bytes.starts(with: "BASH".utf8) || ofShell.contains(variable.name)
  }

  private static let switches: Set<ByteString> = [
    "BASH_ENV", "ENV", "CDPATH", "GLOBIGNORE", "EXECIGNORE", "PROMPT_COMMAND", "BASH_XTRACEFD",
    "BASH_LOADABLES_PATH", "BASH_COMPAT", "TIMEFORMAT", "POSIX_PEDANTIC", "FUNCNEST",
  ]
  private static let ofShell: Set<ByteString> = [
    "HOSTTYPE", "OSTYPE", "MACHTYPE", "PPID", "UID", "EUID", "FUNCNAME", "SECONDS", "DIRSTACK", "GROUPS",
    "PIPESTATUS", "SHELLOPTS", "TEXTDOMAIN", "OPTIND", "IFS",
  ]

  static func isLogin(_ name: ByteString) -> Bool { logins.contains(name) }

  private static let names: Set<ByteString> = [
    "TZ", "TZDIR", "NLSPATH", "LOCPATH", "OUTPUT_CHARSET", "CHARSET", "TEXTDOMAINDIR", "RES_OPTIONS",
    "LOCALDOMAIN",
    "HOSTALIASES", "POSIXLY_CORRECT", "GETCONF_DIR",
  ]
  private static let logins: Set<ByteString> = [
    "HOME", "PATH", "USER", "LOGNAME", "SHELL", "PWD", "OLDPWD", "TERM", "COLORTERM", "COLUMNS", "LINES",
    "MAIL",
    "SHLVL", "_", "HOSTNAME", "TMPDIR", "TEMP", "TMP",
  ]
}
