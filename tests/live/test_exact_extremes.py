# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps of heaps that break other tools: huge, deep, long, damaged, and watchful ones."""
import os
import subprocess
import sys
import tempfile
import textwrap
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import support
from dump_columns import Dump

LEAKGRAPH = os.environ.get("LEAKGRAPH", "leakgraph")
PYTHONS = support.one_of_each_minor()

PARTIAL = 16
ATTR, KEY_STR, ITEM, DICT, WEAK = 1, 2, 4, 10, 12


class Target:
    """A program that says "ready", waits for a line, and then runs the lines sent to it."""

    def __init__(self, python, program):
        text = textwrap.dedent(program) + textwrap.dedent("""
            import os, sys
            print("ready", os.getpid(), flush=True)
            for line in sys.stdin:
                print(eval(line), flush=True)
        """)
        self.process = subprocess.Popen([python, "-c", text], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("ready"):
            raise AssertionError(f"{python}: the target did not start")
        self.pid = int(line.split()[1])

    def ask(self, expression):
        self.process.stdin.write(expression + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def dump(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "dump.msgpack")
            subprocess.run([LEAKGRAPH, "dump", str(self.pid), "-o", path], check=True, timeout=300)
            return Dump(path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def main_module(dump):
    for number, kind, name in zip(*(dump["roots", c] for c in ("object", "kind", "name"))):
        if kind == 1 and dump.strings[name] == "__main__":
            return number
    raise AssertionError("no module __main__ among the roots")


def follow(dump, number, kind, name):
    for target, k, n in dump.references(number):
        if k == kind and n == name:
            return target
    raise AssertionError(f"{dump.type_of(number)} #{number} has no reference of kind {kind} {name!r}")


def variable(dump, name):
    """What a global variable of the program refers to."""
    return follow(dump, follow(dump, main_module(dump), DICT, ""), KEY_STR, name)


def attributes(dump, number):
    """Names of an instance's attributes, inline or in its __dict__."""
    names = set()
    for target, kind, name in dump.references(number):
        if kind == ATTR:
            names.add(name)
        elif kind == DICT:
            names.update(key for _, k, key in dump.references(target) if k == KEY_STR)
    return names


def holder_of_attributes(dump, number):
    """An instance that has its attributes inline, or its __dict__."""
    dicts = [target for target, kind, _ in dump.references(number) if kind == DICT]
    return dicts[0] if dicts else number


class Extremes(unittest.TestCase):
    def each(self, program):
        for python in PYTHONS:
            with self.subTest(python=python), Target(python, program) as target:
                yield target

    def test_five_gibibytes(self):
        for target in self.each("""
                # calloc of a large block is not touched: 5 GiB of address space, no memory.
                big = bytes(5 << 30)
        """):
            dump = target.dump()
            big = variable(dump, "big")
            self.assertEqual(dump.type_of(big), "bytes")
            self.assertEqual(dump["objects", "shallow_bytes"][big], (5 << 30) + 33)
            self.assertEqual(target.ask("len(big)"), str(5 << 30))

    def test_nested_lists(self):
        for target in self.each("""
                nested = []
                for i in range(100_000):
                    nested = [nested]
        """):
            dump = target.dump()
            at, depth = variable(dump, "nested"), 0
            while True:
                items = [t for t, k, _ in dump.references(at) if k == ITEM]
                if not items:
                    break
                at, depth = items[0], depth + 1
            self.assertEqual(depth, 100_000)

    def test_linked_list(self):
        for target in self.each("""
                class Node:
                    __slots__ = ("next",)
                head = None
                for i in range(1_000_000):
                    node = Node()
                    node.next = head
                    head = node
        """):
            dump = target.dump()
            targets, kinds = dump["references", "target"], dump["references", "kind"]
            at, length = variable(dump, "head"), 0
            while at < dump.inner:
                following = [targets[r] for r in range(dump.first[at], dump.first[at + 1]) if kinds[r] == ATTR]
                length += 1
                if not following:
                    break
                at = following[0]
            # The last one refers to None, a leaf.
            self.assertEqual(length, 1_000_000)


class Watchful(unittest.TestCase):
    PROGRAM = """
        ran = []

        def told(name, answer=None):
            def method(self, *arguments):
                ran.append(name)
                return answer
            return method

        class Meta(type):
            __repr__ = told("meta __repr__", "meta")
            __getattribute__ = told("meta __getattribute__")
            __instancecheck__ = told("meta __instancecheck__", True)

        class Watchful(metaclass=Meta):
            __repr__ = told("__repr__", "x")
            __str__ = told("__str__", "x")
            __sizeof__ = told("__sizeof__", 1 << 50)
            __dir__ = told("__dir__", [])
            __len__ = told("__len__", 3)
            __iter__ = told("__iter__")
            __hash__ = told("__hash__", 1)
            __eq__ = told("__eq__", True)
            __bool__ = told("__bool__", True)
            __getattribute__ = told("__getattribute__")
            __getattr__ = told("__getattr__")
            __class__ = property(told("__class__"))
            watched = property(told("property"))
            __del__ = told("__del__")

        class Plain:
            def __init__(self):
                self.a, self.b = [1], [2]

        class Key(str):
            __hash__ = str.__hash__
            __eq__ = told("key __eq__", True)

        kept = [object.__new__(Watchful) for i in range(100)]
        plain = [Plain() for i in range(100)]
        keys = dict(zip([Key("a"), Key("b")], kept))
        ran.clear()

        import ctypes

        def dicts_made():
            if sys.version_info < (3, 11):  # there each has one from the start
                return 0
            # The word for the dict of an instance whose attributes are held inline: 24 bytes before it.
            # In 3.12 that word may have, told by its lowest bit, where the attributes are.
            words = [ctypes.c_uint64.from_address(id(x) - 24).value for x in plain]
            return sum(word != 0 and not word & 1 for word in words)
    """

    def test_no_code_runs_and_no_dict_is_made(self):
        for python in PYTHONS:
            with self.subTest(python=python), Target(python, self.PROGRAM) as target:
                self.assertEqual(target.ask("ran, dicts_made()"), "([], 0)")
                dump = target.dump()
                self.assertEqual(target.ask("ran, dicts_made()"), "([], 0)")
                kept = [t for t, k, _ in dump.references(variable(dump, "kept")) if k == ITEM]
                self.assertEqual(len(kept), 100)
                self.assertLess(dump["objects", "shallow_bytes"][kept[0]], 1000)
                plain = [t for t, k, _ in dump.references(variable(dump, "plain")) if k == ITEM]
                dicts = int(target.ask("sys.version_info < (3, 11)") == "True")
                for number in plain:
                    self.assertEqual(attributes(dump, number), {"a", "b"})
                    self.assertEqual([k for _, k, _ in dump.references(number)].count(DICT), dicts)


class Damaged(unittest.TestCase):
    """The dump says which objects it could not read, and has all others."""

    PROGRAM = """
        import ctypes, collections, sys
        word = ctypes.c_uint64.from_address

        keys_head = 40 if sys.version_info < (3, 11) else 32
        entry = 24 if sys.version_info < (3, 11) else 16

        def values(x):
            if sys.version_info < (3, 11):  # those of its dict
                return word(word(id(x) + 16).value + 40).value
            if sys.version_info >= (3, 13):
                return id(x) + 16 + 8
            if sys.version_info >= (3, 12):
                return word(id(x) - 24).value + 1
            return word(id(x) - 32).value

        class Plain:
            def __init__(self):
                self.a, self.b, self.c = [1], [2], [3]

        class Loop:
            def __init__(self):
                self.a = [1]

        before = [[i] for i in range(1000)]
        damaged_list = [[10], [20], [30]]
        damaged_tuple = ([10], [20], [30])
        damaged_instance = Plain()
        damaged_dict = {{"a": [1], "b": [2], "c": [3]}}
        damaged_deque = collections.deque([[1], [2]])
        wild_type = [object(), [1]]
        loop = Loop()
        after = [[i] for i in range(1000)]

        {damage}
    """

    # Damage, and what it hits. The program does nothing with the damaged objects any more.
    CASES = {
        "damaged_list": "word(word(id(damaged_list) + 24).value + 8).value = {wild}",
        "damaged_tuple": "word(id(damaged_tuple) + 24 + 8).value = {wild}",
        "damaged_instance": "word(values(damaged_instance) + 8).value = {wild}",
        "damaged_dict": "word(word(id(damaged_dict) + 32).value + keys_head + 8 + 2 * entry - 8).value = {wild}",
        "wild_type": "word(id(wild_type[0]) + 8).value = {wild}",
    }
    WILD = ("1", "0x4142434445464748", "0x7fffdeadb000", "8", "(1 << 64) - 8", "id(b'no pointer at all') + 32")

    def check(self, target, name, partial_expected=True):
        dump = target.dump()
        for intact in ("before", "after"):
            number = variable(dump, intact)
            self.assertEqual(len([1 for _, k, _ in dump.references(number) if k == ITEM]), 1000)
        number = holder_of_attributes(dump, variable(dump, name))
        self.assertEqual(bool(dump["objects", "flags"][number] & PARTIAL), partial_expected)
        return dump, number

    def test_wild_pointers(self):
        for python in PYTHONS:
            for name, damage in self.CASES.items():
                for wild in self.WILD:
                    program = self.PROGRAM.format(damage=damage.format(wild=wild))
                    with self.subTest(python=python, name=name, wild=wild), Target(python, program) as target:
                        dump, number = self.check(target, name)
                        # What stands beside the wild pointer is there.
                        lists = [t for t, k, _ in dump.references(number) if dump.type_of(t) == "list"]
                        self.assertEqual(len(lists), 1 if name == "wild_type" else 2)

    def test_sizes_out_of_range(self):
        for python in PYTHONS:
            for name, damage in {
                "damaged_list": "word(id(damaged_list) + 16).value = 1 << 60",
                "damaged_tuple": "word(id(damaged_tuple) + 16).value = 1 << 60",
                "damaged_dict": "word(word(id(damaged_dict) + 32).value + keys_head - 8).value = 1 << 60",
            }.items():
                program = self.PROGRAM.format(damage=damage)
                with self.subTest(python=python, name=name), Target(python, program) as target:
                    self.check(target, name)

    def test_a_ring_of_blocks(self):
        """deque_traverse goes from block to block until it meets the last one: here it never does."""
        damage = """block = word(id(damaged_deque) + 24).value
        word(block + 8 * 65).value = block
        word(id(damaged_deque) + 32).value = block + 1"""
        for python in PYTHONS:
            with self.subTest(python=python), Target(python, self.PROGRAM.format(damage=damage)) as target:
                self.check(target, "damaged_deque")

    def test_a_base_that_is_its_own(self):
        """subtype_traverse goes up the bases without visiting anything: it never answers."""
        damage = "word(id(Loop) + 256).value = id(Loop)"
        with Target(PYTHONS[0], self.PROGRAM.format(damage=damage)) as target:
            dump, _ = self.check(target, "loop")
            self.assertGreaterEqual(dump.info["faults"], 1)


class Collecting(unittest.TestCase):
    def test_while_the_collector_runs(self):
        """It always runs here: copies are tried to a bound, then a torn one is taken, and whole."""
        program = """
            import gc, threading
            class Node:
                pass
            kept = []
            for i in range(100_000):
                node = Node()
                node.me, node.items = node, [i]
                kept.append(node)
            gc.disable()
            stop = False
            def collect():
                while not stop:
                    gc.collect()
            threading.Thread(target=collect, daemon=True).start()
        """
        for python in PYTHONS:
            with self.subTest(python=python), Target(python, program) as target:
                for _ in range(5):
                    dump = target.dump()
                    self.assertLessEqual(dump.info["attempts"], 10)
                    nodes = [t for t, k, _ in dump.references(variable(dump, "kept")) if k == ITEM]
                    self.assertEqual(len(nodes), 100_000)
                    named = sum("items" in attributes(dump, t) for t in nodes)
                    self.assertEqual(named, 100_000)
                    self.assertEqual(dump.info["faults"], 0)
                self.assertEqual(target.ask("len(kept)"), "100000")


if __name__ == "__main__":
    unittest.main()
