# SPDX-License-Identifier: GPL-2.0-or-later
"""Every sample, live: what leaks is named, by its path and in its true amount."""

import json
import os
import re

import support

NAMES = sorted(name for name in os.listdir(support.SAMPLES)
               if os.path.exists(os.path.join(support.SAMPLES, name, "expected.json")))


def expected(name):
    with open(os.path.join(support.SAMPLES, name, "expected.json"), encoding="utf-8") as file:
        return json.load(file)


def in_order(text, pieces):
    """The first piece that is missing behind those before it, None where all are there."""
    at = 0
    for piece in pieces:
        at = text.find(piece, at)
        if at < 0:
            return piece
        at += len(piece)
    return None


def flat(screen):
    """The screen with its wrapped lines joined, to be searched for a path."""
    return re.sub(r"\s+", " ", screen)


class SampleTest(support.LiveTest):
    def check_holder(self, answer, found):
        holders = found["holders"]
        paths = [holder["path_text"] for holder in holders]
        self.assertEqual(holders[0]["root"], answer["root"], paths)
        self.assertIsNone(in_order(holders[0]["path_text"], [answer["root"], *answer["path"]]),
                          holders[0]["path_text"])
        self.assertGreaterEqual(holders[0]["retained_bytes"], answer["retained_bytes"])
        self.assertGreater(holders[0]["share"], answer.get("share", 0.5))
        # Whatever interpreter it is: a budget may name it.
        self.assertEqual(holders[0]["signature"], answer["signature"], holders[0]["signature_of"])
        if "evidence" in answer:
            self.assertIn(answer["evidence"], [piece["text"] for piece in holders[0]["evidence"]])
        if "cut" in answer:
            self.assertTrue(holders[0]["cut"].startswith(answer["cut"]), holders[0]["cut"])
        # A leak that a root holds is no garbage.
        self.assertLess(found["garbage"]["bytes"], answer["retained_bytes"] / 100)

    def check_garbage(self, answer, dump, found):
        garbage = found["garbage"]
        self.assertGreaterEqual(garbage["bytes"], answer["retained_bytes"])
        self.assertEqual(garbage["cycles"], answer["cycles"])
        self.assertEqual(garbage["heads"][0]["type"], answer["type"])
        self.assertEqual(garbage["heads"][0]["signature"], answer["signature"])
        for holder in found["holders"]:
            self.assertLess(holder["retained_bytes"], answer["retained_bytes"] / 10,
                            holder["path_text"])
        self.assertEqual(self.json("cycles", dump)["uncollectable"]["cycles"], answer.get("uncollectable", 0))

    def check_count(self, answer, dump):
        counts = {row["type"]: row["count"] for row in self.json("types", dump)["types"]}
        if "count" in answer:
            self.assertEqual(counts.get(answer["type"]), answer["count"])
        else:
            self.assertGreaterEqual(counts.get(answer["type"], 0), answer["count_at_least"])

    def check_path(self, answer, dump):
        """`path` of the leaking type agrees: all from that root, or all garbage."""
        where = self.json("path", dump, answer["type"])
        if answer.get("garbage"):
            self.assertEqual(where["unreached"], answer["count"])
            return
        # Of str some are always garbage.
        self.assertLessEqual(where["unreached"], where["count"] / 100)
        self.assertGreaterEqual(where["count"], answer.get("count", 1))
        self.assertGreaterEqual(where["retained_bytes"] * 1.25, answer["retained_bytes"])

    def check_cut(self, answer, dump, found):
        """All places must be cut, and each alone frees next to nothing; the verdict says the same."""
        cut = self.json("cut", dump, answer["type"])
        self.assertEqual(sorted(line["cut"] for line in cut["cut"]), answer["cut_all"])
        self.assertEqual(cut["freed"], answer["count"])
        self.assertGreaterEqual(cut["bytes"], answer["retained_bytes"])
        for line in cut["cut"]:
            self.assertLess(line["bytes"], answer["retained_bytes"] / 10)
        self.assertEqual(sorted(found["holders"][0]["cut_all"]), answer["cut_all"])
        self.assertEqual(found["holders"][0]["cut_all_bytes"], cut["bytes"])
        self.assertEqual(found["next"], ["cut", answer["signature"]])

    def check_text(self, answer, dump):
        screen = flat(self.analyze(dump))
        # The middle of a long path is left out on the screen.
        wanted = ([answer["type"]] if answer.get("garbage")
                  else [answer["root"], *dict.fromkeys((answer["path"][0], answer["path"][-1]))])
        self.assertIsNone(in_order(screen, wanted), screen)

    def check_memory(self, answer, dump, found):
        """Memory that is no Python object: which part it is, and that the screen says so."""
        report = self.json("memory", dump)
        self.assertGreaterEqual(report["parts"][answer["part"]], answer["bytes"])
        self.assertEqual(found["memory"], report["parts"])
        # It runs on meanwhile, and the kernel gives it pages of files around those it touches.
        self.assertAlmostEqual(sum(report["parts"].values()), report["rss_bytes"], delta=1 << 20)
        self.assertLess(report["parts"]["unexplained"], 1 << 20)
        self.assertTrue(found["stands_out"][0].startswith(answer["note"]), found["stands_out"])
        self.assertEqual(found["next"], ["memory"])
        self.assertIn(answer["note"], flat(self.analyze(dump)))
        if "pinned_by" in answer:
            pin = report["pymalloc"]["pinned"]["by"][0]
            self.assertEqual((pin["type"], pin["root"]), (answer["pinned_by"], answer["pinned_under"]))
            self.assertGreaterEqual(report["pymalloc"]["pinned"]["free_bytes"], answer["bytes"])
            # The very emptiest may be a new one, of which nobody knows more than that it is there.
            emptiest = [row["types"] for row in report["pymalloc"]["emptiest"]]
            self.assertGreater(sum(answer["pinned_by"] in types for types in emptiest), len(emptiest) / 2, emptiest)

    def check_sample(self, name, python):
        answer = expected(name)
        before = answer.get("before")
        if before and support.version_of(python) < tuple(before["version"]):
            answer.update(before)
        with support.sample(python, name) as target:
            dump = self.dump(target)
        found = self.json("analyze", dump)
        self.assertEqual(found["dump"]["pid"], target.pid)
        self.assertEqual(found["dump"]["python_version"], support.version(python))
        if "part" in answer:
            self.check_memory(answer, dump, found)
            return
        if "note" in answer:
            self.assertTrue(any(note.startswith(answer["note"]) for note in found["stands_out"]), found["stands_out"])
        if "next" in answer:
            self.assertEqual(found["next"], answer["next"])
        if answer.get("garbage"):
            self.check_garbage(answer, dump, found)
        else:
            self.check_holder(answer, found)
        self.check_count(answer, dump)
        self.check_path(answer, dump)
        if "cut_all" in answer:
            self.check_cut(answer, dump, found)
        self.check_text(answer, dump)


def add_tests():
    for name in NAMES:
        def test(self, python, name=name):
            self.check_sample(name, python)
        setattr(SampleTest, f"test_{name}", test)
    support.on_each(support.interpreters())(SampleTest)


add_tests()

if __name__ == "__main__":
    support.main()
