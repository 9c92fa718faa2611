# SPDX-License-Identifier: GPL-2.0-or-later
"""What an index saves each command: processor and wall time of a second command on a dump, medians.

usage: measure_index.py LEAKGRAPH DUMP [TYPE [RUNS]]

TYPE is what path and cut are asked for (str). The first query does nothing of its own: it is the start of
whatever needs the dominator tree. Runs with and without the index take turns, so that
both see the same load. The index is written into a folder of its own; the dump stays as it is.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

RUNS = 5


def commands(subject):
    return (["query", "SELECT retained FROM objects WHERE id = 9"], ["types"], ["info"], ["tree"], ["classes"], ["memory"], ["analyze"], ["cycles"], ["waste"],
            ["path", subject], ["path", subject, "--referrers"], ["cut", subject], ["path", "#9"],
            ["query", "SELECT name, retained FROM types ORDER BY retained DESC LIMIT 9"],
            ["export", "--folded", "-o", "-"], ["summarize", "-o", "profile"])


def run(leakgraph, dump, command, folder):
    """Seconds of processor and of wall; None where the dump has not what the command needs."""
    name, *rest = command
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run([leakgraph, name, dump, *rest], cwd=folder, stdout=subprocess.DEVNULL, check=False)
    after, end = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    if done.returncode:
        return None
    return (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, end - start)


def measure(leakgraph, dump, subject="str", runs=RUNS):
    """Prints a line for each command."""
    with tempfile.TemporaryDirectory(prefix="leakgraph-bench-", dir=os.path.dirname(dump) or ".") as folder:
        names = {}
        for kind in ("plain", "indexed"):
            os.mkdir(os.path.join(folder, kind))
            names[kind] = os.path.join(folder, kind, "heap.msgpack")
            os.symlink(os.path.abspath(dump), names[kind])
        subprocess.run([leakgraph, "info", names["indexed"], "--index"], check=True, stdout=subprocess.DEVNULL)
        print("bench: index %.0f MB, dump %.0f MB; seconds of processor (and wall) without and with it" % (
            os.path.getsize(names["indexed"] + ".index") / 1e6, os.path.getsize(dump) / 1e6))
        for command in commands(subject):
            taken = {kind: [] for kind in names}
            for _ in range(runs):
                for kind, path in names.items():
                    taken[kind].append(run(leakgraph, path, command, folder))
            if None in taken["plain"] + taken["indexed"]:
                continue
            (cpu, wall), (cpu_index, wall_index) = (
                (statistics.median(t[0] for t in taken[kind]), statistics.median(t[1] for t in taken[kind]))
                for kind in ("plain", "indexed"))
            print("bench: %-40.40s %6.3f (%6.3f) %6.3f (%6.3f)  %5.1f x (%5.1f x)" % (
                " ".join(command), cpu, wall, cpu_index, wall_index, cpu / cpu_index, wall / wall_index), flush=True)


if __name__ == "__main__":
    measure(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), *sys.argv[3:4], *map(int, sys.argv[4:5]))
