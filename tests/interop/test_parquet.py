# SPDX-License-Identifier: GPL-2.0-or-later
"""Parquet files of `export --parquet`, read by DuckDB and hyparquet: what they say is what the reports say."""

import json
import os
import re
import resource
import signal
import subprocess
import unittest

import msgpack

import parquet
import support
from support import heaps

import full_heap  # noqa: E402  (beside heaps)

SPEC = os.path.join(support.TOP, "formats", "fleet", "SPEC.md")
NONE = "__HIVE_DEFAULT_PARTITION__"
GROUP_ROWS = 122880


class TablesTest(parquet.ParquetTest):
    """One dump with all of it, exported once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dump = full_heap.service().write(os.path.join(cls.folder.name, "service.msgpack"))
        cls.partition = None

    def setUp(self):
        if not self.partition:
            names = parquet.TABLES + parquet.OF_OBJECTS
            type(self).partition = self.add(self.file("tables"), self.dump, "--objects")
            type(self).table = dict(zip(names, self.tables(self.partition, *names)))

    def report(self, command, *arguments):
        return json.loads(self.succeed(command, self.dump, "--json", *arguments))

    def test_process(self):
        row, = self.table["process"]
        info = self.report("info")
        dump, totals = info["dump"], info["totals"]
        for key in ("python_version", "producer", "rss_bytes", "anonymous_bytes", "pause_ns", "executable"):
            self.assertEqual(row[key], dump[key] or None, key)
        self.assertEqual(row["taken_at"][:19].replace(" ", "T") + "Z", dump["taken_at"])
        self.assertEqual(row["object_bytes"], totals["object_bytes"])
        self.assertEqual(row["garbage_bytes"], totals["object_bytes"] - totals["reached_bytes"])
        self.assertGreater(row["garbage_objects"], 0)
        self.assertEqual((row["process_start"], row["pruned"]), (full_heap.service().info["process_start"], False))

    def test_paths(self):
        rows, (process,) = self.table["paths"], self.table["process"]
        self.assertEqual([row["id"] for row in rows], list(range(process["paths"])))
        self.assertEqual(sum(row["objects"] for row in rows), process["objects"])
        self.assertEqual(sum(row["shallow_bytes"] for row in rows), process["object_bytes"])
        for row in rows:
            below = [child for child in rows if child["parent"] == row["id"]]
            self.assertEqual(row["total_bytes"], row["shallow_bytes"] + sum(child["total_bytes"] for child in below))
            self.assertEqual(row["total_objects"], row["objects"] + sum(child["total_objects"] for child in below))
            for child in below:
                self.assertEqual((child["depth"], child["root"]), (row["depth"] + 1, row["root"]))
            if row["parent"] is None:
                self.assertEqual((row["depth"], row["root"], row["path"]), (0, row["label"], row["label"]))
        payloads = [row for row in rows if row["path"].endswith("Session → .payload")]
        self.assertEqual(sum(row["objects"] for row in payloads), 40)
        self.assertEqual(sum(row["shallow_bytes"] for row in payloads), 80000)
        garbage = [row for row in rows if row["root"] == "(garbage)" and row["depth"]]
        self.assertEqual({(row["label"], row["type"]) for row in garbage}, {(None, "shop.pages.Node")})

    def test_paths_read_as_in_diff(self):
        empty = heaps.Heap(**full_heap.service().info)
        empty.module("shop.nothing")
        base = empty.write(self.file("empty.msgpack"))
        result = support.run("diff", base, self.dump, "--json")
        grown = {row["path"] for row in json.loads(result.stdout)["grown"]}
        self.assertGreater(len(grown), 2)
        self.assertLessEqual(grown, {row["path"] for row in self.table["paths"]})

    def test_suspects(self):
        rows, paths = self.table["suspects"], self.table["paths"]
        holders = {holder["signature"]: holder for holder in self.report("analyze", "--top", "64")["holders"]}
        self.assertGreater(len(rows), 0)
        self.assertEqual([row["rank"] for row in rows], list(range(1, len(rows) + 1)))
        for row in rows:
            holder = holders[str(row["signature"]).zfill(8)]
            self.assertEqual((row["type"], row["objects"], row["retained_bytes"]),
                             (holder["type"], holder["count"], holder["retained_bytes"]))
            self.assertEqual(row["path"], paths[row["path_id"]]["path"])
            self.assertEqual(row["words"], " | ".join(holder["signature_of"]))

    def test_types(self):
        told = [{"type": row["type"], "objects": row["count"], "shallow_bytes": row["shallow_bytes"],
                 "retained_bytes": row["retained_bytes"]} for row in self.report("types")["types"]]
        self.assertEqual(self.table["types"], told)

    def test_memory(self):
        child = subprocess.Popen(["/usr/bin/python3", "-c", "import time; print(flush=True); time.sleep(1000)"],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.addCleanup(child.communicate)
        self.addCleanup(child.kill)
        child.stdout.readline()
        dump = self.file("live.msgpack")
        support.run("dump", child.pid, "-o", dump)
        memory, (process,) = self.tables(self.add(self.fleet(), dump), "memory", "process")
        report = json.loads(self.succeed("memory", dump, "--json"))
        self.assertEqual({row["part"]: row["bytes"] for row in memory}, report["parts"])
        self.assertGreater(len(memory), 5)
        for key in ("rss_bytes", "anonymous_bytes", "swap_bytes", "pss_bytes", "private_bytes"):
            self.assertEqual(process[key], report[key], key)
        self.assertGreater(process["file_bytes"], 1 << 20)

    def test_objects(self):
        for table in parquet.OF_OBJECTS:
            told = [json.loads(line) for line in self.export(self.dump, "--json", table).splitlines()]
            self.assertEqual(self.table[table], told, table)

    def test_the_columns_are_those_of_the_document(self):
        with open(SPEC, encoding="utf-8") as file:
            sections = re.split(r"^## ", file.read(), flags=re.M)[1:]
        documented = {section.split("\n", 1)[0]: re.findall(r"^\| `(\w+)` \| ([A-Z ]+)(, null)? \|", section, re.M)
                      for section in sections}
        for table in parquet.TABLES:
            schema = self.duckdb(f"SELECT name, duckdb_type AS type, repetition_type AS repetition FROM "
                                 f"parquet_schema('{self.partition}/{table}.parquet')")[1:]
            self.assertEqual([(row["name"], row["type"], ", null" if row["repetition"] == "OPTIONAL" else "")
                              for row in schema], documented[table], table)
        self.assertEqual(documented["objects, refs, roots"], [])

    def test_a_file_says_what_it_is(self):
        notes = self.duckdb(f"SELECT key::VARCHAR AS key, value::VARCHAR AS value FROM "
                            f"parquet_kv_metadata('{self.partition}/paths.parquet')")
        self.assertEqual({row["key"]: str(row["value"]) for row in notes}, {
            "leakgraph.table": "paths", "leakgraph.version": "1", "leakgraph.service": "shop",
            "leakgraph.build": "1.4", "leakgraph.host": "web-1", "leakgraph.pid": "4242",
            "leakgraph.taken": os.path.basename(self.partition).partition("=")[2]})

    def test_two_readers_agree(self):
        answers = parquet.ask("hyparquet", [f"{self.partition}/{name}.parquet" for name in self.table])
        for name, answer in zip(self.table, answers):
            found = [{key: parquet.value(cell) for key, cell in row.items()} for row in answer["rows"]]
            expected = [dict(row) for row in self.table[name]]
            for row in expected + found:
                row.pop("taken_at", None)  # one's text, the other's date
            self.assertEqual(found, expected, name)
            self.assertEqual(int(answer["metadata"]["num_rows"]), len(expected))


class PartitionTest(parquet.ParquetTest):
    def partitions(self, fleet, table="process"):
        return self.duckdb(f"SELECT service, build, host, pid, taken FROM "
                           f"read_parquet('{fleet}/*/*/*/*/*/{table}.parquet', hive_partitioning = true, "
                           "hive_types = {service: VARCHAR, build: VARCHAR, host: VARCHAR, pid: BIGINT, taken: VARCHAR}) "
                           "ORDER BY ALL")

    def test_names_come_back(self):
        fleet = self.fleet()
        names = ["a/b", "..", ".", "a=b=c", "100% of it", "%41", "größe", "日本語 🐍", " blank ", "a+b", "it's \"x\"", "*?[a]{b}^",
                 "back\\slash", "two\nlines", "\x7f", "nullable", "-1", "x" * 200]
        places = list(zip(names[::3], names[1::3], names[2::3]))
        for service, build, host in places:
            partition = self.add(fleet, self.shop, service=service, build=build, host=host)
            self.assertEqual(os.path.relpath(partition, fleet).count("/"), 4, partition)
            self.assertTrue(os.path.isfile(os.path.join(partition, "paths.parquet")), partition)
        rows = self.partitions(fleet)
        self.assertEqual(sorted((row["service"], str(row["build"]), row["host"]) for row in rows), sorted(places))
        self.assertEqual({(row["pid"], row["taken"]) for row in rows}, {(4242, "20261122T150640.000Z")})
        self.assertEqual(len(os.listdir(fleet)), len(places))

    def test_what_is_not_known_is_null(self):
        dump = heaps.Heap(pid=0, taken_at_ns=0, process_start=0, rss_bytes=0, python_version="", producer="",
                          executable="", pause_ns=0)
        dump.module("m")
        fleet = self.fleet()
        partition = self.add(fleet, dump.write(self.file("unknown.msgpack")))
        self.assertTrue(partition.endswith(f"/pid={NONE}/taken={NONE}"), partition)
        row, = self.partitions(fleet)
        self.assertEqual((row["pid"], row["taken"]), (None, None))
        (row,), = self.tables(partition, "process")
        known = {key for key, cell in row.items() if cell is not None}
        self.assertEqual(known, {"objects", "object_bytes", "garbage_objects", "garbage_bytes", "paths", "pruned"})

    def test_names_that_are_none(self):
        fleet, place = self.fleet(), ["--service", "s", "--build", "b"]
        for name, message in (
                (NONE, f"the host is called {NONE}, which readers take for none"),
                ("NULL", "the host is called NULL, which readers take for none"),
                (b"\xff", "the name of the host is not UTF-8"),
                ("/" * 84, "the name of the host is too long: a folder's has at most 255 bytes")):
            result = support.run("export", self.shop, "--parquet", fleet, *place, "--host",
                                 os.fsdecode(name) if isinstance(name, bytes) else name)
            self.assertEqual((result.returncode, result.stderr.decode()), (2, f"leakgraph: {message}\n"))
        self.refuse(2, "--host expects a name, not ''", "export", self.shop, "--parquet", fleet, *place, "--host", "")
        self.assertFalse(os.path.exists(fleet))

    def test_what_must_be_said(self):
        fleet = self.fleet()
        export = ["export", self.shop, "--parquet", fleet]
        self.refuse(2, "--parquet expects --service and --host, which a dump does not say (such as --host "
                       "\"$(hostname)\")", *export, "--service", "s", "--build", "b")
        self.refuse(2, "--parquet expects --build, which a dump does not say", *export, "--service", "s", "--host", "h")
        self.refuse(2, "--parquet has a folder of its own, and no -o", *export, "-o", self.file("out"))
        self.refuse(2, "--host is for --parquet", "export", self.shop, "--csv", "types", "--host", "h", "-o",
                    self.file("out"))
        self.refuse(2, "--sites is for --pprof and --folded", *export, "--sites")
        self.assertFalse(os.path.exists(fleet))

    def test_what_is_there_stays(self):
        fleet = self.fleet()
        partition = self.add(fleet, self.shop)
        files = {name: os.stat(os.path.join(partition, name)).st_ctime_ns for name in os.listdir(partition)}
        place = ["--service", "shop", "--build", "1.4", "--host", "web-1"]
        export = ["export", self.shop, "--parquet", fleet, *place]
        self.refuse(2, f"{partition}: is there already, and is not to be replaced", *export)
        self.assertEqual(files, {name: os.stat(os.path.join(partition, name)).st_ctime_ns for name in os.listdir(partition)})
        self.add(fleet, self.shop, "--objects", "--replace")
        self.assertEqual(len(os.listdir(partition)), 8)
        self.add(fleet, self.shop, "--replace")
        self.assertEqual(sorted(os.listdir(partition)), sorted(f"{table}.parquet" for table in parquet.TABLES))
        for name, changed in files.items():
            status = os.stat(os.path.join(partition, name))
            self.assertGreater(status.st_ctime_ns, changed)
            self.assertEqual(status.st_mode & 0o777, 0o600)
        with open(os.path.join(partition, "notes.txt"), "w", encoding="utf-8"):
            pass
        self.refuse(2, f"{partition}: holds 'notes.txt', which is no export's: it is not replaced", *export, "--replace")
        self.assertEqual(os.listdir(fleet), ["service=shop"])

    def test_nothing_is_left_of_what_fails(self):
        fleet = self.fleet()
        # The file that crosses this is cut off there.
        result = support.run("export", self.shop, "--parquet", fleet, "--service", "s", "--build", "b", "--host", "h",
                             "--objects", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)))
        self.assertEqual(result.returncode, 6)
        self.assertRegex(result.stderr.decode(), r"/.leakgraph-[0-9a-f]{16}/\w+\.parquet: writing at byte \d+: File too large")
        self.assertEqual(os.listdir(fleet), [])

    def test_a_folder_that_is_none(self):
        for path, message in ((self.shop, f"cannot open the directory '{self.shop}': Not a directory"),
                              (self.file("no/such"), f"cannot make the directory '{self.file('no/such')}': "
                                                     "No such file or directory")):
            self.refuse(6, message, "export", self.shop, "--parquet", path, "--service", "s", "--build", "b", "--host", "h")

    def test_interrupted(self):
        dump, fleet = many(self.file("many.msgpack")), self.fleet()
        process = subprocess.Popen([support.PROGRAM, "export", dump, "--parquet", fleet, "--service", "s", "--build", "b",
                                    "--host", "h", "--objects"], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        while process.poll() is None and not (os.path.isdir(fleet) and os.listdir(fleet)):
            pass
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=support.SECONDS)
        self.assertEqual((process.returncode, told), (130, b"leakgraph: interrupted\n"))
        self.assertEqual(os.listdir(fleet), [])

    def test_a_process_again(self):
        fleet = self.fleet()
        first = self.add(fleet, heaps.shop().write(self.file("first.msgpack")))
        heap = heaps.shop()
        heap.info["taken_at_ns"] += 3600 * 10**9
        second = self.add(fleet, heap.write(self.file("second.msgpack")))
        self.assertEqual(os.path.dirname(first), os.path.dirname(second))
        self.assertEqual([row["taken"] for row in self.partitions(fleet)],
                         ["20261122T150640.000Z", "20261122T160640.000Z"])

    def test_only_the_partitions_asked_for_are_read(self):
        fleet = self.fleet()
        for host in ("a", "b", "c"):
            self.add(fleet, self.shop, host=host)
        plan = self.duckdb(f"EXPLAIN ANALYZE SELECT sum(total_bytes) FROM read_parquet('{fleet}/*/*/*/*/*/paths.parquet', "
                           "hive_partitioning = true) WHERE host = 'b' AND depth = 0")
        self.assertIn("Total Files Read: 1", re.sub(r"\s+", " ", str(plan[0]["explain_value"])))


class ProfileTest(parquet.ParquetTest):
    def test_a_profile_says_what_its_dump_says(self):
        fleet, profile = self.fleet(), self.file("shop.profile")
        self.succeed("summarize", self.shop, "-o", profile)
        of_dump, of_profile = self.add(fleet, self.shop, build="d"), self.add(fleet, profile, build="p")
        (dump,), *dumped = self.tables(of_dump, "process", "paths", "suspects")
        (row,), *profiled = self.tables(of_profile, "process", "paths", "suspects")
        self.assertEqual(profiled, dumped)
        only = {key for key in row if row[key] != dump[key]}
        self.assertEqual({(key, row[key]) for key in only}, {("executable", None), ("pause_ns", None)})
        self.assertEqual(self.tables(of_profile, "types", "memory"), [[], []])
        self.assertNotIn("s17", json.dumps(profiled))

    def test_its_name_is_the_build(self):
        fleet, profile = self.fleet(), self.file("named.profile")
        self.succeed("summarize", self.shop, "-o", profile, "--name", "v2/rc")
        self.assertIn("/build=v2%2Frc/", self.add(fleet, profile, build=None))
        self.assertIn("/build=else/", self.add(fleet, profile, build="else"))
        support.run("summarize", self.shop, "-o", profile, "--name", os.fsdecode(b"\xff"))
        self.refuse(2, "the name of the build is not UTF-8", "export", profile, "--parquet", fleet, "--service", "s",
                    "--host", "h")
        self.succeed("summarize", self.shop, "-o", profile)
        self.refuse(2, f"{profile}: the profile has no name: --parquet expects --build", "export", profile, "--parquet",
                    fleet, "--service", "s", "--host", "h")
        self.refuse(2, "a profile has no objects: export the dump", "export", profile, "--parquet", fleet, "--service",
                    "s", "--host", "h", "--build", "b", "--objects")

    def test_names_are_safe_to_print(self):
        profile = self.file("hostile.profile")
        self.succeed("summarize", self.hostile, "-o", profile)
        paths, suspects = self.tables(self.add(self.fleet(), profile), "paths", "suspects")
        self.assertIn(r"module appx\x1b[2J\x1b]0;title\x07\n\u202e\x9b", {row["root"] for row in paths})
        for row in paths + suspects:
            self.assertTrue(all(text.isprintable() for text in row.values() if isinstance(text, str)), row)

    def test_fewer_rows(self):
        partition = self.add(self.fleet(), self.shop, "--rows", "3")
        (row,), paths = self.tables(partition, "process", "paths")
        self.assertTrue(row["pruned"])
        self.assertIn("(smaller paths)", {path["root"] for path in paths})
        self.assertEqual(sum(path["shallow_bytes"] for path in paths), row["object_bytes"])


MANY = 2 * GROUP_ROWS + 10


def many(path):
    """A list of objects of a hundred types, for two row groups and a bit; written as it is made."""
    pack = msgpack.Packer().pack
    with open(path, "wb") as file:
        file.write(pack({"leakgraph": [1, 0], "form": "rows"}))
        file.write(pack([1, "module", 72, [[2, "['MANY']"]]]))
        file.write(pack([2, "list", 8 * MANY, [[3 + i, "[]"] for i in range(MANY)]]))
        for i in range(MANY):
            file.write(pack([3 + i, f"m.Type{i % 100}", 16 + i % 7, []]))
        file.write(pack({"section": "roots", "objects": [[1, "module m"]]}))
    return path


class SizesTest(parquet.ParquetTest):
    def test_several_row_groups(self):
        dump = many(self.file("groups.msgpack"))
        file = self.add(self.fleet(), dump, "--objects") + "/objects.parquet"
        count, bytes = MANY + 2, 72 + 8 * MANY + sum(16 + i % 7 for i in range(MANY))
        groups = self.duckdb(f"SELECT row_group_num_rows AS rows, stats_min_value AS least, stats_max_value AS greatest "
                             f"FROM parquet_metadata('{file}') WHERE path_in_schema = 'id' ORDER BY row_group_id")
        self.assertEqual([(row["rows"], row["least"], row["greatest"]) for row in groups],
                         [(GROUP_ROWS, 1, GROUP_ROWS), (GROUP_ROWS, GROUP_ROWS + 1, 2 * GROUP_ROWS),
                          (12, 2 * GROUP_ROWS + 1, count)])
        row, = self.duckdb(f"SELECT count(*) AS n, sum(shallow) AS bytes, min(id) AS first, max(id) AS last, "
                           f"count(DISTINCT type) AS types, count(dominator) AS dominators FROM '{file}'")
        self.assertEqual(row, {"n": count, "bytes": bytes, "first": 1, "last": count, "types": 102, "dominators": count})
        # Groups that can't have it are left out, and that which has it is not.
        row, = self.duckdb(f"SELECT count(*) AS n FROM '{file}' WHERE id = {GROUP_ROWS + 5} AND type >= 'm.Type'")
        self.assertEqual(row["n"], 1)
        answer, = parquet.ask("hyparquet", [file])
        self.assertEqual(sum(int(row["shallow"]) for row in answer["rows"]), bytes)

    def test_odd_heaps(self):
        nothing = heaps.Heap()
        alone = heaps.Heap()
        alone.module("m")
        long = heaps.Heap()
        names = long.module("module " + "é" * 40000)
        for i in range(3):
            long.refer(names, long.add("app." + chr(0x10ffff) * 20000 + str(i), 8), f"['{'🐍' * 16000}{i}']")
        for name, heap in (("nothing", nothing), ("alone", alone), ("long", long), ("hostile", heaps.hostile())):
            dump = heap.write(self.file(name + ".msgpack"))
            partition = self.add(self.fleet(name), dump, "--objects")
            files = [f"{partition}/{table}.parquet" for table in parquet.TABLES + parquet.OF_OBJECTS]
            tables = self.tables(partition, *parquet.TABLES, *parquet.OF_OBJECTS)
            for path, table, answer in zip(files, tables, parquet.ask("hyparquet", files)):
                self.assertEqual((len(table), int(answer["metadata"]["num_rows"])), (len(answer["rows"]),) * 2, path)
            if name == "long":
                types = [row["type"] for row in tables[len(parquet.TABLES)]]
                self.assertEqual(sum(len(text) > 20000 for text in types), 3)
                self.assertEqual(len(set(types)), 5)

    def test_a_number_too_large(self):
        heap = heaps.Heap(pause_ns=2**63)
        heap.module("m")
        dump = heap.write(self.file("large.msgpack"))
        fleet = self.fleet()
        self.refuse(6, f"process: pause_ns is {2**63}, a column holds at most {2**63 - 1}", "export", dump, "--parquet",
                    fleet, "--service", "s", "--build", "b", "--host", "h")
        self.assertEqual(os.listdir(fleet), [])


if __name__ == "__main__":
    unittest.main()
