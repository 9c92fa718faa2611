# SPDX-License-Identifier: GPL-2.0-or-later
"""Which contents are equal, how full containers are, and what slots would make: against Python's own answers."""

import collections
import json
import os

import support
from dump_columns import Dump

PROGRAM = r"""
import collections, ctypes, json, mmap, os, sys, time, zlib

def text(i): return "word %d of many" % (i % 10)
kept = {
    "ascii": [text(i) for i in range(300)],
    "latin": ["\xe4%d" % (i % 7) for i in range(100)],
    "wide": [chr(0x416) + str(i % 7) for i in range(100)],
    "widest": [chr(0x1f600) + str(i % 7) for i in range(100)],
    "lookalike": ["\u6261\u6261".encode("utf-16-le").decode("latin-1"), "\u6261\u6261"] * 2,
    "bytes": [b"word %d of many" % (i % 10) for i in range(300)],
    "long": [b"x" * 100000 + b"%d" % (i % 2) for i in range(6)],
    "longest": [b"x" * ((16 << 20) + 1) for i in range(2)],
    "ints": [(-1) ** i * 10 ** 5 + i % 6 for i in range(60)],
    "large": [(-1) ** i * (10 ** 40 + i % 6) for i in range(60)],
    "floats": [(i % 7) / 3 for i in range(100)] + [0.0 * -1, 0.0 * i if (i := 1) else 0],
    "subclasses": [type("Text", (str,), {})("same") for i in range(3)],
    "lists": [[], [1], list(range(100)), [0] * 10, list(range(1000))[:3]],
    "dicts": [{}, {1: 2}, {i: i for i in range(5)}, {i: i for i in range(6)},
              {str(i): i for i in range(1000)}, dict.fromkeys(range(30000))],
    "sets": [set(), {1}, set(range(4)), set(range(5)), set(range(1000)), set(range(60000)), frozenset(range(500))],
    "deques": [collections.deque(), collections.deque([1]), collections.deque(range(1000))],
    "of_dict": [collections.defaultdict(int), collections.OrderedDict(), collections.Counter("abc")],
}
grown = []
for i in range(200): grown.append(i)
cut = list(range(500))
del cut[10:]
thinned, emptied = {i: i for i in range(1000)}, {i: i for i in range(1000)}
for i in range(990): del thinned[i]
emptied.clear()
discarded = set(range(5000))
discarded -= set(range(4990))
kept["lists"] += [grown, cut]
kept["dicts"] += [thinned, emptied]
kept["sets"] += [discarded]

class Plain:
    def __init__(self): self.a, self.b, self.c = 1, 2, 3
class Slotted: __slots__ = ("a", "b", "c")
class Weak: __slots__ = ("a", "b", "c", "__weakref__")
class Derived(Plain): pass
class Mixed(Slotted): pass
class Failed(Exception): pass
class Listed(list): pass
instances = [Plain(), Slotted(), Weak(), Derived(), Mixed(), Failed(), Listed()]

def fresh(x):
    if not x: return {} if type(x) is dict else type(x)()
    return frozenset(set(x)) if isinstance(x, frozenset) else type(x)(x)
sizes = {id(x): [sys.getsizeof(x), sys.getsizeof(fresh(x)), len(x)]
         for kind in ("lists", "dicts", "sets") for x in kept[kind]}
objects = {kind: [id(x) for x in values] for kind, values in kept.items()}
keys = {kind: [zlib.crc32(repr(x).encode()) for x in values] for kind, values in kept.items()
        if kind not in ("lists", "dicts", "sets", "deques", "of_dict")}
# Bytes whose header can be read, and whose content the copy does not have.
hidden = [b"y" * 400000 for _ in range(3)]
for x in hidden:
    start = (id(x) + 2 * mmap.PAGESIZE) // mmap.PAGESIZE * mmap.PAGESIZE
    assert ctypes.CDLL(None).madvise(ctypes.c_void_p(start), ctypes.c_size_t(200000), 10) == 0  # MADV_DONTFORK
print("ready", os.getpid(), flush=True)
print(json.dumps([objects, keys, sizes, [id(x) for x in hidden]]), flush=True)
time.sleep(1000)
"""

@support.on_each(support.interpreters())
class WasteTest(support.LiveTest):
    def taken(self, python, *options):
        with support.Target([python, "-c", PROGRAM]) as target:
            objects, keys, sizes, hidden = json.loads(target.line())
            self.succeed("dump", target.pid, "-o", self.path(), *options)
            self.assert_unharmed(target)
        dump = Dump(self.path())
        return dump, dump.by_address(), objects, keys, sizes, hidden

    def test_contents_containers_and_slots(self, python):
        dump, index, objects, keys, sizes, hidden = self.taken(python)
        self.compare_contents(dump, index, objects, keys)
        self.compare_containers(dump, index, sizes)
        self.check_slots(dump)
        # Their content faulted: they are there all the same, and compared with nothing.
        groups = dump["equals", "object"]
        for address in hidden:
            self.assertEqual(dump.type_of(index[address]), "bytes")
            self.assertNotIn(index[address], groups)

    def compare_contents(self, dump, index, objects, keys):
        group = dict(zip(dump["equals", "object"], dump["equals", "group"]))
        for kind, values in keys.items():
            expected, found = collections.defaultdict(set), collections.defaultdict(set)
            for address, value in zip(objects[kind], values):
                number = index[address]
                expected[value].add(number)
                if number in group:
                    found[group[number]].add(number)
            if kind in ("longest", "subclasses"):
                self.assertFalse(found, kind)
                continue
            expected = {frozenset(numbers) for numbers in expected.values() if len(numbers) > 1}
            found = {frozenset(numbers) for numbers in found.values() if len(numbers) > 1}
            self.assertEqual(found, expected, kind)
        # A group is of one type and of more than one object.
        types, count = {}, collections.Counter(group.values())
        for number, of in group.items():
            self.assertGreater(count[of], 1)
            self.assertEqual(types.setdefault(of, dump.type_of(number)), dump.type_of(number))

    def compare_containers(self, dump, index, sizes):
        rows = {o: row for o, *row in zip(*(dump["containers", c] for c in (
            "object", "used", "room", "apart_bytes", "needed_bytes")))}
        for address, (size, fresh, used) in sizes.items():
            number = index[int(address)]
            row = rows.get(number)
            if row is None:
                # Rounded up to whole pairs of words, as a new list is.
                self.assertLessEqual(size - fresh, 0, dump.type_of(number))
                self.assertGreater(used, 0)
                continue
            self.assertEqual(row[0], used)
            self.assertGreaterEqual(row[1], used)
            # What is shared is the interpreter's own, and a copy may be larger than need be.
            self.assertLessEqual(abs((row[2] - row[3]) - (size - fresh)), 8, (dump.type_of(number), row, size, fresh))

    def check_slots(self, dump):
        names = ["Plain", "Slotted", "Weak", "Derived", "Mixed", "Failed", "Listed"]
        type_of, shallow = {}, {}
        for number in range(len(dump["objects", "type"])):
            name = dump.type_of(number)
            if name.startswith("__main__.") and name[9:] in names:
                shallow[name[9:]] = dump["objects", "shallow_bytes"][number]
                type_of[name[9:]] = dump["objects", "type"][number]
        slotted = {name: dump["types", "slotted_bytes"][t] for name, t in type_of.items()}
        weak = {name: dump["types", "weakref_bytes"][t] for name, t in type_of.items()}
        block = {name: dump["types", "block_bytes"][t] for name, t in type_of.items()}
        self.assertEqual(sorted(type_of), sorted(names))
        self.assertEqual(slotted["Plain"] + 3 * 8, shallow["Slotted"])
        self.assertEqual(slotted["Plain"] + 3 * 8 + weak["Plain"], shallow["Weak"])
        self.assertEqual(slotted["Derived"], slotted["Plain"])
        self.assertEqual(slotted["Mixed"], shallow["Slotted"])
        self.assertEqual([slotted["Slotted"], slotted["Failed"], slotted["Weak"]], [0, 0, 0])
        for name in ("Plain", "Derived"):
            self.assertLessEqual(block[name], shallow[name])

    def test_the_sample(self, python):
        with support.sample(python, "wasteful") as target:
            dump = self.dump(target)
        with open(os.path.join(support.SAMPLES, "wasteful", "waste.json"), encoding="utf-8") as file:
            answers = json.load(file)
        report = self.json("waste", dump)
        self.assertEqual([report[f"{what}_known"] for what in ("equals", "containers", "slots")], [True] * 3)
        self.assertEqual(report["total"]["bytes"], sum(place["bytes"] for place in report["places"]))
        self.assertLess(report["total"]["bytes"], report["totals"]["object_bytes"])
        for answer in answers:
            least = answer.pop("bytes_each") * answer["count"]
            found = [place for place in report["places"] if answer.items() <= place.items()]
            self.assertEqual(len(found), 1, (answer, report["places"][:8]))
            self.assertGreaterEqual(found[0]["bytes"], least, answer)
        screen = self.succeed("waste", dump)
        self.assertIn("equal str (5 contents): __main__.Reading … .country", screen)
        self.assertIn("Next  leakgraph path ", screen)

    def test_not_compared(self, python):
        """Neither where it is not wanted, nor where names are hidden."""
        for option in ("--no-contents", "--redact"):
            dump = self.taken(python, option)[0]
            self.assertEqual(dump.end["equals"], 0)
            self.assertGreater(dump.end["containers"], 10)
        self.assertIn("take it without --no-contents and --redact", self.succeed("waste", self.path()))


if __name__ == "__main__":
    support.main()
