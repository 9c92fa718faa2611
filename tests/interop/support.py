# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of exports share: hand-written heaps, and the program run on them."""

import os
import subprocess
import sys
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ.get("LEAKGRAPH", os.path.join(TOP, "build", "leakgraph"))
SECONDS = 300
sys.path.insert(0, os.path.join(TOP, "tests", "cli"))

import heaps  # noqa: E402  (beside the tests of the command line)


def run(*arguments, **options):
    options.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run([PROGRAM, *map(str, arguments)], timeout=SECONDS, check=False,
                          capture_output="stdout" not in options, **options)


class ExportTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="leakgraph-interop-")
        cls.shop = heaps.shop().write(os.path.join(cls.folder.name, "shop.msgpack"))
        cls.hostile = heaps.hostile().write(os.path.join(cls.folder.name, "hostile.msgpack"))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def file(self, name):
        return os.path.join(self.folder.name, name)

    def succeed(self, *arguments):
        result = run(*arguments)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        return result.stdout

    def export(self, dump, *arguments):
        """The bytes of the file written; the same are had from stdout."""
        path = self.file("exported")
        self.assertEqual(self.succeed("export", dump, *arguments, "-o", path), b"")
        with open(path, "rb") as file:
            written = file.read()
        self.assertEqual(written, self.succeed("export", dump, *arguments, "-o", "-"))
        return written

    def refuse(self, code, message, *arguments, **options):
        result = run(*arguments, **options)
        self.assertEqual((result.returncode, result.stderr.decode()), (code, f"leakgraph: {message}\n"))
