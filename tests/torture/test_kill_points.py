# SPDX-License-Identifier: GPL-2.0-or-later
"""The tracer is killed before and after each single request it makes of the kernel.

Not tried: the six calls that Linux fails with EINTR after any stop. Whoever is
killed after the stop can't hide it any more.

LEAKGRAPH_TORTURE_STRIDE=1 tries every request, a larger number every so many.
"""

import os
import re
import signal
import subprocess
import unittest

import harness

STRIDE = harness.count("STRIDE", 7)
MODES = ("spin", "read", "sleep", "parent", "alone")


class KillPoints(unittest.TestCase):
    def run_freeze(self, target, **environment):
        return subprocess.run([harness.FREEZE_LOOP, str(target.pid), "1"], timeout=60,
                              env=dict(os.environ, **environment), stdout=subprocess.PIPE,
                              text=True)

    def requests(self, target):
        """How many requests a freeze takes, with a margin for what varies."""
        output = self.run_freeze(target).stdout
        return int(re.search(r"requests (\d+)", output).group(1)) + 4

    def die_everywhere(self, mode, traceless, stopped=False, **environment):
        target = harness.steady(mode).start()
        killed = 0
        try:
            self.assertIsNone(target.harm())
            children = set(harness.children(target.pid))
            last = self.requests(target)
            for key in ("LG_KILL_AT", "LG_KILL_AFTER"):
                for number in range(1, last, STRIDE):
                    if stopped:
                        os.kill(target.pid, signal.SIGSTOP)
                        harness.wait_for(lambda: harness.state(target.pid) == "T")
                    done = self.run_freeze(target, **{key: str(number)}, **environment)
                    killed += "pause_us" not in done.stdout or done.returncode != 0
                    where = "%s, %s=%d %s" % (mode, key, number, environment)
                    self.assertTrue(
                        harness.wait_for(lambda: harness.tracer(target.pid) == 0), where)
                    if stopped:
                        self.assertTrue(harness.wait_for(
                            lambda: harness.state(target.pid) == "T"), where)
                        os.kill(target.pid, signal.SIGCONT)
                    self.assertIsNone(target.harm(), where)
                    if not traceless:
                        self.run_freeze(target)
                    self.assertTrue(harness.wait_for(
                        lambda: set(harness.children(target.pid)) == children), where)
        finally:
            target.close()
        self.assertGreater(killed, 1)

    def test_bare(self):
        """Nobody is left to clean up: what stays is reaped by the next dump, and harms nobody."""
        for mode in MODES:
            with self.subTest(mode):
                self.die_everywhere(mode, False)

    def test_stopped(self):
        """A target that the user has stopped stays so, and goes on at SIGCONT."""
        for mode in MODES:
            with self.subTest(mode):
                self.die_everywhere(mode, False, stopped=True)

    def test_worker(self):
        """The worker is killed: its parent leaves no trace."""
        for mode in MODES:
            with self.subTest(mode):
                self.die_everywhere(mode, True, LG_GUARD="1")

    def test_parent(self):
        """The process that the user sees is killed: the worker leaves no trace."""
        for mode in ("spin", "read", "parent"):
            with self.subTest(mode):
                self.die_everywhere(mode, True, LG_GUARD="1", LG_KILL_PARENT="1")

    def test_target(self):
        """The target is killed: the tool says so, and neither hangs nor leaves anything."""
        target = harness.steady("read").start()
        last = self.requests(target)
        target.close()
        for key in ("LG_KILL_AT", "LG_KILL_AFTER"):
            for number in range(1, last, STRIDE):
                target = harness.steady("read").start()
                done = self.run_freeze(target, LG_KILL_TARGET="1", LG_GUARD="1",
                                       **{key: str(number)})
                where = "%s=%d: %s" % (key, number, done.stdout)
                target.close()
                self.assertIn(done.returncode, (0, 5), where)
                self.assertTrue("pause_us" in done.stdout or "error 4: " in done.stdout, where)
                self.assertTrue(harness.wait_for(lambda: not self.running(target.file.name)), where)

    @staticmethod
    def running(name):
        """Living processes with that argument: copies have the target's memory."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/cmdline" % pid) as file:
                    if name in file.read().split("\0") and harness.state(int(pid)) != "Z":
                        found.append(pid)
            except OSError:
                pass
        return found


if __name__ == "__main__":
    unittest.main()
