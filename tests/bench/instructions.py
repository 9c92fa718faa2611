# SPDX-License-Identifier: GPL-2.0-or-later
"""Instructions of dominators, a plain search and igraph on the same heap, by callgrind.

They do not depend on what else the machine does. usage: instructions.py BENCH_COUNT
Environment: BENCH_OBJECTS (300000), BENCH_SEED (1); BENCH_MOST_DFS and
BENCH_LEAST_IGRAPH: ratios beyond which the exit code is 1.
"""

import os
import re
import subprocess
import sys
import tempfile


def count(program, objects, seed, part):
    """(what the program printed, instructions in function counted_<part> and what it calls)"""
    with tempfile.TemporaryDirectory(prefix="leakgraph-bench-") as folder:
        result = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--toggle-collect=counted_{part}",
             f"--callgrind-out-file={folder}/out", program, objects, seed],
            capture_output=True, text=True, check=False)
    found = re.search(r"Collected : (\d+)", result.stderr)
    if result.returncode != 0 or not found or int(found[1]) == 0:
        sys.exit(f"callgrind counted nothing: {result.stderr}")
    return result.stdout.strip(), int(found[1])


def main():
    objects = os.environ.get("BENCH_OBJECTS", "300000")
    seed = os.environ.get("BENCH_SEED", "1")
    counts = {}
    for part in ("search", "dominators", "igraph"):
        heap, counts[part] = count(sys.argv[1], objects, seed, part)
        print(f"  {part}: {counts[part] / 1e6:.1f} M instructions", flush=True)
    to_dfs = counts["dominators"] / counts["search"]
    to_igraph = counts["igraph"] / counts["dominators"]
    print(f"instructions: {heap}, dominators {to_igraph:.1f} x igraph, {to_dfs:.2f} x DFS")
    return (to_dfs > float(os.environ.get("BENCH_MOST_DFS", "inf")) or
            to_igraph < float(os.environ.get("BENCH_LEAST_IGRAPH", "0")))


if __name__ == "__main__":
    sys.exit(main())
