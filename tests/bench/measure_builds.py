# SPDX-License-Identifier: GPL-2.0-or-later
"""False alarms and misses of `leakgraph diff` by bytes: changes of tests/live/builds.py, with leaks, repeated.

    measure_builds.py LEAKGRAPH [PYTHON [REPETITIONS]]

Each process has another hash seed, but for the first row of the table. A leak is what the list of leaked objects
retains in the dump itself, by its dominators; what a change keeps besides is the difference of both heaps' sums:
neither knows of diff. A false alarm is growth told beyond these, a miss is what of them is not told; the middle
and the worst of all repetitions. Wrong is where a budget of half the leak (without one: 0.1 % of the heap)
is judged so, unnamed where the leak's holder is not among the three that grew most. Once with a dump a side, and
once with three.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "live"))
import builds  # noqa: E402

LEAKS = (0, 0.001, 0.01, 0.1)  # of the heap
SEVERAL = 3                    # dumps a side
HOLDER = "module __main__ → .LEAK"
RETAINED = "SELECT max(o.retained) FROM refs r JOIN objects o ON o.id = r.target WHERE r.label = '[''LEAK'']'"


class Measuring:
    def __init__(self, program, python, folder):
        self.program, self.python, self.folder, self.made = program, python, folder, 0

    def run(self, *arguments):
        return subprocess.run([self.program, *arguments], check=False, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL).stdout

    def profile(self, text, leak, seed=None):
        """A process of this build: its profile, and what its leak retains."""
        self.made += 1
        dump = os.path.join(self.folder, "dump")
        profile = os.path.join(self.folder, "%d.profile" % self.made)
        environment = dict(os.environ, PYTHONHASHSEED="random" if seed is None else str(seed))
        prelude = "def ready(): print('ready', flush=True)\n"
        with subprocess.Popen([self.python, "-c", prelude + text, str(leak)], stdout=subprocess.PIPE,
                              env=environment) as process:
            process.stdout.readline()
            self.run("dump", str(process.pid), "-o", dump)
            process.kill()
        self.run("summarize", dump, "-o", profile)
        # A header, and the number below it.
        return profile, int(self.run("query", dump, RETAINED, "--format", "csv").split()[1])

    def diff(self, base, head):
        return json.loads(self.run("diff", "--base", *base, "--head", *head, "--json"))


class Row:
    """What a line of the table says, of all repetitions."""

    def __init__(self):
        self.false, self.missed, self.wrong, self.unnamed = [], [], 0, 0

    def add(self, report, leak, besides, heap):
        grown = report["totals"]["grown_bytes"]
        self.false.append(max(grown - leak - besides, 0))
        self.missed.append(max(leak + besides - grown, 0))
        self.wrong += (grown > besides + (leak / 2 if leak else 0.001 * heap)) != (leak > 0)
        self.unnamed += leak > 0 and HOLDER not in [holder["path"] for holder in report["grown"][:3]]

    def __str__(self):
        return "%7d %7d %7d %7d %5d %7d" % (statistics.median(self.false), max(self.false),
                                             statistics.median(self.missed), max(self.missed), self.wrong, self.unnamed)


def main():
    program = sys.argv[1]
    python = sys.argv[2] if len(sys.argv) > 2 else "/usr/bin/python3"
    repetitions = int(sys.argv[3]) if len(sys.argv) > 3 else 20
    variants = [("the same, one hash seed", builds.SERVICE, False, 0)]
    variants += [(name, text, more > 0, None) for name, (text, more) in builds.VARIANTS.items()]
    with tempfile.TemporaryDirectory() as folder:
        measuring = Measuring(program, python, folder)
        groups = [range(i, i + SEVERAL) for i in range(0, repetitions - SEVERAL + 1, SEVERAL)]
        bases = {seed: [measuring.profile(builds.SERVICE, 0, seed) for _ in range(repetitions)] for seed in (0, None)}
        empty = bases[None][0][1]
        heap = measuring.diff([bases[None][0][0]], [bases[None][0][0]])["totals"]["base_bytes"]
        session = (measuring.profile(builds.SERVICE, 1000)[1] - empty) / 1000
        print("a heap of %d bytes, a session of %.0f; %d repetitions, %d of %d dumps a side" % (
            heap, session, repetitions, len(groups), SEVERAL))
        print("%-28s %6s |%s |%s" % ("", "", " one dump a side".ljust(46), " three dumps a side"))
        columns = "%7s %7s %7s %7s %5s %7s" % ("false", "worst", "missed", "worst", "wrong", "unnamed")
        print("%-28s %6s |%s |%s" % ("change", "leak", columns, columns))
        for name, text, more, seed in variants:
            base, besides = bases[seed], 0
            for share in LEAKS:
                count = round(share * heap / session)
                head = [measuring.profile(text, count, seed) for _ in range(repetitions)]
                one, several = Row(), Row()
                reports = [measuring.diff([base[i][0]], [head[i][0]]) for i in range(repetitions)]
                if more and share == 0:
                    besides = statistics.median(r["totals"]["head_bytes"] - r["totals"]["base_bytes"] for r in reports)
                for i, report in enumerate(reports):
                    one.add(report, head[i][1] - empty, besides, heap)
                for group in groups:
                    report = measuring.diff([base[i][0] for i in group], [head[i][0] for i in group])
                    several.add(report, statistics.median(head[i][1] for i in group) - empty, besides, heap)
                print("%-28s %5.1f%% |%s |%s" % (name, 100 * share, one, several), flush=True)
                for path, _ in head:
                    os.unlink(path)


if __name__ == "__main__":
    main()
