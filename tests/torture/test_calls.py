# SPDX-License-Identifier: GPL-2.0-or-later
"""A thread in each kind of wait is frozen again and again, and put back exactly."""

import os
import subprocess
import time
import unittest

import harness

DUMPS = harness.count("DUMPS", 20)


class Calls(unittest.TestCase):
    def freeze(self, mode):
        target = harness.Steady(mode)
        try:
            done = subprocess.run([harness.FREEZE_LOOP, str(target.pid), str(DUMPS), "7"],
                                  env=dict(os.environ, LG_GUARD="1"), timeout=300, text=True,
                                  stdout=subprocess.PIPE)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertEqual(done.stdout.count("pause_us"), DUMPS)
            self.assertIsNone(target.harm())
            self.assertEqual(harness.children(target.pid), [])
            self.assertEqual(harness.tracer(target.pid), 0)
        finally:
            target.close()

    def test_spin(self):
        self.freeze("spin")

    def test_read(self):
        self.freeze("read")

    def test_epoll(self):
        self.freeze("epoll")

    def test_sleep(self):
        self.freeze("sleep")

    def test_receive(self):
        self.freeze("rcvtimeo")

    def test_signal(self):
        self.freeze("sigwait")

    def test_long_sleep(self):
        """Python asleep for two seconds wakes after two seconds."""
        sleeper = subprocess.Popen(
            [harness.PYTHON, "-c", "import time; print(flush=True); t = time.monotonic();"
             "time.sleep(2); print(time.monotonic() - t)"], stdout=subprocess.PIPE, text=True)
        try:
            sleeper.stdout.readline()
            end = time.monotonic() + 1.5
            freezes = 0
            while time.monotonic() < end:
                done = subprocess.run([harness.FREEZE_LOOP, str(sleeper.pid), "5"], timeout=60,
                                      stdout=subprocess.PIPE, text=True)
                self.assertEqual(done.returncode, 0, done.stdout)
                freezes += 5
            slept = float(sleeper.stdout.readline())
        finally:
            sleeper.kill()
            sleeper.wait()
            sleeper.stdout.close()
        self.assertGreater(freezes, 5)
        self.assertGreaterEqual(slept, 2.0)
        # Begun anew by a single one of the freezes, it would take a second longer at least.
        self.assertLess(slept, 2.9)


if __name__ == "__main__":
    unittest.main()
