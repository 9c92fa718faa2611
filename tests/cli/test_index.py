# SPDX-License-Identifier: GPL-2.0-or-later
"""--index: the same answers from an index, and none from one that is not this dump's, damaged or hostile."""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import heaps  # noqa: E402

PROGRAM = os.environ["LEAKGRAPH"]
FORGE = os.path.join(os.environ["LEAKGRAPH_BUILD"], "tests", "corrupt", "index_forge")
QUESTIONS = (["analyze"], ["analyze", "--json"], ["types", "--sort", "retained"], ["types", "--json"], ["info"],
             ["info", "--json"], ["memory"], ["classes"], ["tree", "--depth", "9", "--min-share", "0"],
             ["path", "shop.models.Session"], ["path", "shop.models.Product"], ["path", "dict"], ["path", "#3"],
             ["path", "shop.models.Session", "--referrers"], ["path", "list", "--ignore", "dict"], ["waste"],
             ["cut", "shop.models.Session"], ["cut", "list"], ["cycles"], ["classes", "--package"],
             ["query", "SELECT name, count, shallow, retained FROM types ORDER BY retained DESC, id LIMIT 9"],
             ["query", "SELECT id, path(id), distance, retained FROM objects ORDER BY retained DESC, id LIMIT 9"],
             ["query", "SELECT retained('list'), count(*) FROM refs"],
             *(["export", "-o", "-", *format] for format in (
                 ["--heapsnapshot"], ["--folded"], ["--dot", "list"], ["--csv", "objects"], ["--csv", "refs"],
                 ["--json", "roots"], ["--json", "types"])))
WHOLE = ["path", "#3"]  # asks for all parts of an index
FORGERIES = 91


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

    def refused(self, path, why, question=WHOLE):
        """The answer comes from the dump; one line says why the index was left."""
        answer = ask(question, path)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertRegex(answer.stderr, r"\Aleakgraph: \S+heap\.msgpack\.index: %s: not used\n\Z" % why)
        os.rename(path + ".index", path + ".away")
        self.assertEqual(answer.stdout, ask(question, path).stdout)
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

    def test_the_same_profile(self):
        for dump in (self.made, self.real):
            path, index = self.copy(dump)
            for name in ("with", "without"):
                answer = ask(["summarize"], path, "-o", "%s.%s" % (path, name), "--name", "a build")
                self.assertEqual((answer.returncode, answer.stderr), (0, ""))
                if name == "with":
                    same = ask(["diff", path], path)
                    os.rename(index, index + ".away")
            self.assertEqual(same.stdout, ask(["diff", path], path).stdout)
            with open(path + ".with", "rb") as one, open(path + ".without", "rb") as other:
                self.assertEqual(one.read(), other.read())

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
        self.refused(path, "is of another dump, or of this one as it was", ["info"])

    def test_a_change_with_its_time_set_back(self):
        path, index = self.copy(self.made)
        time.sleep(3)  # what was changed a moment ago is read in any case
        os.unlink(index)
        self.assertEqual(ask(["types"], path, "--index").stderr, "")
        before = os.stat(path)
        with open(path, "r+b") as file:
            file.seek(before.st_size // 2)
            byte = file.read(1)
            file.seek(before.st_size // 2)
            file.write(bytes([byte[0] ^ 1]))
        # The time of the content can be set back; that of the inode cannot.
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        self.refused(path, "is of another dump, or of this one as it was", ["info"])
        with open(path, "r+b") as file:
            file.seek(before.st_size // 2)
            file.write(byte)
        self.assertEqual(ask(["info"], path).stderr, "", "the same content by its checksum")

    def test_both_are_moved(self):
        path, index = self.copy(self.made)
        moved = os.path.join(os.path.dirname(path), "moved.msgpack")
        shutil.copy(path, moved)
        os.rename(index, moved + ".index")
        with_index = ask(WHOLE, moved)
        self.assertEqual((with_index.returncode, with_index.stderr), (0, ""))
        self.assertEqual(with_index.stdout, ask(WHOLE, path).stdout)

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
            answer = ask(WHOLE, path)
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
        self.unwritten(path, "is a directory, expected a regular file or none")

    def test_the_disk_is_full(self):
        path, index = self.copy(self.made)
        os.unlink(index)
        self.unwritten(path, "File too large", preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_FSIZE, (10000, 10000)))
        self.assertEqual(os.listdir(os.path.dirname(path)), ["heap.msgpack"])

    def test_the_folder_is_read_only(self):
        path, index = self.copy(self.made)
        os.unlink(index)
        os.chmod(os.path.dirname(path), 0o555)
        self.addCleanup(os.chmod, os.path.dirname(path), 0o755)
        if os.geteuid() == 0:
            self.skipTest("root writes into any folder")
        self.unwritten(path, "Permission denied")

    def unwritten(self, path, why, **options):
        """The answer is there; one line says why there is no index."""
        answer = subprocess.run([PROGRAM, "types", path, "--index"], stdin=subprocess.DEVNULL, text=True,
                                capture_output=True, timeout=120, check=False, **options)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertRegex(answer.stderr,
                         r"\Aleakgraph: warning: \S+heap\.msgpack\.index: .*%s.*: not written\n\Z" % why)
        self.assertEqual(answer.stdout, ask(["types"], path).stdout)


if __name__ == "__main__":
    unittest.main()
