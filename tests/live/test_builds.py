# SPDX-License-Identifier: GPL-2.0-or-later
"""`leakgraph diff` and `trend` on builds of a real service: what moved is no growth, a leak beside it is."""

import json

import builds
import support

LEAK = 500  # sessions: some 3 % of the heap
NOISE_BYTES = 20_000  # a thousandth of it


class BuildTest(support.LiveTest):
    def setUp(self):
        super().setUp()
        self.python = support.interpreters()[0]

    def build(self, text, leak, name):
        with support.target(self.python, text, str(leak)) as target:
            self.succeed("dump", target.pid, "-o", self.path(name))
        return self.path(name)

    def grown(self, base, head):
        result = support.leakgraph("diff", base, head, "--json")
        self.assertIn(result.returncode, (0, 1), result.stderr)
        return json.loads(result.stdout)

    def test_changes_with_and_without_a_leak(self):
        base = self.build(builds.SERVICE, 0, "base.msgpack")
        for name, (text, more) in builds.VARIANTS.items():
            with self.subTest(name):
                quiet = self.grown(base, self.build(text, 0, "quiet.msgpack"))["totals"]["grown_bytes"]
                self.assertLess(quiet, more + NOISE_BYTES)
                report = self.grown(base, self.build(text, LEAK, "leaking.msgpack"))
                least = LEAK * builds.SESSION_BYTES
                self.assertGreater(report["totals"]["grown_bytes"], 0.7 * least + quiet / 2)
                self.assertIn("module __main__ → .LEAK", [holder["path"] for holder in report["grown"]])
                if name == "a class renamed":
                    self.assert_trend(base, self.path("quiet.msgpack"), self.path("leaking.msgpack"))

    def assert_trend(self, *builds_in_order):
        """The rename brought nothing, the last build the leak."""
        result = support.leakgraph("trend", *builds_in_order, "--json")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        holder = json.loads(result.stdout)["holders"][0]
        self.assertEqual((holder["path"], holder["shape"], holder["since"], holder["count"]),
                         ("module __main__ → .LEAK", "jump", 2, [0, 0, LEAK]))


if __name__ == "__main__":
    support.main()
