# SPDX-License-Identifier: GPL-2.0-or-later
"""The pause of a dump against os.fork() in the same process, by turns.

    LEAKGRAPH_BUILD=build python3 tests/torture/measure_pause.py [GIGABYTES[:THREADS] ...]
"""

import os
import re
import statistics
import subprocess
import sys

import harness

TURNS = harness.count("TURNS", 9)

TARGET = r"""
import gc, os, sys, threading, time
gc.disable()
class Node:
    def __init__(self, i):
        self.i = i; self.name = 'node%d' % i
        self.items = [i, i + 1.5]; self.d = {'k': i, 'v': (i,)}
def resident():
    return int(open('/proc/self/statm').read().split()[1]) * 4096 / 2 ** 30
root = []
while resident() < float(sys.argv[1]):
    root.extend(Node(i) for i in range(len(root), len(root) + 2000))
gc.enable()
for _ in range(int(sys.argv[2]) - 1):
    threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
print('%.2f' % resident(), flush=True)
for line in sys.stdin:
    begun = time.perf_counter()
    child = os.fork()
    if child == 0:
        os._exit(0)
    took = time.perf_counter() - begun
    os.waitpid(child, 0)
    print(took * 1e6, flush=True)
"""


def measure(gigabytes, threads):
    target = subprocess.Popen([harness.PYTHON, "-W", "ignore", "-c", TARGET, gigabytes, threads],
                              text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        resident = target.stdout.readline().strip()
        forks, pauses = [], []
        for _ in range(TURNS):
            target.stdin.write("\n")
            target.stdin.flush()
            forks.append(float(target.stdout.readline()) / 1e3)
            output = subprocess.run([harness.FREEZE_LOOP, str(target.pid), "1"], check=True,
                                    text=True, stdout=subprocess.PIPE).stdout
            pauses.append(float(re.search(r"pause_us ([0-9.]+)", output).group(1)) / 1e3)
    finally:
        target.kill()
        target.wait()
    print("%s GB resident, %s threads, %d turns: os.fork() %s, pause %s" % (
        resident, threads, TURNS, spread(forks), spread(pauses)), flush=True)


def spread(values):
    return "median %.1f ms (%.1f to %.1f)" % (statistics.median(values), min(values), max(values))


for size in sys.argv[1:] or ["0.1", "1", "0.1:200"]:
    measure(*(size + ":1").split(":")[:2])
