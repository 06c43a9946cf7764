# SPDX-License-Identifier: Apache-2.0
# -*- coding: utf-8 -*-
"""Calls of every kind, the same in each run, for Python 2.7 and 3.6 on: what the agent counts is compared with this.

    agent_calls.py            runs them
    agent_calls.py FILE       runs them under sys.setprofile, and writes there how often each function began or went on,
                              and how often it ended: one line each, FIRST-LINE NAME BEGINS ENDS
"""
import functools, os, sys, threading


def recurse(depth):
    return 0 if depth == 0 else 1 + recurse(depth - 1)


def even(n):
    return True if n == 0 else odd(n - 1)


def odd(n):
    return False if n == 0 else even(n - 1)


def count_to(limit):
    for number in range(limit):
        yield number


def thrown(depth):
    if depth == 0:
        raise ValueError("ten frames up")
    thrown(depth - 1)


def caught():
    try:
        thrown(10)
    except ValueError:
        pass


class First(object):
    def same(self):
        return 1

    @property
    def shown(self):
        return self.same()

    @staticmethod
    def static():
        return 2

    @classmethod
    def of_class(cls):
        return cls.static()


class Second(object):
    def same(self):
        return First().same()

    def __getattr__(self, name):
        return len(name)


def compared(one, other):
    return (one > other) - (one < other)


def callbacks():
    sorted([5, 3, 1, 4], key=lambda number: -number)
    sorted([5, 3, 1, 4], key=functools.cmp_to_key(compared))
    list(map(lambda number: number + 1, range(7)))


def closed_early():
    generator = count_to(10)
    next(generator)
    generator.close()
    unstarted = count_to(10)
    unstarted.close()


def thrown_into():
    def holds():
        try:
            yield 1
        except KeyError:
            yield 2
    generator = holds()
    next(generator)
    generator.throw(KeyError("in"))


def executed():
    for number in range(20):
        names = {}
        exec(compile("def made_%d(x):\n  return x\nmade_%d(1)\n" % (number, number), __file__, "exec"), names)


def named():
    long_name = "n" * 300
    names = {}
    exec(compile("def %s(): pass\n%s()\n" % (long_name, long_name), __file__, "exec"), names)
    if sys.version_info[0] > 2:
        exec(compile(u"def grüße_\u03c9(): pass\ngrüße_\u03c9()\n", __file__, "exec"), names)


def worked():
    for _ in range(200):
        recurse(3)
        list(count_to(3))


def threads():
    crowd = [threading.Thread(target=worked) for _ in range(8)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()


LATER = u'''
async def step(n):
    return n
async def steps(n):
    return sum([await step(i) for i in range(n)])
async def each(n):
    for i in range(n):
        yield i
async def all_of(n):
    return [i async for i in each(n)]
def driven(coroutine):
    try:
        while True:
            coroutine.send(None)
    except StopIteration as end:
        return end.value
def delegated(n):
    yield from count_to(n)
def later():
    driven(steps(5)); driven(all_of(6)); list(delegated(4))
'''
if sys.version_info[0] > 2:
    exec(compile("\n" * 200 + LATER, __file__, "exec"))
else:
    def later():
        pass


class Subscripted(object):
    def __getitem__(self, key):
        return key


class Inherits(Subscripted):
    pass


class Kind(type):
    def __getitem__(cls, key):
        return key


def subscripted(container):
    total = 0
    for number in range(300):
        # Code that has run for a while before it meets what it takes a subscript of.
        if number > 100:
            total += container[number]
    return total


def subscripted_soon(container):
    return sum([container[number] for number in range(300)])


def subscripts():
    class Inner(object):
        def __getitem__(self, key):
            return key

    def __getitem__(self, key):
        return key

    subscripted_soon(Subscripted())
    kinds = [Inner(), Kind("Named", (), {}), Inherits(), type("Made", (), {"__getitem__": __getitem__})()]
    for container in kinds:
        subscripted_soon(container)
        # Each with code of its own, which has met nothing else.
        names = {}
        exec(compile(SUBSCRIPTED, __file__, "exec"), names)
        names["late"](container)
        subscripted(container)


SUBSCRIPTED = "\n" * 300 + '''
class Late(object):
    def __getitem__(self, key):
        return key
def late(container, own=Late()):
    for number in range(300):
        if number > 100:
            container[number], own[number]
'''


def everything():
    recurse(30)
    even(21)
    sum(count_to(25))
    caught()
    First().shown
    First.of_class()
    Second().same()
    Second().missing
    callbacks()
    closed_early()
    thrown_into()
    executed()
    named()
    later()
    subscripts()
    threads()


def main():
    if len(sys.argv) < 2:
        return everything()
    # Appending is one step, which no other thread can come between; adding to a number is not.
    seen = []
    # Names of its own: threads of Python 2 may still end when those of the module are gone.
    base, here = os.path.basename, os.path.basename(__file__)

    def note(frame, event, argument):
        if event in ("call", "return") and base(frame.f_code.co_filename) == here:
            seen.append((frame.f_code.co_firstlineno, frame.f_code.co_name, event))

    threading.setprofile(note)
    sys.setprofile(note)
    everything()
    sys.setprofile(None)
    counts = {}
    for line, name, event in seen:
        counts.setdefault((line, name), [0, 0])[event == "return"] += 1
    with open(sys.argv[1], "wb") as file:
        for (line, name), (begins, ends) in sorted(counts.items()):
            name = name if isinstance(name, bytes) else name.encode("utf-8")
            file.write(b" ".join([str(line).encode(), name, str(begins).encode(), str(ends).encode()]) + b"\n")


if __name__ == "__main__":
    main()
