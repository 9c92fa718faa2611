# SPDX-License-Identifier: GPL-2.0-or-later
"""A dump against what the interpreter itself says, object by object.

For each object of a program that imports a hundred and more modules of the
standard library: is it there, with its type, its size, its refcount, and all
references that gc.get_referents gives? The target (exact_target.py) writes
its answers after the dump, so what it has made for that is left out.
"""
import array
import collections
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from dump_columns import Dump

HERE = os.path.dirname(os.path.abspath(__file__))
LEAKGRAPH = os.environ.get("LEAKGRAPH", "leakgraph")
PYTHONS = os.environ.get("LEAKGRAPH_PYTHONS", "/usr/bin/python3.11").split(":")

TRACKED, GC, IMMORTAL, PSEUDO, PARTIAL, STATIC = 1, 2, 4, 8, 16, 32
LEAST_TYPES = 300
OTHER, ATTR, DICT_KEY, DICT, TYPE, WEAK = 0, 1, 5, 10, 11, 12

# Fields of types of the library whose tp_traverse leaves them out; that they are owned is what refcounts say.
LEFT_OUT = {
    "reader", "writer",  # _io.BufferedRWPair
    "decoder",  # _io.StringIO of 3.11
    "memo",  # _json.Scanner of 3.8
    "callback",  # _thread._local until 3.12
    "context", "owner", "socket",  # _ssl._SSLSocket
    "__annotations__",  # functions of Cython
    "argtypes", "converters", "restype", "checker",  # StgDict of ctypes until 3.12
    "loops",  # numpy.ufunc
    "base", "dtype",  # NumPy's arrays, of whose subclasses it gives the __dict__
}


def answers(path):
    """{address: (type, refcount or 0, size or 0, words, flags, Counter of referents)}"""
    words = array.array("Q")
    with open(path, "rb") as file:
        words.frombytes(file.read())
    told, at = {}, 0
    while at < len(words):
        address, kind, refcount, size, more, flags, count = words[at:at + 7]
        told[address] = kind, refcount, size, more, flags, collections.Counter(words[at + 7:at + 7 + count])
        at += 7 + count
    return told


class Exact:
    """The program, dumped, and its answers."""

    def __init__(self, python, folder):
        self.python = python
        target = subprocess.Popen([python, os.path.join(HERE, "exact_target.py")], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            line = target.stdout.readline()
            if not line.startswith("ready"):
                raise AssertionError(f"{python}: the target did not start: {target.stderr.read()}")
            self.modules = int(line.split()[2])
            path = os.path.join(folder, "dump.msgpack")
            subprocess.run([LEAKGRAPH, "dump", line.split()[1], "-o", path], check=True, timeout=300)
            told = os.path.join(folder, "answers")
            target.stdin.write(told + "\n")
            target.stdin.flush()
            line = target.stdout.readline()
            if not line.startswith("reported"):
                raise AssertionError(f"{python}: no answers: {target.stderr.read()}")
            self.ran = int(line.split()[1])
        finally:
            target.stdin.close()
            target.wait(60)
            target.stdout.close()
            target.stderr.close()
        self.dump, self.told = Dump(path), answers(told)
        self.number = self.dump.by_address()


class ExactReferences(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.exact = [Exact(python, cls.folder.name) for python in PYTHONS]

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def verdict(self, exact, what, agree, wrong):
        print(f"{exact.python}: {what}: {agree} of {agree + len(wrong)} agree", file=sys.stderr)
        if wrong:
            count = collections.Counter(text for _, text in wrong)
            self.fail(f"{exact.python}: {what}: " + "; ".join(f"{n} × {text}" for text, n in count.most_common(12)))

    def test_hundred_modules(self):
        for exact in self.exact:
            self.assertGreaterEqual(exact.modules, 100)

    def test_hundreds_of_types(self):
        for exact in self.exact:
            types = {kind for address, (kind, *_) in exact.told.items() if address in exact.number}
            print(f"{exact.python}: {len(types)} types compared", file=sys.stderr)
            self.assertGreaterEqual(len(types), LEAST_TYPES, exact.python)

    def test_objects(self):
        for exact in self.exact:
            wrong, agree = [], 0
            for address, (kind, *_) in exact.told.items():
                if address in exact.number:
                    agree += 1
                else:
                    wrong.append((address, f"no object of type {kind:#x} {self.name(exact, kind)}"))
            self.verdict(exact, "objects", agree, wrong)

    def test_nothing_invented(self):
        """
        Every object that the dump has tracked is one of gc.get_objects(), but for immortal ones: 3.12 moves
        those to the list of gc.freeze(), which gc.get_objects() leaves out.
        """
        for exact in self.exact:
            dump, wrong, agree = exact.dump, [], 0
            for number in range(1, dump.inner):
                if dump["objects", "flags"][number] & (TRACKED | IMMORTAL) == TRACKED:
                    address = dump["objects", "address"][number]
                    if address in exact.told and exact.told[address][4] & 1:
                        agree += 1
                    else:
                        wrong.append((address, dump.type_of(number)))
            self.verdict(exact, "tracked objects", agree, wrong)

    def test_no_faults(self):
        for exact in self.exact:
            flags = exact.dump["objects", "flags"]
            self.assertEqual(exact.dump.info["faults"], 0)
            self.assertEqual([exact.dump.type_of(i) for i in range(len(exact.dump)) if flags[i] & PARTIAL], [])

    def name(self, exact, type_address):
        number = exact.number.get(type_address)
        names = {o: t for t, o in enumerate(exact.dump["types", "object"])}
        return exact.dump.type_name(names[number]) if number in names else "?"

    def test_types(self):
        for exact in self.exact:
            dump, wrong, agree = exact.dump, [], 0
            for address, (kind, *_) in exact.told.items():
                number = exact.number.get(address)
                if number is None:
                    continue
                said = dump["types", "object"][dump["objects", "type"][number]]
                if said < len(dump) and dump["objects", "address"][said] == kind:
                    agree += 1
                else:
                    wrong.append((address, f"{dump.type_of(number)} for {kind:#x}"))
            self.verdict(exact, "types", agree, wrong)

    def test_references(self):
        for exact in self.exact:
            dump, wrong, agree, edges = exact.dump, [], 0, 0
            addresses = dump["objects", "address"]
            for address, told in exact.told.items():
                number = exact.number.get(address)
                if number is None:
                    continue
                said, may = collections.Counter(), collections.Counter()
                for target, kind, name in dump.references(number):
                    said[addresses[target]] += 1
                    may[addresses[target]] += self.may_be_beyond(dump, number, target, kind, name)
                missing, beyond = told[5] - said, said - told[5] - may
                if missing or beyond:
                    text = f"{dump.type_of(number)}: misses {sorted(self.described(exact, a) for a in missing)}, more {sorted(self.described(exact, a) for a in beyond)}"
                    wrong.append((address, text[:300]))
                else:
                    agree += 1
                    edges += sum(told[5].values())
            self.verdict(exact, "objects with all referents", agree, wrong)
            print(f"{exact.python}: {edges} references of gc.get_referents, all there", file=sys.stderr)

    def described(self, exact, address):
        number = exact.number.get(address)
        return hex(address) if number is None else exact.dump.type_of(number)

    def may_be_beyond(self, dump, number, target, kind, name):
        """What tp_traverse leaves out and a dump has: SPEC and README name it."""
        if kind in (WEAK, DICT_KEY, TYPE):
            return True
        if not dump["objects", "flags"][number] & GC:
            return True  # code objects, static types, ranges: unknown to the collector
        if target >= dump.inner:
            return kind in (ATTR, OTHER) and bool(name)  # a string or number that a field holds
        if kind == ATTR and name in LEFT_OUT:
            return True
        if kind == OTHER and dump.type_of(number) == "module":
            return name in ("__name__", "m_copy", "module state")
        return kind == OTHER and name in ("link", "evaluation stack", "__subclasses__", "__slots__", "__name__", "__qualname__")

    def test_sizes(self):
        for exact in self.exact:
            dump, wrong, agree = exact.dump, [], 0
            for address, (kind, _, size, more, flags, _) in exact.told.items():
                number = exact.number.get(address)
                if number is None or not flags & 2:
                    continue
                said = dump["objects", "shallow_bytes"][number]
                if said == size + more:
                    agree += 1
                else:
                    wrong.append((address, f"{dump.type_of(number)} {said}, sys.getsizeof {size} + {more}"))
            self.verdict(exact, "sizes", agree, wrong)

    def test_refcounts(self):
        for exact in self.exact:
            dump, wrong, agree = exact.dump, [], 0
            for address, (kind, refcount, _, _, flags, _) in exact.told.items():
                number = exact.number.get(address)
                if number is None or not refcount or flags & 4:
                    continue
                said = dump["objects", "refcount"][number]
                if said == refcount:
                    agree += 1
                else:
                    wrong.append((address, f"{dump.type_of(number)} {said}, sys.getrefcount {refcount}"))
            self.verdict(exact, "refcounts of tracked objects", agree, wrong)

    def test_no_reference_too_many(self):
        for exact in self.exact:
            dump, agree, wrong = exact.dump, 0, []
            known = dump.referrers()
            for number in range(1, dump.inner):
                if dump["objects", "flags"][number] & (TRACKED | IMMORTAL) != TRACKED:
                    continue
                refcount = dump["objects", "refcount"][number]
                if known[number] <= refcount:
                    agree += 1
                else:
                    wrong.append((number, f"{dump.type_of(number)} has {refcount} references, {known[number]} are there"))
            self.verdict(exact, "refcounts that are not exceeded", agree, wrong)

    def test_no_code_of_the_target_ran(self):
        for exact in self.exact:
            self.assertEqual(exact.ran, 0)
            sizes = [exact.dump["objects", "shallow_bytes"][i] for i in range(exact.dump.inner)
                     if exact.dump.type_of(i) == "__main__.Sizes"]
            self.assertEqual(len(sizes), 1)
            self.assertLess(sizes[0], 1000)


if __name__ == "__main__":
    unittest.main()
