# SPDX-License-Identifier: GPL-2.0-or-later
"""Where exports go: whole files, stdout, full disks; and what is asked wrongly."""

import os
import resource
import stat
import subprocess
import sys
import unittest

import support

FORMATS = [["--heapsnapshot"], ["--pprof"], ["--folded"], ["--dot", "shop.models.Session"], ["--csv", "objects"],
           ["--json", "refs"]]


class OutputTest(support.ExportTest):
    def test_a_file_is_whole_and_its_owners_alone(self):
        for arguments in FORMATS:
            self.export(self.shop, *arguments)
            self.assertEqual(stat.S_IMODE(os.stat(self.file("exported")).st_mode), 0o600)

    def test_a_full_disk_leaves_what_was_there(self):
        def small_files():
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

        for arguments in FORMATS:
            path = self.file("kept")
            with open(path, "wb") as file:
                file.write(b"as it was")
            before = sorted(os.listdir(self.folder.name))
            result = support.run("export", self.shop, *arguments, "-o", path, preexec_fn=small_files)
            self.assertEqual(result.returncode, 6, (arguments, result.stderr))
            self.assertIn(b"/kept: writing at byte ", result.stderr)
            self.assertEqual(sorted(os.listdir(self.folder.name)), before)
            with open(path, "rb") as file:
                self.assertEqual(file.read(), b"as it was")

    def test_stdout_that_is_full_or_gone(self):
        for arguments in FORMATS:
            with open("/dev/full", "wb") as full:
                self.refuse(6, "stdout: No space left on device", "export", self.shop, *arguments, "-o", "-",
                            stdout=full, stderr=subprocess.PIPE)
            read, write = os.pipe()
            os.close(read)
            result = support.run("export", self.shop, *arguments, "-o", "-", stdout=write, stderr=subprocess.PIPE)
            os.close(write)
            self.assertEqual((result.returncode, result.stderr), (6, b""))

    def test_what_a_dump_hides_stays_hidden(self):
        program = "SECRET_NAME = {'secret key': [bytes(5000)]}; print('ready', flush=True); input()"
        target = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            self.assertEqual(target.stdout.readline(), b"ready\n")
            shown, hidden = self.file("shown.msgpack"), self.file("hidden.msgpack")
            self.succeed("dump", target.pid, "-o", shown)
            self.succeed("dump", target.pid, "--redact", "-o", hidden)
        finally:
            target.communicate(b"\n")
        for arguments in FORMATS:
            if "--dot" in arguments:
                arguments = ["--dot", "list"]
            text = self.export(hidden, *arguments)
            self.assertNotIn(b"secret key", text)
            self.assertNotIn(b"SECRET_NAME", text)
        self.assertIn(b"SECRET_NAME", self.export(shown, "--heapsnapshot"))
        self.assertIn(b"secret key", self.export(shown, "--json", "refs"))

    def test_usage(self):
        self.refuse(2, "export expects a format, such as --heapsnapshot (see: leakgraph help export)",
                    "export", self.shop, "-o", "x")
        self.refuse(2, "export expects -o FILE, or -o - for stdout", "export", self.shop, "--heapsnapshot")
        self.refuse(2, "--csv is a second format: one a call",
                    "export", self.shop, "--heapsnapshot", "--csv", "objects", "-o", "x")
        for option in (["--sites"], ["--depth", "9"], ["--min-share", "1"]):
            self.refuse(2, f"{option[0]} is for --pprof and --folded",
                        "export", self.shop, "--heapsnapshot", *option, "-o", "x")
        self.refuse(6, "/dev/null: is a device, pipe or socket, expected a regular file or none",
                    "export", self.shop, "--heapsnapshot", "-o", "/dev/null")
        self.refuse(2, "--min-retained is for --heapsnapshot",
                    "export", self.shop, "--pprof", "--min-retained", "1MB", "-o", "x")


if __name__ == "__main__":
    unittest.main()
