# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps a real heap made on the spot, measures the engine on it, and what an index saves.

usage: measure_real.py LEAKGRAPH BENCH_ENGINE
Environment: BENCH_PYTHON, the interpreter whose heap it is (/usr/bin/python3.11).
"""

import os
import subprocess
import sys
import tempfile

import measure_index

HEAP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "real_heap.py")


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
        measure_index.measure(os.path.abspath(leakgraph), dump, "__main__.Record")
        return subprocess.run([engine, dump], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
