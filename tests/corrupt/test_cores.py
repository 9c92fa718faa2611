# SPDX-License-Identifier: GPL-2.0-or-later
"""Core files that lie: one clear line that says what was found and what was expected, and no crash, ever."""

import os
import random
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "live"))
import support  # noqa: E402  (its folder is no package)

PAGE = 4096
ANSWERS = (0, support.EXIT_UNREADABLE, support.EXIT_ATTACH, support.EXIT_SYSTEM)
FLIPS = int(os.environ.get("LEAKGRAPH_CORE_FLIPS", 40))

ET_EXEC, ET_CORE, X86_64, ARM = 2, 4, 62, 40
PT_LOAD, PT_NOTE = 1, 4
NT_PRSTATUS, NT_FILE = 1, 0x46494C45


def header(count=1, kind=ET_CORE, machine=X86_64, word=2, entry_bytes=56, offset=64, sections=0):
    return struct.pack("<4sBBB9xHHIQQQIHHHHHH", b"\x7fELF", word, 1, 1, kind, machine, 1, 0, offset, sections, 0,
                       64, entry_bytes, count, 64, 0, 0)


def segment(address, stored, size=None, offset=PAGE, kind=PT_LOAD, flags=6):
    return struct.pack("<IIQQQQQQ", kind, flags, offset, address, 0, stored, stored if size is None else size, PAGE)


def core(*segments, rest=bytes(4 * PAGE), **fields):
    head = header(len(segments), **fields) + b"".join(segments)
    return head.ljust(PAGE, b"\0") + rest


def note(kind, content, name=b"CORE\0"):
    pad = -len(name) % 4
    return struct.pack("<III", len(name), len(content), kind) + name + bytes(pad) + content + bytes(-len(content) % 4)


def with_note(kind, content, *segments):
    body = note(kind, content)
    return core(segment(0, len(body), kind=PT_NOTE, offset=PAGE), segment(0x400000, PAGE, offset=2 * PAGE), *segments,
                rest=body.ljust(PAGE, b"\0") + bytes(4 * PAGE))


def files(count, rows, paths=b"/bin/x\0", page=PAGE):
    return struct.pack("<QQ", count, page) + b"".join(struct.pack("<QQQ", *row) for row in rows) + paths


# What is wrong, the file, and what is said.
REFUSED = [
    ("empty", b"", "its size is 0, expected at least 64 bytes"),
    ("text", b"#!/bin/sh\n" * 10, "begins with 23 21 2f 62, expected an ELF core file"),
    ("zstd", b"\x28\xb5\x2f\xfd" + bytes(100), "is compressed by zstd, expected a plain core: zstd -d it first"),
    ("lz4", b"\x04\x22\x4d\x18" + bytes(100), "is compressed by lz4, expected a plain core: lz4 -d it first"),
    ("gzip", b"\x1f\x8b\x08\x00" + bytes(100), "is compressed by gzip"),
    ("xz", b"\xfd7zXZ\0" + bytes(100), "is compressed by xz"),
    ("32 bits", core(segment(0, 0), word=1), "is of a 32-bit program, expected a core of a 64-bit one"),
    ("another machine", core(segment(0, 0), machine=ARM), "its machine is 40, expected 62 (x86-64)"),
    ("a program", core(segment(0, 0), kind=ET_EXEC), "its ELF type is 2, expected 4: this is a program or a library"),
    ("odd headers", core(segment(0, 0), entry_bytes=55), "the size of a program header is 55, expected 56"),
    ("no headers", header(0) + bytes(PAGE), "the number of program headers is 0, expected 1 to"),
    ("headers cut off", header(1000) + bytes(100), "1000 program headers at byte 64, the file has 164 bytes: it was "
                                                   "cut off"),
    ("headers nowhere", header(1, offset=2 ** 63) + bytes(100), "1 program headers at byte 9223372036854775808"),
    ("headers counted nowhere", header(0xFFFF, sections=2 ** 62) + bytes(100),
     "its section header ends at byte 4611686018427387968, the file has 164 bytes"),
    ("no memory", core(segment(0, PAGE, kind=PT_NOTE)), "has no segment of memory, expected some"),
    ("odd address", core(segment(0x400001, PAGE)), "program header 0: its address is 0x400001, expected a multiple"),
    ("odd size", core(segment(0x400000, 0, 100)), "its size in memory is 0x64, expected a multiple of 4096"),
    ("larger in the file", core(segment(0x400000, 2 * PAGE, PAGE)), "its size in the file is 0x2000, expected at most"),
    ("round the end", core(segment(2 ** 64 - PAGE, 0, 2 ** 40)), "its size in memory is 0x10000000000, expected one "
                                                                 "that fits behind its address"),
    ("offset round the end", core(segment(0x400000, PAGE, offset=2 ** 64 - 1)), "its offset is 0xffffffffffffffff"),
    ("overlapping", core(segment(0x400000, 2 * PAGE), segment(0x401000, PAGE)),
     "a segment at 0x401000 begins inside the one at 0x400000 that ends at 0x402000"),
    ("kernel memory alone", core(segment(0xFFFF800000000000, PAGE)), "has no segment of memory"),
    ("too many files", with_note(NT_FILE, files(2 ** 60, [])), "the note of mapped files claims 1152921504606846976 of "
                                                               "them, it has 23 bytes"),
    ("paths cut off", with_note(NT_FILE, files(2, [(0x400000, 0x401000, 0), (0x401000, 0x402000, 1)])),
     "the note of mapped files ends in path 1 of 2"),
    ("files in each other", with_note(NT_FILE, files(2, [(0x400000, 0x402000, 0), (0x401000, 0x403000, 0)],
                                                     b"/a\0/b\0")),
     "mapped file 1 begins at 0x401000, expected an address behind the one before"),
    ("a file backwards", with_note(NT_FILE, files(1, [(0x402000, 0x401000, 0)])), "mapped file 0 ends at 0x401000"),
    ("a file in half a page", with_note(NT_FILE, files(1, [(0x400010, 0x401000, 0)])), "mapped file 0 lies at 0x400010"),
    ("a file far behind", with_note(NT_FILE, files(1, [(0x400000, 0x401000, 2 ** 63)])), "is mapped from page"),
]

# Odd, but none of these is a reason to refuse it for its form: there is no Python in it.
NOT_PYTHON = [
    ("a page of zeros", core(segment(0x400000, PAGE))),
    ("far more than there is", core(segment(0x400000, 2 ** 40, offset=PAGE))),
    ("all of the address space", core(segment(0x10000, 0, 2 ** 47 - 2 * PAGE - 0x10000))),
    ("the lowest page", core(segment(0, PAGE), segment(0x400000, PAGE))),
    ("some of the kernel's", core(segment(0x400000, PAGE), segment(0xFFFF800000000000, 2 * PAGE))),
    ("bytes at odd places", core(segment(0x400000, PAGE, offset=77), segment(0x500000, PAGE, offset=PAGE + 1))),
    ("registers of nowhere", with_note(NT_PRSTATUS, b"\xff" * 336)),
    ("notes without end", with_note(NT_PRSTATUS, b"")),
    ("a device", with_note(NT_FILE, files(1, [(0x400000, 0x401000, 0)], b"/dev/zero\0"))),
    ("a path out of the root", with_note(NT_FILE, files(1, [(0x400000, 0x402000, 0)], b"/../../etc/passwd\0"))),
]


class HostileCoreTest(support.LiveTest):
    def write(self, content, name="core"):
        with open(self.path(name), "wb") as file:
            file.write(content)
        return self.path(name)

    def dump(self, path, *options):
        return support.leakgraph("dump", "--core", path, "-o", self.path("dump.msgpack"), *options, timeout=120)

    def test_refusals(self):
        for name, content, said in REFUSED:
            with self.subTest(name):
                path = self.write(content)
                self.assert_refused(self.dump(path), support.EXIT_UNREADABLE, f"{path}", said)
        self.assertEqual(os.listdir(self.folder), ["core"])

    def test_no_python(self):
        for name, content in NOT_PYTHON:
            with self.subTest(name):
                result = self.dump(self.write(content))
                self.assertEqual(result.returncode, support.EXIT_ATTACH, f"{name}: {result.stderr}")
                self.assertIn("not a Python process", result.stderr)

    def test_no_file(self):
        self.assert_refused(self.dump(self.path("none")), support.EXIT_SYSTEM, "No such file")
        self.assert_refused(self.dump(self.folder), support.EXIT_UNREADABLE, "is no regular file")
        self.assert_refused(self.dump("/dev/zero"), support.EXIT_UNREADABLE, "is no regular file")

    def test_command_line(self):
        for arguments, said in [(["1", "--core", "x"], "PID or --core, not both ('1')"), ([], "expects PID, or --core"),
                                (["1", "--sysroot", "x"], "--sysroot expects --core")]:
            self.assert_refused(support.leakgraph("dump", *arguments), support.EXIT_USAGE, said)

    def test_more_mappings_than_the_kernel_allows(self):
        count = 70000
        offset = PAGE + count * 56
        head = header(0xFFFF, sections=64, offset=PAGE)
        section = bytes(44) + struct.pack("<I", count) + bytes(16)
        # Every other page, so that no two become one mapping.
        body = b"".join(segment(0x400000 + 2 * PAGE * i, PAGE, offset=offset // PAGE * PAGE + PAGE)
                        for i in range(count))
        path = self.write((head + section).ljust(PAGE, b"\0") + body + bytes(3 * PAGE))
        result = self.dump(path)
        with open("/proc/sys/vm/max_map_count", encoding="ascii") as file:
            if int(file.read()) > count:
                self.skipTest("vm.max_map_count allows them all")
        self.assert_refused(result, support.EXIT_SYSTEM, "all its mappings (vm.max_map_count")


CODE = """
ready()
import time
time.sleep(1000)
"""


class DamagedCoreTest(support.LiveTest):
    """A real core, cut off and overwritten: dumped or refused, in bounded time, and nothing is left running."""

    @classmethod
    def setUpClass(cls):
        if not shutil.which("gcore"):
            raise unittest.SkipTest("no gcore (package gdb)")
        cls.cores = tempfile.TemporaryDirectory(prefix="leakgraph-test-")
        with support.target(support.interpreters()[0], CODE) as target:
            subprocess.run(["gcore", "-o", os.path.join(cls.cores.name, "core"), str(target.pid)], check=True,
                           capture_output=True)
            with open(os.path.join(cls.cores.name, f"core.{target.pid}"), "rb") as file:
                cls.whole = file.read()

    @classmethod
    def tearDownClass(cls):
        cls.cores.cleanup()

    def survives(self, content):
        path = self.path("core")
        with open(path, "wb") as file:
            file.write(content)
        begun = time.monotonic()
        result = support.leakgraph("dump", "--core", path, "-o", self.path(),
                                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)))
        self.assertIn(result.returncode, ANSWERS, result.stderr)
        self.assertLess(time.monotonic() - begun, 300)
        if result.returncode == 0:
            self.succeed("info", self.path())
        return result

    def loads(self):
        count, = struct.unpack_from("<H", self.whole, 56)
        for i in range(count):
            kind, _, offset, _, _, stored = struct.unpack_from("<IIQQQQ", self.whole, 64 + 56 * i)
            if kind == PT_LOAD and stored:
                yield offset, stored

    def test_cut_off(self):
        size = len(self.whole)
        # gdb's notes stand at the end: without them nothing says which files were mapped.
        for cut in (63, 64, 1000, 5000, size // 10, size // 3, size // 2, size - 100000):
            self.assertNotEqual(self.survives(self.whole[:cut]).returncode, 0)
        self.survives(self.whole[:size - 1])
        self.assertIn("cut off", self.survives(self.whole[:1000]).stderr)

    def test_flipped(self):
        chance = random.Random(1)
        places = list(self.loads())
        for number in range(FLIPS):
            damaged = bytearray(self.whole)
            for _ in range(chance.choice((1, 10, 1000))):
                if number % 3 == 0:
                    at = chance.randrange(64, 64 + 56 * 40)
                else:
                    offset, stored = chance.choice(places)
                    at = chance.randrange(offset, offset + stored)
                damaged[at] = chance.randrange(256)
            self.survives(damaged)


if __name__ == "__main__":
    unittest.main(verbosity=2)
