# SPDX-License-Identifier: GPL-2.0-or-later
"""Reference cycles, on heaps written by hand: which there are, and what breaks them."""

import unittest

import full_heap
import heaps
from test_cli import CommandLineTest


def family(heap, children):
    """A parent with children that refer back to it. Returns the parent."""
    items = heap.add("list", 56)
    parent = heap.add("app.Parent", 48, (items, ".children"))
    for _ in range(children):
        heap.refer(items, heap.add("app.Child", 48, (parent, ".parent")), "[]")
    return parent


def ring(heap, count):
    """A doubly linked list that closes in a ring. Returns one link."""
    links = [heap.add("app.Link", 100) for _ in range(count)]
    for i, link in enumerate(links):
        heap.refer(link, links[(i + 1) % count], ".next")
        heap.refer(link, links[i - 1], ".before")
    return links[0]


class CyclesTest(CommandLineTest):
    def cycles(self, heap, *arguments):
        return self.json("cycles", heap.write(self.file("cycles.msgpack")), *arguments)

    def test_garbage(self):
        found = self.json("cycles", self.shop)
        self.assertEqual((found["schema"], found["version"]), ("leakgraph.cycles", 1))
        self.assertEqual(found["garbage"], {"cycles": 40, "objects": 120, "bytes": 43200})
        self.assertEqual((found["reached"]["cycles"], found["uncollectable"]["cycles"]), (0, 0))
        row = found["cycles"][0]
        self.assertEqual((row["kind"], row["type"], row["count"], row["largest"]),
                         ("garbage", "shop.pages.Node", 40, 3))
        self.assertEqual((row["weak"], row["breaks_all"]), ("shop.pages.Node.parent", True))

    def test_screen(self):
        text = self.succeed("cycles", self.shop)
        self.assertIn("Cycles: garbage that the collector has not come to\n     43.2 kB  40 in all\n"
                      "     43.2 kB  40 cycles of up to 3 objects around shop.pages.Node, #", text)
        self.assertIn("              shop.pages.Node.parent made weak breaks it\n", text)

    def test_a_cycle_that_a_root_reaches_and_which_reference_leads_back(self):
        heap = heaps.Heap()
        heap.refer(heap.module("app"), family(heap, 20), "['family']")
        found = self.cycles(heap)
        self.assertEqual(found["reached"], {"cycles": 1, "objects": 22, "bytes": 21 * 48 + 56})
        self.assertEqual((found["cycles"][0]["weak"], found["cycles"][0]["breaks_all"]), ("app.Child.parent", True))

    def test_one_name_may_not_be_enough(self):
        heap = heaps.Heap()
        ring(heap, 50)
        row = self.cycles(heap)["cycles"][0]
        self.assertEqual((row["objects"], row["breaks_all"]), (50, False))
        self.assertIn("made weak breaks this cycle, not all of them",
                      self.succeed("cycles", self.file("cycles.msgpack")))

    def test_modules_classes_and_functions_are_expected(self):
        heap = heaps.Heap()
        names = heap.module("app")
        function = heap.add("function", 100, (names, "->__globals__"))
        heap.refer(names, function, "['f']")
        heap.refer(names, heap.add("app.Thing", 50, (function, ".callback")), "['thing']")
        path = heap.write(self.file("expected.msgpack"))
        self.assertIn("No cycles, besides those of modules, classes and functions\n", self.succeed("cycles", path))
        self.assertEqual(self.json("cycles", path)["cycles"], [])

    def test_what_the_collector_gave_up(self):
        heap = heaps.Heap()
        heap.roots.append([heap.add("list", 80, (family(heap, 3), "[]")), "interpreter gc.garbage"])
        found = self.cycles(heap)
        self.assertEqual((found["uncollectable"]["cycles"], found["reached"]["cycles"]), (1, 0))
        self.assertIn("garbage that the collector can't free", self.succeed("cycles", self.file("cycles.msgpack")))

    def test_what_the_collector_is_not_told_of(self):
        """A member of a cycle that is not tracked hides the others; what merely hangs on one does not."""
        for of_cycle in (True, False):
            heap = full_heap.FullHeap()
            heap.module("app")
            parent = family(heap, 3)
            hidden = parent
            if not of_cycle:
                hidden = heap.add("app.Handle", 48, (heap.add("app.Log", 48, (heap.add("str", 50), ".text")), ".log"))
                heap.refer(parent, hidden, ".handle")
            heap.flags[hidden] = 0
            found = self.cycles(heap)
            self.assertEqual(found["uncollectable"]["cycles"], int(of_cycle))
            verdict = self.json("analyze", self.file("cycles.msgpack"))
            self.assertEqual(verdict["garbage"]["untracked"], "app.Parent" if of_cycle else "")
            self.assertEqual(verdict["next"], ["cycles"] if of_cycle else ["path", "app.Parent"])
            self.assertEqual("not told of app.Parent" in verdict["stands_out"][0], of_cycle, verdict["stands_out"])

    def test_weak_references_make_no_cycle(self):
        heap = heaps.Heap()
        one = heap.add("app.Node", 50)
        heap.refer(one, heap.add("app.Node", 50, (one, "weak")), ".next")
        self.assertEqual(self.cycles(heap)["cycles"], [])

    def test_top_counts_in_each_kind(self):
        heap = heaps.Heap()
        names = heap.module("app")
        for i in range(7):
            for reached in (False, True):
                one = heap.add(f"app.Node{i}", 50)
                heap.refer(one, heap.add(f"app.Node{i}", 50, (one, ".peer")), ".peer")
                if reached:
                    heap.refer(names, one, f"['n{i}']")
        found = self.cycles(heap, "--top", 2)
        self.assertEqual([row["kind"] for row in found["cycles"]], ["garbage"] * 2 + ["reached"] * 2)
        self.assertEqual(found["rows_total"], 14)
        self.assertIn("and those around 4 types more (--top)",
                      self.succeed("cycles", self.file("cycles.msgpack")))

    def test_a_giant_ring_is_one_component(self):
        heap = heaps.Heap()
        heap.refer(heap.module("app"), ring(heap, 60000), "['ring']")
        row = self.cycles(heap)["cycles"][0]
        self.assertEqual((row["largest"], row["bytes"]), (60000, 6000000))

    def test_hostile_names_are_harmless(self):
        heap = heaps.Heap()
        one = heap.add("app." + heaps.HOSTILE, 50)
        heap.refer(one, heap.add("app." + heaps.HOSTILE, 50, (one, "." + heaps.HOSTILE)), ".peer")
        path = heap.write(self.file("hostile-cycle.msgpack"))
        for arguments in [(), ("--json",)]:
            text = self.succeed("cycles", path, *arguments)
            self.assertNotIn("\x1b", text)
            self.assertNotIn("\u202e", text)


if __name__ == "__main__":
    unittest.main()
