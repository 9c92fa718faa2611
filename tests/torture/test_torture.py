# SPDX-License-Identifier: GPL-2.0-or-later
"""A slice of the torture (torture.py): each situation dumped and killed a time or two."""

import unittest

import harness
import targets
import torture


class Slice(unittest.TestCase):
    def test_situations(self):
        chosen = list(targets.situations())
        run = torture.Torture(harness.count("DUMPS", len(chosen)),
                              harness.count("KILLS", len(chosen)), harness.count("SEED", 1))
        run.run(chosen)
        run.sum_up()
        self.assertEqual(run.harms, [])
        self.assertGreaterEqual(run.done["dumps"] + len(run.skipped), 1)


if __name__ == "__main__":
    unittest.main()
