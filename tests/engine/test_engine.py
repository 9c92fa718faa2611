# SPDX-License-Identifier: GPL-2.0-or-later
"""The engine compiled anew, whatever this build is: each level of optimisation against igraph, and
how many instructions it takes."""

import concurrent.futures
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ENGINE = ["lib/base/*.c", "lib/snapshot/*.c", "lib/graph/*.c", "tests/unit/graph/heap.c",
          "tests/unit/graph/sketch.c"]

# Instructions, so that no other load changes them: 4.3 x DFS and 17.9 x igraph when this was written.
OBJECTS = "60000"
MOST_DFS = 5.5
LEAST_IGRAPH = 13.0


def package_flags(*packages):
    result = subprocess.run(["pkg-config", "--cflags", "--libs", *packages], capture_output=True,
                            text=True, check=True)
    return result.stdout.split()


def compile_one(level, source, folder):
    target = os.path.join(folder, source.replace("/", "_") + ".o")
    subprocess.run(["gcc", *level, "-c", "-D_GNU_SOURCE", "-Iinclude", "-Ilib", "-I.",
                    "-Itests/unit/graph", *package_flags("igraph"), source, "-o", target],
                   cwd=TOP, check=True)
    return target


def build(level, patterns, libraries, folder):
    """A program of these sources, in a folder of its own."""
    sources = sorted(os.path.relpath(path, TOP) for pattern in patterns
                     for path in glob.glob(os.path.join(TOP, pattern)))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(lambda source: compile_one(level, source, folder), sources))
    program = os.path.join(folder, "program")
    subprocess.run(["gcc", *level, *objects, *package_flags(*libraries), "-lpthread", "-lm", "-o",
                    program], check=True)
    return program


class Levels(unittest.TestCase):
    """Graphs at random have igraph's dominators and distances, and a naive search's retained sizes.
    The target `oracle` runs them on many more graphs (LEAKGRAPH_TEST_GRAPHS)."""

    def check(self, *level):
        with tempfile.TemporaryDirectory(prefix="leakgraph-test-") as folder:
            program = build(level, [*ENGINE, "tests/unit/graph/check.c",
                                    "tests/unit/graph/test_oracle.c"],
                            ["igraph", "libxxhash", "criterion"], folder)
            environment = {"LEAKGRAPH_TEST_GRAPHS": "600", "ASAN_OPTIONS": "detect_leaks=0", **os.environ}
            result = subprocess.run([program, "-j1"], capture_output=True, text=True,
                                    env=environment, check=False)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("| Failing: 0 | Crashing: 0", result.stderr)

    def test_none(self):
        self.check("-O0")

    def test_some(self):
        self.check("-O1")

    def test_usual(self):
        self.check("-O2")

    def test_most(self):
        self.check("-O3")

    def test_size(self):
        self.check("-Os")

    def test_sanitized(self):
        # Criterion's own runner leaves memory behind now and then.
        self.check("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")


@unittest.skipUnless(shutil.which("valgrind"), "valgrind is not installed")
class Instructions(unittest.TestCase):
    def test_ratios(self):
        with tempfile.TemporaryDirectory(prefix="leakgraph-test-") as folder:
            program = build(["-O3"], [*ENGINE, "tests/bench/count.c", "tests/bench/measure.c",
                                    "tests/bench/peers.c"], ["igraph", "libxxhash"], folder)
            result = subprocess.run(
                [sys.executable, os.path.join(TOP, "tests/bench/instructions.py"), program],
                capture_output=True, text=True, check=False,
                env={**os.environ, "BENCH_OBJECTS": OBJECTS})
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        found = re.search(r"dominators ([\d.]+) x igraph, ([\d.]+) x DFS", result.stdout)
        self.assertTrue(found, result.stdout)
        self.assertGreaterEqual(float(found[1]), LEAST_IGRAPH, result.stdout)
        self.assertLessEqual(float(found[2]), MOST_DFS, result.stdout)


if __name__ == "__main__":
    unittest.main()
