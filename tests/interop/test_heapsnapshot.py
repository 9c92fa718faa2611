# SPDX-License-Identifier: GPL-2.0-or-later
"""Exports for Chrome's Memory panel, read as its loader reads them; without Chrome."""

import json
import random
import unittest

import support
from heapsnapshot import Snapshot
from support import heaps


def id_of(object_number):
    return 2 * object_number + 1


class HeapsnapshotTest(support.ExportTest):
    def snapshot(self, dump, *arguments):
        path = self.file("it.heapsnapshot")
        self.succeed("export", dump, "--heapsnapshot", *arguments, "-o", path)
        return Snapshot(path)

    def objects(self, dump):
        return {id_of(row["id"]): row for row in
                map(json.loads, self.export(dump, "--json", "objects").decode().splitlines())}

    def test_all_objects_are_there_with_their_sizes(self):
        snapshot = self.snapshot(self.shop)
        totals = json.loads(self.succeed("info", self.shop, "--json"))["totals"]
        objects = [node for node in snapshot.ids.values() if snapshot.kind(node) != "synthetic"]
        self.assertEqual(len(objects), totals["objects"])
        self.assertEqual(sum(map(snapshot.size, objects)), totals["object_bytes"])
        self.assertEqual(snapshot.reach(), set(range(len(snapshot.ids))))

    def test_paths_read_as_in_reports(self):
        snapshot = self.snapshot(self.shop)
        roots = {snapshot.name(to): to for _, _, to in snapshot.edges_of(snapshot.ids[2])}
        self.assertEqual(set(roots), {"(Other roots)", "(Modules)", "(Static types)", "(Threads)", "(Interpreter)",
                                      "(C code)", "(Interned strings)"})
        node = snapshot.child(roots["(Modules)"], "module shop.sessions")
        for step in (".__dict__", "SESSIONS", "['s17']", "payload"):
            node = snapshot.child(node, step)
        self.assertEqual((snapshot.name(node), snapshot.size(node)), ("bytes", 1000))
        node = snapshot.child(roots["(Threads)"], "thread worker-3")
        kind, name, rows = next(snapshot.edges_of(snapshot.child(node, "frame handle()")))
        self.assertEqual((kind, name, snapshot.name(rows)), ("context", "local rows", "list"))
        self.assertEqual([kind for kind, _, _ in snapshot.edges_of(rows)], ["element"] * 50)

    def test_retained_sizes_are_those_of_leakgraph(self):
        snapshot = self.snapshot(self.shop)
        rows = json.loads(self.succeed("tree", self.shop, "--json", "--depth", "6", "--min-share", "0"))["rows"]
        compared = 0
        for row in rows:
            if row["count"] == 1 and row["depth"] > 0:
                self.assertEqual(snapshot.retained(snapshot.ids[id_of(row["object"])]), row["retained_bytes"], row)
                compared += 1
        self.assertGreater(compared, 7)

    def test_garbage_hangs_on_its_heads(self):
        snapshot = self.snapshot(self.shop)
        garbage = snapshot.child(0, 2)
        self.assertEqual(snapshot.name(garbage), "(Garbage)")
        self.assertEqual(len(list(snapshot.edges_of(garbage))), 40)
        self.assertEqual(snapshot.retained(garbage), 43200)

    def test_a_module_keeps_its_dict_and_weak_references_nothing(self):
        heap = heaps.Heap()
        names = heap.module("app")
        function = heap.add("function", 100, (names, "->__globals__"))
        heap.refer(names, function, "['f']")
        other = heap.module("other")
        heap.refer(other, function, "['f']")
        heap.refer(other, heap.add("dict", 5000), "['weak_only']")
        lost = heap.add("bytes", 700)
        heap.refer(other, lost, "weak")
        snapshot = self.snapshot(heap.write(self.file("modules.msgpack")))
        by_name = {name: to for node in snapshot.ids.values() for _, name, to in snapshot.edges_of(node)}
        module = by_name["module app"]
        self.assertEqual(by_name["->__globals__"], module)
        self.assertEqual(snapshot.retained(module), 72 + 100)
        self.assertEqual(snapshot.retained(snapshot.child(module, ".__dict__")), 100)
        self.assertEqual(snapshot.retained(snapshot.child(0, 2)), 700)

    def check_merged(self, dump, least):
        """With 1 nothing is merged. Each object that retains as much is there, and retains what it does; no byte is lost."""
        snapshot, objects = self.snapshot(dump, "--min-retained", str(least)), self.objects(dump)
        self.assertEqual(snapshot.reach(), set(range(len(snapshot.ids))))
        self.assertEqual(sum(map(snapshot.size, snapshot.ids.values())), sum(row["shallow"] for row in objects.values()))
        kept = {number for number, row in objects.items() if (row["retained"] or 0) >= least}
        self.assertLessEqual(kept, set(snapshot.ids))
        for number in kept:
            self.assertEqual(snapshot.retained(snapshot.ids[number]), objects[number]["retained"], objects[number])
        for number in set(snapshot.ids) - kept:
            if number % 2 and number != 1 and least > 1:
                self.assertIsNone(objects[number]["dominator"], "only heads of garbage are there besides")
        return snapshot

    def test_small_objects_are_merged_into_what_dominates_them(self):
        snapshot = self.check_merged(self.shop, 1050)
        self.assertEqual(len(snapshot.ids), 11 + 3 + 1 + 600 + 100 + 1 + 3 + 50 + 40)
        snapshot = self.check_merged(self.shop, 100000)
        # Two threads, a list, a module, its dict is the module's; all else is small.
        names = sorted(snapshot.name(node) for node in snapshot.ids.values() if snapshot.kind(node) != "synthetic")
        self.assertEqual(names, ["dict", "frame", "list", "module", "thread"])
        smaller = next(node for node in snapshot.ids.values() if snapshot.name(node) == "(Smaller objects)")
        self.assertEqual(snapshot.size(smaller), 100 * 2000 + 2 * 172 + 900 + 4000)
        self.assertEqual(snapshot.size(snapshot.child(0, 2)), 43200)

    def test_random_heaps_whole_and_merged(self):
        for seed in range(4):
            dice = random.Random(seed)
            heap = heaps.Heap()
            modules = [heap.module(f"m{i}") for i in range(3)]
            objects = [heap.add("app.Node", dice.randrange(1, 100)) for _ in range(150)]
            for _ in range(180 + 20 * seed):
                heap.refer(dice.choice(modules * 10 + objects), dice.choice(objects * 3 + modules),
                           dice.choice(["[]", ".next", "['k']", "weak"]))
            dump = heap.write(self.file("random.msgpack"))
            for least in (1, 60, 400):
                self.check_merged(dump, least)

    def test_hostile_names_are_names(self):
        snapshot = self.snapshot(self.hostile)
        for string in snapshot.strings:
            self.assertTrue(string.isprintable(), string)
        self.assertIn("['bad \\xff utf-8']", snapshot.strings)
        heap = heaps.Heap()
        names = heap.module('q"uo\\te')
        heap.refer(names, heap.add('app.A"B\\', 8), "['\"strings\":[']")
        self.assertIn('"strings":[', self.snapshot(heap.write(self.file("quotes.msgpack"))).strings)


if __name__ == "__main__":
    unittest.main()
