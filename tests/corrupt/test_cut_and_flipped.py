# SPDX-License-Identifier: GPL-2.0-or-later
"""A dump cut off at every byte, and with every byte changed, is refused and never crashes."""

import unittest

import dumps


class Changed(unittest.TestCase):
    def refuse_each(self, data, variants):
        with dumps.Checker() as checker:
            self.assertEqual(checker.read(data)[0], dumps.OK)
            count = 0
            for name, variant in variants:
                status, message = checker.read(variant)
                self.assertEqual(status, dumps.UNREADABLE, "%s: %s" % (name, message))
                self.assertGreater(len(message), 10, name)
                count += 1
            self.assertGreater(count, 1000)

    def survive_each(self, data, variants):
        """Some variants are whole files of other content: all that counts is an orderly answer."""
        with dumps.Checker() as checker:
            answers = {}
            for name, variant in variants:
                status, message = checker.read(variant)
                self.assertIn(status, (dumps.OK, dumps.UNREADABLE, dumps.LIMIT), "%s: %s" % (name, message))
                answers[status] = answers.get(status, 0) + 1
            self.assertGreater(answers.get(dumps.UNREADABLE, 0), 100, answers)

    def cuts(self, data):
        for length in range(len(data)):
            yield "the first %d bytes" % length, data[:length]

    def flips(self, data):
        for position in range(len(data)):
            for change in (0xff, 0x01, 0x80):
                changed = bytearray(data)
                changed[position] ^= change
                yield "byte %d ^ %#x" % (position, change), bytes(changed)

    def test_cut_at_every_byte(self):
        for kind in ("small", "plain", "redacted"):
            data = dumps.sample(kind)
            with self.subTest(kind, bytes=len(data)):
                self.refuse_each(data, self.cuts(data))

    def test_cut_at_every_byte_and_sealed_again(self):
        data = dumps.sample("plain")
        body = data[:-25]
        self.refuse_each(data, ((n, dumps.sealed(d)) for n, d in self.cuts(body)))

    def test_every_byte_changed(self):
        for kind in ("small", "plain"):
            data = dumps.sample(kind)
            with self.subTest(kind, bytes=len(data)):
                self.refuse_each(data, self.flips(data))

    def test_every_byte_changed_and_sealed_again(self):
        for kind in ("small", "plain"):
            data = dumps.sample(kind)
            with self.subTest(kind, bytes=len(data)):
                self.survive_each(data, ((n, dumps.sealed(d)) for n, d in self.flips(data[:-25])))

    def test_bytes_after_the_end(self):
        data = dumps.sample("small")
        with dumps.Checker() as checker:
            for extra in (b"\x00", data, dumps.SEAL + b"\0" * 8):
                status, message = checker.read(data + extra)
                self.assertEqual(status, dumps.UNREADABLE, message)

    def test_rows_cut_and_changed(self):
        data = dumps.pack(
            {"leakgraph": [1, 0], "form": "rows"},
            *[[n, ["shop.models", "Session"], 56 + n, [n + 1, [n + 2, "['user']"], [n + 3, 1, "x"]], 2]
              for n in range(30)],
            {"section": "roots", "objects": [0, [1, "module shop"], [2, 5]]},
            {"section": "info", "pid": 17},
            {"section": "end", "objects": 30})
        end = data.rindex(b"\x82\xa7section")
        # Cut at the start of "end" it is a whole file of its own, as the specification says.
        starts = {0}
        self.assertGreater(len(data), 1000)
        with dumps.Checker() as checker:
            self.assertEqual(checker.read(data)[0], dumps.OK)
            for length in range(end + 1, len(data)):
                self.assertEqual(checker.read(data[:length])[0], dumps.UNREADABLE, length)
            for length in range(end):
                status, message = checker.read(data[:length])
                self.assertIn(status, (dumps.OK, dumps.UNREADABLE), message)
                if status == dumps.OK:
                    starts.add(length)
        # Header, 30 rows and two sections: so many places to end at, and no other.
        self.assertEqual(len(starts), 1 + 1 + 30 + 2 - 1, sorted(starts))
        self.survive_each(data, self.flips(data))


if __name__ == "__main__":
    unittest.main()
