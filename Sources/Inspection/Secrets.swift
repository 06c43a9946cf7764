// SPDX-License-Identifier: Apache-2.0

/// What is taken for a secret: the names that stand before one, and the shapes that one has. All rules are here; how
/// texts and arguments are searched for them stands in SecretText.swift and SecretArguments.swift.
///
/// A name is judged by its words. That is more than is needed at times (TOKEN_TTL) and less at others (a password
/// that is called `key`): docs/limits.md says which.
public enum Secrets {
  /// What stands where a secret was.
  public static let mask: [UInt8] = Array("***".utf8)

  // MARK: Names

  /// A word that ends with one of these makes a name secret: "token" and "accesstoken", not "tokens" or "tokenizer".
  static let words = [
    "token", "secret", "password", "passwd", "passphrase", "credential", "credentials", "apikey", "accesskey",
    "privatekey", "secretkey",
  ].map(Letters.init)
  /// What "key" must follow; alone it says nothing.
  static let keyKinds = ["api", "access", "private", "secret"].map(Letters.init)
  static let keys = ["key", "keys"].map(Letters.init)
  /// How passWord and pass_phrase are split.
  static let passKinds = ["word", "wd", "phrase"].map(Letters.init)
  static let pass = Letters("pass")
  /// Whose "pass" is a password, as in DB_PASS: alone, and of anything else, it may be a run (two_pass) or a place
  /// (proxy_pass).
  static let accounts = [
    "db", "database", "user", "mysql", "mariadb", "postgres", "pg", "redis", "mongo", "smtp", "imap", "mail",
    "email", "ftp", "sftp", "ssh", "ldap", "admin", "root", "sudo", "become", "login", "http", "key",
    "keystore",
    "store", "cert",
  ].map(Letters.init)
  /// Names that hold a secret, though no word of theirs says so.
  static let exactNames = Set(
    [
      "mysql_pwd", "sshpass", "rails_master_key", "npm_config__auth", "docker_auth_config", "rediscli_auth",
      "storepass", "keypass", "srcstorepass", "deststorepass",
    ].map { ByteString($0) })
  /// What a name can be of besides a secret: where that is, or who knows it.
  enum Reference {
    case place, program, descriptor

    /// The last words of such names.
    static let words: [(Reference, [Letters])] = [
      (
        .place,
        ["file", "files", "dir", "directory", "path", "filename", "folder", "socket", "helper"].map(
          Letters.init)
      ),
      (.program, ["command", "cmd", "program"].map(Letters.init)),
      (.descriptor, ["fd", "descriptor"].map(Letters.init)),
    ]

    /// Whether a value is what its name says, and no secret: a path; one path alone, since a command's words may be secret;
    /// the number of a descriptor.
    func fits(_ value: Span<UInt8>) -> Bool {
      switch self {
      case .place: SecretText.isPath(value)
      case .program: SecretText.isPath(value) && value.indices.allSatisfy { value[$0] > UInt8(ascii: " ") }
      case .descriptor: value.count <= 3 && value.indices.allSatisfy { value[$0] &- 48 < 10 }
      }
    }
  }
  /// Words of options that take no value, though they speak of a secret: --no-password, --password-stdin.
  static let switches = (
    first: ["no", "ask", "prompt", "without", "skip", "disable", "show", "generate", "print"].map(
      Letters.init),
    last: ["stdin", "prompt", "only"].map(Letters.init)
  )

  // MARK: Headers

  /// Names that are secret in front of a colon.
  static let headers = ["authorization", "cookie"].map { Array($0.utf8) }
  /// What stands before the secret in such a header, and is none.
  static let schemes = ["bearer", "basic", "token", "digest", "negotiate", "apikey"].map { Array($0.utf8) }

  // MARK: Values

  /// How a token is recognised wherever it stands: by how it begins, and what follows.
  struct Shape {
    enum Alphabet { case letters, words, dotted }
    var prefix: [UInt8]
    /// How many characters follow at least.
    var least: Int
    var alphabet = Alphabet.words
    /// It is one only when there are digits and capitals in it: the prefix alone says too little.
    var isMixed = false

    init(_ prefix: String, _ least: Int, _ alphabet: Alphabet = .words, isMixed: Bool = false) {
      self.prefix = Array(prefix.utf8)
      self.least = least
      self.alphabet = alphabet
      self.isMixed = isMixed
    }
  }

  static let shapes: [Shape] =
    // GitHub, GitLab.
    ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"].map { Shape($0, 30, .letters) } + [Shape("github_pat_", 22)]
    + [
      "glpat-", "gloas-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glsoat-", "glimt-", "glagent-",
    ].map { Shape($0, 20, .dotted) }
    // AWS, Slack, Stripe.
    + ["AKIA", "ASIA", "ABIA", "ACCA"].map { Shape($0, 16, .letters, isMixed: true) }
    + ["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe-", "xoxe.xox", "xapp-"].map { Shape($0, 10) }
    + ["sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"].map { Shape($0, 10, .letters) }
    // Google.
    + [Shape("AIza", 35), Shape("ya29.", 20), Shape("GOCSPX-", 20)]
    // Registries of packages.
    + [Shape("npm_", 36, .letters), Shape("pypi-AgE", 50), Shape("rubygems_", 48, .letters)]
    // OpenAI and Anthropic, Hugging Face, SendGrid.
    + [Shape("sk-", 20, isMixed: true), Shape("hf_", 30, .letters, isMixed: true)]
    + [Shape("SG.", 40, .dotted, isMixed: true)]
    // Vault, Docker, DigitalOcean, Shopify, Grafana, Sentry, Tailscale, age, Atlassian.
    + [Shape("hvs.", 24), Shape("hvb.", 24), Shape("dckr_pat_", 20), Shape("dop_v1_", 40, .letters)]
    + [Shape("shpat_", 32, .letters), Shape("glsa_", 30), Shape("sntrys_", 30, .dotted), Shape("tskey-", 20)]
    + [Shape("AGE-SECRET-KEY-1", 40, .letters), Shape("ATATT3", 60, .dotted)]

  /// A JSON Web Token: three parts in base64, the first two of them JSON objects.
  static let webToken = Array("eyJ".utf8)
  static let keyBegin = Array("-----BEGIN ".utf8), keyEnd = Array("-----END ".utf8)
  static let privateKey = Array("PRIVATE KEY".utf8)
  static let webhook = Array("hooks.slack.com/services/".utf8)

  // MARK: Programs whose options say nothing of a secret

  /// What of an option's value is the secret.
  enum Form {
    case whole
    /// All of it, unless it says where the secret is.
    case unless(Reference)
    /// Of `user:password` or `user%password`: what is behind the sign.
    case after(UInt8)
    /// Between the first slash and the last @ of `user/password@database`.
    case betweenSlashAndAt
  }

  struct Option {
    var name: [UInt8]
    var form: Form
    /// The value may be, or must be, in the same word: `-pPASSWORD`.
    var isAttached = false
    var isApart = true
    /// Only behind this word: `docker login -p`, since `docker run -p` is a port.
    var command: [UInt8]?

    init(
      _ name: String, _ form: Form = .whole, isAttached: Bool = false, isApart: Bool = true,
      behind: String? = nil
    ) {
      self.name = Array(name.utf8)
      self.form = form
      self.isAttached = isAttached
      self.isApart = isApart
      command = behind.map { Array($0.utf8) }
    }
  }

  static let programs: [ByteString: [Option]] = {
    var programs: [ByteString: [Option]] = [:]
    func add(_ names: String, _ options: Option...) {
      for name in names.split(separator: " ") { programs[ByteString(String(name))] = options }
    }
    let colon = Form.after(UInt8(ascii: ":"))
    add(
      "curl", Option("-u", colon, isAttached: true), Option("--user", colon),
      Option("-U", colon, isAttached: true), Option("--proxy-user", colon), Option("--oauth2-bearer"),
      Option("-b", isAttached: true), Option("--cookie"), Option("--pass"), Option("--proxy-pass"),
      Option("--tlspassword"))
    add("http https xh", Option("-a", colon), Option("--auth", colon))
    // With a blank between, what follows -p is the database.
    add(
      "mysql mysqldump mysqladmin mysqlimport mysqlcheck mysqlshow mysqlbinlog mysqlslap mariadb mariadb-dump "
        + "mariadb-admin", Option("-p", isAttached: true, isApart: false))
    add("sshpass", Option("-p", isAttached: true))
    add("redis-cli", Option("-a", isAttached: true), Option("--pass"))
    add(
      "ldapsearch ldapmodify ldapadd ldapdelete ldapwhoami ldappasswd ldapcompare",
      Option("-w", isAttached: true))
    add(
      "docker podman buildah skopeo nerdctl helm oras az", Option("-p", behind: "login"))
    add("mongo mongosh mongodump mongorestore mongoexport mongoimport", Option("-p", isAttached: true))
    add("smbclient rpcclient net", Option("-U", .after(UInt8(ascii: "%")), isAttached: true))
    add("sqlcmd bcp ipmitool zip unzip", Option("-P", isAttached: true))
    add("7z 7za 7zr 7zz rar unrar", Option("-p", isAttached: true, isApart: false))
    add(
      "openssl", Option("-pass", colon), Option("-passin", colon), Option("-passout", colon),
      Option("-k"))
    add("useradd usermod rdesktop", Option("-p", isAttached: true))
    add("lftp", Option("-u", .after(UInt8(ascii: ",")), isAttached: true))
    // Their first word is the account.
    add("sqlplus sqlldr expdp impdp", Option("", .betweenSlashAndAt))
    // The rest is for a shell on the other side.
    add("ssh")
    return programs
  }()
}

/// Lower-case letters, the last twelve of a word, five bits each: words are compared without being copied.
struct Letters: Hashable {
  var bits: UInt64 = 0

  init() {}

  init(_ word: String) {
    for byte in word.utf8 { append(byte) }
  }

  static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 97 < 26 }

  /// A letter of either case.
  mutating func append(_ letter: UInt8) { bits = (bits << 5 | UInt64(letter & 0x1f)) & (1 << 60 - 1) }

  func hasSuffix(_ other: Letters) -> Bool {
    let mask: UInt64 = (1 << UInt64((64 - other.bits.leadingZeroBitCount + 4) / 5 * 5)) - 1
    return bits & mask == other.bits
  }
}

extension Secrets {
  /// Whether a name is that of a secret: of a variable, an option, a header, a key in JSON.
  public static func isSecret(name: ByteString) -> Bool { isSecret(name.bytes.span) }

  static func isSecret(_ name: Span<UInt8>) -> Bool { NameWords(name).isSecret }
}

/// A name, split at all that is no letter and where its case changes.
struct NameWords {
  private(set) var isSecret = false
  private(set) var first = Letters(), last = Letters()

  init(_ name: Span<UInt8>) {
    var previous = Letters(), word = Letters()
    var before: UInt8 = 0
    func isUpper(_ byte: UInt8) -> Bool { byte &- 65 < 26 }
    for index in name.indices {
      let byte = name[index]
      defer { before = byte }
      guard Letters.isLetter(byte) else {
        end(&word, &previous)
        continue
      }
      if isUpper(byte), Letters.isLetter(before) {
        let next = index + 1 < name.count ? name[index + 1] : 0
        if !isUpper(before) || next &- 97 < 26 { end(&word, &previous) }
      }
      word.append(byte)
    }
    let penultimate = word.bits == 0 ? Letters() : previous
    end(&word, &previous)
    if !isSecret, last == Secrets.pass, Secrets.accounts.contains(penultimate) { isSecret = true }
    if !isSecret, (7...20).contains(name.count) { isSecret = Secrets.exactNames.contains(Self.lower(name)) }
  }

  private mutating func end(_ word: inout Letters, _ previous: inout Letters) {
    guard word.bits != 0 else { return }
    if Secrets.words.contains(where: word.hasSuffix)
      || Secrets.keys.contains(word) && Secrets.keyKinds.contains(where: previous.hasSuffix)
      || Secrets.passKinds.contains(word) && previous.hasSuffix(Secrets.pass)
    {
      isSecret = true
    }
    if first.bits == 0 { first = word }
    last = word
    previous = word
    word = Letters()
  }

  private static func lower(_ name: Span<UInt8>) -> ByteString {
    var bytes: [UInt8] = []
    for index in name.indices {
      let byte = name[index]
      if byte == UInt8(ascii: "-"), bytes.isEmpty { continue }
      bytes.append(byte &- 65 < 26 ? byte | 0x20 : byte)
    }
    return ByteString(bytes)
  }

  /// Its value, where that fits, is no secret.
  var reference: Secrets.Reference? {
    Secrets.Reference.words.first { $0.1.contains(last) }?.0
  }
  /// As an option it takes no value.
  var isSwitch: Bool { Secrets.switches.first.contains(first) || Secrets.switches.last.contains(last) }
}
