# SPDX-License-Identifier: GPL-2.0-or-later
"""What other tools do wrong with live processes, and this one must not."""

import json
import os
import signal
import subprocess
import time

import support
from dump_columns import Dump

TWO_LISTS = """
class Plain: pass
class Parent: pass
class Child: pass
plain = Plain()
plain.rows = [None] * 2_500_000
parent = Parent()
parent.child = Child()
parent.child.parent = parent
parent.child.rows = [None] * 2_500_000
ready()
import time
time.sleep(1000)
"""

LIST_BYTES = 8 * 2_500_000

ASLEEP = """
import sys, time
ready()
start = time.monotonic()
time.sleep(float(sys.argv[1]))
print(time.monotonic() - start, flush=True)
time.sleep(1000)
"""

COUNTING = """
import time
nodes = [[number] for number in range(600_000)]
ready()
while True:
    print(sum(len(node) for node in nodes[:1000]), flush=True)
    time.sleep(0.05)
"""

# Every way in which a tool could run code of the target says so.
NOISY = """
import gc, sys
calls = []
def noisy(name):
    def called(self, *arguments):
        calls.append(name)
        return getattr(object, name)(self, *arguments)
    return called
NAMES = ['__str__', '__repr__', '__sizeof__', '__dir__', '__hash__', '__eq__', '__format__', '__reduce_ex__']
class Meta(type):
    def __repr__(cls):
        calls.append('Meta.__repr__')
        return 'x'
    def __dir__(cls):
        calls.append('Meta.__dir__')
        return []
    def __instancecheck__(cls, other):
        calls.append('__instancecheck__')
        return True
class Noisy(metaclass=Meta):
    def __init__(self, number):
        self.number = number
        self.payload = [number]
    @property
    def name(self):
        calls.append('property')
    def __getattr__(self, name):
        calls.append('__getattr__')
        raise AttributeError(name)
    def __len__(self):
        calls.append('__len__')
        return 0
    def __iter__(self):
        calls.append('__iter__')
        return iter(())
    def __del__(self):
        calls.append('__del__')
for name in NAMES:
    setattr(Noisy, name, noisy(name))
def getattribute(self, name):
    calls.append('__getattribute__')
    return object.__getattribute__(self, name)
held = [Noisy(number) for number in range(1000)]
Noisy.__getattribute__ = getattribute
gc.callbacks.append(lambda *_: calls.append('collection'))
gc.disable()
def has_dict(noisy):
    return any(type(referent) is dict for referent in gc.get_referents(noisy))
dicts = sum(map(has_dict, held))  # before 3.11 each has one
assert dicts == (len(held) if sys.version_info < (3, 11) else 0)
del calls[:]
ready()
sys.stdin.readline()
print(len(calls), sum(map(has_dict, held)) - dicts, *sorted(set(calls)), flush=True)
"""

MILLION_NODES = """
class Node:
    __slots__ = ('next',)
first = None
for _ in range(1_000_000):
    node = Node()
    node.next = first
    first = node
del node
ready()
import time
time.sleep(1000)
"""

NESTED_LISTS = """
nested = []
for _ in range(100_000):
    nested = [nested]
ready()
import time
time.sleep(1000)
"""

# A bytes object on a mapping that takes no memory: head at its start, and zeroes behind.
HUGE_BYTES = """
import ctypes, sys, time
SIZE = 5 << 30
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
MAP_PRIVATE, MAP_ANONYMOUS, MAP_NORESERVE = 2, 0x20, 0x4000
address = libc.mmap(None, SIZE + 4096, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
assert address and address != 2 ** 64 - 1, ctypes.get_errno()
head = (ctypes.c_ssize_t * 4).from_address(address)
head[0], head[1], head[2], head[3] = 2, id(bytes), SIZE, -1
class Download: pass
download = Download()
download.body = ctypes.cast(address, ctypes.py_object).value
assert len(download.body) == SIZE
print('size', sys.getsizeof(download.body), address, flush=True)
ready()
time.sleep(1000)
"""


@support.on_each(support.one_of_each_minor())
class PeersTest(support.LiveTest):
    def test_cycle_does_not_hide_what_it_retains(self, python):
        with support.target(python, TWO_LISTS) as target:
            dump = self.dump(target)
        holders = self.json("analyze", dump)["holders"]
        large = [holder for holder in holders if holder["retained_bytes"] >= LIST_BYTES]
        self.assertEqual(len(large), 2, [holder["path_text"] for holder in holders])
        for kind in ("__main__.Plain", "__main__.Parent", "__main__.Child"):
            found = self.json("path", dump, kind)
            self.assertGreaterEqual(found["retained_bytes"], LIST_BYTES, kind)
            self.assertLess(found["retained_bytes"], LIST_BYTES + 10_000, kind)
        screen = self.analyze(dump)
        self.assertEqual(screen.count("20.0 MB"), 2, screen)

    def test_sleeping_target_is_dumped_at_once_and_sleeps_on(self, python):
        seconds = 15
        with support.target(python, ASLEEP, str(seconds)) as target:
            self.dump(target)
            # Still asleep: a tool that waits for bytecode to run would come back after that.
            self.assertEqual(target.state()[0], "S")
            slept = float(target.line())
            self.assert_unharmed(target)
        self.assertGreaterEqual(slept, seconds)
        self.assertLess(slept, seconds + 10)

    def interrupted_dump(self, target, seconds):
        """A dump that gets SIGINT, with its process group, after some time. Its exit code."""
        process = subprocess.Popen(
            [support.PROGRAM, "dump", str(target.pid), "-o", self.path()], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
        time.sleep(seconds)
        if process.poll() is None:
            support.interrupt_group(process)
        _, errors = process.communicate(timeout=support.TOOL_SECONDS)
        return process.returncode, errors

    def test_interrupt_leaves_nothing_behind(self, python):
        with support.target(python, COUNTING) as target:
            start = time.monotonic()
            self.dump(target)
            whole = time.monotonic() - start
            os.unlink(self.path())
            codes = []
            for step in range(16):
                code, errors = self.interrupted_dump(target, whole * step / 14)
                codes.append(code)
                # By the signal itself: it came before the program had begun.
                self.assertIn(code, (0, support.EXIT_INTERRUPTED, -signal.SIGINT), errors)
                # Either the whole file or none, and never a part of it under another name.
                left = os.listdir(self.folder)
                self.assertEqual(left, ["dump.msgpack"] if code == 0 else [])
                if code == 0:
                    self.json("analyze", self.path())
                    os.unlink(self.path())
                self.assertTrue(support.wait_until(lambda: not target.children()))
                self.assert_unharmed(target)
                self.assertEqual(target.line(), "1000")
            self.assertIn(support.EXIT_INTERRUPTED, codes)
            self.dump(target)

    def test_no_code_of_the_target_is_run(self, python):
        with support.target(python, NOISY) as target:
            self.dump(target)
            target.process.stdin.write("\n")
            target.process.stdin.flush()
            self.assertEqual(target.line(), "0 0")

    def test_linked_list_of_a_million_nodes(self, python):
        with support.target(python, MILLION_NODES) as target:
            dump = self.dump(target)
        counts = {row["type"]: row["count"] for row in self.json("types", dump)["types"]}
        self.assertEqual(counts["__main__.Node"], 1_000_000)
        found = self.json("analyze", dump)
        self.assertGreater(found["holders"][0]["retained_bytes"], 30_000_000)
        self.assertEqual(found["garbage"]["objects"], 0)
        self.assertIn("__main__.Node", self.analyze(dump))
        self.succeed("tree", dump, "--depth", "1000")
        self.succeed("path", dump, "__main__.Node")

    def test_lists_nested_a_hundred_thousand_deep(self, python):
        with support.target(python, NESTED_LISTS) as target:
            dump = self.dump(target)
        found = self.json("analyze", dump)
        self.assertGreater(found["holders"][0]["retained_bytes"], 100_000 * 64)
        self.assertIn("module __main__", found["holders"][0]["path_text"])
        self.assertIn(".nested", found["holders"][0]["path_text"])
        self.succeed("tree", dump, "--depth", "1000", "--min-share", "0")

    def test_bytes_of_five_gigabytes(self, python):
        with support.target(python, HUGE_BYTES, ready=False) as target:
            size, address = map(int, target.line().split()[1:])
            target.line()
            dump = self.dump(target)
        self.assertEqual(size, (5 << 30) + 33)
        columns = Dump(dump)
        self.assertEqual(columns["objects", "shallow_bytes"][columns.by_address()[address]], size)
        self.assertLess(os.path.getsize(dump), 10_000_000, "the bytes themselves are not recorded")
        found = self.json("path", dump, hex(address))
        self.assertEqual(found["shallow_bytes"], size)
        self.assertIn("module __main__ → .download → __main__.Download → .body",
                      json.dumps(found, ensure_ascii=False))
        self.assertGreaterEqual(self.json("analyze", dump)["holders"][0]["retained_bytes"], size)


if __name__ == "__main__":
    support.main()
