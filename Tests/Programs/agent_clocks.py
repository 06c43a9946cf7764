# SPDX-License-Identifier: Apache-2.0
"""Functions that know how long they took, for Python 2.7 and 3.6 on: prints {NAME: [TOTAL, SELF]} in seconds as JSON.

    agent_clocks.py [FILE]      with a FILE it kills itself by SIGKILL in the middle of a call, after having written there

Each takes some hundredths of a second, and looks at the clock in its first and its last line.
"""
import json, os, signal, sys, threading, time

clock = getattr(time, "perf_counter", time.time)
# Appending is one step, which no other thread can come between.
seen = []


def timed(name, begun, within, is_outermost=True):
    took = clock() - begun
    seen.append((name, took if is_outermost else 0, took - within))
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
    return timed("nested", begun, within, depth == 4)


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


def in_threads(function, *arguments):
    """Several at the same time: all count."""
    crowd = [threading.Thread(target=function, args=arguments) for _ in range(3)]
    for thread in crowd:
        thread.start()
        time.sleep(0.005)
    for thread in crowd:
        thread.join()


def waiting():
    begun = clock()
    time.sleep(0.1)
    timed("waiting", begun, 0)


def descending(depth):
    """A recursion in each of several threads, of which each has an outermost call."""
    begun = clock()
    time.sleep(0.02)
    within = descending(depth - 1) if depth else 0
    return timed("descending", begun, within, depth == 3)


LATER = u'''
class Turn:
    def __await__(self):
        yield

async def stepping():
    ran = 0
    for _ in range(3):
        begun = clock()
        time.sleep(0.02)
        ran += timed("stepping", begun, 0)
        await Turn()
    return ran

async def awaiting():
    begun = clock()
    time.sleep(0.03)
    took = clock() - begun
    # What others do while it waits is not its time.
    within = await stepping()
    seen.append(("awaiting", took + within, took))

async def pouring():
    for _ in range(3):
        begun = clock()
        time.sleep(0.02)
        timed("pouring", begun, 0)
        yield 1

async def drinking():
    return [_ async for _ in pouring()]

def in_turns():
    crowd = [awaiting(), stepping(), drinking(), awaiting()]
    while crowd:
        for each in list(crowd):
            try:
                each.send(None)
            except StopIteration:
                crowd.remove(each)
        time.sleep(0.01)
'''
if sys.version_info[0] > 2:
    # Another module, in a directory that there need not be.
    directory, name = os.path.split(os.path.abspath(__file__))
    exec(compile(LATER, os.path.join(directory, "later", name), "exec"))
else:
    def in_turns():
        pass


def main():
    both()
    nested(4)
    try:
        raising()
    except KeyError:
        pass
    for _ in yielding():
        time.sleep(0.01)  # not within
    in_threads(waiting)
    in_threads(descending, 3)
    in_turns()


def told():
    times = {}
    for name, total, own in seen:
        before = times.get(name, [0, 0])
        times[name] = [before[0] + total, before[1] + own]
    return json.dumps(times)


def killed(path):
    main()
    with open(path, "w") as file:
        file.write(told())
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        killed(sys.argv[1])
    main()
    print(told())
