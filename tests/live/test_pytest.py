# SPDX-License-Identifier: GPL-2.0-or-later
"""The pytest plugin: tests that leak fail with the path that keeps the memory, others pass."""

import os
import subprocess
import unittest

import support

PACKAGE = os.path.join(os.environ.get("LEAKGRAPH_BUILD") or os.path.dirname(support.PROGRAM), "python")
PYTHON = "/usr/bin/python3"

TESTS = """
import gc
import pytest

LEAK, BOUNDED, ONCE = [], {}, []

class Session:
    def __init__(self, size=1000):
        self.payload = bytes(size)

@pytest.mark.leakgraph("total growth <= 64KiB", warmup=2, repeat=10)
def test_leaks():
    LEAK.extend(Session() for _ in range(20))

@pytest.mark.leakgraph("total growth <= 64KiB", warmup=2, repeat=10)
def test_a_bounded_cache():
    for i in range(20):
        BOUNDED[i] = Session()

@pytest.mark.leakgraph(warmup=0)
def test_garbage_is_collected():
    for _ in range(50):
        a, b = Session(), Session()
        a.other, b.other = b, a

@pytest.mark.leakgraph
@pytest.mark.parametrize("size", [10, 20])
def test_with_arguments(size, tmp_path):
    Session(size)

def test_two_points(leakgraph):
    before = leakgraph.snapshot()
    leakgraph.check(before)
    kept = [Session() for _ in range(200)]
    leakgraph.check(before, "total growth <= 64KiB")

@pytest.mark.leakgraph("totl growth <= 1%")
def test_a_wrong_budget():
    pass

@pytest.mark.leakgraph(repeat=1)
def test_a_wrong_number():
    pass

@pytest.mark.leakgraph(tries=3)
def test_a_wrong_word():
    pass

@pytest.mark.leakgraph
async def test_a_coroutine():
    pass
"""

FAILED = {"test_leaks", "test_two_points", "test_a_wrong_budget", "test_a_wrong_number", "test_a_wrong_word",
          "test_a_coroutine"}


def has(module):
    return subprocess.run([PYTHON, "-c", "import " + module], stderr=subprocess.DEVNULL, check=False).returncode == 0


@unittest.skipUnless(has("pytest"), "no pytest for " + PYTHON)
class PytestTest(support.LiveTest):
    def pytest(self, *options):
        with open(self.path("test_memory.py"), "w", encoding="utf-8") as file:
            file.write(TESTS)
        return subprocess.run([PYTHON, "-m", "pytest", "-p", "leakgraph.pytest_plugin", "-p", "no:cacheprovider",
                               "-q", "-rA", *options, self.path("test_memory.py")], cwd=self.folder,
                              env=dict(os.environ, PYTHONPATH=PACKAGE, LEAKGRAPH=support.PROGRAM, NO_COLOR="1"),
                              capture_output=True, text=True, check=False, timeout=600)

    def failed(self, result):
        lines = result.stdout.splitlines()
        self.assertIn(" passed in ", lines[-1], result.stdout + result.stderr)
        return {line.split("::")[1].split(" ")[0] for line in lines if line.startswith("FAILED ")}

    def test_what_leaks_fails_with_its_path(self):
        result = self.pytest()
        self.assertEqual(self.failed(result), FAILED, result.stdout)
        self.assertIn("6 failed, 4 passed", result.stdout.splitlines()[-1])
        for text in ("module test_memory → .LEAK", "40 → 140 of [] → test_memory.Session",
                     "OVER   total growth <= 64KiB", "kept by the first 5 of 10 calls, after 2 of warm-up", "local kept",
                     "--budget:1:1: expected total, holder", "repeat=1, expected a number of at least 2",
                     "tries is none of warmup, repeat", "can't be a coroutine"):
            self.assertIn(text, result.stdout)

    @unittest.skipUnless(has("xdist"), "no pytest-xdist for " + PYTHON)
    def test_each_worker_dumps_itself(self):
        self.assertEqual(self.failed(self.pytest("-n", "2", "-k", "leaks or bounded or garbage")), {"test_leaks"})


if __name__ == "__main__":
    support.main()
