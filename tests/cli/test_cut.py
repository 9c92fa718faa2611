# SPDX-License-Identifier: GPL-2.0-or-later
"""The smallest cut, on heaps written by hand: which places it names, and that they are enough."""

import os
import unittest

import heaps
from test_cli import CommandLineTest, run


def registries(count, items=50):
    """`count` modules, each with a dict of the same sessions."""
    heap = heaps.Heap()
    sessions = [heap.add("app.Session", 500) for _ in range(items)]
    for i in range(count):
        table = heap.add("dict", 1000)
        heap.refer(heap.module(f"app.m{i}"), table, "['TABLE']")
        for k, session in enumerate(sessions):
            heap.refer(table, session, f"['s{k}']")
    return heap


def tangle():
    """Sessions in a module's dict, on a running frame's list, behind weak references, held by C code."""
    heap = heaps.Heap()
    names = heap.module("app")
    sessions = [heap.add("app.Session", 500) for _ in range(10)]
    table, weak, rows = heap.add("dict", 100), heap.add("list", 100), heap.add("list", 80)
    heap.refer(names, table, "['TABLE']")
    heap.refer(names, weak, "['WATCHED']")
    frame = heap.add("frame", 0, (rows, "local rows"))
    heap.roots.append([heap.add("thread", 0, (frame, "frame work()")), "thread worker-1"])
    heap.roots.append([sessions[0], "C code (_queue.so)"])
    for i, session in enumerate(sessions):
        heap.refer(table, session, f"['s{i}']")
        heap.refer(weak, session, "weak")
        heap.refer(rows, session, "[]")
    return heap


def instances():
    """Users that each have a session, and a table of the same sessions. Users have a __dict__."""
    heap = heaps.Heap()
    names = heap.module("app")
    users, table = heap.add("list", 800), heap.add("dict", 800)
    heap.refer(names, users, "['USERS']")
    heap.refer(names, table, "['SESSIONS']")
    for i in range(40):
        session = heap.add("app.Session", 500)
        attributes = heap.add("dict", 100, (session, "['session']"))
        heap.refer(users, heap.add("app.User", 48, (attributes, ".__dict__")), "[]")
        heap.refer(table, session, f"['s{i}']")
    return heap


class CutTest(CommandLineTest):
    def write(self, name, heap):
        return heap.write(self.file(name))

    def places(self, found):
        return sorted(line["cut"] for line in found["cut"])

    def test_one_holder_is_cut_by_its_name(self):
        found = self.json("cut", self.shop, "Session")
        self.assertEqual((found["schema"], found["version"]), ("leakgraph.cut", 1))
        self.assertEqual(self.places(found), ["shop.sessions.SESSIONS"])
        self.assertEqual((found["places"], found["freed"], found["held"], found["within"]), (1, 600, 0, True))
        line = found["cut"][0]
        self.assertEqual((line["bytes"], line["objects"], line["references"]),
                         (found["bytes"], found["objects"], 1))
        self.assertEqual(line["path_text"], "module shop.sessions → .SESSIONS")

    def test_two_holders_are_both_named_and_neither_is_enough(self):
        found = self.json("cut", self.shop, "Product")
        self.assertEqual(self.places(found), ["shop.catalog.PRODUCTS", "shop.search.INDEX"])
        self.assertEqual([line["bytes"] for line in found["cut"]], [4000, 900])
        self.assertEqual((found["bytes"], found["objects"]), (204900, 102))

    def test_screen(self):
        self.assertEqual(self.succeed("cut", self.shop, "Product"), """\
shop.models.Product (100 objects)

The smallest cut: 2 places, all of which must be cut
      alone frees  what to cut
   1      4.0 kB  module shop.search → .INDEX
                  cut shop.search.INDEX
   2       900 B  module shop.catalog → .PRODUCTS
                  cut shop.catalog.PRODUCTS
 all    204.9 kB  in 102 objects, all 100 of the group among them
""")

    def test_as_many_places_as_there_are(self):
        path = self.write("many.msgpack", registries(23))
        found = self.json("cut", path, "Session", "--top", 30)
        self.assertEqual(self.places(found), sorted(f"app.m{i}.TABLE" for i in range(23)))
        found = self.json("cut", path, "Session")
        self.assertEqual((found["places"], len(found["cut"]), found["freed"]), (23, 10, 50))
        self.assertIn("and 13 more (--top)", self.succeed("cut", path, "Session"))

    def test_most(self):
        path = self.write("three.msgpack", registries(3))
        self.assertFalse(self.json("cut", path, "Session", "--most", 2)["within"])
        self.assertIn("No cut of at most 2 places exists\n", self.succeed("cut", path, "Session", "--most", 2))
        self.assertTrue(self.json("cut", path, "Session", "--most", 3)["within"])
        self.assertNotIn("No cut", self.succeed("cut", path, "Session", "--most", 3))
        self.refuse(2, "--most expects a number from 1 to 1000000, not '0'", "cut", path, "Session", "--most", "0")

    def test_frames_c_code_and_weak_references(self):
        path = self.write("tangle.msgpack", tangle())
        found = self.json("cut", path, "Session")
        self.assertEqual([(line["cut"], line["remark"]) for line in found["cut"]], [
            ("app.TABLE", ""), ("thread worker-1 → frame work() → local rows", "ends when its function returns")])
        self.assertEqual((found["freed"], found["held"]), (9, 1))
        self.assertEqual([(held["count"], held["path_text"], held["remark"]) for held in found["held_by"]], [
            (1, "C code (_queue.so) → app.Session", "only that C code can let go of it")])
        self.assertIn("1 of them can't be let go of in Python", self.succeed("cut", path, "Session"))
        self.assertIn("It can't be let go of in Python", self.succeed("cut", path, "0x3"))

    def test_an_attribute_of_many_is_one_place_but_a_single_name_is_better(self):
        found = self.json("cut", self.write("instances.msgpack", instances()), "Session")
        self.assertEqual(self.places(found), ["app.SESSIONS", "app.USERS"])
        self.assertEqual((found["freed"], found["coarse"]), (40, False))

    def test_a_suspect_by_its_signature(self):
        products = [holder for holder in self.json("analyze", self.shop)["holders"] if holder["shared"]]
        found = self.json("cut", self.shop, products[0]["signature"])
        self.assertEqual(self.places(found), ["shop.catalog.PRODUCTS", "shop.search.INDEX"])
        self.assertEqual((found["count"], found["freed"]), (100, 100))

    def test_garbage_needs_no_cut(self):
        found = self.json("cut", self.shop, "Node")
        self.assertEqual((found["places"], found["unreached"], found["cut"]), (0, 80, []))
        self.assertIn("all garbage: no root reaches it, and there is nothing to cut",
                      self.succeed("cut", self.shop, "Node"))

    def test_a_long_list_is_cut_at_its_head(self):
        path = heaps.linked_list(self.file("list.msgpack"), 300000)
        found = self.json("cut", path, "#300002")
        self.assertEqual((found["places"], found["freed"], found["coarse"]), (1, 1, False))
        found = self.json("cut", path, "Node")
        self.assertEqual((self.places(found), found["freed"]), (["app.head"], 300000))

    def test_hostile_names_are_harmless(self):
        for arguments in [(), ("--json",)]:
            text = self.succeed("cut", self.hostile, "bytes", *arguments)
            self.assertNotIn("\x1b", text)
            self.assertNotIn("\u202e", text)

    def test_bad_input(self):
        self.refuse(2, "no objects of a type 'Produkt'; nearest: shop.models.Product", "cut", self.shop, "Produkt")
        self.refuse(2, "no object #99999: the dump has #1 to #1482", "cut", self.shop, "#99999")
        self.refuse(2, "cut expects FILE and what to let go of, or FILE and --what-if (see: leakgraph help cut)",
                    "cut", self.shop)
        self.refuse(2, "expected a type, #INDEX, 0xADDRESS or a signature, not ''", "cut", self.shop, "")
        missing = os.path.join(self.folder.name, "none.msgpack")
        result = run("cut", missing, "Session")
        self.assertEqual((result.returncode, result.stdout), (3, b""))


if __name__ == "__main__":
    unittest.main()
