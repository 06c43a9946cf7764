// SPDX-License-Identifier: Apache-2.0
import Testing

/// What happens to signals that are sent to Honeyguide while a command runs. Each script starts the driver in the
/// background and waits for the command's first word, so that no signal comes too early.
@Suite struct LaunchSignalTests {
  static let prologue = """
    # Starts `sh -c "$1"` under the driver; $driver and $command are the two processes.
    start() {
      "$DRIVER" --output page -- sh -c "echo \\$\\$ > pid.new; mv pid.new pid; $1" > output 2> errors < /dev/null &
      driver=$!
      until test -s pid; do sleep 0.01; done
      command=$(cat pid)
    }
    # Waits until a file has a line.
    await() { for i in $(seq 500); do grep -q "$2" "$1" 2>/dev/null && return; sleep 0.01; done; echo "no $2 in $1"; }
    set +m

    """

  func run(_ script: String) -> Shell.Result { Shell.run(Self.prologue + script) }

  @Test(arguments: ["TERM", "HUP", "USR2"]) func `A signal sent to Honeyguide alone reaches the command once`(
    signal: String
  ) {
    let result = run(
      """
      start 'trap "echo got >> got" \(signal); echo ready > ready; while test ! -e go; do sleep 0.01; done'
      await ready ready; kill -\(signal) $driver; await got got; sleep 0.1; touch go
      wait $driver; echo $?; cat got page
      """)
    #expect(result.output == "0\ngot\npage: code 0\n")
  }

  @Test func `A command ended by a signal that was passed on ends Honeyguide as a shell would`() {
    let result = run("start 'exec sleep 60'; kill -TERM $driver; wait $driver; echo $?; cat page")
    #expect(result.output == "143\npage: signal 15\n")
  }

  @Test(arguments: ["INT", "QUIT", "PIPE"]) func `A signal of the keyboard does not end Honeyguide`(
    signal: String
  ) {
    let result = run(
      """
      start 'while test ! -e go; do sleep 0.01; done; exit 4'
      kill -\(signal) $driver; sleep 0.1; kill -0 $driver && touch go; wait $driver; echo $?
      """)
    #expect(result.output == "4\n")
  }

  @Test func `USR1 asks for the page so far, and does not reach the command`() {
    let result = run(
      """
      start 'trap "echo got" USR1; while test ! -e go; do sleep 0.01; done'
      kill -USR1 $driver; await page "so far"; kill -USR1 $driver; sleep 0.1; touch go; wait $driver; cat output page
      """)
    #expect(result.output == "page so far\npage so far\npage: code 0\n")
  }

  @Test func `A second TERM ends Honeyguide and leaves the command running`() {
    let result = run(
      """
      start 'trap "echo got >> got" TERM; echo ready > ready; while test ! -e go; do sleep 0.01; done; echo done >> got'
      await ready ready; kill -TERM $driver; await got got; sleep 1.2; kill -TERM $driver
      wait $driver; echo $?; cat page
      kill -0 $command && touch go; await got done; cat got
      """)
    #expect(result.output == "143\nterminated\ngot\ndone\n")
  }

  @Test func `Two TERM at once, as timeout(1) sends them, are one`() {
    let result = run(
      """
      start 'trap "echo got >> got" TERM; echo ready > ready; while test ! -e go; do sleep 0.01; done; exit 3'
      await ready ready; kill -TERM $driver; await got got; kill -TERM $driver; sleep 0.2; touch go
      wait $driver; echo $?; cat page
      """)
    #expect(result.output == "3\npage: code 3\n")
  }

  @Test func `timeout(1) ends a command through Honeyguide, and the page is written`() {
    let result = Shell.run(
      #"timeout 0.3 "$DRIVER" --output page -- sleep 60; echo $?; cat page; timeout --foreground 0.3 "$DRIVER" --output page -- sleep 60; echo $?; cat page"#
    )
    #expect(result.output == "124\npage: signal 15\n124\npage: signal 15\n")
  }

  @Test func `What the command sends to its own group is not passed on to it again`() {
    let result = Shell.run(
      """
      setsid -w "$DRIVER" --output page -- sh -c 'trap "echo got" HUP; kill -HUP 0; sleep 0.2; exit 5'
      echo $?; cat page
      """)
    #expect(result.output == "got\n5\npage: code 5\n")
  }

  @Test func `Killed with -9, Honeyguide leaves the command running`() {
    let result = run(
      """
      start 'while test ! -e go; do sleep 0.01; done; echo done > got'
      kill -KILL $driver; wait $driver; echo $?; kill -0 $command && touch go; await got done; cat got
      """)
    #expect(result.output == "137\ndone\n")
  }

  @Test func `A command that is stopped and continued by a process ends as it would`() {
    let result = run(
      """
      start 'while test ! -e go; do sleep 0.01; done; exit 6'
      kill -STOP $command; sleep 0.1; kill -0 $driver && kill -CONT $command; touch go; wait $driver; echo $?
      """)
    #expect(result.output == "6\n")
  }

  @Test func `Honeyguide that is stopped and continued misses nothing`() {
    let result = run(
      """
      start 'while test ! -e go; do sleep 0.01; done; exit 8'
      kill -STOP $driver; touch go; sleep 0.1; kill -CONT $driver; wait $driver; echo $?
      """)
    #expect(result.output == "8\n")
  }
}
