# SPDX-License-Identifier: Apache-2.0
"""Listens to the static probes (USDT) of a library, by nothing but the kernel's perf events: a uprobe at the place that
the note names, with the semaphore beside it, and the registers that it says the arguments are in.

    probe_listener.py LIBRARY    listens for ever, to be killed; says "listening" when it does
"""
import ctypes, mmap, os, re, struct, subprocess, sys, time

UPROBES = "/sys/bus/event_source/devices/uprobe/"
PERF_EVENT_OPEN = 298  # x86-64
SAMPLE_TID, SAMPLE_REGISTERS = 1 << 1, 1 << 12
LOST, SAMPLE = 2, 9
# DX, SI, DI of asm/perf_regs.h; a sample has them in this order.
REGISTERS = {"%edx": 0, "%rsi": 1, "%rdi": 2}
MASK = 1 << 3 | 1 << 4 | 1 << 5
RING = 4 << 20


class Probe:
    """What a note says; offsets are those in the file."""
    def __init__(self, name, site, semaphore, arguments):
        self.name, self.site, self.semaphore, self.arguments = name, site, semaphore, arguments


def probes(library):
    text = subprocess.check_output(["readelf", "-Wln", library], text=True)
    loads = [[int(word, 16) for word in line.split()[1:6]] for line in text.splitlines() if line.split()[:1] == ["LOAD"]]

    def offset(address):
        return next(address - start + at for at, start, _, size, _ in loads if start <= address < start + size)

    found = re.findall(
        r"Provider: python\n\s*Name: (\S+)\n\s*Location: (\S+), Base: \S+, Semaphore: (\S+)\n\s*Arguments: (.*)\n", text)
    return {name: Probe(name, offset(int(site, 16)), offset(int(semaphore, 16)),
                        [argument.split("@")[1] for argument in arguments.split()])
            for name, site, semaphore, arguments in found}


def perf_event_open(library, probe, cpu):
    with open(UPROBES + "type") as file:
        kind = int(file.read())
    path = ctypes.create_string_buffer(os.fsencode(library))
    # type, size, config (the semaphore's place in its upper half), period, what a sample holds, …, wakeup, …, path, place.
    attributes = struct.pack(
        "<IIQQQQQIIQQQQIiQ", kind, 112, probe.semaphore << 32, 1, SAMPLE_TID | SAMPLE_REGISTERS, 0, 0, RING, 0,
        ctypes.addressof(path), probe.site, 0, MASK, 0, 0, 0).ljust(112, b"\0")
    descriptor = ctypes.CDLL(None, use_errno=True).syscall(PERF_EVENT_OPEN, attributes, -1, cpu, -1, 8)
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), "perf_event_open of %s" % probe.name)
    return descriptor


class Listener:
    """From its beginning until `end` everything that comes by is kept, as (pid, probe's name, three registers)."""
    def __init__(self, library):
        self.probes, self.rings = probes(library), []
        for probe in self.probes.values():
            for cpu in range(os.cpu_count()):
                descriptor = perf_event_open(library, probe, cpu)
                self.rings.append((probe, descriptor, mmap.mmap(descriptor, mmap.PAGESIZE + RING)))

    def end(self):
        """Ends it, and gives what came by."""
        heard = []
        for probe, descriptor, ring in self.rings:
            os.close(descriptor)
            heard += [(pid, probe.name, [registers[REGISTERS[name]] for name in probe.arguments])
                      for pid, registers in samples(ring)]
            ring.close()
        self.rings = []
        return heard


def samples(ring):
    head, = struct.unpack_from("<Q", ring, 1024)
    # Where it is full, nobody is told of what comes after.
    if head > RING - mmap.PAGESIZE:
        sys.exit("more came by than there is room for")
    at = mmap.PAGESIZE
    while at < mmap.PAGESIZE + head:
        kind, _, size = struct.unpack_from("<IHH", ring, at)
        if kind == LOST:
            sys.exit("the kernel lost samples")
        if kind == SAMPLE:
            pid, _, layout, *registers = struct.unpack_from("<IIQQQQ", ring, at + 8)
            if layout != 2:
                sys.exit("a sample without the registers of 64 bits")
            yield pid, registers
        at += size


class Memory:
    """The memory of a process, which outlives its program's texts there."""
    def __init__(self, pid, library):
        self.file, self.known = open("/proc/%d/mem" % pid, "rb", buffering=0), {}
        with open("/proc/%d/maps" % pid) as maps:
            self.maps = [line.split() for line in maps if line.rstrip().endswith(os.path.realpath(library))]

    def text(self, address):
        if address not in self.known:
            self.known[address] = os.pread(self.file.fileno(), 8192, address).split(b"\0")[0]
        return self.known[address]

    def number(self, offset):
        """The 16 bits that come from this place of the library's file, where they can be written."""
        for limits, rights, start, *_ in self.maps:
            first, last = (int(word, 16) for word in limits.split("-"))
            if rights[1] == "w" and int(start, 16) <= offset < int(start, 16) + last - first:
                return struct.unpack("<H", os.pread(self.file.fileno(), 2, first + offset - int(start, 16)))[0]
        sys.exit("the semaphore is nowhere in the process")


if __name__ == "__main__":
    listener = Listener(sys.argv[1])
    print("listening", flush=True)
    while True:
        time.sleep(1)
