# SPDX-License-Identifier: GPL-2.0-or-later
"""A heap written by hand with all tables of a dump, in the columns form (formats/dump/SPEC.md, section 2)."""

import os
import re
import struct
import sys

import msgpack

from heaps import INFO, Heap

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "corrupt"))
from dumps import sealed  # noqa: E402

NONE = 2**32 - 1
TRACKED, IMMORTAL, PSEUDO = 3, 4, 8
LABELS = [(r"\.__dict__$", 10), (r"\.(.+)", 1), (r"\['(.*)'\]$", 2), (r"\[\]$", 4), (r"\[(.+)\]$", 3), (r"<key>$", 5),
          (r"local (.+)", 6), (r"cell (.+)", 7), (r"default (.+)", 8), (r"frame (.+)\(\)$", 9), (r"type$", 11),
          (r"weak$", 12), (r"->(.*)", 0)]
ROOTS = {"module": 1, "class": 2, "thread": 3, "interpreter": 4, "C code": 5}
COLUMNS = {"strings": "length:Q", "types": "module:I name:I object:I flags:I slotted_bytes:I",
           "objects": "address:Q type:I shallow_bytes:Q refcount:I flags:B", "inner": "degree:I",
           "references": "target:I kind:B name:I", "roots": "object:I kind:B name:I excess:I",
           "threads": "object:I name:I native_id:Q ident:Q",
           "frames": "thread:I object:I function:I file:I line:I depth:I awaits:I",
           "tasks": "object:I name:I coroutine:I", "sites": "caller:I file:I line:I", "allocations": "object:I site:I",
           "equals": "object:I group:I", "containers": "object:I used:I room:I apart_bytes:Q needed_bytes:Q",
           "bounds": "object:I most:I",
           "arenas": "address:Q bytes:Q resident_bytes:Q pools:I free_pools:I"}
WIDTH = {"B": "u8", "I": "u32", "Q": "u64"}


class FullHeap(Heap):
    """As Heap; threads, frames, tasks, sites, equal contents, containers, bounds and arenas besides. Ids are given out from 1; threads come first."""

    def __init__(self, **info):
        super().__init__(**info)
        self.refcount, self.flags, self.excess = {}, {}, {}
        self.threads, self.frames, self.tasks, self.sites, self.allocations, self.arenas = [], [], [], [], [], []
        self.equals, self.containers, self.bounds = {}, {}, {}  # id: the other columns
        self.slotted = {}  # type: bytes

    def thread(self, name, native_id):
        thread = self.add("thread", 0)
        self.flags[thread] = PSEUDO
        self.roots.append([thread, "thread " + name])
        self.threads.append((thread, name, native_id, 0x7F0000000000 + native_id))
        return thread

    def frame(self, thread, function, file, line):
        """A frame of a thread, further out than those before it."""
        frame = self.add("frame", 0)
        self.flags[frame] = PSEUDO
        self.refer(thread, frame, f"frame {function}()")
        index = [t[0] for t in self.threads].index(thread)
        depth = sum(f[0] == index for f in self.frames)
        self.frames.append((index, frame, function, file, line, depth, 0))
        return frame

    def coroutine(self, function, file, line, awaits=0):
        coroutine = self.add("coroutine", 200, *([(awaits, "->await")] if awaits else []))
        self.frames.append((NONE, coroutine, function, file, line, 0, awaits))
        return coroutine

    def write(self, path):
        strings, types = {"": 0}, {("", "(root)"): 0}

        def string(text):
            return strings.setdefault(text, len(strings))

        def kind_of(name):
            module, _, last = name.rpartition(".")
            return types.setdefault((module or "builtins", last), len(types))

        def reference(target, label):
            for pattern, kind in LABELS:
                match = re.match(pattern, label)
                if match:
                    name = match.group(1) if match.groups() else ""
                    return number[target], kind, kind_of(name) if kind == 3 else string(name)
            raise ValueError(label)

        order = [t[0] for t in self.threads]
        order += [r[0] for r in self.rows if r[3] and r[0] not in order]
        order += [r[0] for r in self.rows if not r[3] and r[0] not in order]
        number = {id_: i + 1 for i, id_ in enumerate(order)}
        inner = 1 + sum(bool(r[3]) for r in self.rows)
        rows = [self.rows[id_ - 1] for id_ in order]
        tables = {
            "objects": [(0, 0, 0, 0, PSEUDO)] + [
                (0x7F0000000000 + 64 * r[0], kind_of(r[1]), r[2],
                 0 if self.flags.get(r[0], 0) & PSEUDO else self.refcount.get(r[0], 1),
                 self.flags.get(r[0], TRACKED if r[3] else 0)) for r in rows],
            "inner": [(0,)] + [(len(r[3]),) for r in rows[:inner - 1]],
            "references": [reference(*ref) for r in rows for ref in r[3]],
            "roots": [(number[id_], next(k for w, k in ROOTS.items() if label.startswith(w)),
                       string(label.partition(" ")[2]) if label != "C code" else 0, self.excess.get(id_, 0)
                       if label == "C code" else 0) for id_, label in self.roots],
            "threads": [(number[t[0]], string(t[1]), *t[2:]) for t in self.threads],
            "frames": [(f[0], number[f[1]], string(f[2]), string(f[3]), f[4], f[5], number.get(f[6], 0))
                       for f in self.frames],
            "tasks": [(number[t[0]], string(t[1]), number[t[2]]) for t in self.tasks],
            "sites": [(caller, string(file), line) for caller, file, line in self.sites],
            "allocations": sorted((number[id_], site) for id_, site in self.allocations),
            **{name: sorted((number[id_], *row) for id_, row in getattr(self, name).items())
               for name in ("equals", "containers", "bounds")},
            "arenas": self.arenas,
        }
        tables["types"] = [(string("" if i == 0 else module), string(name), NONE,
                            3 if name in ("(root)", "thread", "frame") else module != "builtins",
                            self.slotted.get(f"{module}.{name}", 0))
                           for (module, name), i in types.items()]
        tables["strings"] = [(len(text.encode()),) for text in strings]
        values = [{"leakgraph": [1, 1], "form": "columns"}, dict(INFO, **self.info)]
        for name, columns in COLUMNS.items():
            chunk = {"section": name, "first": 0, "count": len(tables[name])}
            for i, column in enumerate(columns.split()):
                field, _, width = column.partition(":")
                cells = [row[i] for row in tables[name]]
                chunk[field] = [WIDTH[width], struct.pack(f"<{len(cells)}{width}", *cells)]
            if name == "strings":
                chunk["bytes"] = ["u8", "".join(strings).encode()]
            if tables[name]:
                values.append(chunk)
        values.append(dict({"section": "end"}, **{name: len(rows) for name, rows in tables.items()}))
        with open(path, "wb") as file:
            file.write(sealed(b"".join(msgpack.packb(value, use_bin_type=True) for value in values)))
        return path


def service():
    """A service of asyncio: sessions of which two are not in the registry, rows, tasks that wait, a leak in C."""
    heap = FullHeap(command_line="python3 -m shop.serve")
    main, worker = heap.thread("MainThread", 4242), heap.thread("worker-3", 4250)
    sessions, registry, models = heap.module("shop.sessions"), heap.module("shop.registry"), heap.module("shop.models")
    heap.sites = [(NONE, "/srv/shop/serve.py", 12), (0, "/srv/shop/models.py", 8), (0, "/srv/shop/models.py", 31)]
    cls = heap.add("type", 1000)
    heap.refer(models, cls, "['Session']")
    cache, active = heap.add("dict", 2300), heap.add("set", 2200)
    heap.refer(sessions, cache, "['SESSIONS']")
    heap.refer(registry, active, "['ACTIVE']")
    for i in range(40):
        name, payload = heap.add("str", 60 + i % 2), heap.add("bytes", 2000)
        session = heap.add("shop.models.Session", 56, (name, ".user"), (payload, ".payload"), (cls, "type"))
        heap.refer(cache, session, f"['s{i}']")
        heap.refcount[session] = 1
        heap.allocations += [(session, 1), (payload, 2)]
        if i not in (7, 23):
            heap.refer(active, session, "[]")
            heap.refcount[session] = 2
    rows = heap.add("list", 400)
    loaded = heap.add("shop.rows.Loaded", 48, (rows, ".rows"))
    heap.refer(models, loaded, "['LOADED']")
    for i in range(30):
        heap.refer(rows, heap.add("dict", 184, *[(heap.add("str", 50), f"['{k}']") for k in
                                                 (("id", "name", "price") if i % 3 else ("id", "name"))]), "[]")
    lookup = heap.add("weakref.ReferenceType", 72, (loaded, "weak"))
    heap.refer(registry, lookup, "['latest']")
    run = heap.frame(main, "run_forever", "/usr/lib/python3.11/asyncio/base_events.py", 607)
    handle = heap.frame(worker, "handle", "/srv/shop/worker.py", 40)
    batch = heap.add("list", 300)
    heap.refer(handle, batch, "local batch")
    for _ in range(20):
        heap.refer(batch, heap.add("bytes", 1500), "[]")
    ready = heap.add("collections.deque", 600)
    heap.refer(run, ready, "local ready")
    for i in range(6):
        at = 0
        for depth in range(1 + i % 3):
            function, line = (("fetch", 12), ("query", 31), ("serve", 55))[depth]
            at = heap.coroutine(function, "/srv/shop/db.py", line, at)
        task = heap.add("_asyncio.Task", 150, (at, "->coro"))
        heap.refer(ready, task, "[]")
        heap.tasks.append((task, f"Task-{i + 1}", at))
    parser = heap.add("shop._parser.Parser", 90, (heap.add("bytes", 9000), "->buffer"))
    heap.refer(models, parser, "['PARSER']")
    heap.refcount[parser], heap.excess[parser] = 4, 3
    heap.roots.append([parser, "C code"])
    for _ in range(5):
        node = heap.add("shop.pages.Node", 500)
        heap.refer(node, heap.add("shop.pages.Node", 500, (node, ".parent")), ".child")
    shared = heap.add("str", 70)
    for i in range(25):
        heap.refer(cache, shared, "<key>")
    heap.refcount[shared] = 25
    heap.equals = {row[0]: (0,) for row in heap.rows if row[1:3] == ["str", 50]}
    heap.containers = {cache: (40, 85, 2200, 1100), rows: (30, 200, 340, 240), ready: (6, 64, 528, 528)}
    heap.bounds = {ready: (100,)}
    heap.slotted = {"shop.models.Session": 16}
    heap.arenas = [(0x7F0000000000, 16384, 16384, 4, 0), (0x7F0000004000, 16384, 16384, 4, 3)]
    return heap
