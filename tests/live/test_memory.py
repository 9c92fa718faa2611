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
            "threshold1": said[1], "threshold2": said[2], "count1": said[4], "count2": said[5]})

    def test_no_arenas_where_malloc_has_all(self, python):
        environment = {"PYTHONMALLOC": "malloc"}
        with support.target(python, "import sys\nready()\nsys.stdin.read()", env=environment) as process:
            dump = Dump(self.dump(process))
        self.assertEqual(len(dump["arenas", "address"]), 0)
        self.assertIn(dump.info["pymalloc"], (0, 2))


if __name__ == "__main__":
    unittest.main(verbosity=2)
