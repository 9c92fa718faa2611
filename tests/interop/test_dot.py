# SPDX-License-Identifier: GPL-2.0-or-later
"""Exports of paths for Graphviz."""

import re
import shutil
import subprocess
import unittest
import xml.etree.ElementTree as ElementTree

import support
from support import heaps


class DotTest(support.ExportTest):
    def draw(self, text):
        """Texts of the picture, as Graphviz draws it."""
        if not shutil.which("dot"):
            self.skipTest("dot (graphviz) is not installed")
        result = subprocess.run(["dot", "-Tsvg"], input=text, capture_output=True, timeout=support.SECONDS, check=False)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        return [each.text for each in ElementTree.fromstring(result.stdout).iter("{http://www.w3.org/2000/svg}text")]

    def test_paths_of_a_type(self):
        text = self.export(self.shop, "--dot", "shop.models.Session").decode()
        self.assertEqual(re.findall(r"n0 .*|n0 -> .*|n1 .*|n2 .*", text), [
            'n0 [label="module shop.sessions (673.8 kB)"];', 'n1 [label="dict (673.6 kB)"];',
            'n0 -> n1 [label=".SESSIONS"];', 'n2 [label="shop.models.Session ×600"];', 'n1 -> n2 [label="[str]"];'])

    def test_what_paths_have_in_common_is_drawn_once(self):
        heap = heaps.Heap()
        names = heap.module("app")
        cache = heap.add("dict", 100)
        heap.refer(names, cache, "['CACHE']")
        for key in ("a", "b"):
            box = heap.add("app." + key.upper(), 50)
            heap.refer(cache, box, f"['{key}']")
            heap.refer(box, heap.add("app.Item", 10), ".item")
        text = self.export(heap.write(self.file("two.msgpack")), "--dot", "app.Item").decode()
        for cluster in text.split("subgraph")[1:]:
            self.assertEqual((cluster.count("module app"), cluster.count(".CACHE"), cluster.count("app.Item")), (1, 1, 2))

    def test_what_several_hold_is_cut(self):
        text = self.export(self.shop, "--dot", "shop.models.Product").decode()
        cut = text.split("subgraph")[3]
        self.assertIn('label="The smallest cut"', cut)
        self.assertEqual(re.findall(r'\[label="(.*)", style=dashed, color=red\]', cut), [".INDEX", ".PRODUCTS"])
        self.assertIn("The smallest cut", self.draw(text.encode()))

    def test_graphviz_draws_it(self):
        texts = self.draw(self.export(self.shop, "--dot", "shop.models.Session"))
        self.assertIn("shop.models.Session ×600", texts)
        self.assertEqual(texts.count("module shop.sessions (673.8 kB)"), 2)

    def test_hostile_names(self):
        heap = heaps.Heap()
        names = heap.module('a"b\\')
        heap.refer(names, heap.add('app."];x\\n<b>', 5000), "['\\\"k']")
        text = self.export(heap.write(self.file("quotes.msgpack")), "--dot", "#3")
        self.assertIn('module a"b\\ (5.2 kB)', self.draw(text))
        text = self.export(self.hostile, "--dot", "#4")
        self.assertTrue(all(line.isprintable() for line in text.decode().splitlines()), text)
        self.draw(text)

    def test_what_is_not_there(self):
        self.refuse(2, "no object #99999: the dump has #1 to #1482", "export", self.shop, "--dot", "#99999",
                    "-o", self.file("none"))


if __name__ == "__main__":
    unittest.main()
