# SPDX-License-Identifier: GPL-2.0-or-later
"""Exports of tables, as CSV and as a JSON object a line."""

import csv
import io
import json
import unittest

import support
from support import heaps

COLUMNS = {
    "objects": ["id", "address", "type", "shallow", "retained", "dominator", "refcount"],
    "refs": ["source", "target", "kind", "name"],
    "roots": ["object", "kind", "name", "excess", "interpreter"],
    "types": ["id", "name", "module", "qualname", "object"],
}


class TablesTest(support.ExportTest):
    def csv(self, dump, table):
        """Rows; every line as RFC 4180 has it, which csv.reader would not insist on."""
        text = self.export(dump, "--csv", table).decode()
        self.assertTrue(text.endswith("\r\n"))
        self.assertEqual(text.count("\n"), text.count("\r\n"))
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        self.assertEqual(rows[0], COLUMNS[table])
        self.assertEqual({len(row) for row in rows}, {len(COLUMNS[table])})
        return [dict(zip(rows[0], row)) for row in rows[1:]]

    def lines(self, dump, table):
        return [json.loads(line) for line in self.export(dump, "--json", table).decode().splitlines()]

    def test_both_forms_say_the_same(self):
        for dump in (self.shop, self.hostile):
            for table, columns in COLUMNS.items():
                lines = self.lines(dump, table)
                self.assertEqual(list(lines[0]), columns)
                as_text = [{key: "" if value is None else str(value) for key, value in line.items()} for line in lines]
                self.assertEqual(as_text, self.csv(dump, table))

    def test_objects(self):
        objects = {row["id"]: row for row in self.lines(self.shop, "objects")}
        totals = json.loads(self.succeed("info", self.shop, "--json"))["totals"]
        self.assertEqual(len(objects), totals["objects"])
        self.assertEqual(sum(row["shallow"] for row in objects.values()), totals["object_bytes"])
        root = next(row for row in self.lines(self.shop, "roots") if row["name"] == "shop.sessions")
        module = objects[root["object"]]
        self.assertEqual((module["type"], module["retained"], module["dominator"]), ("module", 673772, 0))
        names = next(row for row in self.lines(self.shop, "refs") if row["source"] == module["id"])
        self.assertEqual((names["kind"], names["name"]), ("dict", None))
        # The module's own, and its bytes are told there.
        self.assertEqual((objects[names["target"]]["dominator"], objects[names["target"]]["retained"]),
                         (module["id"], None))
        nodes = [row for row in objects.values() if row["type"] == "shop.pages.Node"]
        self.assertEqual({(row["retained"], row["dominator"]) for row in nodes}, {(None, None)})
        for row in list(objects.values())[::100]:
            if row["dominator"] is not None and row["retained"]:
                where = json.loads(self.succeed("path", self.shop, f"#{row['id']}", "--json"))
                self.assertEqual((where["retained_bytes"], where["type"]), (row["retained"], row["type"]))

    def test_references_and_roots(self):
        refs = self.lines(self.shop, "refs")
        self.assertEqual(len(refs), json.loads(self.succeed("info", self.shop, "--json"))["totals"]["references"])
        self.assertEqual({row["kind"] for row in refs}, {"dict", "str key", "key", "attribute", "item", "local", "frame"})
        self.assertEqual({row["name"] for row in refs if row["kind"] == "key"}, {"int"})
        self.assertEqual({row["name"] for row in refs if row["kind"] == "item"}, {None})
        self.assertEqual([(row["kind"], row["name"]) for row in self.lines(self.shop, "roots")],
                         [("module", "shop.sessions"), ("module", "shop.catalog"), ("module", "shop.search"),
                          ("thread", "worker-3")])

    def test_hostile_names(self):
        long = "long " * 2000
        heap = heaps.Heap()
        names = heap.module('=cmd|"x",\r\n\x00\\')
        heap.refer(names, heap.add("app." + long, 8), "['\udcff\udced\udca0\udc80 e\u0301 \U0001f40d']")
        dump = heap.write(self.file("hostile-tables.msgpack"))
        self.assertEqual(self.csv(dump, "roots")[0]["name"], r'=cmd|"x",\r\n\x00' "\\")
        self.assertEqual(self.lines(dump, "roots")[0]["name"], r'=cmd|"x",\r\n\x00' "\\")
        self.assertIn("app." + long, [row["name"] for row in self.lines(dump, "types")])
        for table in COLUMNS:
            for path in (dump, self.hostile):
                for form in ("--csv", "--json"):
                    text = self.export(path, form, table).decode()
                    self.assertTrue(all(line.isprintable() for line in text.splitlines()), text)

    def test_there_is_no_such_table(self):
        for form in ("--csv", "--json"):
            self.refuse(2, "there is no table 'object', but: objects, refs, roots, types",
                        "export", self.shop, form, "object", "-o", self.file("none"))


if __name__ == "__main__":
    unittest.main()
