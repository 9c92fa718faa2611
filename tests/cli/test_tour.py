# SPDX-License-Identifier: GPL-2.0-or-later
"""The README's first command, as a newcomer runs it: from a checkout to the verdict."""

import os
import subprocess
import tempfile
import unittest

TOUR = os.path.join(os.path.dirname(__file__), "..", "..", "samples", "tour")


class TourTest(unittest.TestCase):
    def test_ends_with_the_verdict(self):
        with tempfile.TemporaryDirectory() as build:
            environment = {"PATH": os.environ["PATH"], "LEAKGRAPH_BUILD": build}
            tour = subprocess.run(["sh", TOUR], env=environment, timeout=800, check=False,
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True)
            self.assertEqual(tour.returncode, 0, tour.stdout + tour.stderr)
            verdict = tour.stdout[tour.stdout.index("== leakgraph analyze"):]
            self.assertIn("module shop.sessions → .SESSIONS → [str] ×", verdict)
            self.assertIn("cut shop.sessions.SESSIONS", verdict)
            path = subprocess.run([os.path.join(build, "leakgraph"), "path",
                                   os.path.join(build, "shop.msgpack"), "shop.models.Session"],
                                  check=True, timeout=60, capture_output=True, text=True)
            self.assertIn("module shop.sessions → .SESSIONS → [str] ×", path.stdout)


if __name__ == "__main__":
    unittest.main()
