# SPDX-License-Identifier: GPL-2.0-or-later
"""A process dumps itself again and again while it forks, signals and waits: nothing may be left of it.

LEAKGRAPH_TORTURE_OWN_DUMPS is how often (200).
"""

import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "live"))
import support  # noqa: E402  (its folder is no package)

DUMPS = os.environ.get("LEAKGRAPH_TORTURE_OWN_DUMPS", "200")

CODE = """
import gc, os, signal, sys, threading
import leakgraph

path, dumps = sys.argv[1], int(sys.argv[2])
childs = []
signal.signal(signal.SIGCHLD, lambda *_: childs.append(1))
interrupted = []
stop, waiting = threading.Event(), threading.Event()

def waits():
    # A pipe that is read without restarting by hand: EINTR would be told.
    reading, writing = os.pipe()
    waiting.set()
    while not stop.is_set():
        os.write(writing, b'x')
        if os.read(reading, 1) != b'x':
            interrupted.append(1)
        stop.wait(0.001)
    os.close(reading), os.close(writing)

def left():
    return sorted(os.listdir('/proc/self/fd')), len(os.listdir('/proc/self/task')), threading.active_count()

def children():
    with open('/proc/self/task/%d/children' % os.getpid()) as file:
        return file.read().split()

leakgraph.dump(path)
thread = threading.Thread(target=waits)
thread.start()
waiting.wait()
gc.collect()
before, objects, had = left(), len(gc.get_objects()), len(childs)
for i in range(dumps):
    leakgraph.dump(path)
    assert not children(), (i, children())
gc.collect()
print(dumps, 'dumps', left() == before, len(childs) - had, len(gc.get_objects()) - objects, interrupted)
stop.set()
thread.join()
try:
    print(os.waitpid(-1, os.WNOHANG))
except ChildProcessError:
    print('no child')
"""

# Children that live on hold each pipe open that there was when they were forked.
FORKS = """
import os, sys, threading, time
import leakgraph

path, forked, stop = sys.argv[1], [], threading.Event()

def forks():
    while not stop.is_set():
        child = os.fork()
        if child == 0:
            time.sleep(3)
            os._exit(7)
        forked.append(child)
        time.sleep(0.005)

thread = threading.Thread(target=forks)
thread.start()
for i in range(10):
    leakgraph.dump(path)
stop.set()
thread.join()
codes = {os.WEXITSTATUS(os.waitpid(child, 0)[1]) for child in forked}
print(len(forked) > 10, codes)
"""


class PackageTest(support.LiveTest):
    def run_in(self, code, *arguments):
        python = support.interpreters()[0]
        if support.version(python) is None:
            self.skipTest(f"no interpreter {python}")
        build = os.environ.get("LEAKGRAPH_BUILD") or os.path.dirname(support.PROGRAM)
        environment = dict(os.environ, PYTHONPATH=os.path.join(build, "python"), PYTHONDONTWRITEBYTECODE="1",
                           PYTHONWARNINGS="ignore")
        result = subprocess.run([python, "-c", code, self.path(), *arguments], capture_output=True, text=True,
                                env=environment, timeout=support.TOOL_SECONDS, check=False)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout

    def test_while_another_thread_forks(self):
        self.assertEqual(self.run_in(FORKS), "True {7}\n")

    def test_nothing_is_left(self):
        # One SIGCHLD a dump is what starting a program costs; two that come together are one.
        words, end = self.run_in(CODE, DUMPS).splitlines()
        words = words.split(maxsplit=4)
        self.assertEqual(words[:3], [DUMPS, "dumps", "True"])
        self.assertLessEqual(int(words[3]), int(DUMPS))
        self.assertLess(int(words[4].split()[0]), 20, "objects stay behind")
        self.assertEqual(words[4].split()[1], "[]")
        self.assertEqual(end, "no child")
        self.assertEqual(os.listdir(self.folder), [os.path.basename(self.path())])


if __name__ == "__main__":
    unittest.main(verbosity=2)
