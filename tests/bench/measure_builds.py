# SPDX-License-Identifier: GPL-2.0-or-later
"""False alarms and misses of `leakgraph diff` by bytes: changes of tests/live/builds.py, with leaks, repeated.

    measure_builds.py LEAKGRAPH [PYTHON [REPETITIONS]]

One dump a side. A false alarm is growth that is none: what diff tells to have grown, less what was leaked or
is kept besides. A miss is what it does not tell of a leak. Both are printed as the middle and the worst of
all repetitions, with the share of repetitions that a budget of half the leak (without one: 0.1 % of the heap) judges wrong.
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


def dump(program, python, text, leak, path):
    prelude = "def ready(): print('ready', flush=True)\n"
    with subprocess.Popen([python, "-c", prelude + text, str(leak)], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        subprocess.run([program, "dump", str(process.pid), "-o", path], check=True, stderr=subprocess.DEVNULL)
        process.kill()


def report(program, base, head):
    result = subprocess.run([program, "diff", base, head, "--json"], stdout=subprocess.PIPE, check=False)
    return json.loads(result.stdout)["totals"]


def main():
    program = sys.argv[1]
    python = sys.argv[2] if len(sys.argv) > 2 else "/usr/bin/python3"
    repetitions = int(sys.argv[3]) if len(sys.argv) > 3 else 20
    with tempfile.TemporaryDirectory() as folder:
        base, head = os.path.join(folder, "base"), os.path.join(folder, "head")
        dump(program, python, builds.SERVICE, 0, base)
        heap = report(program, base, base)["base_bytes"]
        # What a session takes, by the service itself.
        dump(program, python, builds.SERVICE, 1000, head)
        session = report(program, base, head)["grown_bytes"] / 1000
        print("heap %d bytes, a session %.0f; %d repetitions" % (heap, session, repetitions))
        print("%-32s %7s %12s %12s %12s %12s %8s" % ("change", "leak", "false, mid", "false, worst", "missed, mid",
                                                     "missed, worst", "wrong"))
        for name, (text, more) in builds.VARIANTS.items():
            quiet = None
            for share in LEAKS:
                leak = round(share * heap / session)
                wrong, false, missed = 0, [], []
                for _ in range(repetitions):
                    dump(program, python, builds.SERVICE, 0, base)
                    dump(program, python, text, leak, head)
                    grown = report(program, base, head)["grown_bytes"]
                    if more and share == 0:
                        quiet = grown if quiet is None else quiet
                    expected = leak * session + (quiet or 0)
                    false.append(max(grown - expected, 0))
                    missed.append(max(expected - grown, 0))
                    limit = (quiet or 0) + (leak * session / 2 if leak else 0.001 * heap)
                    wrong += (grown > limit) != (leak > 0)
                print("%-32s %6.1f%% %12d %12d %12d %12d %7.0f%%" % (
                    name, 100 * share, statistics.median(false), max(false), statistics.median(missed), max(missed),
                    100 * wrong / repetitions), flush=True)


if __name__ == "__main__":
    main()
