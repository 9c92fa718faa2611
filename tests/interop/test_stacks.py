# SPDX-License-Identifier: GPL-2.0-or-later
"""Exports as stacks: folded for flame graphs, and profiles for pprof."""

import json
import os
import shutil
import subprocess
import sys
import unittest

import support
from pprof import Profile
from support import heaps

TRACED = """
def make(): return bytes(50000)
def fill(): return [make() for _ in range(40)]
kept = fill()
print("ready", flush=True)
input()
"""


class StacksTest(support.ExportTest):
    def folded(self, dump, *arguments):
        """{frames: bytes}, as flamegraph.pl reads it."""
        stacks = {}
        for line in self.export(dump, "--folded", *arguments).decode().splitlines():
            frames, size = line.rsplit(" ", 1)
            self.assertNotIn(tuple(frames.split(";")), stacks)
            stacks[tuple(frames.split(";"))] = int(size)
        return stacks

    def profile(self, dump, *arguments):
        return Profile(self.export(dump, "--pprof", *arguments))

    def object_bytes(self, dump):
        return json.loads(self.succeed("info", dump, "--json"))["totals"]["object_bytes"]

    def test_each_byte_stands_once(self):
        stacks = self.folded(self.shop)
        session = ("module shop.sessions", ".SESSIONS dict", "[str] shop.models.Session")
        self.assertEqual(stacks[session], 600 * 56)
        self.assertEqual(stacks[session + (".payload bytes",)], 600000)
        self.assertEqual(stacks[("(several paths) shop.models.Product",)], 200000)
        self.assertEqual(stacks[("thread worker-3", "frame handle()", "local rows list", "[] bytes")], 100000)
        self.assertEqual(stacks[("(garbage)", "shop.pages.Node")], 43200)
        self.assertEqual(sum(stacks.values()), self.object_bytes(self.shop))

    def test_a_profile_has_the_same_stacks(self):
        profile, folded = self.profile(self.shop), self.folded(self.shop)
        self.assertEqual((profile.types, profile.default), ([("objects", "count"), ("space", "bytes")], "space"))
        self.assertEqual({stack: size for stack, (_, size) in profile.stacks.items() if size}, folded)
        self.assertEqual(profile.stacks[("module shop.sessions", ".SESSIONS dict", "[str] shop.models.Session",
                                         ".payload bytes")], [600, 600000])
        # Of 1,482 objects three are modules' dicts, which are in their modules.
        self.assertEqual(profile.total(), [1482 - 3, self.object_bytes(self.shop)])

    def test_what_is_left_out_counts_for_its_holder(self):
        stacks = self.folded(self.shop, "--depth", "2")
        self.assertEqual(stacks[("module shop.sessions", ".SESSIONS dict")], 40000 + 600 * 1056)
        self.assertEqual(sum(stacks.values()), self.object_bytes(self.shop))
        stacks = self.folded(self.shop, "--min-share", "20")
        self.assertEqual(stacks[("(less than the least share)",)], 1022716 - 43200 - 673772 - 200000)
        self.assertEqual(sum(stacks.values()), self.object_bytes(self.shop))

    def test_many_nodes_in_a_row(self):
        chain = heaps.linked_list(self.file("chain.msgpack"), 200000)
        stacks = self.folded(chain)
        self.assertLessEqual(max(map(len, stacks)), 64)
        self.assertEqual(sum(stacks.values()), self.object_bytes(chain))

    def test_hostile_names(self):
        heap = heaps.Heap()
        names = heap.module("a;b 1\n\"'\\\u202e\x00")
        heap.refer(names, heap.add("app.A;B", 5000), "['x;y']")
        dump = heap.write(self.file("hostile-stacks.msgpack"))
        for path in (dump, self.hostile):
            folded = self.export(path, "--folded").decode()
            self.assertTrue(all(line.isprintable() for line in folded.splitlines()), folded)
            stacks = self.folded(path)
            self.assertEqual(sum(stacks.values()), self.object_bytes(path))
            self.assertEqual(len(stacks), len(self.profile(path).stacks))
        self.assertIn((r"""module a\x3bb 1\n"'\\u202e\x00""", r".x\x3by app.A\x3bB"), self.folded(dump))

    def test_sites_of_allocations(self):
        target = subprocess.Popen([sys.executable, "-X", "tracemalloc=8", "-c", TRACED], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE)
        try:
            self.assertEqual(target.stdout.readline(), b"ready\n")
            dump = self.file("traced.msgpack")
            self.succeed("dump", target.pid, "-o", dump)
        finally:
            target.communicate(b"\n")
        profile = self.profile(dump, "--sites")
        objects, size = next(sums for stack, sums in profile.stacks.items()
                             if stack[-4:] == ("<string>:4", "<string>:3", "<string>:3", "<string>:2"))
        self.assertEqual(objects, 40)
        self.assertTrue(40 * 50000 < size < 40 * 50100, size)
        self.assertEqual(profile.files["<string>:2"], ("<string>", 2))
        self.assertEqual(profile.total()[1], self.object_bytes(dump))
        self.assertGreater(profile.stacks[("(not traced)",)][0], 0)
        self.assertEqual(self.folded(dump, "--sites"),
                         {stack: size for stack, (_, size) in profile.stacks.items() if size})

    def test_no_sites(self):
        for kind in ("--pprof", "--folded"):
            self.refuse(2, "the dump has no sites of allocations: tracemalloc did not run (python3 -X tracemalloc)",
                        "export", self.shop, kind, "--sites", "-o", self.file("none"))
            self.assertFalse(os.path.exists(self.file("none")))

    @unittest.skipUnless(shutil.which("go"), "go (golang-go) is not installed")
    def test_go_tool_pprof_reads_it(self):
        path = self.file("shop.pb.gz")
        self.succeed("export", self.shop, "--pprof", "-o", path)
        result = subprocess.run(["go", "tool", "pprof", "-top", "-unit=B", path], capture_output=True, text=True,
                                timeout=support.SECONDS, check=True,
                                env=dict(os.environ, HOME=self.folder.name, PPROF_TMPDIR=self.folder.name))
        rows = {line.split(maxsplit=5)[5]: line.split()[:4:3] for line in result.stdout.splitlines()
                if "%" in line and line[0] == " " and "flat%" not in line}
        self.assertEqual(rows[".payload bytes"], ["600000B", "600000B"])
        self.assertEqual(rows[".SESSIONS dict"], ["40000B", "673600B"])


if __name__ == "__main__":
    unittest.main()
