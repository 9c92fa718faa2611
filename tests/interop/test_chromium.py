# SPDX-License-Identifier: GPL-2.0-or-later
"""The Memory panel of Chromium opens our exports, and finds the sizes that leakgraph finds."""

import csv
import io
import subprocess
import sys
import unittest

import chromium
import support

PROGRAM = """
import collections, json, logging, threading, unittest
CACHE = {f"key {i}": [object(), {"n": i}, f"value {i}"] for i in range(2000)}
chain = None
for i in range(5000):
    chain = (chain, i)
cycle = []
cycle.append([cycle, bytes(100000)])
del cycle
class Session:
    def __init__(self):
        self.payload, self.shared = bytearray(1000), CACHE
sessions = collections.deque(Session() for _ in range(300))
print("ready", flush=True)
input()
"""
# What Chrome calls by names of its own.
CLASSES = {"str": "(string)", "code": "(compiled code)"}


@unittest.skipUnless(chromium.program(), "chromium is not installed")
class ChromiumTest(support.ExportTest):
    def objects(self, dump):
        rows = csv.DictReader(io.StringIO(self.export(dump, "--csv", "objects").decode()))
        return {2 * int(row["id"]) + 1: row for row in rows}

    def compare(self, dump):
        path = self.file("it.heapsnapshot")
        self.succeed("export", dump, "--heapsnapshot", "-o", path)
        objects = self.objects(dump)
        panel = self.panel.load(path)
        self.assertEqual(panel["bytes"], sum(int(row["shallow"]) for row in objects.values()))
        seen = {}
        for name, nodes in self.panel.classes().items():
            for number, shallow, retained in nodes:
                row = seen[number] = objects[number]
                self.assertEqual((name, shallow), (CLASSES.get(row["type"], row["type"]), int(row["shallow"])))
                # What has no dominator tree of ours: garbage, and the dict of a module that is a root.
                if row["retained"]:
                    self.assertEqual(retained, int(row["retained"]), row)
        self.assertEqual({number for number, row in objects.items() if row["shallow"] != "0"}, set(seen))
        return panel, seen

    def test_hand_written_and_hostile(self):
        with chromium.MemoryPanel() as self.panel:
            panel, seen = self.compare(self.shop)
            self.assertEqual((panel["nodes"], len(seen)), (1482 + 10, 1480))
            self.compare(self.hostile)

    def test_a_real_heap(self):
        target = subprocess.Popen([sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            self.assertEqual(target.stdout.readline(), b"ready\n")
            dump = self.file("real.msgpack")
            self.succeed("dump", target.pid, "-o", dump)
        finally:
            target.communicate(b"\n")
        with chromium.MemoryPanel() as self.panel:
            panel, seen = self.compare(dump)
        compared = [row for row in seen.values() if row["retained"]]
        self.assertGreater(len(compared), 30000)
        self.assertGreater(panel["statistics"]["v8heap"]["strings"], 100000)


if __name__ == "__main__":
    unittest.main()
