# SPDX-License-Identifier: GPL-2.0-or-later
"""How `leakgraph analyze` tells what several threads, a loop or an interpreter's own dicts hold."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "live"))
import support  # noqa: E402  (its folder is no package)

POOL = """
import contextvars, threading, time
from concurrent.futures import ThreadPoolExecutor
seen = contextvars.ContextVar("seen")
together = threading.Barrier(8)
def work(number):
    together.wait()
    seen.set([bytes(5000) for _ in range(200)])
pool = ThreadPoolExecutor(8, thread_name_prefix="worker")
list(pool.map(work, range(8)))
ready()
time.sleep(1000)
"""

LOOP = """
import asyncio
async def handle():
    rows = [bytes(5000) for _ in range(50)]
    await asyncio.sleep(1000)
async def main():
    tasks = [asyncio.ensure_future(handle()) for _ in range(100)]
    await asyncio.sleep(0.1)
    tasks = None
    ready()
    await asyncio.sleep(1000)
asyncio.run(main())
"""

COPY = """
import sys, time
sys.path_importer_cache.update((i, bytes(5000)) for i in range(1000))
ready()
time.sleep(1000)
"""


@support.on_each(support.interpreters())
class ShapeTest(support.LiveTest):
    def first_holder(self, python, program):
        with support.target(python, program) as target:
            self.dump(target)
            self.assert_unharmed(target)
        return self.json("analyze", self.path())["holders"][0]

    def test_the_same_leak_in_each_thread_is_one_line(self, python):
        holder = self.first_holder(python, POOL)
        self.assertRegex(holder["path_text"],
                         r"^thread worker_\d \(and 7 more\) → ->context → (_contextvars\.Context → )?"
                         r"context var seen → \[\] ×1,600$")
        self.assertEqual(holder["root"], holder["path"][0]["label"])
        self.assertEqual((holder["path"][0]["count"], holder["count"]), (8, 1600))
        self.assertGreater(holder["retained_bytes"], 8 * 200 * 5000)

    def test_an_event_loop_is_told_by_its_frame(self, python):
        path = self.first_holder(python, LOOP)["path_text"]
        # From 3.13 on the thread itself has it.
        self.assertRegex(path, r"^thread MainThread → (frame (\w+\.)?\w+\(\) → local self|->running loop)"
                               r" → asyncio\.")
        self.assertRegex(path, r'task "Task-\d+" \(and 99 more\) waiting at <string>:\d+ in handle\(\) → .coro → '
                               r"coroutine handle\(\) at <string>:\d+ → local rows")

    def test_a_modules_copy_of_its_dict_is_no_second_holder(self, python):
        holder = self.first_holder(python, COPY)
        self.assertEqual(holder["path_text"], "module sys → .path_importer_cache → [int] ×1,000")
        self.assertEqual((holder["cut"], holder["also"]), ("sys.path_importer_cache", []))


if __name__ == "__main__":
    unittest.main(verbosity=2)
