// SPDX-License-Identifier: Apache-2.0
import Inspection
import Testing

/// What is a secret by itself, whatever its name. The tokens are made up: put together here, so that no scanner takes
/// this file for a leak.
@Suite struct SecretValueTests {
  private static func letters(_ count: Int) -> String {
    String((0..<count).map { Array("aB3dE5gH7jK9mN1pQ2sT4vW6yZ")[$0 % 26] })
  }

  static let tokens: [String] =
    ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"].map { $0 + letters(36) }
    + ["github" + "_pat_" + letters(22) + "_" + letters(59)]
    + ["glpat-", "gloas-", "gldt-", "glrt-", "glptt-"].map { $0 + letters(20) }
    + ["AKIA", "ASIA"].map { $0 + "IOSFODNN7EXAMPLE" }
    + ["xoxb-", "xoxp-", "xapp-1-"].map { $0 + "123456789012-" + letters(24) }
    + ["sk_live_", "sk_test_", "rk_live_", "whsec_"].map { $0 + letters(24) }
    + ["AI" + "za" + letters(35), "ya" + "29." + letters(60), "GOCSPX-" + letters(28)]
    + ["eyJ" + letters(20) + ".eyJ" + letters(40) + "." + letters(43)]
    + ["npm_" + letters(36), "pypi-AgEIcHlwaS5vcmc" + letters(80), "rubygems_" + letters(48)]
    + ["sk-" + letters(48), "sk-proj-" + letters(60), "sk-ant-api03-" + letters(90)]
    + ["hf_" + letters(34), "SG." + letters(22) + "." + letters(43), "hvs." + letters(24)]
    + ["dckr_pat_" + letters(27), "dop_v1_" + letters(64), "shpat_" + letters(32), "glsa_" + letters(41)]

  @Test(arguments: tokens)
  func aTokenIsMaskedWhereverItStands(_ token: String) {
    for (before, after) in [
      ("", ""), ("--header=x ", " y"), ("a=\"", "\""), ("https://x/?a=", "&b=c"), ("echo '", "'"), ("x,", ""),
    ] {
      #expect(Secrets.masked(ByteString(before + token + after)) == ByteString(before + "***" + after))
    }
    #expect(Secrets.masked(value: ByteString(token), of: "HARMLESS") == "***")
  }

  @Test(
    arguments: [
      // Too short, in the middle of a word, or a word of another kind.
      "ghp_short", "aghp_" + letters(36), "glpat-", "AKIA", "AKIABCDEFGHIJKLMNOPQ", "task-" + letters(48),
      "sk-learn-is-not-a-token-of-any-kind", "risk-" + letters(30), "npm_config_registry",
      "npm_lifecycle_event",
      "hf_hub_download", "eyJhbGciOiJIUzI1NiJ9", "xoxb-", "pypi-server", "SG.1", "sk_SK.UTF-8", "whsec_",
      "AIzaX",
      "d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
      "123e4567-e89b-12d3-a456-426614174000", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI", "key=value", "KEY=1",
      "https://example.org/a?b=c#d", "https://ada@example.org/", "git@github.com:ada/site.git",
      "ssh://git@example.org:22/x", "https://example.org:8443/@scope/name", "registry/image:tag@sha256:abc",
      "ada@example.org", "http://[::1]:8080/", "a://b:@c", "mailto:ada@example.org", "std::token::parse",
      "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
      "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----", "sort -k 2,2 --key=3", "token",
      "password",
      "-v token:/run/token", "secrets: none", "s/monkey=1/monkey=2/", "tokens=5",
      "Enter the password for ada",
      "--password=", "password=***", "compass=north", "author=ada", "cookies=yes",
    ])
  func whatIsNoSecretIsLeftAlone(_ text: String) { #expect(Secrets.masked(ByteString(text)) == nil) }

  @Test(
    arguments: [
      ("https://ada:hunter2@example.org/x", "https://ada:***@example.org/x"),
      (
        "postgresql://ada:p%40ss:w@db:5432/site?sslmode=require",
        "postgresql://ada:***@db:5432/site?sslmode=require"
      ),
      ("redis://:hunter2@cache", "redis://:***@cache"),
      ("amqp://a:b@c,amqp://d:e@f", "amqp://a:***@c,amqp://d:***@f"),
      ("amqp://a:b@c amqp://d:e@f", "amqp://a:***@c amqp://d:***@f"),
      (
        "git clone https://x-access-token:hunter2@github.com/a/b",
        "git clone https://x-access-token:***@github.com/a/b"
      ),
      ("https://hooks.slack.com/services/T0/B0/XyZ", "https://hooks.slack.com/services/***"),
      (
        "https://example.org/?user=ada&access_token=hunter2&page=2",
        "https://example.org/?user=ada&access_token=***&page=2"
      ),
    ])
  func ofAURLOnlyThePasswordIsMasked(_ text: String, _ masked: String) {
    #expect(Secrets.masked(ByteString(text)) == ByteString(masked))
  }

  @Test(
    arguments: [
      (#"{"user":"ada","password":"hunter2","port":5432}"#, #"{"user":"ada","password":***,"port":5432}"#),
      (#"{"password": "a \" b", "x": 1}"#, #"{"password": ***, "x": 1}"#),
      (#"{"pin":1,"api_key":12345}"#, #"{"pin":1,"api_key":***}"#),
      (#""{\"password\":\"hunter2\",\"x\":1}""#, #""{\"password\":***,\"x\":1}""#),
      ("host=db password=hunter2 user=ada", "host=db password=*** user=ada"),
      ("host=db password='hunter 2' user=ada", "host=db password=*** user=ada"),
      ("rw,username=ada,password=hunter2,uid=0", "rw,username=ada,password=***,uid=0"),
      ("rw,password=hunter,2,uid=0", "rw,password=***,uid=0"),
      ("Server=db;Password=hunter2;Port=1", "Server=db;Password=***;Port=1"),
      ("user: ada\npassword: hunter2\nport: 1", "user: ada\npassword: ***\nport: 1"),
      ("user[password]=hunter2", "user[password]=***"),
      ("//registry.npmjs.org/:_authToken=hunter2", "//registry.npmjs.org/:_authToken=***"),
      ("-Xmx1g -Ddb.password=hunter2 -Dx=y", "-Xmx1g -Ddb.password=*** -Dx=y"),
    ])
  func aSecretNameInsideAText(_ text: String, _ masked: String) {
    #expect(Secrets.masked(ByteString(text)) == ByteString(masked))
  }

  @Test(arguments: ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED ", "DSA "])
  func aPrivateKeyIsMasked(_ kind: String) {
    let key = "-----BEGIN \(kind)PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END \(kind)PRIVATE KEY-----"
    #expect(Secrets.masked(ByteString("before\n" + key + "\nafter")) == "before\n***\nafter")
    // One that was cut has no end.
    #expect(Secrets.masked(ByteString(key.utf8.prefix(50))) == "***")
    #expect(Secrets.masked(value: ByteString(key), of: "TLS_KEY") == "***")
  }

  @Test func aPrivateKeyOfPGPIsMasked() {
    let key = "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQOYBF\n-----END PGP PRIVATE KEY BLOCK-----"
    #expect(Secrets.masked(ByteString(key)) == "***")
  }

  @Test func aProxyMayLackItsScheme() {
    #expect(Secrets.masked(value: "ada:hunter2@proxy:3128", of: "https_proxy") == "ada:***@proxy:3128")
    #expect(Secrets.masked(value: "ada:hunter2@proxy:3128", of: "SOMETHING") == nil)
    #expect(Secrets.masked(value: "proxy:3128", of: "HTTP_PROXY") == nil)
  }

  @Test func aValueThatIsEmptyOrMaskedIsNotMaskedAgain() {
    #expect(Secrets.masked(value: "", of: "DB_PASSWORD") == nil)
    #expect(Secrets.masked(value: "***", of: "DB_PASSWORD") == nil)
  }
}
