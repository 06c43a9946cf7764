// SPDX-License-Identifier: Apache-2.0
import Inspection
import Testing

/// Which names are those of secrets, and which only look so.
@Suite struct SecretNameTests {
  static let secret = [
    // Variables of well-known programs.
    "GITHUB_TOKEN", "GH_TOKEN", "GITLAB_PRIVATE_TOKEN", "CI_JOB_TOKEN", "NPM_TOKEN", "SLACK_BOT_TOKEN",
    "VAULT_TOKEN", "HF_TOKEN", "DIGITALOCEAN_ACCESS_TOKEN", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID",
    "AWS_SESSION_TOKEN", "AZURE_CLIENT_SECRET", "GOOGLE_API_KEY", "OPENAI_API_KEY", "ANTHROPIC_API_KEY",
    "STRIPE_SECRET_KEY", "DJANGO_SECRET_KEY", "SECRET_KEY_BASE", "POSTGRES_PASSWORD", "MYSQL_ROOT_PASSWORD",
    "PGPASSWORD", "MYSQL_PWD", "SSHPASS", "RAILS_MASTER_KEY", "REDIS_PASSWORD", "RABBITMQ_DEFAULT_PASS_WORD",
    "ANSIBLE_BECOME_PASSWORD", "GPG_PASSPHRASE", "BORG_PASSPHRASE", "RESTIC_PASSWORD", "DB_PASS", "SMTP_PASS",
    "user_pass", "DOCKER_AUTH_CONFIG", "NPM_CONFIG__AUTH", "JWT_PRIVATE_KEY", "CREDENTIALS", "DB_CREDENTIAL",
    // Options, headers, keys of JSON and YAML, in every manner of writing.
    "password", "passwd", "passWord", "pass-phrase", "--password", "--db-password", "-token", "--auth-token",
    "--api-key", "--apikey", "apiKey", "APIKey", "ApiKey", "X-Api-Key", "X-Auth-Token", "PRIVATE-TOKEN",
    "_authToken", "access_token", "accessToken", "accesstoken", "refresh_token", "clientSecret",
    "client.secret",
    "spring.datasource.password", "ansible_ssh_private_key", "dbPassword2", "TOKEN1", "oauth2token",
    "csrfmiddlewaretoken", "AWSSecretKey", "accessKey", "API_KEYS", "user-credentials",
  ]

  static let harmless = [
    // "key" alone, or with what says that it is none.
    "KEY", "KEYS", "key", "MONKEY", "MONKEY_PATCH", "KEYBOARD", "KEYMAP", "XKB_KEYMAP", "SORT_KEY", "-k",
    "--key",
    "--keyring", "primaryKey", "FOREIGN_KEY", "PUBLIC_KEY", "HOTKEY", "keyfile", "KEYFRAMES", "TURKEY",
    "hockey",
    "SSH_KEYGEN", "KEY_ACCESS", "API", "API_URL", "API_VERSION", "ACCESS_LOG", "PRIVATE_TMP", "AUTH_METHOD",
    // Longer or other words with the same beginning.
    "TOKENIZER_PARALLELISM", "TOKENIZERS_PARALLELISM", "tokenize", "MAX_TOKENS", "--max-tokens", "STOKENS",
    "SECRETARY", "secretariat", "SECRETS_MOUNT", "PASSENGER_APP_ENV", "COMPASS", "BYPASS", "PASSIVE",
    "passthrough",
    "PASS", "--pass", "TWO_PASS", "proxy_pass", "PASS_MAX_DAYS", "test_pass", "CREDITS", "accredited",
    "CREDENZA",
    // Where things are, who someone is.
    "PWD", "OLDPWD", "INIT_CWD", "SSH_AUTH_SOCK", "SSH_ASKPASS", "GIT_ASKPASS", "XAUTHORITY",
    "GIT_AUTHOR_NAME",
    "AUTHOR", "GNUPGHOME", "PATH", "HOME", "LOGNAME", "ANSIBLE_CONFIG", "PYTHONPATH",
    "DBUS_SESSION_BUS_ADDRESS",
    "XDG_SESSION_ID", "LS_COLORS", "HISTFILE", "TERM", "", "_", "--", "Tok_En", "TO_KEN", "PAS_SWORD",
  ]

  @Test func thereAreSixtyOfEach() {
    #expect(Set(Self.secret).count >= 60 && Set(Self.harmless).count >= 60)
  }

  @Test(arguments: secret)
  func aNameWithASecretWordIsSecret(_ name: String) { #expect(Secrets.isSecret(name: ByteString(name))) }

  @Test(arguments: harmless)
  func aNameWithoutOneIsNot(_ name: String) { #expect(!Secrets.isSecret(name: ByteString(name))) }

  /// By the words alone these are secret; their value is shown where it is a path, which is what it says it is.
  @Test(
    arguments: [
      "PASSWORD_STORE_DIR", "AWS_WEB_IDENTITY_TOKEN_FILE", "ANSIBLE_VAULT_PASSWORD_FILE",
      "POSTGRES_PASSWORD_FILE",
      "AWS_SHARED_CREDENTIALS_FILE", "private_key_path",
    ])
  func aPlaceIsShownAndAnythingElseUnderItsNameIsNot(_ name: String) {
    #expect(Secrets.masked(value: "/run/secrets/db", of: ByteString(name)) == nil)
    #expect(Secrets.masked(value: "~/.aws/credentials", of: ByteString(name)) == nil)
    #expect(Secrets.masked(value: "hunter2", of: ByteString(name)) == "***")
  }

  @Test(arguments: ["PASSWORD_FD", "passphrase-fd", "tokenFd", "SECRET_DESCRIPTOR"])
  func aDescriptorIsShownAndAnythingElseUnderItsNameIsNot(_ name: String) {
    #expect(Secrets.masked(value: "0", of: ByteString(name)) == nil)
    #expect(Secrets.masked(value: "255", of: ByteString(name)) == nil)
    for other in ["1234", "0x1", "-1", "hunter2", "/dev/fd/3"] {
      #expect(Secrets.masked(value: ByteString(other), of: ByteString(name)) == "***")
    }
  }

  /// A path is no excuse where the name does not speak of one: a password may begin with a slash.
  @Test func aPasswordThatLooksLikeAPathIsMasked() {
    #expect(Secrets.masked(value: "/7gH+q", of: "DB_PASSWORD") == "***")
  }
}
