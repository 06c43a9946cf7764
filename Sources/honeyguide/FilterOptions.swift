// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Inspection
internal import Probes

/// What of a session is told; the kernel leaves out the rest, and what is left out costs no room.
struct FilterOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Tell these events alone: \(Filter.Group.allCases.map(\.rawValue).joined(separator: ", ")). What is made or written by opening it belongs to open: to what changes belong open,change.",
      valueName: "events"))
  var only: String?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Tell only files whose path begins with this; with a ! before it, leave those out. May be given several times: the longest that fits decides.",
      valueName: "[!]prefix"))
  var path: [String] = []

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Tell only what threads of this name do, as ps -L shows it. May be given several times.",
      valueName: "name"))
  var comm: [String] = []

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Tell only what programs do whose path begins with this. May be given several times.",
      valueName: "prefix"))
  var exe: [String] = []

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Tell only what this user's processes do, by name or number (the real user id). May be given several times.",
      valueName: "user"))
  var uid: [String] = []

  func validate() throws { _ = try filter() }

  /// The filter that the options mean. Throws `ValidationError`.
  func filter() throws -> Filter {
    var filter = Filter()
    filter.groups = try only.map(groups)
    filter.paths = try path.flatMap { word -> [Filter.Prefix] in
      let isIncluded = !word.hasPrefix("!")
      let text = isIncluded ? word : String(word.dropFirst())
      return try prefixes("--path", text).map { Filter.Prefix($0, isIncluded: isIncluded) }
    }
    filter.exes = try exe.flatMap { try prefixes("--exe", $0) }
    filter.comms = try comm.map { name in
      guard (1...15).contains(name.utf8.count) else {
        throw ValidationError(
          "--comm '\(name)': Linux keeps 15 bytes of a thread's name; give 1 to 15, as in: --comm "
            + (name.isEmpty ? "git" : "'\(String(decoding: name.utf8.prefix(15), as: UTF8.self))'"))
      }
      return ByteString(name)
    }
    filter.uids = try uid.map { user in
      guard let id = Identity.userID(ByteString(user)) else {
        throw ValidationError("--uid '\(user)': there is no such user; give a name or a number.")
      }
      return id
    }
    for (option, count) in [
      ("--path", filter.paths.count), ("--exe", filter.exes.count), ("--comm", filter.comms.count),
      ("--uid", filter.uids.count),
    ] where count > Filter.entryLimit {
      throw ValidationError("\(option) may be given \(Filter.entryLimit) times at most, links included.")
    }
    return filter
  }

  private func groups(_ words: String) throws -> Set<Filter.Group> {
    let known = Filter.Group.allCases.map(\.rawValue).joined(separator: ",")
    return Set(
      try words.split(separator: ",", omittingEmptySubsequences: false).map { word in
        guard let group = Filter.Group(rawValue: String(word)) else {
          throw ValidationError("--only '\(word)': there is no such kind of event; there are \(known).")
        }
        return group
      })
  }

  /// A prefix as the kernel will compare it: absolute; and, where it is a file that symbolic links lead to, the place
  /// they lead to as well, since that is how an opened file is told.
  private func prefixes(_ option: String, _ text: String) throws -> [ByteString] {
    guard !text.isEmpty else {
      throw ValidationError("\(option) is empty; give the beginning of a path, as in: \(option) /etc/")
    }
    let absolute = PathPrefix.absolute(ByteString(text), from: WorkingDirectory.current)
    let resolved = PathPrefix.resolved(absolute)
    for prefix in Set([absolute, resolved]) where prefix.count > Filter.prefixLimit {
      throw ValidationError(
        "\(option): the kernel compares \(Filter.prefixLimit) bytes at most, and this has \(prefix.count); "
          + "give a shorter beginning.")
    }
    return absolute == resolved ? [absolute] : [absolute, resolved]
  }
}
