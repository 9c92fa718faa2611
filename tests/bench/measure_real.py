# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps a real heap made on the spot, measures the engine on it, and what an index saves.

usage: measure_real.py LEAKGRAPH BENCH_ENGINE
Environment: BENCH_PYTHON, the interpreter whose heap it is (/usr/bin/python3.11).
"""

import os
import subprocess
import sys
import tempfile
import time

HEAP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "real_heap.py")


RUNS = 5


def seconds(command):
    """The least wall time of some runs."""
    best = None
    for _ in range(RUNS):
        start = time.monotonic()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        taken = time.monotonic() - start
        best = taken if best is None else min(best, taken)
    return best


def measure_index(leakgraph, dump):
    """`types` does little of its own: nearly all of its time is the start."""
    without = seconds([leakgraph, "types", dump])
    subprocess.run([leakgraph, "types", dump, "--index"], check=True, stdout=subprocess.DEVNULL)
    with_index = seconds([leakgraph, "types", dump])
    print("bench: types %.2f s, from an index %.2f s: %.1f x; index %.0f MB, dump %.0f MB" % (
        without, with_index, without / with_index, os.path.getsize(dump + ".index") / 1e6,
        os.path.getsize(dump) / 1e6))


def main():
    leakgraph, engine = sys.argv[1:]
    python = os.environ.get("BENCH_PYTHON", "/usr/bin/python3.11")
    with tempfile.TemporaryDirectory(prefix="leakgraph-bench-") as folder:
        dump = os.path.join(folder, "real.msgpack")
        with subprocess.Popen([python, HEAP], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True) as heap:
            words = heap.stdout.readline().split()
            if words[:1] != ["ready"]:
                sys.exit(f"{HEAP}: said {words}")
            subprocess.run([leakgraph, "dump", words[1], "-o", dump], check=True)
            heap.communicate()
        measure_index(leakgraph, dump)
        return subprocess.run([engine, dump], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
