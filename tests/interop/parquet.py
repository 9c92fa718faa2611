# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of Parquet files share: the readers of tests/readers, and fleets made of heaps."""

import json
import os
import shutil
import subprocess
import unittest

import support

READERS = os.path.join(support.TOP, "tests", "readers")
ASK = os.path.join(os.path.dirname(os.path.abspath(__file__)), "parquet.mjs")
TABLES = ["process", "paths", "suspects", "types", "memory"]
OF_OBJECTS = ["objects", "refs", "roots"]
PLACE = {"service": "shop", "build": "1.4", "host": "web-1"}


def modules(*options):
    """The folder of the readers, "" where they are not all there."""
    return subprocess.run([READERS, "--have", *options], capture_output=True, text=True, check=True).stdout.strip()


def ask(reader, requests, *options):
    """The answers of DuckDB, hyparquet or ClickHouse (parquet.mjs says to what)."""
    result = subprocess.run(["node", ASK, modules(*options), reader], input=json.dumps(requests), capture_output=True,
                            text=True, check=False, timeout=support.SECONDS)
    if result.returncode:
        raise AssertionError(result.stderr)
    return json.loads(result.stdout)


def value(cell):
    """A cell as Python has it: integers come as their digits."""
    return int(cell) if isinstance(cell, str) and cell.isascii() and cell.isdecimal() else cell


class ParquetTest(support.ExportTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not shutil.which("node"):
            raise unittest.SkipTest("node (nodejs) is not installed")
        if not modules():
            raise unittest.SkipTest("DuckDB is not there: tests/readers brings it")

    def fleet(self, name="fleet"):
        path = self.file(name)
        shutil.rmtree(path, ignore_errors=True)
        return path

    def add(self, fleet, dump, *options, **place):
        """A partition; returns its folder."""
        place = dict(PLACE, **place)
        named = [word for key in place if place[key] is not None for word in ("--" + key, place[key])]
        return self.succeed("export", dump, "--parquet", fleet, *named, *options).decode().rstrip("\n")

    def duckdb(self, *statements):
        """Rows of the last statement, as dicts."""
        for answer in ask("duckdb", statements):
            self.assertNotIn("error", answer)
        return [dict(zip(answer["names"], map(value, row))) for row in answer["rows"]]

    def tables(self, partition, *names):
        """The rows of each table, as dicts."""
        answers = ask("duckdb", [f"SELECT * FROM read_parquet('{partition}/{name}.parquet', hive_partitioning = false)"
                                 for name in names])
        for answer in answers:
            self.assertNotIn("error", answer)
        return [[dict(zip(answer["names"], map(value, row))) for row in answer["rows"]] for answer in answers]
