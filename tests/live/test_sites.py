# SPDX-License-Identifier: GPL-2.0-or-later
"""Where objects were allocated, in a dump against tracemalloc's own answers."""

import json

import support
from dump_columns import Dump

PROGRAM = """
import tracemalloc, sys
frames = int(sys.argv[1])
early = [object() for _ in range(10)]
tracemalloc.start(frames)
import ctypes
track = ctypes.pythonapi.PyTraceMalloc_Track
track.argtypes = [ctypes.c_uint, ctypes.c_void_p, ctypes.c_size_t]
if frames > 1:
    track(389047, 4096, 10)  # as NumPy does: blocks of another domain beside Python's
import collections, decimal, gc, json, os, time, weakref

class Plain: pass

class Slots:
    __slots__ = ("a", "__weakref__")

class Inherits(dict): pass

def make(kind, count):
    return [kind() for _ in range(count)]

def outer(kind, count):
    return make(kind, count)

kept = []
for kind in (Plain, Slots, Inherits, list, dict, set, object, bytearray, collections.deque, decimal.Decimal,
             lambda: [1, 2], lambda: (object(),), lambda: "x" * len(kept), lambda: 10**40, lambda: b"y" * 100,
             lambda: weakref.ref(kept[0]), lambda: lambda: kept, lambda: (i for i in kept)):
    kept.extend(outer(kind, 50))
kept.append(collections.OrderedDict(a=1))
code = compile("def generated():\\n    return [object()]\\n", "generated.py", "exec")
exec(code)
kept.extend(generated() for _ in range(20))
threads = [type("Made%d" % i, (), {}) for i in range(20)]

def traceback(thing):
    found = tracemalloc.get_object_traceback(thing)
    return None if found is None else [[frame.filename, frame.lineno] for frame in reversed(found)]

every = {id(x): x for x in kept + early + threads + gc.get_objects()}
# 3.11 does not look before the words of a managed dict: it knows no traceback of such an instance.
blind = 1 << 4 if sys.version_info[:2] == (3, 11) else 0
every = [x for x in every.values() if not type(x).__flags__ & blind]
said = {id(x): traceback(x) for x in every}
print("ready", os.getpid(), flush=True)
print(json.dumps(said), flush=True)
time.sleep(1000)
"""

LEAK = """
import sys, time, tracemalloc
tracemalloc.start(3)

class Session:
    def __init__(self, size): self.payload = bytearray(size)

def login(size):
    return Session(size)

SESSIONS = {}
for number in range(3000):
    SESSIONS[number] = login(1000)
ready()
time.sleep(1000)
"""


@support.on_each(support.interpreters())
class SitesTest(support.LiveTest):
    def compare(self, python, frames):
        with support.Target([python, "-c", PROGRAM, str(frames)]) as target:
            said = json.loads(target.line())
            dump = Dump(self.dump(target))
        index, sites = dump.by_address(), dict(zip(dump["allocations", "object"], dump["allocations", "site"]))
        columns = [dump["sites", column] for column in ("caller", "file", "line")]
        compared = 0
        for address, expected in said.items():
            number = index.get(int(address))
            if number is None:
                continue  # what the program made while it answered
            found, site = [], sites.get(number, 4294967295)
            while site != 4294967295:
                caller, file, line = (column[site] for column in columns)
                found.append([dump.strings[file], line])
                site = caller
            self.assertEqual(found, expected or [], dump.type_of(number))
            compared += bool(expected)
        self.assertGreater(compared, 1000)

    def test_one_frame(self, python):
        self.compare(python, 1)

    def test_many_frames(self, python):
        self.compare(python, 25)

    def test_nothing_where_it_does_not_run(self, python):
        start = "import time, tracemalloc\n"
        stopped = "tracemalloc.start()\nx = [object() for _ in range(99)]\ntracemalloc.stop()\n"
        for code in (start, start + stopped):
            with support.target(python, code + "ready()\ntime.sleep(1000)") as target:
                info = self.json("info", self.dump(target))
            self.assertEqual((info["sites"], info["allocations"]), (0, 0))

    def test_reports_tell_the_lines(self, python):
        with support.target(python, LEAK) as target:
            path = self.dump(target)
        holder = self.json("analyze", path)["holders"][0]
        lines = [(line["file"], line["line"]) for line in holder["allocated"]]
        self.assertEqual(lines[0], ("<string>", 8))
        self.assertIn(("<string>", 11), lines)
        self.assertGreater(holder["allocated"][0]["bytes"], 3000000)
        self.assertLessEqual(holder["allocated"][0]["objects"], 6100)
        text = self.analyze(path)
        self.assertIn("allocated at <string>:8 (3.", text)
        self.assertLessEqual(len(text.splitlines()), 24)
        dump = Dump(path)
        payload = next(n for n in range(len(dump)) if dump.type_of(n) == "bytearray" and
                       dump["objects", "shallow_bytes"][n] > 1000)
        where = self.json("path", path, f"#{payload}")
        self.assertEqual([(line["file"], line["line"]) for line in where["allocated"]],
                         [("<string>", 8), ("<string>", 11), ("<string>", 15)])
        self.assertIn("Allocated at <string>:8, called from <string>:11, <string>:15\n",
                      self.succeed("path", path, f"#{payload}"))
        info = self.json("info", path)
        self.assertEqual((info["sites"], info["allocations"]),
                         (dump.end["sites"], dump.end["allocations"]))
        self.assertGreater(info["allocations"], 6000)


if __name__ == "__main__":
    support.main()
