// SPDX-License-Identifier: Apache-2.0

/// An environment as a program is given it.
public struct Environment: Hashable, Sendable {
  public struct Variable: Hashable, Sendable {
    public var name: ByteString
    public var value: ByteString
    /// The value is masked, or part of it.
    public var isRedacted = false
    public init(name: ByteString, value: ByteString) {
      self.name = name
      self.value = value
    }
  }
  /// In the order in which they were given; of several with one name the first, which is the one that getenv finds.
  public private(set) var variables: [Variable] = []
  /// Bytes that it has here.
  public let size: Int
  /// There was more than was kept.
  public let isCut: Bool

  /// `bytes`: NAME=VALUE, each with its zero. What has no "=" is no variable.
  public init(_ bytes: [UInt8], isCut: Bool = false) {
    size = bytes.count
    self.isCut = isCut
    var names: Set<ByteString> = []
    for entry in bytes.split(separator: 0) {
      guard let sign = entry.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let name = ByteString(entry[..<sign])
      guard names.insert(name).inserted else { continue }
      let value = Self.own(name, ByteString(entry[(sign + 1)...]))
      if let value { variables.append(Variable(name: name, value: value)) }
    }
  }

  /// What Honeyguide adds to LD_PRELOAD is none of the program's; nil: there is nothing else in it.
  private static func own(_ name: ByteString, _ value: ByteString) -> ByteString? {
    guard name == "LD_PRELOAD", !value.isEmpty else { return value }
    let elements = value.text.split { $0 == ":" || $0 == " " }
    let others = elements.filter { !($0.contains("/honeyguide/") && $0.hasSuffix("/agent.so")) }
    if others.count == elements.count { return value }
    return others.isEmpty ? nil : ByteString(others.joined(separator: ":"))
  }
}

/// How the environment given at an exec differs from the one that the process had been given before, itself or by who
/// forked it.
public struct EnvironmentDifference: Hashable, Sendable {
  public var added: [Environment.Variable] = []
  public var changed: [Environment.Variable] = []
  public var removed: [ByteString] = []
  /// There was nothing to compare with: `added` is all of it.
  public var isWhole = false
  /// There was more than was kept: what is missing is not taken for removed.
  public var isTruncated = false
  public var isUnreadable = false

  public static let unreadable: EnvironmentDifference = {
    var difference = EnvironmentDifference()
    difference.isUnreadable = true
    return difference
  }()

  public init() {}

  public init(from old: Environment?, to new: Environment) {
    isWhole = old == nil
    isTruncated = new.isCut
    var before: [ByteString: ByteString] = [:]
    for variable in old?.variables ?? [] { before[variable.name] = variable.value }
    for variable in new.variables {
      switch before.removeValue(forKey: variable.name) {
      case nil: added.append(variable)
      case variable.value?: break
      default: changed.append(variable)
      }
    }
    if !isTruncated { removed = before.keys.sorted() }
  }

  mutating func maskSecrets() {
    func mask(_ variables: inout [Environment.Variable]) {
      for (index, variable) in variables.enumerated() {
        guard let masked = Secrets.masked(value: variable.value, of: variable.name) else { continue }
        variables[index].value = masked
        variables[index].isRedacted = true
      }
    }
    mask(&added)
    mask(&changed)
  }
}

extension EnvironmentDifference {
  /// What fits in so many bytes.
  func prefix(_ room: Int) -> EnvironmentDifference {
    guard bytes > room else { return self }
    var kept = self
    kept.isTruncated = true
    (kept.added, kept.changed, kept.removed) = ([], [], [])
    var used = 0
    func fits(_ bytes: Int) -> Bool {
      used += bytes
      return used <= room
    }
    kept.changed = Array(changed.prefix { fits(Self.bytes($0)) })
    kept.added = Array(added.prefix { fits(Self.bytes($0)) })
    kept.removed = Array(removed.prefix { fits(Self.bytes($0)) })
    return kept
  }

  /// About how much memory it takes.
  var bytes: Int {
    let variables = (added + changed).reduce(0) { $0 + Self.bytes($1) }
    return removed.reduce(variables) { $0 + Self.bytes($1) }
  }

  private static func bytes(_ variable: Environment.Variable) -> Int {
    variable.name.count + variable.value.count + 2 * 48
  }
  private static func bytes(_ name: ByteString) -> Int { name.count + 48 }
}
