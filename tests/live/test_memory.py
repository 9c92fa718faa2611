# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory as a whole, against what the interpreter, malloc and the kernel themselves say of it."""
import re
import unittest

import support
from dump_columns import Dump

# The interpreter tells of its arenas on standard error: a full pipe stops it in the middle of telling,
# so that nothing changes between its answer and the dump.
STATISTICS = """
import gc, os, sys
keep = [{"number": i, "text": str(i)} for i in range(20000)]
holes = [bytes(300) for i in range(20000)]
del holes[::2]
gc.freeze()
gc.set_threshold(701, 11, 12)
gc.set_debug(gc.DEBUG_UNCOLLECTABLE)
gc.garbage.append("kept")
gc.disable()
print(gc.get_freeze_count(), *gc.get_threshold(), *gc.get_count(), flush=True)
os.set_blocking(2, False)
try:
    while True:
        os.write(2, b"\\n" * 4096)
except BlockingIOError:
    os.set_blocking(2, True)
ready()
sys._debugmallocstats()
"""


def statistics(text):
    """Arenas, unused pools, and by size: pools, live blocks, free blocks."""
    rows = re.findall(r"^ *\d+ +(\d+) +(\d+) +(\d+) +(\d+)$", text, re.MULTILINE)
    arenas = re.search(r"^(\d+) arenas \*", text, re.MULTILINE)
    unused = re.search(r"^(\d+) unused pools", text, re.MULTILINE)
    return int(arenas[1]), int(unused[1]), {int(size): tuple(map(int, rest)) for size, *rest in rows}


@support.on_each(support.interpreters())
class PymallocTest(support.LiveTest):
    def test_arenas_and_collector_as_the_interpreter_says(self, python):
        with support.target(python, STATISTICS, ready=False) as process:
            frozen, *said = map(int, process.line().split())
            self.assertEqual(process.line(), f"ready {process.pid}")
            dump = Dump(self.dump(process))
            arenas, unused, classes = statistics(process.process.stderr.read())
        self.assertEqual(dump.info["pymalloc"], 1)
        self.assertEqual(len(dump["arenas", "address"]), arenas)
        self.assertEqual(sum(dump["arenas", "free_pools"]), unused)
        found = {}
        for size, blocks, live in zip(*(dump["pools", c] for c in ("block_bytes", "blocks", "live"))):
            row = found.setdefault(size, [0, 0, 0])
            row[0] += 1
            row[1] += live
            row[2] += blocks - live
        self.assertEqual({size: tuple(row) for size, row in found.items()}, classes)
        self.assertGreater(classes[336][2], 9000)  # the holes

        collector = {c: dump["collectors", c][0] for c in (
            "enabled", "debug", "frozen", "garbage", "threshold0", "threshold1", "threshold2",
            "count1", "count2")}
        self.assertEqual(collector, {
            "enabled": 0, "debug": 4, "frozen": frozen, "garbage": 1, "threshold0": said[0],
            # Early releases of 3.14 say 0 of the last threshold, whatever it is.
            "threshold1": said[1], "threshold2": said[2] or 12, "count1": said[4], "count2": said[5]})

    def test_no_arenas_where_malloc_has_all(self, python):
        environment = {"PYTHONMALLOC": "malloc"}
        with support.target(python, "import sys\nready()\nsys.stdin.read()", env=environment) as process:
            dump = Dump(self.dump(process))
        self.assertEqual(len(dump["arenas", "address"]), 0)
        self.assertIn(dump.info["pymalloc"], (0, 2))


# Chunks of many sizes, every third given back; threads with arenas of their own; blocks mapped by themselves.
MALLOC = """
import ctypes, mmap, sys, tempfile, threading, time
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in
                "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()]
libc.mallinfo2.restype = Info
def holes(count, size):
    chunks = [libc.malloc(size + i % 3000) for i in range(count)]
    for chunk in chunks[::3]:
        libc.free(chunk)
done = threading.Barrier(4)
def work():
    holes(2000, 1000)
    done.wait()
    time.sleep(1000)
for i in range(3):
    threading.Thread(target=work, daemon=True).start()
done.wait()
holes(20000, 1000)
large = [bytes(300_000) for i in range(20)]
shared = mmap.mmap(-1, 1 << 20)
shared.write(bytes(1 << 20))
opened = tempfile.TemporaryFile()
opened.write(bytes(1 << 20))
opened.flush()
file = mmap.mmap(opened.fileno(), 1 << 20, access=mmap.ACCESS_READ)
sum(file[::4096])
own = mmap.mmap(-1, 3 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
own.write(bytes(3 << 20))
time.sleep(0.1)  # the threads are in their sleep
info = libc.mallinfo2()
print(info.arena, info.uordblks, info.fordblks, info.hblkhd, info.ordblks, flush=True)
ready()
sys.stdin.read()
"""

KINDS = ["other", "file", "shared", "pymalloc", "heap", "large", "stack"]


def rollup(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return {line.split(":")[0]: int(line.split()[1]) * 1024 for line in list(file)[1:]}


@support.on_each(support.interpreters())
class ProcessTest(support.LiveTest):
    def test_malloc_and_mappings_as_the_library_and_the_kernel_say(self, python):
        with support.target(python, MALLOC, ready=False) as process:
            arena, used, free, large, _ = map(int, process.line().split())
            process.line()
            dump = Dump(self.dump(process))
            kernel = rollup(process.pid)
        self.assertEqual(dump.strings[0], "")
        self.assertEqual(dump.info["malloc"], "glibc")
        self.assertEqual(len(dump["heaps", "address"]), 4)
        self.assertAlmostEqual(sum(dump["heaps", "bytes"]), arena, delta=arena // 100)
        self.assertAlmostEqual(sum(dump["heaps", "free_bytes"]), free, delta=free // 100)
        self.assertAlmostEqual(sum(dump["heaps", "bytes"]) - sum(dump["heaps", "free_bytes"]), used,
                               delta=used // 100)
        self.assertNotIn(2**32 - 1, list(dump["heaps", "free_chunks"]))

        size, own, shown = {}, {}, {}
        for kind, length, anonymous, file in zip(*(dump["mappings", column] for column in (
                "kind", "bytes", "anonymous_bytes", "file_bytes"))):
            kind = KINDS[kind]
            size[kind] = size.get(kind, 0) + length
            own[kind] = own.get(kind, 0) + anonymous
            shown[kind] = shown.get(kind, 0) + file
        self.assertAlmostEqual(size["large"], large, delta=1024)  # 2.43 counts its own words apart
        self.assertGreaterEqual(size["heap"], arena)
        self.assertGreaterEqual(size["stack"], 3 << 20)
        self.assertGreaterEqual(own["stack"], 4 * 4096)
        self.assertGreaterEqual(own["other"], 3 << 20)
        self.assertLess(own["other"], 4 << 20)
        self.assertGreaterEqual(shown["shared"], 1 << 20)
        self.assertGreater(shown["file"], 1 << 20)
        self.assertEqual(own["pymalloc"], sum(dump["arenas", "resident_bytes"]))
        self.assertEqual(sum(own.values()), dump.info["anonymous_bytes"])
        # The last pages: of the kernel's own, and what was touched meanwhile.
        self.assertAlmostEqual(dump.info["anonymous_bytes"], kernel["Anonymous"], delta=16 << 10)
        # Of files the kernel gives pages around those that are touched.
        self.assertAlmostEqual(sum(own.values()) + sum(shown.values()), kernel["Rss"], delta=1 << 20)
        self.assertAlmostEqual(dump.info["rss_bytes"], kernel["Rss"], delta=1 << 20)
        # What others share with it, others change.
        self.assertGreaterEqual(dump.info["pss_bytes"], dump.info["private_bytes"])
        self.assertLessEqual(dump.info["pss_bytes"], dump.info["rss_bytes"])
        self.assertGreaterEqual(dump.info["private_bytes"], dump.info["anonymous_bytes"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
