# SPDX-License-Identifier: GPL-2.0-or-later
"""`leakgraph trend` on heaps written by hand: since which build what grows, and what has only moved."""

import csv
import io
import json
import os
import subprocess
import sys
import tempfile
import unittest

import heaps
import schemas
from heaps import SESSION, service

PROGRAM = os.environ.get("LEAKGRAPH") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..", "build", "leakgraph")

FINE, USAGE, UNREADABLE, NOT_COMPARABLE = 0, 2, 3, 4
HOLDER = "module shop.sessions → .SESSIONS"


class TrendTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder, self.made = folder.name, 0

    def run_program(self, *arguments):
        return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL, timeout=300)

    def dump(self, heap):
        self.made += 1
        return heap.write(os.path.join(self.folder, f"{self.made}.msgpack"))

    def profile(self, heap, name=None, *options):
        """A profile as CI keeps it; of one name where it is a further run of a build."""
        dump = self.dump(heap)
        path = dump.replace(".msgpack", ".profile")
        result = self.run_program("summarize", dump, "-o", path, *(["--name", name] if name else []), *options)
        self.assertEqual((result.returncode, result.stderr), (FINE, ""))
        return path

    def trend(self, files, *options):
        result = self.run_program("trend", *files, "--json", *options)
        self.assertEqual((result.returncode, result.stderr), (FINE, ""))
        report = json.loads(result.stdout)
        schemas.check(report)
        return report

    def refuse(self, code, message, *arguments):
        result = self.run_program("trend", *arguments)
        self.assertEqual((result.returncode, result.stdout), (code, ""))
        self.assertIn(message, result.stderr)

    def series(self, counts, **info):
        return [self.profile(service(count, **info), f"v{i}") for i, count in enumerate(counts)]

    # ---- what grows, and since when ----

    def test_a_build_that_brought_it(self):
        report = self.trend(self.series([600, 600, 601, 700, 700]))
        self.assertEqual([build["name"] for build in report["builds"]], ["v0", "v1", "v2", "v3", "v4"])
        self.assertEqual(len(report["holders"]), 1)
        holder = report["holders"][0]
        self.assertEqual((holder["path"], holder["item"], holder["shape"], holder["since"]),
                         (HOLDER, "[str] → shop.models.Session", "jump", 3))
        self.assertEqual(holder["count"], [600, 600, 601, 700, 700])
        self.assertEqual([b - holder["bytes"][0] for b in holder["bytes"]],
                         [n * SESSION for n in (0, 0, 1, 100, 100)])
        self.assertEqual((report["grown_bytes"], holder["grown_bytes"]), (100 * SESSION, 100 * SESSION))
        totals = [build["bytes"] for build in report["builds"]]
        self.assertEqual([b - totals[0] for b in totals], [b - holder["bytes"][0] for b in holder["bytes"]])

    def test_what_rises_from_build_to_build(self):
        holder = self.trend(self.series([600, 600, 620, 641, 660, 680]))["holders"][0]
        self.assertEqual((holder["shape"], holder["since"]), ("steady", 2))

    def test_a_shape_of_its_own_for_each_holder(self):
        def more(lists):
            def add(heap, names, other, cache, kept):
                held = heap.add("list", 900)
                heap.refer(other, held, "['JOBS']")
                for _ in range(lists):
                    heap.refer(held, heap.add("shop.Job", 2000), "[]")
            return add
        files = [self.profile(service(n, more=more(jobs)), f"v{i}")
                 for i, (n, jobs) in enumerate([(600, 50), (620, 50), (640, 150), (660, 150)])]
        report = self.trend(files)
        self.assertEqual({h["path"]: (h["shape"], h["since"], h["count"]) for h in report["holders"]},
                         {HOLDER: ("steady", 1, [600, 620, 640, 660]),
                          "module shop.index → .JOBS": ("jump", 2, [50, 50, 150, 150])})
        self.assertEqual(report["holders"][0]["path"], "module shop.index → .JOBS")  # it grew the most

    def test_a_place_within_another_is_told_once(self):
        def leak(jobs, own):
            def add(heap, names, other, cache, kept):
                for _ in range(own):
                    heap.refer(cache, heap.add("list", 3000), "[int]")
                held = heap.add("shop.Queue", 100)
                heap.refer(cache, held, "['queue']")
                for _ in range(jobs):
                    heap.refer(held, heap.add("shop.Job", 2000), ".job")
            return add
        report = self.trend([self.profile(service(600, more=leak(*n))) for n in ((1, 1), (60, 1), (60, 40))])
        inner, outer = [next(h for h in report["holders"] if h["path"].endswith(end))
                        for end in ("shop.Queue", ".SESSIONS")]
        self.assertEqual([b - outer["bytes"][0] for b in outer["bytes"]], [0, 0, 39 * 3000])
        self.assertEqual([b - inner["bytes"][0] for b in inner["bytes"]], [0, 59 * 2000, 59 * 2000])

    # ---- what has moved ----

    def test_a_renamed_class_is_the_same_holder(self):
        kinds = ["shop.models.Session", "shop.models.Visit", "shop.people.Visit", "shop.people.Guest"]
        report = self.trend([self.profile(service(600 + 20 * i, kind=kind)) for i, kind in enumerate(kinds)])
        self.assertEqual([(h["path"], h["count"]) for h in report["holders"]], [(HOLDER, [600, 620, 640, 660])])
        self.assertEqual(report["grown_bytes"], 60 * SESSION)
        self.assertGreater(report["moved_bytes"], 600 * 56)

    def test_another_name_of_the_holder_is_no_jump(self):
        files = [self.profile(service(600 + 20 * i, name="LIVE" if i > 1 else "SESSIONS")) for i in range(4)]
        holder = self.trend(files)["holders"][0]
        self.assertEqual((holder["path"], holder["shape"]), ("module shop.sessions → .LIVE", "steady"))
        self.assertEqual(holder["count"], [600, 620, 640, 660])

    def test_nothing_grows_in_the_same_program(self):
        files = [self.profile(service(600, shuffle=seed)) for seed in range(4)]
        report = self.trend(files)
        self.assertEqual((report["grown_bytes"], report["moved_bytes"], report["holders"]), (0, 0, []))

    # ---- several runs of a build ----

    def test_runs_of_one_build_tell_noise(self):
        def build(name, counts):
            return [self.profile(service(n), name) for n in counts]
        noisy = build("a", (600, 630, 610)) + build("b", (605, 628, 612)) + build("c", (610, 631, 602))
        report = self.trend(noisy)
        self.assertEqual([(b["name"], b["profiles"]) for b in report["builds"]], [("a", 3), ("b", 3), ("c", 3)])
        self.assertEqual((report["grown_bytes"], report["holders"]), (0, []))
        holder = self.trend(noisy + build("d", (700, 720, 710)))["holders"][0]
        self.assertEqual((holder["shape"], holder["since"], holder["grown_bytes"]), ("jump", 3, 70 * SESSION))

    def test_a_leak_below_the_noise_of_two_builds_shows_over_many(self):
        files = [self.profile(service(600 + 15 * i + run), f"v{i}") for i in range(5) for run in (0, 20)]
        report = self.trend(files)
        self.assertEqual([(h["path"], h["grown_bytes"]) for h in report["holders"]], [(HOLDER, 40 * SESSION)])
        last_two = self.trend(files[-4:])
        self.assertEqual(last_two["holders"], [])

    # ---- one holder ----

    def test_a_path_that_was_asked_for(self):
        files = self.series([700, 600, 500])
        self.assertEqual(self.trend(files)["holders"], [])
        for steps in (HOLDER, "module shop.sessions → .SES*", "module shop.sessions → .SESSIONS → [str]"):
            holder, = self.trend(files, "--holder", steps)["holders"]
            self.assertTrue(holder["path"].startswith(HOLDER))
            self.assertEqual((holder["shape"], holder["since"], holder["count"]), ("flat", None, [700, 600, 500]))
            self.assertEqual(holder["grown_bytes"], -200 * SESSION)
        self.refuse(USAGE, "no path of the last build begins with 'module shop.sess'", *files, "--holder",
                    "module shop.sess")

    # ---- what may be given ----

    def test_dumps_in_place_of_profiles(self):
        counts = [600, 650, 700]
        ours = self.trend(self.series(counts))["holders"]
        self.assertEqual(self.trend([self.dump(service(n)) for n in counts])["holders"], ours)

    def test_many_builds(self):
        one, two = self.profile(service(50), "a"), self.profile(service(90), "b")
        files = [one, two] * 150 + [one, two, two]
        report = self.trend(files)
        self.assertEqual(len(report["builds"]), 302)  # the last two are runs of one
        text = self.run_program("trend", *files).stdout
        self.assertLess(len(text.splitlines()), 12)
        self.assertLess(max(len(line) for line in text.splitlines()), 101)
        self.refuse(USAGE, "more than 1000 builds", *[one, two] * 501)

    def test_refusals(self):
        a, b = self.series([5, 6])
        other = self.profile(service(5, python_hex=0x030C01F0))
        nothing = self.dump(heaps.Heap(python_hex=0x030B02F0))
        bad = os.path.join(self.folder, "bad.profile")
        with open(a, "rb") as good, open(bad, "wb") as file:
            file.write(good.read()[:-9])
        self.refuse(USAGE, "trend expects FILE FILE...", a)
        self.refuse(USAGE, "one build has no trend: expected at least two", a, a)
        self.refuse(USAGE, "more than 20 files of one build", b, *[a] * 21)
        self.refuse(USAGE, "--format expects text, json or csv, not 'markdown'", a, b, "--format", "markdown")
        self.refuse(USAGE, "--holder expects a name, not ''", a, b, "--holder", "")
        self.refuse(NOT_COMPARABLE, f"{other}: not comparable: CPython 3.12 and 3.11", a, other, b)
        self.refuse(NOT_COMPARABLE, f"{nothing}: not comparable: a dump of the base holds no objects", nothing, b)
        for files in ((bad, b), (a, bad), (a, bad, b)):
            self.refuse(UNREADABLE, bad, *files)
        self.refuse(UNREADABLE, "no-such-file: cannot be opened", "no-such-file", b)

    # ---- formats ----

    def test_the_table(self):
        files = self.series([600, 600, 700])
        lines = self.run_program("trend", *files).stdout.splitlines()
        self.assertEqual(lines[0], "3 builds, CPython 3.11.2: v0 (2026-11-22) to v2 (2026-11-22)")
        self.assertEqual(lines[1], "Grew 105.6 kB (15.7 %), moved 0 B")
        self.assertEqual(lines[3].split(), ["v0", "v1", "v2"])
        self.assertEqual(lines[4].split(), ["total", "673.9", "kB", "673.9", "kB", "779.5", "kB"])
        self.assertEqual(lines[6], "    1 +105.6 kB  " + HOLDER)
        self.assertEqual(lines[7].strip(), "600 → 700 of [str] → shop.models.Session; jumped by 105.6 kB in v2")
        self.assertEqual(lines[8].split(), ["673.6", "kB", "673.6", "kB", "779.2", "kB"])

    def test_marks_where_there_is_no_room_for_columns(self):
        text = self.run_program("trend", *self.series([600] * 6 + [650] * 5 + [700])).stdout
        self.assertIn("total  673.9 kB ▁▁▁▁▁▁▅▅▅▅▅█ 779.5 kB\n", text)

    def test_csv(self):
        files = self.series([600, 650, 700])
        rows = list(csv.DictReader(io.StringIO(self.run_program("trend", *files, "--format", "csv").stdout)))
        self.assertEqual([(row["build"], row["name"], row["path"], row["count"]) for row in rows[3:]],
                         [(str(i), f"v{i}", HOLDER, str(600 + 50 * i)) for i in range(3)])
        self.assertEqual([row["path"] for row in rows[:3]], ["", "", ""])

    def test_names_that_would_act_on_the_terminal(self):
        files = [heaps.hostile().write(os.path.join(self.folder, f"{i}" + heaps.HOSTILE.replace("/", ""))) for i in "ab"]
        grown = heaps.hostile()
        for _ in range(50):
            grown.refer(3, grown.add("app." + heaps.HOSTILE, 9000), "[" + heaps.HOSTILE + "]")
        files.append(self.profile(grown, heaps.HOSTILE))
        for arguments in ((), ("--holder", "module app*"), ("--format", "csv")):
            out = self.run_program("trend", *files, *arguments).stdout
            self.assertTrue(out)
            for character in "\x1b\x07\u202e\x9b":
                self.assertNotIn(character, out)
        self.assertTrue(self.trend(files)["holders"])


if __name__ == "__main__":
    sys.exit(unittest.main())
