# SPDX-License-Identifier: GPL-2.0-or-later
"""Heaps written by hand, as files of the row form (formats/dump/SPEC.md, section 4)."""

import random

import msgpack

INFO = {
    "section": "info", "command_line": "python3 -m shop --port 80", "executable": "/usr/bin/python3",
    "python_version": "3.11.2", "producer": "a test", "pid": 4242, "process_start": 77,
    "taken_at_ns": 1795360000000000000, "pause_ns": 24000000, "walk_ns": 99000000,
    "rss_bytes": 2000000, "attempts": 1, "gc_running": 0, "faults": 0,
}


class Heap:
    """Rows as they come; ids are given out from 1."""

    def __init__(self, **info):
        self.rows, self.roots, self.info = [], [], dict(INFO, **info)

    def add(self, kind, size, *referents):
        """An object; its referents are (id, label). Returns its id."""
        self.rows.append([len(self.rows) + 1, kind, size, [list(r) for r in referents]])
        return len(self.rows)

    def refer(self, holder, target, label):
        self.rows[holder - 1][3].append([target, label])

    def module(self, name):
        """A module that is a root; returns its dict."""
        names = self.add("dict", 100)
        self.roots.append([self.add("module", 72, (names, ".__dict__")), "module " + name])
        return names

    def write(self, path):
        with open(path, "wb") as file:
            for value in [{"leakgraph": [1, 0], "form": "rows"}, self.info, *self.rows,
                          {"section": "roots", "objects": self.roots},
                          {"section": "end", "objects": len(self.rows)}]:
                file.write(msgpack.packb(value, use_bin_type=True, unicode_errors="surrogateescape"))
        return path


def shop():
    """A cache, two modules that share, a stuck thread, and cycles of garbage."""
    heap = Heap()
    sessions = heap.module("shop.sessions")
    cache = heap.add("dict", 40000)
    heap.refer(sessions, cache, "['SESSIONS']")
    for i in range(600):
        payload = heap.add("bytes", 1000)
        heap.refer(cache, heap.add("shop.models.Session", 56, (payload, ".payload")), f"['s{i}']")
    catalog, search = heap.module("shop.catalog"), heap.module("shop.search")
    products, index = heap.add("list", 900), heap.add("dict", 4000)
    heap.refer(catalog, products, "['PRODUCTS']")
    heap.refer(search, index, "['INDEX']")
    for i in range(100):
        product = heap.add("shop.models.Product", 2000)
        heap.refer(products, product, "[]")
        heap.refer(index, product, "[int]")
    rows = heap.add("list", 500)
    frame = heap.add("frame", 0, (rows, "local rows"))
    heap.roots.append([heap.add("thread", 0, (frame, "frame handle()")), "thread worker-3"])
    for i in range(50):
        heap.refer(rows, heap.add("bytes", 2000), "[]")
    for i in range(40):
        children = heap.add("list", 80)
        node = heap.add("shop.pages.Node", 500, (children, ".children"))
        heap.refer(children, heap.add("shop.pages.Node", 500, (node, ".parent")), "[]")
    return heap


SESSION = 56 + 1000  # bytes of one of service()


def service(sessions=600, shuffle=None, name="SESSIONS", kind="shop.models.Session", more=None, **info):
    """A module that keeps sessions by name, and a second module; `more` adds to the heap."""
    heap = Heap(**{"python_hex": 0x030B02F0, "pid": 0, **info})
    order = list(range(sessions))
    if shuffle is not None:
        random.Random(shuffle).shuffle(order)
    names, other = heap.module("shop.sessions"), heap.module("shop.index")
    cache = heap.add("dict", 40000)
    heap.refer(names, cache, f"['{name}']")
    kept = []
    for i in order:
        payload = heap.add("bytes", 1000)
        kept.append(heap.add(kind, 56, (payload, ".payload")))
        heap.refer(cache, kept[-1], f"['s{i}']")
    if more:
        more(heap, names, other, cache, kept)
    return heap


def linked_list(path, count):
    """module app → .head → a chain of nodes; written as it is made, for there are millions."""
    pack = msgpack.Packer().pack
    with open(path, "wb") as file:
        file.write(pack({"leakgraph": [1, 0], "form": "rows"}))
        file.write(pack([1, "dict", 100, [[3, "['head']"]]]))
        file.write(pack([2, "module", 72, [[1, ".__dict__"]]]))
        for i in range(3, count + 3):
            following = [[i + 1, ".next"]] if i < count + 2 else []
            file.write(pack([i, "app.Node", 48, following]))
        file.write(pack({"section": "roots", "objects": [[2, "module app"]]}))
    return path


HOSTILE = "x\x1b[2J\x1b]0;title\x07\n\u202e\x9b"


def hostile():
    """Names that would clear the screen, set its title, break the line, turn the direction."""
    heap = Heap(command_line="python3 " + HOSTILE)
    names = heap.module("app" + HOSTILE)
    holder = heap.add("dict", 100)
    heap.refer(names, holder, f"['{HOSTILE}']")
    for _ in range(10):
        heap.refer(holder, heap.add("app." + HOSTILE, 9000), "[" + HOSTILE + "]")
    heap.refer(holder, heap.add("bytes", 900), "['bad \udcff utf-8']")
    return heap
