# SPDX-License-Identifier: GPL-2.0-or-later
"""`leakgraph diff` and `summarize` on heaps written by hand: what grew, what moved, what is refused."""

import ctypes
import ctypes.util
import json
import os
import random
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

import heaps
import schemas
from heaps import SESSION, service

PROGRAM = os.environ.get("LEAKGRAPH") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..", "build", "leakgraph")

FINE, OVER, USAGE, UNREADABLE, NOT_COMPARABLE = 0, 1, 2, 3, 4
def decompress(frame):
    zstd = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
    zstd.ZSTD_decompress.restype = ctypes.c_size_t
    zstd.ZSTD_decompress.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]
    content = ctypes.create_string_buffer(1 << 20)
    size = zstd.ZSTD_decompress(content, len(content), frame, len(frame))
    return content.raw[:size]


class DiffTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def write(self, heap, name):
        return heap.write(os.path.join(self.folder, name + ".msgpack"))

    def run_program(self, *arguments):
        return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL, timeout=300)

    def diff(self, base, head, *options, code=None):
        """The JSON report of two heaps (or lists of heaps)."""
        sides = []
        for flag, side in (("--base", base), ("--head", head)):
            side = side if isinstance(side, list) else [side]
            paths = [heap if isinstance(heap, str) else self.write(heap, f"{flag[2:]}{i}")
                     for i, heap in enumerate(side)]
            sides += [flag, *paths]
        result = self.run_program("diff", *sides, "--json", *options)
        self.assertEqual(result.stderr, "")
        self.assertIn(result.returncode, (FINE, OVER) if code is None else (code,))
        report = json.loads(result.stdout)
        schemas.check(report)
        return report

    def assert_quiet(self, report):
        self.assertEqual(report["totals"]["grown_bytes"], 0, report["grown"])

    # ---- what is no growth ----

    def test_the_same_program_in_another_order(self):
        for seed in range(5):
            report = self.diff(service(), service(shuffle=seed, pid=seed))
            self.assert_quiet(report)
            self.assertEqual((report["totals"]["moved_bytes"], report["totals"]["shrunk_bytes"]), (0, 0))

    def test_the_same_report_for_the_same_program(self):
        def two(heap, names, other, cache, kept):
            index = heap.add("dict", 4000)
            heap.refer(other, index, "['INDEX']")
            for session in kept:
                heap.refer(index, session, "[int]")
        first = self.diff(service(), service(more=two))
        for seed in range(3):
            again = self.diff(service(shuffle=seed), service(shuffle=seed + 9, more=two))
            self.assertEqual(first["grown"], again["grown"])
            self.assertEqual(first["moved"], again["moved"])

    def test_an_alias_of_the_module_moves(self):
        def alias(heap, names, other, cache, kept):
            heap.roots.append([heap.roots[0][0], "module aaa"])
            heap.refer(other, cache, "['A']")
        self.assert_quiet(self.diff(service(), service(more=alias)))

    def test_another_index_grows_by_itself_alone(self):
        def index(heap, names, other, cache, kept):
            table = heap.add("dict", 4000)
            heap.refer(other, table, "['INDEX']")
            for session in kept:
                heap.refer(table, session, "[int]")
        report = self.diff(service(), service(more=index))
        self.assertEqual(report["totals"]["grown_bytes"], 4000)
        self.assertEqual([(h["path"], h["grown_bytes"], h["new"]) for h in report["grown"]],
                         [("module shop.index → .INDEX", 4000, True)])

    def test_a_renamed_attribute_a_renamed_class_a_moved_one(self):
        for changed in ({"name": "LIVE"}, {"kind": "shop.models.Visit"}, {"kind": "shop.people.Session"}):
            with self.subTest(changed):
                report = self.diff(service(), service(**changed))
                self.assert_quiet(report)
                self.assertGreaterEqual(report["totals"]["moved_bytes"], 600 * 56)

    def test_a_dict_that_becomes_a_class(self):
        heap = heaps.Heap(python_hex=0x030B02F0)
        names = heap.module("shop.sessions")
        heap.module("shop.index")
        cache = heap.add("dict", 40000)
        heap.refer(names, cache, "['SESSIONS']")
        for i in range(600):
            heap.refer(cache, heap.add("dict", 56, (heap.add("bytes", 1000), "['payload']")), f"['s{i}']")
        self.assert_quiet(self.diff(heap, service()))

    def test_what_is_freed_hides_no_leak(self):
        def leak(heap, names, other, cache, kept):
            held = heap.add("list", 900)
            heap.refer(other, held, "['LEAK']")
            for _ in range(20):
                heap.refer(held, heap.add("shop.models.Session", 56, (heap.add("bytes", 1000), ".payload")), "[]")
        report = self.diff(service(600), service(300, more=leak))
        self.assertEqual([(h["path"], h["grown_bytes"]) for h in report["grown"]],
                         [("module shop.index → .LEAK", 900 + 20 * SESSION)])

    def test_an_index_of_some_moves_these(self):
        def index(heap, names, other, cache, kept):
            table = heap.add("dict", 4000)
            heap.refer(other, table, "['INDEX']")
            for session in kept[:200]:
                heap.refer(table, session, "[int]")
        report = self.diff(service(), service(more=index))
        self.assertEqual(report["totals"]["grown_bytes"], 4000)

    def test_garbage_and_warm_caches_stand_apart(self):
        def more(heap, names, other, cache, kept):
            lines = heap.add("dict", 5000)
            heap.refer(heap.module("linecache"), lines, "['cache']")
            node = heap.add("shop.Node", 3000)
            heap.refer(node, heap.add("shop.Node", 3000, (node, ".next")), ".next")
        report = self.diff(service(), service(more=more))
        self.assertEqual(report["totals"]["warm_up_bytes"], 5000)
        self.assertEqual(report["totals"]["garbage_bytes"], 6000)
        self.assertLess(report["totals"]["grown_bytes"], 1000)  # the module itself

    # ---- what is ----

    def test_growth_has_its_holder_and_its_count(self):
        report = self.diff(service(600), service(700))
        self.assertEqual(report["totals"]["grown_bytes"], 100 * SESSION)
        self.assertEqual(len(report["grown"]), 1)
        holder = report["grown"][0]
        self.assertEqual((holder["path"], holder["item"], holder["item_type"]),
                         ("module shop.sessions → .SESSIONS", "[str] → shop.models.Session", "shop.models.Session"))
        self.assertEqual((holder["base_count"], holder["head_count"], holder["grown_bytes"], holder["new"]),
                         (600, 700, 100 * SESSION, False))
        self.assertRegex(holder["signature"], "^[0-9a-f]{8}$")
        self.assertEqual([(s["signature"], s["new"], s["count"]) for s in report["suspects"]],
                         [(holder["signature"], False, 700)])
        self.assertTrue(report["over"])  # 14 % of the heap, and the default is 5 %

    def test_growth_behind_a_renamed_class_is_growth(self):
        report = self.diff(service(600), service(700, kind="shop.models.Visit"))
        self.assertEqual(report["totals"]["grown_bytes"], 100 * SESSION)

    def test_a_suspect_that_the_base_has_not(self):
        def leak(heap, names, other, cache, kept):
            held = heap.add("list", 900)
            heap.refer(other, held, "['LEAK']")
            for _ in range(400):
                heap.refer(held, heap.add("shop.Job", 2000), "[]")
        report = self.diff(service(), service(more=leak), "-b", "new-suspect count <= 0", code=OVER)
        fresh = [s for s in report["suspects"] if s["new"]]
        self.assertEqual([(s["signature_of"], s["count"], s["retained_bytes"]) for s in fresh],
                         [("module shop.index | .LEAK | [] | shop.Job", 400, 800900)])
        self.assertEqual(report["grown"][0]["signature"], fresh[0]["signature"])
        ignored = f"ignore sig {fresh[0]['signature']} until 2099-01-01 known"
        self.diff(service(), service(more=leak), "-b", "new-suspect count <= 0", "-b", "total growth <= 0",
                  "-b", ignored, code=FINE)

    def test_a_chain_of_a_million_grows_in_one_line(self):
        base = heaps.linked_list(os.path.join(self.folder, "short.msgpack"), 1000)
        head = heaps.linked_list(os.path.join(self.folder, "long.msgpack"), 1000000)
        report = self.diff(base, head, code=OVER)
        self.assertEqual([(h["path"], h["head_count"]) for h in report["grown"]], [("module app → .head → app.Node", 999999)])

    # ---- several a side ----

    def test_noise_is_what_runs_of_one_build_differ_by(self):
        base = [service(n) for n in (600, 630, 610)]
        self.assert_quiet(self.diff(base, [service(n) for n in (620, 640, 612)]))
        report = self.diff(base, [service(n) for n in (700, 720, 710)])
        self.assertEqual(report["totals"]["grown_bytes"], 70 * SESSION)

    # ---- dumps of one process ----

    def snapshot(self, name, taken, sessions, requests=()):
        """Sessions and requests under way, by number: what has one number has one address."""
        heap = service(0, pid=77, process_start=9, taken_at_ns=taken * 10**9)
        held, cache = {}, len(heap.rows)
        thread = heap.add("thread", 0)
        heap.roots.append([thread, "thread worker"])
        for i in sessions:
            held[i] = heap.add("shop.models.Session", 500)
            heap.refer(cache, held[i], f"['s{i}']")
        for i in requests:
            held[i] = heap.add("shop.Request", 300)
            heap.refer(thread, held[i], "local request")
        numbers = {row: 100000 + i for i, row in held.items()}
        for row in heap.rows:
            row[0] = numbers.get(row[0], row[0])
            for referent in row[3]:
                referent[0] = numbers.get(referent[0], referent[0])
        return self.write(heap, name)

    def test_growth_of_one_process(self):
        first = self.snapshot("first", 1, range(0, 100), range(900, 905))
        second = self.snapshot("second", 2, range(10, 140), range(905, 910))
        last = self.snapshot("last", 3, range(10, 180), range(910, 915))
        report = json.loads(self.run_program("diff", first, last, "--json").stdout)
        process = report["process"]
        self.assertEqual((process["pid"], process["new"], process["freed"], process["passing"]), (77, 85, 15, 0))
        self.assertEqual([(h["path"], h["base_count"], h["head_count"], h["grown_bytes"]) for h in report["grown"]],
                         [("module shop.sessions → .SESSIONS", 90, 170, 40000), ("thread worker", 0, 5, 1500)])
        report = json.loads(self.run_program("diff", first, second, last, "--json").stdout)
        schemas.check(report)
        process = report["process"]
        self.assertEqual((process["new"], process["passing"], process["freed"]), (40, 45, 15))
        self.assertEqual([(h["path"], h["base_count"], h["head_count"], h["grown_bytes"]) for h in report["grown"]],
                         [("module shop.sessions → .SESSIONS", 90, 130, 20000)])
        text = self.run_program("diff", first, second, last).stdout
        self.assertIn("One process, pid 77, over 2.0 s: made 40 objects (20.0 kB), freed 15 objects (6.5 kB)", text)
        for wrong in ((last, second, first), (first, self.write(service(5), "other"), last)):
            self.refuse(NOT_COMPARABLE, "three dumps are those of one process", *wrong)

    def test_two_of_another_process_are_builds(self):
        report = json.loads(self.run_program("diff", self.write(service(9), "a"), self.write(service(9, pid=5), "b"),
                                             "--json").stdout)
        self.assertNotIn("process", report)

    def test_numbers_of_a_process_repeat_on_another_host(self):
        first = self.snapshot("first", 1, range(0, 100))
        heap = service(40, pid=77, process_start=9, taken_at_ns=2 * 10**9)
        for row in heap.rows:
            row[0] += 10**6
            for referent in row[3]:
                referent[0] += 10**6
        heap.roots = [[root + 10**6, name] for root, name in heap.roots]
        report = json.loads(self.run_program("diff", first, self.write(heap, "elsewhere"), "--json").stdout)
        self.assertNotIn("process", report)
        self.assertEqual([len(report[side]) for side in ("base", "head")], [1, 1])
        self.assertGreater(report["totals"]["base_bytes"], 100 * 500)

    # ---- budgets ----

    def test_exit_codes_of_budgets(self):
        base, head = self.write(service(600), "base"), self.write(service(700), "head")
        for rules, code in ((["total growth <= 20%"], FINE), (["total growth <= 20% and 1kB"], OVER),
                            (["total growth <= 1kB warn"], FINE), (["type shop.models.Session count <= 650"], OVER),
                            (["total growth <= 20%", "holder growth <= 10kB"], OVER), ([], OVER)):
            flags = [word for rule in rules for word in ("--budget", rule)]
            with self.subTest(rules):
                self.assertEqual(self.run_program("diff", base, head, *flags).returncode, code)

    def test_a_file_of_budgets(self):
        path = os.path.join(self.folder, "leakgraph.budget")
        with open(path, "w", encoding="utf-8") as file:
            file.write("# what a build may grow\ntotal growth <= 1%\n"
                       'ignore path "module shop.sessions" until 2099-12-31 "until the cache is bounded"\n')
        report = self.diff(service(600), service(700), "--budgets", path, code=FINE)
        self.assertEqual(report["budgets"][0]["line"], 2)
        self.assertEqual(report["exceptions"][0]["grown_bytes"], 100 * SESSION)
        with open(path, "a", encoding="utf-8") as file:
            file.write("total growth >= 1%\n")
        result = self.run_program("diff", path, path, "--budgets", path)
        self.assertEqual((result.returncode, result.stderr),
                         (USAGE, f"leakgraph: {path}:4:14: expected '<=', not '>='\n"))

    def test_budgets_of_paths(self):
        """All below a path counts, what did not grow too; steps are whole ones."""
        def more(heap, names, other, cache, kept):
            for i in range(3):
                held = heap.add("list", 2000)
                heap.refer(other, held, f"['QUEUE{i}']")
                for _ in range(5):
                    heap.refer(held, heap.add("shop.Job", 1000), "[]")
        base, head = service(600), service(620, more=more)
        everything, sessions = "module shop.index", "module shop.sessions → .SESSIONS"
        for path, rule, said in (
                (sessions, "growth <= 1kB", "21.1 kB, 3.1 % of 673.6 kB"),
                (sessions, "bytes <= 100kB", "694.7 kB, before 673.6 kB"),
                (sessions + " → [str]", "count <= 1200", "1,240, before 1,200"),
                (sessions, "retained <= 600kB", "694.7 kB, before 673.6 kB"),
                (everything, "growth <= 10kB", "21.0 kB, before 172 B"),
                (everything + " → .QUEUE*", "growth <= 10kB", "21.0 kB, before 0 B"),
                ("module shop.ind*", "bytes <= 5%", "21.2 kB, before 172 B"),
                ("module shop.ind", "bytes <= 0", "0 B, before 0 B"),
                (everything + " → .QUEUE", "bytes <= 0", "0 B, before 0 B")):
            with self.subTest(path=path, rule=rule):
                report = self.diff(base, head, "-b", f'path "{path}" {rule}')
                self.assertEqual([(b["said"], b["over"], b["where"]) for b in report["budgets"]],
                                 [(said, not said.startswith("0 B"), path)])
        # A path that keeps what it had is measured as well.
        report = self.diff(base, base, "-b", f'path "{sessions}" bytes <= 100kB', code=OVER)
        self.assertEqual(report["grown"], [])
        # And what is ignored below it does not count.
        report = self.diff(base, head, "-b", f'path "{everything}" growth <= 15kB', "-b",
                           f'ignore path "{everything} → .QUEUE1" until 2099-01-01 known', code=FINE)
        self.assertEqual(report["budgets"][0]["said"], "14.0 kB, before 172 B")

    def test_findings_name_a_file_of_the_repository(self):
        base, head = self.write(service(600), "a"), self.write(service(700), "b")
        with open(os.path.join(self.folder, "leakgraph.budget"), "w", encoding="utf-8") as file:
            file.write("total growth <= 1kB\n")
        for flags, path in (((), "leakgraph"), (("-b", "total growth <= 1kB"), "leakgraph"),
                            (("--budgets", "./leakgraph.budget"), "leakgraph.budget")):
            result = subprocess.run([os.path.abspath(PROGRAM), "diff", base, head, *flags, "--format", "gitlab"],
                                    cwd=self.folder, stdout=subprocess.PIPE, text=True, check=False)
            finding, = json.loads(result.stdout)
            self.assertEqual((finding["location"]["path"], finding["location"]["lines"]["begin"]), (path, 1))

    def test_an_exception_that_has_ended_is_told(self):
        path = os.path.join(self.folder, "leakgraph.budget")
        with open(path, "w", encoding="utf-8") as file:
            file.write('total growth <= 50%\nignore path "module shop.sessions" until 2026-01-31 "old"\n')
        sides = self.write(service(600), "a"), self.write(service(700), "b"), "--budgets", path
        out = {name: self.run_program("diff", *sides, "--format", name).stdout
               for name in ("text", "markdown", "github", "gitlab", "json")}
        self.assertIn("    no more ignored: path module shop.sessions until 2026-01-31 (old): 105.6 kB\n", out["text"])
        self.assertIn("| no more ignored | path module shop.sessions |", out["markdown"])
        self.assertIn(f"::warning title=leakgraph,file={path},line=2::no more ignored: path module shop.sessions "
                      "until 2026-01-31\n", out["github"])
        self.assertEqual([(f["severity"], f["location"]["lines"]["begin"]) for f in json.loads(out["gitlab"])],
                         [("info", 2)])
        exception, = json.loads(out["json"])["exceptions"]
        self.assertEqual((exception["line"], exception["expired"]), (2, True))

    def test_what_is_written_in_budgets_is_safe_to_print(self):
        rule = 'path "module \x1b[2J\x01<&>\u202e" growth <= 0'
        base = self.write(service(5), "a")
        for name in ("text", "markdown", "junit", "github", "gitlab", "openmetrics"):
            result = self.run_program("diff", base, base, "--format", name, "-b", rule)
            self.assertEqual((result.returncode, result.stderr), (FINE, ""))
            for character in "\x1b\x01\u202e":
                self.assertNotIn(character, result.stdout)
            if name == "junit":
                ElementTree.fromstring(result.stdout.encode())

    # ---- formats ----

    @unittest.skipIf(schemas.jsonschema is None, "no module jsonschema (python3-jsonschema)")
    def test_the_schema_refuses_what_is_none(self):
        report = self.diff(service(600), service(700))
        for change in (report["totals"].popitem, lambda: report.update(version=2), lambda: report.update(more=1)):
            schemas.check(report)
            change()
            self.assertRaises(schemas.jsonschema.ValidationError, schemas.check, report)
            report = self.diff(service(600), service(700))

    def test_formats(self):
        base, head = self.write(service(600), "base"), self.write(service(700, kind="shop.models.<Visit>|`*"), "head")
        out = {}
        for name in ("text", "json", "markdown", "junit", "github", "gitlab", "openmetrics"):
            result = self.run_program("diff", base, head, "--format", name, "-b", "total growth <= 1%",
                                      "-b", "type shop.models.Session count <= 5 warn")
            self.assertEqual((result.returncode, result.stderr), (OVER, ""))
            out[name] = result.stdout
        self.assertIn("    OVER   total growth <= 1%: 105.6 kB, ", out["text"])
        suite = ElementTree.fromstring(out["junit"].encode())
        self.assertEqual((suite.get("tests"), suite.get("failures")), ("2", "1"))
        self.assertIn("module shop.sessions → .SESSIONS", suite.find("testcase/failure").text)
        self.assertTrue(out["github"].startswith("::error title=leakgraph::over budget 'total growth <= 1%25': "))
        self.assertEqual([f["severity"] for f in json.loads(out["gitlab"])], ["critical"])
        self.assertTrue(out["openmetrics"].endswith("# EOF\n"))
        self.assertIn("\nleakgraph_grown_bytes 105600\n", out["openmetrics"])
        self.assertIn("| **over** | total growth &#60;= 1% |", out["markdown"])
        self.assertIn("&#60;Visit&#62;&#124;&#96;&#42;", out["markdown"])
        self.assertEqual(json.loads(out["json"])["schema"], "leakgraph.diff")

    def test_markdown_fits_a_comment(self):
        def many(heap, names, other, cache, kept):
            for i in range(300):
                held = heap.add("list", 900)
                heap.refer(names, held, f"['{'*' * 70}{i}']")
                for _ in range(9):
                    heap.refer(held, heap.add("x" * 900 + f".T{i}", 5000), "[]")
        result = self.run_program("diff", self.write(service(10), "a"), self.write(service(10, more=many), "b"),
                                  "--format", "markdown", *["-b", "holder growth <= 1kB"] * 60)
        self.assertEqual(result.returncode, OVER)
        self.assertLess(len(result.stdout), 65536)

    # ---- profiles ----

    def summarize(self, heap, name, *options):
        path = os.path.join(self.folder, name + ".profile")
        result = self.run_program("summarize", self.write(heap, name), "-o", path, *options)
        self.assertEqual((result.returncode, result.stderr), (FINE, ""))
        return path

    def test_a_profile_in_place_of_its_dump(self):
        whole = self.diff(service(600), service(700))
        base, head = self.summarize(service(600), "a"), self.summarize(service(700), "b", "--name", "build 7")
        for sides in ((base, head), (base, service(700)), (service(600), head)):
            report = self.diff(*sides)
            for key in ("totals", "grown", "moved", "budgets"):
                self.assertEqual(report[key], whole[key])

    def test_what_is_summed_up_still_counts(self):
        def many(heap, names, other, cache, kept):
            for i in range(500):
                heap.refer(other, heap.add("list", 100 + i), f"['a{i}']")
        report = self.diff(self.summarize(service(600, more=many), "a", "--rows", "20"),
                           self.summarize(service(600, more=many), "b", "--rows", "40"))
        self.assert_quiet(report)
        report = self.diff(self.summarize(service(600, more=many), "a", "--rows", "20"), service(700, more=many))
        self.assertEqual(report["totals"]["grown_bytes"], 100 * SESSION)

    def test_a_profile_is_small_whatever_the_heap(self):
        """More paths than are kept, each of other words: the worst that a heap can be."""
        def many(heap, names, other, cache, kept):
            words = random.Random(1)
            for i in range(30000):
                word = "".join(words.choices("abcdefghijklmnopqrstuvwxyz_", k=24))
                heap.refer(other, heap.add(f"shop.{word[:12].title()}", 100 + i % 997), f"['{word}']")
        path = self.summarize(service(10, more=many), "many")
        self.assertLess(os.path.getsize(path), 1000000)
        self.assertGreater(os.path.getsize(path), 200000)  # it was no easy one

    def test_a_profile_holds_no_names_of_the_data(self):
        def secret(heap, names, other, cache, kept):
            heap.refer(cache, heap.add("bytes", 100000), "['customer 4711']")
        with open(self.summarize(service(5, more=secret), "a"), "rb") as file:
            content = decompress(file.read())
        self.assertIn(b"shop.models.Session", content)
        self.assertNotIn(b"4711", content)

    def test_damaged_profiles(self):
        with open(self.summarize(service(60), "a"), "rb") as file:
            good = file.read()
        path = os.path.join(self.folder, "bad.profile")
        for cut in range(0, len(good), 7):
            with open(path, "wb") as file:
                file.write(good[:cut])
            self.assertEqual(self.run_program("diff", path, path).returncode, UNREADABLE, cut)
        for at in range(4, len(good), 5):
            with open(path, "wb") as file:
                file.write(good[:at] + bytes([good[at] ^ 0x55]) + good[at + 1:])
            self.assertIn(self.run_program("diff", path, path).returncode, (FINE, UNREADABLE), at)

    # ---- refusals ----

    def refuse(self, code, message, *arguments):
        result = self.run_program("diff", *arguments)
        self.assertEqual((result.returncode, result.stdout), (code, ""))
        self.assertIn(message, result.stderr)

    def test_refusals(self):
        a = self.write(service(5), "a")
        other = self.write(service(5, python_hex=0x030C01F0), "other")
        nothing = self.write(heaps.Heap(python_hex=0x030B02F0), "nothing")
        self.refuse(NOT_COMPARABLE, "not comparable: CPython 3.11 and 3.12 have other objects", a, other)
        self.refuse(NOT_COMPARABLE, "not comparable: a dump of the head holds no objects", a, nothing)
        self.refuse(USAGE, "diff expects BASE HEAD, or --base FILE... --head FILE...", a)
        self.refuse(USAGE, "diff expects BASE HEAD, or --base FILE... --head FILE...", "--base", a)
        profile = self.summarize(service(5), "p")
        self.refuse(UNREADABLE, "p.profile: is a profile, which has paths and no objects: diff and trend read it; expected",
                    a, profile, a)
        self.assertIn("p.profile: is a profile", self.run_program("analyze", profile).stderr)
        self.refuse(USAGE, "--format expects text, json,", a, a, "--format", "yaml")
        self.refuse(USAGE, "21 dumps of the head, expected 1 to 20", "--base", a, "--head", *[a] * 21)
        self.refuse(UNREADABLE, "no-such-file: cannot be opened", a, "no-such-file")
        self.refuse(UNREADABLE, "is no regular file", a, a, "--budgets", "/dev/null")
        self.refuse(USAGE, "--budget:1:1: expected total, holder,", a, a, "-b", "everything")


if __name__ == "__main__":
    sys.exit(unittest.main())
