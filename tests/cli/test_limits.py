# SPDX-License-Identifier: GPL-2.0-or-later
"""Too little memory is told before it is taken, with the figure needed and the figure there."""

import contextlib
import os
import re
import resource
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "live"))
import heaps  # noqa: E402
import support  # noqa: E402  (its folder is no package)

MANY = """
import time
MANY = [[] for _ in range(1_000_000)]
ready()
time.sleep(1000)
"""
LITTLE = 24 << 20
# The line of /proc/self/cgroup, the mount, the file of the limit.
VERSION_1 = (r"^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(/.*)$", "/sys/fs/cgroup/memory", "memory.limit_in_bytes")
VERSION_2 = (r"^0::(/.*)$", "/sys/fs/cgroup", "memory.max")


@contextlib.contextmanager
def group(line, mount, limit):
    """A control group with little memory below this process's own; None where none can be made."""
    with open("/proc/self/cgroup", encoding="utf-8") as file:
        own = re.search(line, file.read(), re.MULTILINE)
    folder = f"{mount}{own.group(1) if own else ''}/leakgraph-{os.getpid()}"
    try:
        os.mkdir(folder)
    except OSError:
        yield None
        return
    try:
        # No such file: the controller is not given to groups here, or this is no control group at all.
        if os.path.exists(os.path.join(folder, limit)):
            with open(os.path.join(folder, limit), "w", encoding="utf-8") as file:
                file.write(str(LITTLE))
            yield folder
        else:
            yield None
    finally:
        os.rmdir(folder)


class LimitsTest(support.LiveTest):
    def dump_many(self):
        with support.target(support.interpreters()[0], MANY) as target:
            self.dump(target)

    def assert_too_little(self, result, what, limit):
        if "AddressSanitizer" in result.stderr or "Sanitizer failed" in result.stderr:
            self.skipTest("a sanitizer needs more memory than the limit of this test")
        self.assert_refused(result, support.EXIT_SYSTEM, f"no memory for {what}: ", limit)
        needed, there = map(int, re.search(r": (\d+) bytes \((\d+) left", result.stderr).groups())
        self.assertGreater(needed, LITTLE)
        self.assertLess(there, LITTLE)

    def check_group(self, version):
        with group(*version) as folder:
            if folder is None:
                self.skipTest("no control group with a limit of memory can be made here")
            self.dump_many()
            procs = os.path.join(folder, "cgroup.procs")
            result = subprocess.run(  # the shell goes in, and becomes the program
                ["sh", "-c", 'echo $$ >"$0" && exec "$@"', procs, support.PROGRAM, "types", self.path()],
                capture_output=True, text=True, check=False, timeout=support.TOOL_SECONDS)
            self.assert_too_little(result, "the tables", "left by the control group")

    def test_a_control_group_of_version_1(self):
        self.check_group(VERSION_1)

    def test_a_control_group_of_version_2(self):
        self.check_group(VERSION_2)

    def check_process(self, what):
        result = support.leakgraph("types", self.path(), preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_DATA, (LITTLE, LITTLE)))
        self.assert_too_little(result, what, "left by RLIMIT_DATA")

    def test_a_limit_of_the_process(self):
        self.dump_many()
        self.check_process("the tables")

    def test_a_limit_of_the_process_and_a_dump_of_rows(self):
        heap = heaps.Heap()
        for _ in range(300_000):
            heap.add("app.Row", 100)
        heap.write(self.path())
        self.check_process("the rows")


if __name__ == "__main__":
    unittest.main(verbosity=2)
