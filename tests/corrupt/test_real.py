# SPDX-License-Identifier: GPL-2.0-or-later
"""A dump of a real process: cut off at every byte, sections removed and doubled, bytes changed."""

import os
import subprocess
import tempfile
import unittest

import dumps


class Real(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = os.path.join(cls.folder.name, "real.msgpack")
        # -S -I: as few modules as an interpreter can have.
        process = subprocess.Popen(
            ["/usr/bin/python3", "-S", "-I", "-c", "import time; print('ready', flush=True); time.sleep(1000)"],
            stdout=subprocess.PIPE, text=True)
        try:
            process.stdout.readline()
            subprocess.run([os.environ["LEAKGRAPH"], "dump", str(process.pid), "-o", cls.path],
                           check=True, capture_output=True)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
        with open(cls.path, "rb") as file:
            cls.data = file.read()
        cls.values = dumps.unpack(cls.data)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def setUp(self):
        self.checker = dumps.Checker()
        self.addCleanup(self.checker.__exit__)

    def test_it_reads_whole(self):
        status, text = self.checker.read(self.data)
        self.assertEqual(status, dumps.OK, text)
        end = self.values[-1]
        self.assertGreater(end["objects"], 5000)
        self.assertTrue(text.startswith("%d objects, %d references" % (end["objects"], end["references"])), text)

    def test_cut_off_at_every_byte(self):
        path = os.path.join(self.folder.name, "cut.msgpack")
        with open(path, "wb") as file:
            file.write(self.data)
        self.assertGreater(len(self.data), 20000)
        for length in range(len(self.data) - 1, -1, -1):
            os.truncate(path, length)
            status, text = self.checker.read_path(path)
            self.assertEqual(status, dumps.UNREADABLE, "%d bytes: %s" % (length, text))
            self.assertTrue(text.startswith(("is cut off or corrupt", "header: cut off", "is no dump", "is empty")), text)

    def test_cut_off_and_sealed_again(self):
        body = self.data[:-25]
        for length in range(len(body) - 1, 0, -997):
            status, text = self.checker.read(dumps.sealed(body[:length]))
            self.assertEqual(status, dumps.UNREADABLE, "%d bytes: %s" % (length, text))

    def test_bytes_changed(self):
        for position in range(0, len(self.data), 499):
            changed = bytearray(self.data)
            changed[position] ^= 0x10
            status, text = self.checker.read(bytes(changed))
            self.assertEqual(status, dumps.UNREADABLE, "byte %d: %s" % (position, text))

    def test_bytes_changed_and_sealed_again(self):
        refused = 0
        for position in range(0, len(self.data) - 25, 211):
            changed = bytearray(self.data[:-25])
            changed[position] ^= 0x55
            status, text = self.checker.read(dumps.sealed(bytes(changed)))
            self.assertIn(status, (dumps.OK, dumps.UNREADABLE), "byte %d: %s" % (position, text))
            refused += status == dumps.UNREADABLE
        self.assertGreater(refused, 50)

    def test_each_section_removed_and_doubled(self):
        for index in range(1, len(self.values)):
            name = dumps.section_of(self.values[index])
            for values in (self.values[:index] + self.values[index + 1:],
                           self.values[:index + 1] + self.values[index:]):
                status, text = self.checker.read(dumps.sealed(dumps.pack(*values)))
                self.assertEqual(status, dumps.UNREADABLE, "%s: %s" % (name, text))


if __name__ == "__main__":
    unittest.main()
