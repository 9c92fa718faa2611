# SPDX-License-Identifier: GPL-2.0-or-later
"""--index: the same answers from an index, and none from one that is not this dump's, damaged or hostile."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import heaps  # noqa: E402

PROGRAM = os.environ["LEAKGRAPH"]
FORGE = os.path.join(os.environ["LEAKGRAPH_BUILD"], "tests", "corrupt", "index_forge")
QUESTIONS = (["analyze"], ["analyze", "--json"], ["types", "--sort", "retained"], ["info"],
             ["tree", "--depth", "9", "--min-share", "0"], ["path", "shop.models.Session"],
             ["path", "shop.models.Product"], ["path", "#3"])
FORGERIES = 80


def ask(question, path, *options):
    command, *rest = question
    return subprocess.run([PROGRAM, command, path, *rest, *options], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=120, check=False)


class IndexTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.made = heaps.shop().write(os.path.join(cls.folder.name, "made.msgpack"))
        cls.real = os.path.join(cls.folder.name, "real.msgpack")
        process = subprocess.Popen(
            ["/usr/bin/python3", "-c", "import json, time; x = [[] for _ in range(2000)];"
             " print('ready', flush=True); time.sleep(1000)"], stdout=subprocess.PIPE, text=True)
        try:
            process.stdout.readline()
            subprocess.run([PROGRAM, "dump", str(process.pid), "-o", cls.real], check=True,
                           capture_output=True)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def copy(self, path):
        """The dump alone in a folder of its own, with its index written."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        copied = shutil.copy(path, os.path.join(folder.name, "heap.msgpack"))
        answer = ask(["info"], copied, "--index")
        self.assertEqual((answer.returncode, answer.stderr), (0, ""))
        return copied, copied + ".index"

    def refused(self, path, why):
        """The answer comes from the dump; one line says why the index was left."""
        answer = ask(["analyze"], path)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertRegex(answer.stderr, r"\Aleakgraph: \S+heap\.msgpack\.index: %s: not used\n\Z" % why)
        os.rename(path + ".index", path + ".away")
        self.assertEqual(answer.stdout, ask(["analyze"], path).stdout)
        os.rename(path + ".away", path + ".index")

    def test_the_same_answers(self):
        for dump in (self.made, self.real):
            path, index = self.copy(dump)
            for question in QUESTIONS:
                with_index = ask(question, path)
                os.rename(index, index + ".away")
                without = ask(question, path)
                os.rename(index + ".away", index)
                self.assertEqual((with_index.returncode, with_index.stdout, with_index.stderr),
                                 (without.returncode, without.stdout, without.stderr), question)
                self.assertTrue(without.stdout or without.returncode, question)

    def test_it_is_the_index_that_answers(self):
        path, index = self.copy(self.made)
        self.assertEqual(os.stat(index).st_mode & 0o777, 0o600)
        size = os.path.getsize(path)
        before = os.stat(index).st_mtime_ns
        self.assertEqual(ask(["types"], path, "--index").returncode, 0)
        self.assertEqual(os.stat(index).st_mtime_ns, before, "a good index was written again")
        with open(path, "r+b") as file:  # of the same length: only a checksum can tell
            file.seek(size // 2)
            byte = file.read(1)
            file.seek(size // 2)
            file.write(bytes([byte[0] ^ 1]))
        answer = ask(["info"], path)
        self.assertIn("is of another dump, or of this one as it was", answer.stderr)

    def test_another_dump(self):
        path, index = self.copy(self.made)
        heap = heaps.shop()
        heap.add("bytes", 99)
        heap.write(path)
        self.refused(path, "is of another dump, or of this one as it was")
        self.assertEqual(ask(["info"], path, "--index").returncode, 0)
        self.assertEqual(ask(["info"], path).stderr, "", "it was not written anew")

    def test_others_may_write_it(self):
        path, index = self.copy(self.made)
        os.chmod(index, 0o620)
        self.refused(path, r"may be written by others \(user \d+, mode 620, expected user \d+, 600\)")

    def test_cut_off_anywhere(self):
        path, index = self.copy(self.made)
        size = os.path.getsize(index)
        for length in [*range(size - 1, 0, -size // 23), 100, 1, 0]:
            os.truncate(index, length)
            self.refused(path, r"has \d+ bytes, (expected \d+|too few for an index)")

    def test_every_part_is_guarded(self):
        path, index = self.copy(self.made)
        with open(index, "rb") as file:
            whole = file.read()
        for at in range(0, len(whole), len(whole) // 97):
            damaged = bytearray(whole)
            damaged[at] ^= 0x40
            with open(index, "wb") as file:
                file.write(damaged)
            answer = ask(["types"], path)
            self.assertEqual(answer.returncode, 0, answer.stderr)
            # Between blocks there are a few bytes that mean nothing.
            if "not used" not in answer.stderr:
                self.assertEqual((whole[at], answer.stderr), (0, ""), at)

    def test_lies_with_good_checksums(self):
        """Whatever a hostile index says: an answer or a refusal, no crash, no endless loop."""
        path, index = self.copy(self.real)
        whole = shutil.copy(index, index + ".whole")
        left = 0
        for seed in range(FORGERIES):
            shutil.copy(whole, index)
            subprocess.run([FORGE, index, str(seed)], check=True, capture_output=True)
            question = QUESTIONS[seed % len(QUESTIONS)]
            answer = ask(question, path)
            self.assertIn(answer.returncode, (0, 2), "seed %d: %s: %s" % (seed, question, answer.stderr))
            left += "not used" in answer.stderr
        self.assertGreater(left, FORGERIES // 4)
        self.assertLess(left, FORGERIES)

    def test_it_cannot_be_written(self):
        path, index = self.copy(self.made)
        os.unlink(index)
        os.mkdir(index)
        answer = ask(["types"], path, "--index")
        self.assertEqual(answer.returncode, 6, answer.stderr)
        self.assertIn("heap.msgpack.index: is a directory, expected a regular file or none", answer.stderr)


if __name__ == "__main__":
    unittest.main()
