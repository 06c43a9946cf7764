# SPDX-License-Identifier: Apache-2.0
"""Functions that know how long they took, for Python 2.7 and 3.6 on: prints {NAME: [TOTAL, SELF]} in seconds as JSON.

    agent_clocks.py [FILE]      with a FILE it kills itself by SIGKILL in the middle of a call, after having written there

Each takes some hundredths of a second, and looks at the clock in its first and its last line.
"""
import json, os, signal, sys, threading, time

clock = getattr(time, "perf_counter", time.time)
totals, selves = {}, {}


def timed(name, begun, within):
    took = clock() - begun
    totals[name] = totals.get(name, 0) + took
    selves[name] = selves.get(name, 0) + took - within
    return took


def busy():
    begun = clock()
    # In one step, so that neither the agent's nor the clock's own calls count.
    sum(range(1500000))
    return timed("busy", begun, 0)


def asleep():
    begun = clock()
    time.sleep(0.05)
    return timed("asleep", begun, 0)


def both():
    begun = clock()
    time.sleep(0.03)
    within = busy() + asleep() + busy()
    return timed("both", begun, within)


def nested(depth):
    begun = clock()
    time.sleep(0.02)
    within = nested(depth - 1) if depth else 0
    took = clock() - begun
    selves["nested"] = selves.get("nested", 0) + took - within
    if depth == 4:
        totals["nested"] = took
    return took


def raising():
    begun = clock()
    try:
        time.sleep(0.04)
        raise KeyError
    finally:
        timed("raising", begun, 0)


def yielding():
    for _ in range(3):
        begun = clock()
        time.sleep(0.02)
        timed("yielding", begun, 0)
        yield


def in_threads():
    """Two at the same time: both count."""
    crowd = [threading.Thread(target=waiting) for _ in range(2)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()


def waiting():
    begun = clock()
    time.sleep(0.1)
    timed("waiting", begun, 0)


def main():
    both()
    nested(4)
    try:
        raising()
    except KeyError:
        pass
    for _ in yielding():
        time.sleep(0.01)  # not within
    in_threads()


def killed(path):
    main()
    with open(path, "w") as file:
        json.dump({name: [totals[name], selves[name]] for name in totals}, file)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        killed(sys.argv[1])
    main()
    print(json.dumps({name: [totals[name], selves[name]] for name in totals}))
