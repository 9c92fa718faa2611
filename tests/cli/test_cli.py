# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line on heaps written by hand: texts, JSON, errors, exit codes."""

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import tempfile
import termios
import time
import unittest

import heaps

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GOLDEN = os.path.join(TOP, "tests", "golden")
PROGRAM = os.environ.get("LEAKGRAPH", os.path.join(TOP, "build", "leakgraph"))
SECONDS = 300
COMMANDS = ["PID", "dump", "watch", "analyze", "types", "classes", "waste", "tree", "path", "cut", "cycles", "query", "memory", "info", "export",
            "diff", "summarize", "trend"]
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")


def run(*arguments, **options):
    options.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output="stdout" not in options,
                          timeout=SECONDS, check=False, **options)


def on_terminal(arguments, columns=100, both=True, **environment):
    """Run with stdout and stderr (both) or only stderr on a terminal; what it got, and the exit code."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    settings = dict(os.environ, TERM="xterm", **environment)
    if "NO_COLOR" not in environment:
        settings.pop("NO_COLOR", None)
    process = subprocess.Popen([PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL,
                               stdout=follower if both else subprocess.DEVNULL, stderr=follower,
                               env=settings)
    os.close(follower)
    output = b""
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:  # the other side is closed
            break
        if not piece:
            break
        output += piece
    os.close(leader)
    return output.decode(), process.wait(SECONDS)


class CommandLineTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="leakgraph-cli-")
        cls.shop = heaps.shop().write(os.path.join(cls.folder.name, "shop.msgpack"))
        cls.hostile = heaps.hostile().write(os.path.join(cls.folder.name, "hostile.msgpack"))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def file(self, name):
        return os.path.join(self.folder.name, name)

    def succeed(self, *arguments):
        result = run(*arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stderr, b"")
        return result.stdout.decode()

    def json(self, *arguments):
        return json.loads(self.succeed(*arguments, "--json"))

    def refuse(self, code, message, *arguments):
        result = run(*arguments)
        self.assertEqual((result.returncode, result.stdout), (code, b""), result.stderr)
        self.assertEqual(result.stderr.decode(), f"leakgraph: {message}\n")


class HelpTest(CommandLineTest):
    def test_help_names_all_commands_and_exit_codes(self):
        text = self.succeed("--help")
        self.assertEqual(text, self.succeed("help"))
        self.assertEqual(text, self.succeed("-h"))
        for command in COMMANDS:
            self.assertIn(f"leakgraph {command} ", text)
        self.assertIn("Exit codes: 0 fine, 1 over budget, 2 usage, 3 file unreadable, 4 not comparable,", text)

    def test_help_of_each_command(self):
        options = {"dump": ["--output FILE", "--redact", "--copy", "--no-contents", "--core FILE", "--sysroot DIR", "--attempts N",
                            "--detach"],
                   "PID": ["--output FILE", "--redact", "--copy", "--no-contents", "--attempts N", "--json", "--top N"],
                   "watch": ["--rss SIZE", "--every TIME", "--growth P", "--count N", "--keep N",
                             "--keep-size SIZE", "--output WHERE", "--redact", "--copy",
                             "--no-contents", "--attempts N"],
                   "analyze": ["--json", "--top N", "--index"],
                   "types": ["--json", "--top N", "--sort BY", "--index"],
                   "classes": ["--json", "--top N", "--package", "--index"],
                   "waste": ["--json", "--top N", "--index"],
                   "tree": ["--json", "--depth N", "--min-share P", "--index"],
                   "path": ["--json", "--top N", "--ignore PATTERN", "--referrers", "--depth N", "--index"],
                   "cut": ["--json", "--top N", "--most N", "--what-if REFERENCE", "--index"],
                   "cycles": ["--json", "--top N", "--index"],
                   "query": ["--format FORMAT", "--timeout SECONDS", "--memory SIZE", "--index"],
                   "memory": ["--json", "--top N", "--index"],
                   "info": ["--json", "--index"],
                   "export": ["--output FILE", "--heapsnapshot", "--pprof", "--folded", "--dot WHAT",
                              "--csv TABLE", "--json TABLE", "--parquet DIR", "--min-retained SIZE", "--sites",
                              "--depth N", "--min-share P", "--service NAME", "--build NAME", "--host NAME", "--rows N",
                              "--objects", "--replace"],
                   "diff": ["--base FILE...", "--head FILE...", "--budget RULE", "--budgets FILE", "--format FORMAT",
                            "--json", "--top N"],
                   "summarize": ["--output FILE", "--name BUILD", "--rows N"],
                   "trend": ["--format FORMAT", "--holder PATH", "--json", "--top N"]}
        for command in COMMANDS:
            text = self.succeed("help", command)
            self.assertEqual(text, self.succeed(command, "--help"))
            self.assertTrue(text.startswith(f"usage: leakgraph {command} "), text)
            listed = re.findall(r"--[a-z-]+(?: [A-Z.]+)?(?=  )", text)
            self.assertEqual(listed, options[command] + ["--help"])

    def test_version(self):
        self.assertRegex(self.succeed("--version"), r"^leakgraph \d+\.\d+\.\d+\n$")

    def test_no_command_is_a_usage_error(self):
        result = run()
        self.assertEqual((result.returncode, result.stdout), (2, b""))
        self.assertIn(b"leakgraph analyze FILE", result.stderr)


class GoldenTest(CommandLineTest):
    """Whole outputs. LEAKGRAPH_GOLDEN=write makes them anew: then read the difference."""

    def check(self, name, *arguments):
        path = os.path.join(GOLDEN, name)
        result = subprocess.run([PROGRAM, *arguments], capture_output=True, cwd=self.folder.name,
                                timeout=SECONDS, check=False)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        text = result.stdout.decode()
        if os.environ.get("LEAKGRAPH_GOLDEN") == "write":
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        with open(path, encoding="utf-8") as file:
            self.assertEqual(text, file.read())
        for line in text.splitlines():
            self.assertLessEqual(len(line), 100, line)
        return text

    def test_analyze(self):
        text = self.check("analyze.txt", "analyze", "shop.msgpack")
        self.assertLessEqual(len(text.splitlines()), 40)

    def test_analyze_json(self):
        self.check_json("analyze.json", "analyze")

    def check_json(self, name, command, *arguments):
        path = os.path.join(GOLDEN, name)
        result = subprocess.run([PROGRAM, command, "shop.msgpack", *arguments, "--json"],
                                capture_output=True, cwd=self.folder.name, timeout=SECONDS,
                                check=True)
        text = result.stdout.decode()
        json.loads(text)
        if os.environ.get("LEAKGRAPH_GOLDEN") == "write":
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        with open(path, encoding="utf-8") as file:
            self.assertEqual(text, file.read())

    def test_types(self):
        self.check("types.txt", "types", "shop.msgpack")

    def test_classes(self):
        self.check("classes.txt", "classes", "shop.msgpack")

    def test_packages(self):
        self.check("packages.txt", "classes", "--package", "shop.msgpack")

    def test_tree(self):
        self.check("tree.txt", "tree", "shop.msgpack")

    def test_info(self):
        text = self.check("info.txt", "info", "shop.msgpack")
        self.assertLessEqual(len(text.splitlines()), 40)

    def test_info_json(self):
        self.check_json("info.json", "info")

    def test_path_of_a_type(self):
        self.check("path-type.txt", "path", "shop.msgpack", "shop.models.Session")

    def test_path_of_a_shared_type(self):
        self.check("path-shared.txt", "path", "shop.msgpack", "Product")

    def test_path_of_garbage(self):
        self.check("path-garbage.txt", "path", "shop.msgpack", "shop.pages.Node")

    def test_hostile(self):
        self.check("hostile.txt", "analyze", "hostile.msgpack")


class JsonTest(CommandLineTest):
    def test_each_report_names_its_schema_and_the_dump(self):
        for command, operands in [("analyze", []), ("types", []), ("classes", []), ("tree", []), ("info", []), ("memory", []),
                                  ("path", ["dict"])]:
            report = self.json(command, self.shop, *operands)
            self.assertEqual((report["schema"], report["version"]), (f"leakgraph.{command}", 1))
            self.assertEqual(report["file"], self.shop)
            self.assertEqual(report["dump"]["pid"], 4242)
            self.assertEqual(report["dump"]["taken_at"], "2026-11-22T15:06:40Z")
            self.assertEqual(report["dump"]["gc_running"], False)
            self.assertEqual(report["totals"]["objects"], 1482)

    def test_explained_is_null_where_rss_is_not_known(self):
        heap = heaps.Heap(rss_bytes=0)
        heap.module("app")
        report = self.json("analyze", heap.write(self.file("norss.msgpack")))
        self.assertIsNone(report["totals"]["explained"])

    def test_memory_that_is_not_recorded_is_said_to_be_so(self):
        screen = self.succeed("memory", self.shop)
        for said in ("RSS 2.0 MB", "in which parts is not recorded", "no arenas are recorded",
                     "its heaps are not recorded", "its state is not recorded"):
            self.assertIn(said, screen)
        report = self.json("memory", self.shop)
        self.assertEqual((report["rss_bytes"], report["parts"]), (2000000, None))
        self.assertEqual((report["files"], report["collectors"], report["malloc"]["heaps"]), ([], [], []))
        self.assertEqual(report["pymalloc"]["known"], False)
        self.assertIsNone(self.json("analyze", self.shop)["memory"])

    def test_holders(self):
        first, second, third = self.json("analyze", self.shop, "--top", 3)["holders"]
        self.assertEqual(first["path_text"], "module shop.sessions → .SESSIONS → [str] ×600 → "
                                             "shop.models.Session → .payload")
        self.assertEqual([first[k] for k in ("root", "root_kind", "type", "count", "holder_type",
                                             "cut", "shared", "also", "retained_bytes")],
                         ["module shop.sessions", "module", "shop.models.Session", 600, "dict",
                          "shop.sessions.SESSIONS", False, [], 40000 + 600 * 1056])
        self.assertEqual([hop["label"] for hop in first["path"]],
                         ["module shop.sessions", ".SESSIONS", "[str]", ".payload"])
        self.assertEqual([hop["suspect"] for hop in first["path"]], [False, True, False, False])
        self.assertEqual(first["path"][first["accumulation"]]["type"], "dict")
        self.assertEqual((second["shared"], second["also"], second["type"], second["count"]),
                         (True, ["module shop.search → .INDEX → [int]"], "shop.models.Product", 100))
        self.assertEqual(third["path_text"],
                         "thread worker-3 → frame handle() → local rows → [] ×50")
        total = self.json("analyze", self.shop)["totals"]["object_bytes"]
        self.assertAlmostEqual(first["share"], 673600 / total, places=5)

    def test_garbage(self):
        garbage = self.json("analyze", self.shop)["garbage"]
        self.assertEqual((garbage["objects"], garbage["bytes"], garbage["cycles"]),
                         (120, 40 * 1080, 40))
        self.assertEqual(garbage["heads"][0]["type"], "shop.pages.Node")
        self.assertEqual(garbage["heads"][0]["cycle_text"],
                         "shop.pages.Node → .parent → shop.pages.Node → .children → [] → (back)")
        self.assertEqual(garbage["types"][0],
                         {"type": "shop.pages.Node", "count": 80, "shallow_bytes": 40000})

    def test_types_gives_all_unless_asked_for_less(self):
        report = self.json("types", self.shop)
        self.assertEqual(len(report["types"]), report["types_total"])
        self.assertEqual(len(self.json("types", self.shop, "--top", 2)["types"]), 2)
        counts = [row["count"] for row in self.json("types", self.shop, "--sort=count")["types"]]
        self.assertEqual(counts, sorted(counts, reverse=True))
        retained = [row["retained_bytes"]
                    for row in self.json("types", self.shop, "-s", "retained")["types"]]
        self.assertEqual(retained, sorted(retained, reverse=True))

    def test_waste_of_a_dump_that_says_nothing_of_it(self):
        self.refuse(2, "the dump does not say which contents are equal, how full containers are and what slots "
                       "would spare: a new one of `leakgraph dump` does", "waste", self.shop)

    def test_classes_sum_up_to_the_whole(self):
        for options in ([], ["--package"], ["--top", 2]):
            report = self.json("classes", self.shop, *options)
            self.assertEqual(sum(row["kept_bytes"] for row in report["classes"]) + report["rest_bytes"],
                             report["totals"]["object_bytes"])
            for row in report["classes"]:
                parts = sum(value for key, value in row.items()
                            if key.endswith("_bytes") and key not in ("kept_bytes", "shallow_bytes"))
                self.assertEqual(parts + row["shallow_bytes"], row["kept_bytes"], row)

    def test_info_counts_what_is_labelled(self):
        report = self.json("info", self.hostile)
        labels = {row["label"]: (row["references"], row["labelled"]) for row in report["labels"]}
        self.assertEqual(labels["['key']"], (2, 2))
        self.assertEqual(labels["[type]"], (10, 10))
        heap = heaps.Heap()
        names = heap.module("app")
        for label in ["->", "->tool", "local", "local x", ".x"]:
            heap.refer(names, heap.add("bytes", 10), label)
        report = self.json("info", heap.write(self.file("labels.msgpack")))
        self.assertEqual((report["totals"]["references"], report["labelled"]), (6, 4))
        self.assertEqual(report["roots"]["module"], 1)

    def test_tree_obeys_depth_and_share(self):
        rows = self.json("tree", self.shop, "--depth", 1, "--min-share", "15%")["rows"]
        self.assertEqual([(row["depth"], row["label"]) for row in rows],
                         [(0, "(all roots)"), (1, "module shop.sessions"), (1, "(several paths)")])

    def test_path_that_avoids_what_is_known(self):
        found = self.json("path", self.shop, "shop.models.Product", "--ignore", "module shop.catalog", "-i", "nothing")
        self.assertTrue(found["ignoring"])
        self.assertEqual([path["path_text"] for path in found["shortest"]],
                         ["module shop.search → .INDEX → [int] ×100 → shop.models.Product"])
        found = self.json("path", self.shop, "shop.models.Product", "--ignore", "[[]*", "--ignore", "[str]")
        self.assertEqual((found["shortest"], found["no_other"]), ([], 100))
        text = self.succeed("path", self.shop, "shop.models.Product", "--ignore", "shop.*")
        self.assertIn("Shortest path from a root that avoids what is ignored\n"
                      "    no other path: all go through what is ignored\n", text)

    def test_path_by_index_and_address_agree(self):
        by_index = self.json("path", self.shop, "#3")
        by_address = self.json("path", self.shop, by_index["address"])
        self.assertEqual(by_index, by_address)
        self.assertEqual(by_index["count"], 1)

    def test_hostile_names_are_escaped(self):
        text = self.succeed("analyze", self.hostile, "--json")
        self.assertIsNone(CONTROL.search(text))
        holder = json.loads(text)["holders"][0]
        self.assertIn("app.x\\x1b[2J\\x1b]0;title\\x07\\n\\u202e\\x9b", holder["type"])

    def test_file_name_that_is_no_utf8(self):
        path = os.path.join(self.folder.name.encode(), b"bad\xff\".msgpack")
        with open(self.shop, "rb") as source, open(path, "wb") as copy:
            copy.write(source.read())
        result = subprocess.run([PROGRAM, "analyze", path, "--json"], capture_output=True,
                                timeout=SECONDS, check=True)
        self.assertTrue(json.loads(result.stdout.decode())["file"].endswith('bad\ufffd".msgpack'))


class ErrorTest(CommandLineTest):
    def test_commands(self):
        self.refuse(2, "there is no command 'diagnose' (see: leakgraph --help)", "diagnose")
        self.refuse(2, "there is no command 'x' (see: leakgraph --help)", "help", "x")
        self.refuse(2, "help expects one COMMAND, and no 'y' behind it", "help", "dump", "y")

    def test_operands(self):
        self.refuse(2, "analyze expects FILE (see: leakgraph help analyze)", "analyze")
        self.refuse(2, "path expects FILE WHAT (see: leakgraph help path)", "path", "f")
        self.refuse(2, "analyze expects FILE, and no 'b' behind it", "analyze", "a", "b")

    def test_options(self):
        self.refuse(2, "analyze does not take '--depth' (see: leakgraph help analyze)",
                    "analyze", "--depth", "3", self.shop)
        self.refuse(2, "types has no option '-z' (see: leakgraph help types)", "types", "-z", "f")
        self.refuse(2, "--top expects N", "analyze", self.shop, "--top")
        self.refuse(2, "--sort expects shallow, retained or count, not 'size'",
                    "types", self.shop, "--sort", "size")
        self.refuse(2, "--output expects a name, not ''", "dump", "1", "-o", "")

    def test_numbers(self):
        for text in ["0", "-1", "+1", "1x", " 1", "0x10", "1000001", "18446744073709551617", ""]:
            self.refuse(2, f"--top expects a number from 1 to 1000000, not '{text}'",
                        "analyze", self.shop, f"--top={text}")
        for text in ["101", "-1", "1e1", "nan", "1.", ".5", "%", "5%%", ""]:
            self.refuse(2, f"--min-share expects a percentage from 0 to 100, not '{text}'",
                        "tree", self.shop, f"--min-share={text}")

    def test_process_numbers(self):
        for text in ["0", "-5", "self", "1.0", "2147483648", "99999999999999999999", "+1", " 1", ""]:
            self.refuse(2, f"dump expects the number of a process, not '{text}'", "dump", "--", text)

    def test_process_that_is_not_there(self):
        result = run("dump", "2147483647", "-o", self.file("none.msgpack"))
        self.assertEqual((result.returncode, result.stdout), (5, b""))
        self.assertRegex(result.stderr.decode(), r"\Aleakgraph: .*2147483647.*\n\Z")
        self.assertFalse(os.path.exists(self.file("none.msgpack")))

    def test_double_dash_ends_options(self):
        result = run("analyze", "--", "--json")
        self.assertEqual(result.returncode, 3)
        self.assertIn(b"--json", result.stderr)

    def test_options_may_stand_behind_operands(self):
        self.assertEqual(self.succeed("analyze", self.shop, "--json"),
                         self.succeed("analyze", "--json", self.shop))

    def test_unreadable_files(self):
        missing = self.file("missing.msgpack")
        result = run("analyze", missing)
        self.assertEqual((result.returncode, result.stdout), (3, b""))
        self.assertRegex(result.stderr.decode(), r"\Aleakgraph: .*missing\.msgpack.*: No such file.*\n\Z")
        for name, content in [("empty", b""), ("text", b"hello, world\n" * 9), ("nil", b"\xc0" * 9)]:
            path = self.file(name)
            with open(path, "wb") as file:
                file.write(content)
            for command, operands in [("analyze", []), ("types", []), ("tree", []), ("info", []), ("memory", []),
                                      ("path", ["x"])]:
                result = run(command, path, *operands)
                self.assertEqual((result.returncode, result.stdout), (3, b""), result.stderr)
                self.assertRegex(result.stderr.decode(), rf"\Aleakgraph: .*{name}.*\n\Z")
        self.assertEqual(run("analyze", self.folder.name).returncode, 3)

    def test_what_is_not_in_the_dump(self):
        self.refuse(2, "no objects of a type 'shop.models.Sesion'; nearest: shop.models.Session",
                    "path", self.shop, "shop.models.Sesion")
        self.refuse(2, "no object #99999999: the dump has #1 to #1482", "path", self.shop, "#99999999")
        self.refuse(2, "no object at 0xdead in this dump", "path", self.shop, "0xdead")

    def test_hostile_arguments_stay_one_line(self):
        for arguments in [("analyze", self.file("a\nb\x1b[2J")), ("x\ny",),
                          ("path", self.shop, "no\nsuch\x1b[2J"), ("analyze", "--x\ny", "f"),
                          ("types", self.shop, "--sort", "\x1b[2J")]:
            result = run(*arguments)
            self.assertNotEqual(result.returncode, 0)
            text = result.stderr.decode()
            self.assertEqual(text.count("\n"), 1, text)
            self.assertIsNone(CONTROL.search(text), text)


class OutputTest(CommandLineTest):
    def test_full_disk(self):
        for arguments in [("analyze", self.shop), ("analyze", self.shop, "--json"), ("--help",),
                          ("tree", self.shop, "-m", "0")]:
            with open("/dev/full", "wb") as full:
                result = run(*arguments, stdout=full, stderr=subprocess.PIPE)
            self.assertEqual(result.returncode, 6)
            self.assertEqual(result.stderr, b"leakgraph: stdout: No space left on device\n")

    def test_reader_that_went_away_is_no_news(self):
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "wb") as pipe:
            result = run("tree", self.shop, "--json", "-m", "0", stdout=pipe, stderr=subprocess.PIPE)
        self.assertEqual((result.returncode, result.stderr), (6, b""))

    def test_closed_stdout_is_told(self):
        result = subprocess.run(["/bin/sh", "-c", 'exec "$0" analyze "$1" >&-', PROGRAM, self.shop],
                                stderr=subprocess.PIPE, timeout=SECONDS, check=False)
        self.assertEqual(result.returncode, 6)
        self.assertEqual(result.stderr, b"leakgraph: stdout: Bad file descriptor\n")

    def test_no_colour_where_it_is_no_terminal(self):
        self.assertNotIn("\x1b", self.succeed("analyze", self.shop))

    def test_colour_on_a_terminal(self):
        text, code = on_terminal(["analyze", self.shop])
        self.assertEqual(code, 0)
        self.assertIn("\x1b[1mWhat keeps the memory\x1b[0m", text)
        self.assertIn("module shop.sessions → \x1b[4m.SESSIONS\x1b[0m → [str] ×600", text)
        plain = re.sub(r"\x1b\[\d*m", "", text).replace("\r\n", "\n")
        self.assertEqual(plain, self.succeed("analyze", self.shop))

    def test_no_color_is_honoured(self):
        self.assertNotIn("\x1b", on_terminal(["analyze", self.shop], NO_COLOR="1")[0])
        self.assertIn("\x1b[1m", on_terminal(["analyze", self.shop], NO_COLOR="")[0])

    def test_dumb_terminal(self):
        leader, follower = pty.openpty()
        result = run("analyze", self.shop, stdout=follower, stderr=subprocess.PIPE,
                     env=dict(os.environ, TERM="dumb"))
        os.close(follower)
        self.assertEqual(result.returncode, 0)
        self.assertNotIn(b"\x1b", os.read(leader, 65536))
        os.close(leader)

    def test_fits_the_terminal(self):
        for columns in [60, 80, 132]:
            text, _ = on_terminal(["analyze", self.shop], columns=columns, NO_COLOR="1")
            longest = max(text.replace("\r\n", "\n").split("\n"), key=len)
            if not longest.startswith("Next"):
                self.assertLessEqual(len(longest), columns, longest)

    def test_short_work_shows_no_progress(self):
        heap = heaps.Heap()
        heap.module("app")
        output, code = on_terminal(["types", heap.write(self.file("small.msgpack"))], both=False)
        self.assertEqual((output, code), ("", 0))

    def test_long_work_shows_progress_and_erases_it(self):
        count = 200000
        while True:
            path = heaps.linked_list(self.file("long.msgpack"), count)
            before = time.monotonic()
            self.assertEqual(run("analyze", path).returncode, 0)
            if time.monotonic() - before > 1.5:
                break
            count *= 3
        output, code = on_terminal(["analyze", path], both=False)
        self.assertEqual(code, 0)
        self.assertIn("%", output)
        self.assertTrue(output.endswith("\r\x1b[K"), output[-200:])
        # In a pipe it says nothing, and here neither.
        self.assertEqual(run("analyze", path).stderr, b"")

    def test_interrupt_ends_with_130(self):
        path = heaps.linked_list(self.file("interrupted.msgpack"), 400000)
        for delay in [0.05, 0.15]:
            with subprocess.Popen([PROGRAM, "analyze", path], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE) as process:
                time.sleep(delay)
                process.send_signal(2)
                output, errors = process.communicate(timeout=SECONDS)
            # It may have been faster than the signal, or not yet ready to hear it.
            self.assertIn(process.returncode, (130, 0, -2))
            if process.returncode == 130:
                self.assertEqual((output, errors), (b"", b""))


class HeapTest(CommandLineTest):
    def test_list_of_a_million_nodes_is_one_line(self):
        path = heaps.linked_list(self.file("list.msgpack"), 1000000)
        report = self.json("analyze", path)
        self.assertEqual([holder["path_text"] for holder in report["holders"]],
                         ["module app → .head → app.Node → .next ×999,999 deep"])
        self.assertEqual(report["holders"][0]["retained_bytes"], 48000000)
        where = self.json("path", path, "app.Node")
        self.assertEqual((where["count"], where["retained_bytes"]), (1000000, 48000000))
        self.assertLess(len(self.succeed("tree", path, "--depth", "1000", "-m", "0")), 200000)

    def test_roots_that_hold_little_beside_garbage(self):
        heap = heaps.Heap(rss_bytes=0)
        for i in range(10):
            heap.refer(heap.module(f"app{i}"), heap.add("bytes", 1000), "['x']")
        cycle = heap.add("app.Node", 10000000)
        heap.refer(cycle, cycle, ".me")
        text = self.succeed("analyze", heap.write(self.file("little.msgpack")))
        self.assertIn("What keeps the memory\n    no single place: none holds 50.1 kB or more of the "
                      "11.7 kB that roots reach\n", text)
        nothing = heaps.Heap(rss_bytes=0).write(self.file("nothing.msgpack"))
        self.assertIn("    no root holds anything\n", self.succeed("analyze", nothing))

    def test_hostile_names_do_nothing_to_a_terminal(self):
        for command, operands in [("analyze", []), ("types", []), ("tree", ["-m", "0"]),
                                  ("path", ["bytes"]), ("path", ["#1"])]:
            text = self.succeed(command, self.hostile, *operands)
            self.assertIsNone(CONTROL.search(text), text)
            for line in text.splitlines():
                self.assertLessEqual(len(line), 100, line)


if __name__ == "__main__":
    unittest.main(verbosity=2)
