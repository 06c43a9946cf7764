// SPDX-License-Identifier: Apache-2.0
import Inspection
import Testing

/// What of a command's arguments is secret: `given` is what is expected, with the secret between « and ».
@Suite struct SecretArgumentTests {
  static let commands: [[String]] = [
    // An option and what follows it.
    ["tool", "--password", "«hunter2»", "x"], ["tool", "--password=«hunter2»", "x"],
    ["tool", "-token", "«abc»"],
    ["tool", "--api-key", "«-Zx91»"], ["java", "-Ddb.password=«a b»", "Main"], ["tool", "PASSWORD=«a b c»"],
    ["env", "A=1", "DB_PASSWORD=«x»", "make"],
    ["docker", "run", "-e", "API_KEY=«x»", "-p", "80:80", "image"],
    ["kubectl", "create", "secret", "generic", "s", "--from-literal=password=«a,b»"],
    ["npm", "config", "set", "_authToken", "«abc»"],
    ["aws", "configure", "set", "aws_secret_access_key", "«abc»"],
    ["git", "-c", "http.extraheader=AUTHORIZATION: basic «abc»", "fetch"], ["vault", "login", "token=«abc»"],
    ["ansible-playbook", "-e", "ansible_password=«x»", "site.yml"],
    ["gpg", "--batch", "--passphrase", "«x y»"],
    ["mount", "-t", "cifs", "-o", "username=ada,password=«x»,uid=1", "//h/s", "/mnt"],
    ["psql", "postgresql://ada:«x»@db/site"], ["psql", "host=db password=«x» user=ada"],
    // What names a descriptor, a program or a place, and is none.
    ["gpg", "--passphrase-fd", "«hunter2»"], ["tool", "--password-fd=«1234»"],
    ["restic", "--password-command", "«/bin/echo hunter2»"], ["tool", "--token-cmd", "«echo x»"],
    ["tool", "--password-file", "«hunter2»"], ["tool", "--passphrase", "«0»"],
    // Headers.
    ["curl", "-H", "Authorization: Bearer «abc»", "https://x"], ["curl", "-HAuthorization: Basic «YWRh»"],
    ["curl", "--header", "authorization:«abc»"], ["curl", "-H", "X-Api-Key: «abc def»"],
    ["curl", "-H", "PRIVATE-TOKEN: «abc»"], ["curl", "-H", "Cookie: «a=b; c=d»"],
    ["http", "X-Auth-Token:«abc»"],
    ["curl", "--header=Proxy-Authorization: Digest «a=b»"],
    // Programs whose options say nothing.
    ["curl", "-u", "ada:«x:y»", "https://x"], ["curl", "-uada:«x»"], ["/usr/bin/curl", "--user", "ada:«x»"],
    ["curl", "--user=ada:«x»"], ["curl", "--oauth2-bearer", "«x»"],
    ["mysql", "-u", "ada", "-p«hunter2»", "site"],
    ["mysqldump", "--password=«x»", "site"], ["sshpass", "-p", "«x»", "ssh", "host"],
    ["sshpass", "-p«x»", "ssh"],
    ["redis-cli", "-h", "h", "-a", "«x»"], ["ldapsearch", "-x", "-w", "«x»"],
    ["docker", "login", "-u", "ada", "-p", "«x»"], ["smbclient", "-U", "ada%«x»", "//h/s"],
    ["openssl", "rsa", "-passin", "pass:«x»"], ["zip", "-r", "-P", "«x»", "a.zip"],
    ["7z", "a", "-p«x»", "a.7z"],
    ["sqlplus", "scott/«tiger»@db"], ["sudo", "-u", "ada", "mysql", "-p«x»"],
    ["timeout", "5", "sshpass", "-p", "«x»"],
    // Text for a shell, and for another machine.
    ["sh", "-c", "mysql -u ada -p«x» site"], ["bash", "-lc", "curl -u 'ada:«x y»' https://x | jq ."],
    ["sh", "-c", "PASSWORD=«x» make && TOKEN=«y» run --force"], ["sh", "-c", "export TOKEN=«'a b'»; run"],
    ["sh", "-c", "curl -H \"Authorization: Bearer «abc»\" https://x"],
    ["sh", "-c", "run --token «x» --verbose; ls"],
    ["sh", "-c", "bash -c 'mysql -p«x»'"], ["ssh", "host", "mysql -p«x» site"],
    ["python3", "-c", "connect(user='ada', password=«'x y'»)"],
    // Blanks round the sign.
    ["tool", "aws_secret_access_key = «abc/d»"],
    ["python3", "-c", "user = 'ada'; password = '«x y»'; run(user)"],
  ]

  static let harmless: [[String]] = [
    ["sort", "-k", "2,2", "--key=3"], ["mysql", "-u", "ada", "-p", "site"],
    ["docker", "run", "-p", "80:80", "image"],
    ["tool", "--no-password", "site"], ["tool", "--ask-password", "site"], ["tool", "--token", "--verbose"],
    ["docker", "login", "--password-stdin", "registry.example.org"], ["mkdir", "-p", "a/b"],
    ["cp", "-a", "x", "y"],
    ["tool", "--password-file", "/run/secret"], ["tool", "--token-file=./token"],
    ["gpg", "--batch", "--passphrase-fd", "0", "-d", "a.gpg"], ["gpg", "--passphrase-fd=12"],
    ["gpg", "--passphrase-file", "/run/secret"], ["restic", "--password-command", "/usr/local/bin/pass"],
    ["tool", "--token-cmd=~/bin/token"], ["tool", "--secret-dir", "/run/x"],
    ["tool", "--token-path", "../x"],
    ["sh", "-c", "gpg --passphrase-fd 3 -d a.gpg 3<pass"],
    ["curl", "-u", "ada", "https://x"],
    ["ssh", "-p", "22", "host", "ls -l"], ["ssh", "host"], ["tool", "--max-tokens", "100"],
    ["tool", "--password="], ["tool", "the token is = 3"], ["sh", "-c", "test $monkey = x"],
    ["git", "commit", "-m", "Fix token parsing in key exchange"], ["gcc", "-c", "token.c", "-o", "token.o"],
    ["make", "KEY=1", "MONKEY=2"], ["grep", "-r", "password", "."],
    ["ssh-keygen", "-t", "ed25519", "-f", "id"],
    ["curl", "-H", "Accept: text/html", "https://x"], ["", "", ""], ["-"], ["--"], ["tool", "--password"],
    ["find", ".", "-name", "*token*"], ["ping", "-c", "3", "host"], ["tool", "--token", ""], [],
  ]

  @Test(arguments: commands)
  func theSecretIsMaskedAndTheRestIsKept(_ words: [String]) {
    var argv = words.map { ByteString($0.filter { $0 != "«" && $0 != "»" }) }
    let expected = words.map { ByteString($0.replacing(/«[^»]*»/, with: "***")) }
    let redacted = Secrets.mask(&argv)
    #expect(argv == expected)
    #expect(redacted == words.indices.filter { words[$0].contains("«") })
    // What is masked has nothing left to mask.
    #expect(Secrets.mask(&argv) == [] && argv == expected)
  }

  @Test(arguments: harmless)
  func argumentsWithoutASecretStayAsTheyAre(_ words: [String]) {
    var argv = words.map { ByteString($0) }
    #expect(Secrets.mask(&argv) == [])
    #expect(argv == words.map { ByteString($0) })
  }

  /// Any bytes at all: nothing is read beyond its end, and a second pass finds nothing that the first one left.
  @Test func anyBytesAreSearchedToTheirEnd() {
    var generator = Generator()
    let pieces: [[UInt8]] =
      [
        "password", "token", "=", ":", "\"", "'", "\\", "{", "}", ",", ";", "&", " ", "--", "-c", "-p",
        "mysql", "curl",
        "-u", "://", "@", "a", "\n", "ghp_", "-----BEGIN PRIVATE KEY", "-----END ", "eyJ", ".", "***", "(",
        ")", "`",
      ].map { Array($0.utf8) } + [[0xff], [0x80], []]
    for _ in 0..<20_000 {
      var argv = (0..<Int.random(in: 0...5, using: &generator)).map { _ in
        ByteString(
          (0..<Int.random(in: 0...8, using: &generator)).flatMap { _ in
            pieces[Int.random(in: pieces.indices, using: &generator)]
          })
      }
      let count = argv.count
      let given = argv
      let redacted = Secrets.mask(&argv)
      #expect(argv.count == count && redacted == redacted.sorted())
      for index in argv.indices { #expect((argv[index] != given[index]) == redacted.contains(index)) }
    }
  }

  /// As long as an argument may be. What would be a token if it went on otherwise is looked at once, not from each beginning.
  @Test(
    .timeLimit(.minutes(1)),
    arguments: [("sk-", ""), ("SG.", ""), ("://", "@"), (":/", "@"), ("eyJ-", ".eyJa")])
  func whatBeginsVeryOftenIsNotSearchedForEver(_ piece: String, _ end: String) {
    let text = String(repeating: piece, count: 131_000 / piece.utf8.count) + end
    var argv = [ByteString("true"), ByteString(text)]
    let redacted = Secrets.mask(&argv)
    // Too much rather than too little: what was not looked at is masked, too.
    #expect(redacted == (piece.hasSuffix("/") ? [] : [1]))
  }

  private struct Generator: RandomNumberGenerator {
    var state: UInt64 = 42
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ state >> 29
    }
  }
}
