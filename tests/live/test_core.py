# SPDX-License-Identifier: GPL-2.0-or-later
"""Core files: their dump against that of the same process while it lived."""

import glob
import os
import resource
import shutil
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import support
from dump_columns import Dump

HERE = os.path.dirname(os.path.abspath(__file__))
EXACT = os.path.join(HERE, "exact_target.py")
PARTIAL = 16

LEAK = """
import json, threading, time, _json
class Session:
    def __init__(self): self.items = [object()] * 3
SESSIONS = {str(i): Session() for i in range(2000)}
ENCODERS = [json.JSONEncoder() for _ in range(50)]
SCANNERS = [json.JSONDecoder().scan_once for _ in range(50)]
threading.Thread(target=time.sleep, args=(1000,), name="worker-x", daemon=True).start()
ready()
time.sleep(1000)
"""


def objects(dump):
    """{address: all that a dump says of an object}, with targets by their addresses."""
    columns = [dump["objects", c] for c in ("address", "shallow_bytes", "refcount", "flags")]
    address = columns[0]
    return {row[0]: (dump.type_of(i), row[1:],
                     sorted((address[t], kind, name) for t, kind, name in dump.references(i)))
            for i, row in enumerate(zip(*columns)) if i}


def roots(dump):
    address = dump["objects", "address"]
    return sorted((address[o], k, dump.strings[n]) for o, k, n in
                  zip(*(dump["roots", c] for c in ("object", "kind", "name"))))


def frames(dump):
    return sorted((dump.strings[f], dump.strings[n], line) for f, n, line in
                  zip(*(dump["frames", c] for c in ("file", "function", "line"))))


def threads(dump):
    return sorted((dump.strings[n], i, k) for n, i, k in
                  zip(*(dump["threads", c] for c in ("name", "ident", "native_id"))))


class CoreTest(support.LiveTest):
    def gcore(self, process, *options):
        if not shutil.which("gcore"):
            self.skipTest("no gcore (package gdb)")
        made = subprocess.run(["gcore", *options, "-o", self.path("g"), str(process.pid)],
                              capture_output=True, text=True, timeout=support.TOOL_SECONDS,
                              check=False)
        self.assertEqual(made.returncode, 0, made.stderr)
        return self.path(f"g.{process.pid}")

    def core_folder(self):
        """Where a process has to stand for the kernel to write its core there."""
        with open("/proc/sys/kernel/core_pattern", encoding="utf-8") as pattern:
            text = pattern.read().strip()
        if text.startswith("|") or "/" in text:
            self.skipTest(f"kernel.core_pattern sends cores elsewhere ({text})")
        if resource.getrlimit(resource.RLIMIT_CORE)[1] != resource.RLIM_INFINITY and os.getuid():
            self.skipTest("RLIMIT_CORE allows no cores")
        folder = os.path.join(self.folder, "kernel")
        os.makedirs(folder, exist_ok=True)
        return folder

    def crash(self, process, number, coredump_filter):
        """The kernel's core of a process that core_options() started."""
        with open(f"/proc/{process.pid}/coredump_filter", "w", encoding="ascii") as file:
            file.write(coredump_filter)
        process.process.send_signal(number)
        process.process.wait(support.START_SECONDS)
        cores = glob.glob(os.path.join(self.folder, "kernel", "*"))
        self.assertEqual(len(cores), 1, cores)
        return cores[0]

    def core_options(self):
        unlimited = resource.RLIM_INFINITY
        return {"cwd": self.core_folder(),
                "preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_CORE, (unlimited, unlimited))}

    def dump_core(self, core, *options, name="core.msgpack"):
        result = support.leakgraph("dump", "--core", core, "-o", self.path(name), *options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return self.path(name), result.stderr

    def assert_equal_dumps(self, core, live):
        """All objects, sizes, refcounts, references, labels, roots, frames and threads."""
        core, live = Dump(core), Dump(live)
        if (core.table, core.strings) == (live.table, live.strings):
            return
        found, expected = objects(core), objects(live)
        for address, row in expected.items():
            self.assertEqual(found.get(address), row, hex(address))
        self.assertEqual(len(found), len(expected))
        self.assertEqual(roots(core), roots(live))
        self.assertEqual(frames(core), frames(live))
        self.assertEqual(threads(core), threads(live))


@support.on_each(support.one_of_each_minor())
class ExactTest(CoreTest):
    def exact_target(self, python, *launcher, **options):
        return support.Target([*launcher, python, EXACT], **options)

    def test_gdb_and_a_crash(self, python):
        """All kinds of objects of a hundred modules, in gdb's core and in that of SIGSEGV."""
        with self.exact_target(python, **self.core_options()) as target:
            live = self.path("live.msgpack")
            self.succeed("dump", target.pid, "-o", live)
            # Where glibc guards stacks by madvise (2.42), gdb 13 leaves the stacks of threads empty.
            cores = [self.gcore(target)] if python == support.interpreters()[0] else []
            cores.append(self.crash(target, signal.SIGSEGV, "0x33"))
        for core in cores:
            dump, said = self.dump_core(core)
            self.assertEqual(said, "")
            self.assert_equal_dumps(dump, live)
            info = Dump(dump).info
            self.assertEqual((info["pid"], info["source"], info["missing_files"],
                              info["missing_bytes"], info["faults"]), (target.pid, 2, 0, 0, 0))
            self.assertEqual(os.path.realpath(info["executable"]), os.path.realpath(Dump(live).info["executable"]))


@support.on_each(support.interpreters()[:1])
class KindsTest(CoreTest):
    def leak(self, python, **options):
        return support.target(python, LEAK, **options)

    def test_everything_is_in_the_core(self, python):
        """coredump_filter 0x7f: no file is needed, not even under a sysroot that has none."""
        with self.leak(python, **self.core_options()) as target:
            live = self.dump(target, "live.msgpack")
            core = self.crash(target, signal.SIGABRT, "0x7f")
        dump, said = self.dump_core(core, "--sysroot", self.path("kernel"))
        self.assertEqual(said, "")
        self.assert_equal_dumps(dump, live)

    def test_cut_off(self, python):
        """As where the disk was full: what is left is dumped, and what is missing said."""
        with self.leak(python, **self.core_options()) as target:
            core = self.crash(target, signal.SIGSEGV, "0x33")
        os.truncate(core, os.path.getsize(core) * 97 // 100)
        dump, said = self.dump_core(core)
        self.assertRegex(said, r"leakgraph: warning: the core was cut off: \d+ bytes that its headers claim are missing\n")
        self.assertGreater(Dump(dump).info["missing_bytes"], 0)
        self.assertGreater(self.json("info", dump)["partly_read"], 0)

    def test_gcore_of_all(self, python):
        with self.leak(python) as target:
            live = self.dump(target, "live.msgpack")
            core = self.gcore(target, "-a")
        dump, said = self.dump_core(core)
        self.assertEqual(said, "")
        self.assert_equal_dumps(dump, live)

    def test_launched_by_the_loader(self, python):
        loader = "/lib64/ld-linux-x86-64.so.2"
        prelude = "import os\ndef ready(): print('ready', os.getpid(), flush=True)\n"
        with support.Target([loader, os.path.realpath(python), "-c", prelude + LEAK]) as target:
            live = self.dump(target, "live.msgpack")
            core = self.gcore(target)
        self.assert_equal_dumps(self.dump_core(core)[0], live)

    def sysroot(self, process):
        """A root with all files that the process has mapped, behind a link that leads nowhere outside."""
        root = self.path("root")
        with open(f"/proc/{process.pid}/maps", encoding="utf-8") as maps:
            files = {line.split(None, 5)[5].strip() for line in maps if " /" in line}
        for file in files:
            os.makedirs(root + "/inner" + os.path.dirname(file), exist_ok=True)
            shutil.copy(file, root + "/inner" + file)
        for folder in os.listdir(root + "/inner"):
            os.symlink("/inner/" + folder, os.path.join(root, folder))
        return root

    def test_files_of_another_root(self, python):
        with self.leak(python) as target:
            live = self.dump(target, "live.msgpack")
            core = self.gcore(target)
            root = self.sysroot(target)
        dump, said = self.dump_core(core, "--sysroot", root)
        self.assertEqual(said, "")
        self.assert_equal_dumps(dump, live)

    def test_a_missing_library_is_said_and_counted(self, python):
        with self.leak(python) as target:
            live = self.dump(target, "live.msgpack")
            core = self.gcore(target)
            root = self.sysroot(target)
        library = glob.glob(root + "/inner/**/_json.*.so", recursive=True)
        if not library:
            self.skipTest("_json is no library of its own")
        path = library[0][len(root + "/inner"):]
        os.rename(library[0], library[0] + ".gone")
        dump, said = self.dump_core(core, "--sysroot", root)
        self.assertRegex(said, rf"leakgraph: warning: {path}: not found under the sysroot; "
                               r"expected build id [0-9a-f]{40}\n")
        self.assertEqual(Dump(dump).info["missing_files"], 1)
        self.assertGreater(Dump(dump).info["missing_bytes"], 4096)
        self.assert_nearly(dump, live)
        shutil.copy("/bin/true", library[0])
        dump, said = self.dump_core(core, "--sysroot", root)
        self.assertRegex(said, rf"{path}: is another build: its build id is [0-9a-f]+, expected ")
        self.assert_nearly(dump, live)

    def assert_nearly(self, core, live):
        """All objects; nearly all references, none that is not there, and who lacks some is marked."""
        found, expected = objects(Dump(core)), objects(Dump(live))
        total = missing = 0
        for address, (kind, _, references) in expected.items():
            there = {(target, label) for target, label, _ in found[address][2]}
            wanted = {(target, label) for target, label, _ in references}
            total += len(references)
            missing += len({t for t, _ in wanted} - {t for t, _ in there})
            self.assertLessEqual({t for t, _ in there}, {t for t, _ in wanted}, kind)
            if there != wanted:
                self.assertTrue(found[address][1][2] & PARTIAL, kind)
        self.assertLess(missing, total / 200)

    def test_no_file_at_all(self, python):
        with self.leak(python) as target:
            core = self.gcore(target)
        result = support.leakgraph("dump", "--core", core, "--sysroot", self.folder, "-o", self.path())
        self.assertEqual(result.returncode, support.EXIT_ATTACH)
        self.assertIn("not found under the sysroot", result.stderr)
        self.assertRegex(result.stderr.splitlines()[-1], r"\(\d+ of its files are missing: see --sysroot\)$")
        result = support.leakgraph("dump", "--core", core, "--sysroot", self.path("nowhere"))
        self.assert_refused(result, support.EXIT_USAGE, "nowhere", "No such file")

    def test_not_python(self, python):  # pylint: disable=unused-argument
        with support.Target(["/bin/sleep", "1000"], ready=False) as target:
            core = self.gcore(target)
        result = support.leakgraph("dump", "--core", core, "-o", self.path())
        self.assert_refused(result, support.EXIT_ATTACH, core, "not a Python process")


if __name__ == "__main__":
    unittest.main(verbosity=2)
