# SPDX-License-Identifier: GPL-2.0-or-later
"""SQL over a heap: what it answers, how it is printed, what it refuses, what stops it."""

import csv
import io
import json
import os
import pty
import re
import select
import signal
import subprocess
import tempfile
import time
import unittest

import heaps
from test_cli import PROGRAM, SECONDS, run

ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
ONLY_QUESTIONS = ("only questions are answered (SELECT, VALUES, WITH, EXPLAIN): nothing can be written, "
                  "attached, loaded or set")


class QueryTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="leakgraph-query-")
        cls.shop = heaps.shop().write(os.path.join(cls.folder.name, "shop.msgpack"))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def query(self, sql, *options, dump=None, **settings):
        result = run("query", dump or self.shop, sql, *options, **settings)
        self.assertEqual((result.returncode, result.stderr), (0, b""), sql)
        return result.stdout.decode()

    def rows(self, sql, *options, **settings):
        return json.loads(self.query(sql, "--format", "json", *options, **settings))

    def values(self, sql, **settings):
        return [list(row.values()) for row in self.rows(sql, **settings)]

    def refuse(self, sql, message, *options, code=2, output=b"", **settings):
        result = run("query", self.shop, sql, *options, **settings)
        self.assertEqual((result.returncode, result.stdout), (code, output), result.stderr)
        self.assertEqual(result.stderr.decode(), f"leakgraph: {message}\n")


class TableTest(QueryTest):
    """The tables say what the other commands say."""

    def report(self, *arguments):
        return json.loads(run(*arguments, "--json").stdout)

    def test_types_by_group_and_by_table(self):
        told = sorted((t["type"], t["count"], t["shallow_bytes"])
                      for t in self.report("types", self.shop)["types"])
        self.assertEqual(self.values("SELECT type, count(*), sum(shallow) FROM objects WHERE pseudo = 0 "
                                     "GROUP BY type"), [list(row) for row in told])
        self.assertEqual(self.values("SELECT name, count, shallow FROM types WHERE count > 0 ORDER BY name"),
                         [list(row) for row in told])

    def test_retained_is_that_of_types_and_path(self):
        told = sorted([t["type"], t["retained_bytes"]] for t in self.report("types", self.shop)["types"])
        self.assertEqual(self.values("SELECT name, retained FROM types WHERE count > 0 ORDER BY name"), told)
        where = self.report("path", self.shop, "shop.models.Product")
        self.assertEqual(self.values("SELECT retained_size(id) FROM objects WHERE type = 'shop.models.Product'"),
                         [[where["retained_bytes"]]])
        self.assertEqual(self.values("SELECT sum(shallow) FROM retained('shop.models.Product')"),
                         [[where["retained_bytes"]]])

    def test_what_one_object_retains(self):
        top, size = self.values("SELECT id, retained FROM objects ORDER BY retained DESC LIMIT 1")[0]
        self.assertEqual(self.values(f"SELECT sum(shallow) FROM retained({top})"), [[size]])
        self.assertEqual(self.values(f"SELECT count(*) FROM retained('{top},{top}')"),
                         self.values(f"SELECT count(*) FROM retained('#{top}')"))
        self.assertEqual(self.values(f"SELECT id FROM dominated({top}) ORDER BY 1"),
                         self.values(f"SELECT id FROM objects WHERE dominator = {top} ORDER BY 1"))
        self.assertEqual(self.values(f"SELECT count(*) FROM dominators d JOIN dominators e "
                                     f"ON e.position BETWEEN d.position AND d.last WHERE d.id = {top}"),
                         self.values(f"SELECT objects FROM dominators WHERE id = {top}"))

    def test_references_both_ways(self):
        everything = sorted(self.values("SELECT source, target, id FROM refs"))
        for sql in ("SELECT o.id AS a, r.target, r.id FROM objects o CROSS JOIN refs r ON r.source = o.id",
                    "SELECT r.source, o.id AS b, r.id FROM objects o CROSS JOIN refs r ON r.target = o.id",
                    "SELECT f.id AS a, o.id AS b, f.ref FROM objects o, referrers(o.id) f",
                    "SELECT o.id AS a, t.id AS b, t.ref FROM objects o, referents(o.id) t"):
            self.assertEqual(sorted(self.values(sql)) == everything, True, sql)
        self.assertEqual(self.values("SELECT sum(inbound), sum(outbound) FROM objects"),
                         [[len(everything)] * 2])

    def test_paths(self):
        session = self.values("SELECT min(id) FROM objects WHERE type = 'shop.models.Session'")[0][0]
        self.assertEqual([label for (label,) in self.values(f"SELECT label FROM path({session})")],
                         ["module shop.sessions", ".SESSIONS", "['s0']"])
        self.assertEqual(self.values(f"SELECT path_text({session}), path_text('#{session}', 'dominators')"),
                         [["module shop.sessions → .SESSIONS → ['s0'] → shop.models.Session"] * 2])
        self.assertEqual(self.values("SELECT path_text(id), distance, dominator, retained, reached FROM objects "
                                     "WHERE type = 'shop.pages.Node' LIMIT 1"), [[None, None, None, None, 0]])

    def test_each_way_to_the_rows_gives_the_same(self):
        """A condition on a column alone, and behind a + that keeps SQLite from using it to find rows."""
        script, told = [], []
        for table, column, values in (
                ("objects", "id", (0, 1, 3, 17, 17.5, -1, 1e300, "NULL", 99999999)),
                ("objects", "type", ("'dict'", "'dicu'", "''", "'zzz'", 5, "NULL", "'shop.models.Session'")),
                ("objects", "address", (0, "NULL", 7)), ("objects", "dominator", (0, 3, "NULL", -5, 1e10)),
                ("refs", "source", (0, 3, 3.5, 99999999, -1)), ("refs", "target", (0, 3, 9, 99999999, -1)),
                ("roots", "object", (2, 3, 1e9)), ("dominators", "position", (0, 2, 5, 1e9)),
                ("dominators", "id", (0, 1, 5, 1e9)), ("types", "id", (0, 1, 5, 1e9))):
            for value in values:
                for compare in ("=", "<", "<=", ">", ">=", "IS NOT", "IN (3, 'dict', 5) AND id <>"):
                    for sign in ("", "+"):
                        sql = f"SELECT id FROM {table} WHERE {sign}{column} {compare} {value}"
                        script.append(f"SELECT count(*) AS n, sum(id) AS s FROM ({sql})")
                    told.append(sql)
        answer = json.loads("[" + self.query("-", "--format", "json", stdin=None,
                                             input=";".join(script).encode()).replace("]\n[", "],[") + "]")
        for i, sql in enumerate(told):
            self.assertEqual(answer[2 * i], answer[2 * i + 1], sql)

    def test_orders(self):
        for column in ("id", "type", "address"):
            for way in ("ASC", "DESC"):
                self.assertEqual(self.query(f"SELECT {column} AS a FROM objects ORDER BY {column} {way}"),
                                 self.query(f"SELECT {column} AS a FROM objects ORDER BY +{column} {way}"))

    def test_a_join_goes_by_the_references_of_an_object(self):
        plan = self.query("EXPLAIN QUERY PLAN SELECT count(*) FROM objects o, refs r "
                          "WHERE r.source = o.id AND o.type = 'dict'")
        self.assertRegex(plan, r"SCAN o VIRTUAL TABLE INDEX \d+:type=")
        self.assertRegex(plan, r"SCAN r VIRTUAL TABLE INDEX \d+:source=")

    def test_an_index_beside_the_dump_answers_the_same(self):
        sql = "SELECT id, type, retained, distance, inbound FROM objects ORDER BY id"
        before = self.query(sql)
        self.assertEqual(self.query(sql, "--index"), before)
        self.assertTrue(os.path.exists(self.shop + ".index"))
        self.assertEqual(self.query(sql), before)
        os.unlink(self.shop + ".index")


class FormatTest(QueryTest):
    def test_a_table_is_aligned_and_fits(self):
        text = self.query("SELECT id, type, path_text(id) AS path FROM objects ORDER BY retained DESC LIMIT 3")
        lines = text.splitlines()
        self.assertEqual(lines[0].split(), ["id", "type", "path"])
        for line in lines:
            self.assertLessEqual(len(line), 100)
        long = self.query("SELECT 'x' AS a, printf('%.*c', 5000, 'y') AS b, 12345678901234 AS c")
        self.assertRegex(long.splitlines()[1], r"^x  y{70,}…  12345678901234$")

    def test_rows_behind_those_that_laid_it_out(self):
        text = self.query("SELECT CASE WHEN id < 120 THEN 'x' ELSE 'a longer text' END AS t, id * 1000 AS id "
                          "FROM objects WHERE id < 130")
        lines = text.splitlines()
        self.assertEqual(len(lines), 130)
        self.assertEqual((lines[1], lines[-1]), ("x    1000", "…  129000"))

    def test_csv(self):
        text = self.query("SELECT 1 AS a, 'x,\"y\"' AS \"b,c\", NULL AS d, 'l' || char(13, 10) || 'm' AS e, "
                          "x'00ff' AS f, 0.1 AS g", "--format", "csv")
        self.assertEqual(text, 'a,"b,c",d,e,f,g\r\n1,"x,""y""",,"l\r\nm",00ff,0.1\r\n')
        rows = list(csv.reader(io.StringIO(text, newline="")))
        self.assertEqual(rows[1], ["1", 'x,"y"', "", "l\r\nm", "00ff", "0.1"])

    def test_json(self):
        self.assertEqual(self.rows("SELECT 1 AS a, 'x\"\\' || char(10, 27, 8238, 917505) AS b, NULL AS c, "
                                   "9223372036854775807 AS d, 1e999 AS e, x'00ff' AS f, char(0) AS g"),
                         [{"a": 1, "b": 'x"\\\n\x1b\u202e\U000e0001', "c": None, "d": 2**63 - 1, "e": None,
                           "f": "00ff", "g": "\0"}])
        self.assertEqual(self.query("SELECT 1 AS a WHERE 0; SELECT 2 AS b", "--format", "json"),
                         '[]\n[\n{"b": 2}\n]\n')

    def test_nothing_acts_on_a_terminal(self):
        hostile = heaps.hostile().write(os.path.join(self.folder.name, "hostile.msgpack"))
        for style in ("table", "csv", "json"):
            text = self.query("SELECT type, path_text(id), char(27, 155, 8238) || CAST(x'ff' AS TEXT) AS \"a\x1b\" "
                              "FROM objects; SELECT * FROM refs; SELECT * FROM roots; SELECT * FROM info; "
                              "SELECT * FROM types", "--format", style, dump=hostile)
            self.assertNotRegex(text, "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e]", style)

    def test_from_stdin(self):
        for arguments in ([], ["-"]):
            result = run("query", self.shop, *arguments, stdin=None, input=b"SELECT 1 AS a;\n-- and\nSELECT 2 AS b\n")
            self.assertEqual((result.returncode, result.stdout), (0, b"a\n1\nb\n2\n"))
        self.assertEqual(self.query(" -- nothing\n"), "")


class RefusalTest(QueryTest):
    def test_what_sqlite_says_and_where(self):
        self.refuse("SELECT nope FROM objects", "line 1, column 8: no such column: nope")
        self.refuse("SELECT 1 AS a;\nSELECT 'é', nope", "line 2, column 13: no such column: nope",
                    output=b"a\n1\n")
        self.refuse("SELECT * FROM nope", "no such table: nope")

    def test_only_questions(self):
        for sql in ("CREATE TABLE x(a)", "ATTACH '/tmp/x' AS x", "PRAGMA journal_mode = OFF", "BEGIN", "VACUUM",
                    "INSERT INTO objects(id) VALUES (1)", "DROP TABLE objects", "CREATE VIRTUAL TABLE x USING fts5(a)", "VACUUM INTO '/tmp/x'",
                    "CREATE TEMP VIEW v AS SELECT 1", "REINDEX", "ANALYZE", "PRAGMA hard_heap_limit = 0",
                    "PRAGMA temp_store_directory = '/tmp'"):
            self.refuse(sql, f"line 1, column 1: {ONLY_QUESTIONS}")
        for sql in ("UPDATE objects SET id = 1", "DELETE FROM objects", "EXPLAIN DELETE FROM objects"):
            self.refuse(sql, "table objects may not be modified")
        self.refuse("SELECT load_extension('x')", "line 1, column 8: not authorized to use function: load_extension")
        for function in ("readfile", "writefile", "edit", "fsdir"):
            self.refuse(f"SELECT {function}('/etc/passwd')", f"line 1, column 8: no such function: {function}")
        self.refuse("SELECT ?", "line 1, column 1: parameters (?, :name) have no values here")

    def test_objects_that_are_not_there(self):
        count = self.values("SELECT count(*) FROM objects")[0][0]
        for what in ("path", "dominated", "referrers", "referents", "retained"):
            self.refuse(f"SELECT * FROM {what}({count + 1})",
                        f"no object #{count + 1}: the dump has #1 to #{count}")
            self.refuse(f"SELECT * FROM {what}('0x7ffff1')", "no object at 0x7ffff1 in this dump")
            self.refuse(f"SELECT * FROM {what}",
                        f"{what}() needs what it is asked about: {what}(17), {what}('0x7f…')")
            self.assertEqual(self.rows(f"SELECT * FROM {what}(NULL)"), [])
        self.refuse("SELECT path_text('Sesion')", "no objects of a type 'Sesion'; nearest: shop.models.Session")
        self.refuse("SELECT * FROM path('shop.models.Session')",
                    "expected one object (17, '#17', '0x7f…'), not 600 of a type")
        self.refuse("SELECT * FROM path(1, 'longest')", "a path is by 'shortest' or by 'dominators', not 'longest'")
        self.refuse("SELECT * FROM retained('1,0')", "no object #0: the dump has #1 to #" + str(count))
        self.refuse(f"SELECT retained_size({count + 1})", f"no object #{count + 1}: the dump has #1 to #{count}")

    def test_tables_that_are_not_in_this_dump(self):
        self.refuse("SELECT * FROM sites", "this dump has no sites: 'leakgraph dump PID' records them where "
                    "tracemalloc runs in the process (python3 -X tracemalloc=10)")
        for table in ("arenas", "pools", "mappings", "heaps"):
            self.refuse(f"SELECT * FROM {table}", f"this dump has no {table}: 'leakgraph dump PID' records what "
                        "the process has of them, other producers need not")

    def test_sql_that_is_no_text(self):
        def script(sql, message):
            self.refuse("-", message, stdin=None, input=sql)

        script(b"SELECT 1;\nSEL\0ECT", "line 2, column 4: a NUL byte in the SQL")
        script(b"SELECT '\xff'", "line 1, column 9: the byte 0xff is no UTF-8")
        script(b" " * (2**20 + 1), "1048577 bytes of SQL: at most 1048576 are taken")
        script(b" " * (3 << 20), "1048577 bytes of SQL: at most 1048576 are taken")
        result = run("query", self.shop, stdin=None, input=b"SELECT 1 AS a" + b" " * (2**20 - 13))
        self.assertEqual((result.returncode, result.stdout), (0, b"a\n1\n"))

    def test_sizes(self):
        big = "string or blob too big"
        self.refuse("SELECT zeroblob(1000000000)", big)
        self.refuse("SELECT hex(randomblob(1000000))", big)
        self.refuse("SELECT replace(printf('%.*c', 1000000, 'x'), 'x', 'yy')", big)
        deep = {"SELECT " + "1+" * 10000 + "1": "Expression tree is too large (maximum depth 500)",
                "SELECT " + "(" * 10000 + "1" + ")" * 10000: "parser stack overflow",
                "SELECT " + ",".join(["1"] * 1001): "too many columns in result set",
                "SELECT 1 " + "UNION ALL SELECT 1 " * 100: "too many terms in compound SELECT",
                "SELECT 'x' LIKE '" + "%a" * 200 + "'": "LIKE or GLOB pattern too complex"}
        for sql, message in deep.items():
            self.refuse(sql, message)

    def test_memory_is_bounded(self):
        self.refuse(ENDLESS + "SELECT x FROM c ORDER BY printf('%.*c', 5000, 'x') || x",
                    "the query needs more than 20.0 MB of working memory (--memory): sorting, GROUP BY, DISTINCT "
                    "and recursion hold rows, a LIMIT or a WHERE makes them fewer", "--memory", "20MB", code=6)

    def test_options(self):
        self.refuse("SELECT 1", "--format expects table, csv or json, not 'xml'", "--format", "xml")
        self.refuse("SELECT 1", "--timeout expects seconds, or a time such as 30s or 10m, not '0'", "--timeout", "0")
        self.refuse("SELECT 1", "--memory expects a size such as 2GiB or 500MB, not 'much'", "--memory", "much")

    def test_output_that_can_not_be_written(self):
        with open("/dev/full", "wb") as full:
            result = run("query", self.shop, "SELECT * FROM refs", stdout=full, stderr=subprocess.PIPE)
        self.assertEqual((result.returncode, result.stderr),
                         (6, b"leakgraph: stdout: No space left on device\n"))


class StopTest(QueryTest):
    def test_timeouts(self):
        told = "the query was not done after {} s (--timeout), and was stopped; rows that came before are not all"
        for sql in (ENDLESS + "SELECT count(*) FROM c", "SELECT count(*) FROM refs a, refs b, refs c",
                    ENDLESS + "SELECT x FROM c WHERE x < 0"):
            started = time.monotonic()
            self.refuse(sql, told.format("0.2"), "--timeout", "0.2")
            self.assertLess(time.monotonic() - started, 30)

    def test_rows_before_a_timeout_are_printed(self):
        result = run("query", self.shop, "SELECT 1 AS a UNION ALL SELECT count(*) FROM refs a, refs b, refs c",
                     "--timeout", "0.2s")
        self.assertEqual((result.returncode, result.stdout), (2, b"a\n1\n"))

    def test_a_function_that_nothing_interrupts(self):
        slow = "SELECT instr(printf('%.*c', 1000000, 'a'), printf('%.*c', 500000, 'a') || 'b') FROM refs"
        result = run("query", self.shop, slow, "--timeout", "0.1")
        self.assertEqual((result.returncode, result.stdout), (2, b""))
        self.assertIn(b"the query was not done after 0.1 s (--timeout)", result.stderr)

    def test_interrupt(self):
        process = subprocess.Popen([PROGRAM, "query", self.shop, ENDLESS + "SELECT count(*) FROM c; "],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.communicate(timeout=SECONDS), (b"", b""))
        self.assertEqual(process.returncode, 130)


class Terminal:
    """The prompt on a terminal of its own."""

    def __init__(self, dump):
        self.leader, follower = pty.openpty()
        self.process = subprocess.Popen([PROGRAM, "query", dump], stdin=follower, stdout=follower, stderr=follower,
                                        env=dict(os.environ, TERM="dumb", LC_ALL="C.UTF-8"), start_new_session=True,
                                        preexec_fn=lambda: __import__("fcntl").ioctl(0, 0x540E, 0))
        os.close(follower)
        self.text = ""

    def read_until(self, expected):
        deadline = time.monotonic() + 60
        while expected not in self.text:
            if not select.select([self.leader], [], [], max(0, deadline - time.monotonic()))[0]:
                raise AssertionError(f"no {expected!r} in {self.text!r}")
            try:
                piece = os.read(self.leader, 65536)
            except OSError:
                piece = b""
            if not piece:
                raise AssertionError(f"the end, no {expected!r} in {self.text!r}")
            self.text += piece.decode()
        before, _, self.text = self.text.partition(expected)
        return before

    def write(self, text):
        os.write(self.leader, text.encode())

    def close(self):
        os.close(self.leader)
        return self.process.wait(60)


class PromptTest(QueryTest):
    def setUp(self):
        self.terminal = Terminal(self.shop)
        self.addCleanup(self.end)
        self.terminal.read_until("leakgraph> ")

    def end(self):
        if self.process_runs():
            self.terminal.process.kill()
            self.terminal.process.wait()

    def process_runs(self):
        return self.terminal.process.poll() is None

    def ask(self, text):
        self.terminal.write(text)
        self.terminal.read_until("\n")
        return self.terminal.read_until("leakgraph> ")

    def test_statements_and_commands(self):
        self.assertIn("\r\n42\r\n", self.ask("SELECT 40 + 2 AS a;\n"))
        self.terminal.write("SELECT 'é' AS b,\n")
        self.terminal.read_until("...> ")
        self.assertIn("\r\né  7\r\n", self.ask("7 AS c;\n"))
        self.assertIn("referrers(object)", self.ask(".tables\n"))
        self.assertIn("refs(id INTEGER, source INTEGER, target INTEGER, kind TEXT", self.ask(".schema refs\n"))
        self.ask(".mode json\n")
        self.assertIn('{"a": 1}', self.ask("SELECT 1 AS a;\n"))
        self.assertIn("leakgraph: there is no '.nope' (see: .help)", self.ask(".nope\n"))
        self.assertIn("leakgraph: .mode expects table, csv or json, not 'xml'", self.ask(".mode xml\n"))
        self.assertIn("leakgraph: line 1, column 8: no such column: nope", self.ask("SELECT nope;\n"))
        self.terminal.write(".quit\n")
        self.assertEqual(self.terminal.process.wait(60), 0)

    def test_interrupts_lead_back_to_the_prompt(self):
        self.terminal.write(ENDLESS + "SELECT count(*) FROM c;\n")
        self.terminal.read_until("FROM c;")
        time.sleep(0.5)
        self.terminal.write("\x03")
        self.terminal.read_until("leakgraph: interrupted")
        self.terminal.read_until("leakgraph> ")
        self.terminal.write("SELECT half of\n")
        self.terminal.read_until("...> ")
        self.terminal.write("\x03")
        self.terminal.read_until("leakgraph> ")
        self.assertIn("\r\n5\r\n", self.ask("SELECT 5 AS a;\n"))
        self.terminal.write("SELECT 6 AS a;\n\x04")  # typed ahead
        self.assertEqual(self.terminal.process.wait(60), 0)


if __name__ == "__main__":
    unittest.main()
