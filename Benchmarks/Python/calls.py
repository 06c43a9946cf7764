# SPDX-License-Identifier: Apache-2.0
"""What a call costs, for Python 2.7 and 3.6 on: calls.py FILE CALLS [profile]. Writes nanoseconds per call to FILE, of
processor time, the least of five times CALLS calls; with `profile`, under cProfile.
"""
import sys, time


class Counter(object):
    def __init__(self):
        self.count = 0

    def add(self, number):
        self.count += number


def twice(number):
    return number + number


def calls(limit):
    """Three calls in each turn: a function, a method, and the resumption of a generator (this one's)."""
    add = Counter().add
    for number in range(limit):
        add(twice(number))
        yield number


def spend(limit):
    for _ in calls(limit // 3):
        pass


def main():
    limit = int(sys.argv[2])
    # Others may have the processor now and then. In Python 2 clock() is the same.
    clock = time.process_time if sys.version_info[0] > 2 else time.clock
    spend(30000)  # whatever adapts to what is called often, has
    profiler = None
    if sys.argv[3:] == ["profile"]:
        import cProfile
        profiler = cProfile.Profile()
        profiler.enable()
    times = []
    for _ in range(5):
        begun = clock()
        spend(limit)
        times.append(clock() - begun)
    if profiler:
        profiler.disable()
    with open(sys.argv[1], "w") as file:
        file.write("%.3f\n" % (min(times) / limit * 1e9))


if __name__ == "__main__":
    main()
