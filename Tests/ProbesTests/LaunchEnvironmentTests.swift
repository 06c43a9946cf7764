// SPDX-License-Identifier: Apache-2.0
import Inspection
import Testing

@testable import Probes

@Suite struct LaunchEnvironmentTests {
  @Test func `An environment keeps its order, its duplicates and what is no variable`() {
    let block = EnvironmentBlock(bytes: Array("B=2\0A=1\0odd\0A=3\0".utf8))
    #expect(block.entries == ["B=2", "A=1", "odd", "A=3"])
    #expect(block["A"] == "1")
    #expect(block["odd"] == nil)
    #expect(block["C"] == nil)
  }

  @Test func `A last entry without its zero byte is still one`() {
    #expect(EnvironmentBlock(bytes: Array("A=1\0B=2".utf8)).entries == ["A=1", "B=2"])
    #expect(EnvironmentBlock(bytes: []).entries == [])
  }

  @Test func `A name is not the beginning of a longer one`() {
    let block = EnvironmentBlock(["PATHS=no", "PATH=yes"])
    #expect(block["PATH"] == "yes")
  }

  @Test func `A variable that is set takes the place of the first, and the others go`() {
    var block = EnvironmentBlock(["A=1", "B=2", "A=3"])
    block["A"] = "new"
    #expect(block.entries == ["A=new", "B=2"])
    block["C"] = ""
    #expect(block.entries == ["A=new", "B=2", "C="])
    block["B"] = nil
    #expect(block.entries == ["A=new", "C="])
  }

  @Test func `A value may hold an equals sign and any byte`() {
    var block = EnvironmentBlock()
    block.set([ByteString(Array("A=b=".utf8) + [0xff])])
    #expect(block["A"] == ByteString(Array("b=".utf8) + [0xff]))
  }

  @Test func `What a shell between sudo and us changed, added and removed is done again`() {
    var users = EnvironmentBlock(["HOME=/home/u", "KEEP=1", "GONE=1", "PATH=/users"])
    let handed = EnvironmentBlock(["HOME=/root", "GONE=1", "PATH=/secure", "SUDO_UID=7"])
    let ours = EnvironmentBlock(["HOME=/root", "PATH=/opt:/secure", "SUDO_UID=7", "NEW=2"])
    users.applyChanges(from: handed, to: ours)
    #expect(users.entries == ["HOME=/home/u", "KEEP=1", "PATH=/opt:/secure", "NEW=2"])
  }

  @Test func `What env(1) added between sudo and us is kept, what sudo sets is not`() {
    var users = EnvironmentBlock(["HOME=/home/u", "TERM=vt100"])
    users.addWhatSudoDoesNotSet(
      from: EnvironmentBlock(["HOME=/root", "TERM=dumb", "SUDO_USER=u", "LC_ALL=C", "XDG_X=1", "FOO=1"]))
    #expect(users.entries == ["HOME=/home/u", "TERM=vt100", "FOO=1"])
  }

  @Test func `The variables that say who the user is come from the password database`() {
    let user = Identity(uid: 7, gid: 7, groups: [7], name: "u", home: "/home/u", shell: "/bin/zsh")
    let block = EnvironmentBlock(["HOME=/root", "A=1"]).belonging(to: user)
    #expect(block.entries == ["HOME=/home/u", "A=1", "USER=u", "LOGNAME=u", "SHELL=/bin/zsh"])
  }

  @Test func `Our own environment is the one we were given`() {
    // Not /proc/self/environ, which a test runner may have outgrown: env(1) sees what execve hands on.
    let listed = Set(
      Shell.run("env -0 | tr '\\0' '\\n' | grep -v '^_=\\|^PWD=\\|^OLDPWD=\\|^SHLVL='").lines.map {
        ByteString(String($0))
      })
    for entry in EnvironmentBlock.ours.entries
    where !entry.bytes.contains(10) && !["_", "PWD", "OLDPWD", "SHLVL"].contains(entry.variableName ?? "_") {
      #expect(listed.contains(entry))
    }
  }

  @Test func `Commands are searched as execvp does`() {
    #expect(
      CommandSearch.candidates(for: "ls", path: "/a:/b/::c:") == ["/a/ls", "/b/ls", "ls", "c/ls", "ls"])
    #expect(CommandSearch.candidates(for: "ls", path: nil) == ["/bin/ls", "/usr/bin/ls"])
    #expect(CommandSearch.candidates(for: "ls", path: "") == ["ls"])
    #expect(CommandSearch.candidates(for: "./ls", path: "/a") == ["./ls"])
    #expect(CommandSearch.candidates(for: "", path: "/a") == [])
  }

  @Test func `A sentence holds no byte that could do something to a terminal`() {
    #expect(ByteString("plain é \"q\" \\").quoted == #""plain é \"q\" \\""#)
    #expect(ByteString([0x1b, 0x5b, 0x41, 0xff, 10]).quoted == #""\x1b[A\xff\x0a""#)
    #expect(ByteString("a\u{202e}b\u{9b}").quoted == #""a\xe2\x80\xaeb\xc2\x9b""#)
  }
}
