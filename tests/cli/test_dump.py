# SPDX-License-Identifier: GPL-2.0-or-later
"""`leakgraph dump` as a command: file names, the summary line, --redact, refusals of the file."""

import os
import re
import resource
import stat
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "live"))
import support  # noqa: E402  (its folder is no package)

LEAK = """
import sys, time
class Secret: pass
VERY_PRIVATE = []
for i in range(3000):
    secret = Secret()
    secret.hidden_name = bytes(2000)
    VERY_PRIVATE.append(secret)
del secret
ready()
time.sleep(1000)
"""

SUMMARY = (r"^{name}: [\d,]+ objects, [\d,]+ references, \d+\.\d MB; the process stood still for "
           r"\d+\.\d ms, walked in \d+\.\d\d s\n$")


@support.on_each(support.interpreters())
class DumpTest(support.LiveTest):
    def run_in_folder(self, *arguments):
        return subprocess.run([support.PROGRAM, *map(str, arguments)], capture_output=True, text=True,
                              cwd=self.folder, timeout=support.TOOL_SECONDS, check=False)

    def test_default_name_and_summary(self, python):
        with support.target(python, LEAK) as target:
            result = self.run_in_folder("dump", target.pid)
            self.assert_unharmed(target)
        name = f"leakgraph-{target.pid}.msgpack"
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertRegex(result.stdout, SUMMARY.format(name=name))
        self.assertEqual(os.listdir(self.folder), [name])
        self.assertEqual(stat.S_IMODE(os.stat(self.path(name)).st_mode), 0o600)
        holder = self.json("analyze", self.path(name))["holders"][0]
        self.assertEqual(holder["path_text"], "module __main__ → .VERY_PRIVATE → [] ×3,000 → "
                                              "__main__.Secret → .hidden_name")
        self.assertEqual(holder["cut"], "__main__.VERY_PRIVATE")

    def test_an_older_dump_is_replaced(self, python):
        with open(self.path(), "wb") as file:
            file.write(b"old")
        with support.target(python, LEAK) as target:
            self.dump(target)
        self.assertEqual(os.listdir(self.folder), ["dump.msgpack"])
        self.assertGreater(os.path.getsize(self.path()), 1000)

    def test_redacted(self, python):
        # In a file: the command line stays as it is.
        with open(self.path("service.py"), "w", encoding="utf-8") as file:
            file.write("import os\ndef ready(): print('ready', os.getpid(), flush=True)\n" + LEAK)
        with support.Target([python, self.path("service.py")]) as target:
            self.dump(target, "plain.msgpack")
            self.succeed("dump", "--redact", target.pid, "-o", self.path())
        names = ["VERY_PRIVATE", "hidden_name"]
        for command, operands in [("analyze", []), ("tree", ["-m", "0"])]:
            plain = self.succeed(command, self.path("plain.msgpack"), *operands, "--json")
            redacted = self.succeed(command, self.path(), *operands, "--json")
            for name in names:
                self.assertIn(name, plain)
                self.assertNotIn(name, redacted)
        holder = self.json("analyze", self.path())["holders"][0]
        self.assertRegex(holder["path_text"], r"^module __main__ → \.~[0-9a-f]{16} → \[\] ×3,000 → "
                                              r"__main__\.Secret → \.~[0-9a-f]{16}$")

    def test_the_three_in_one_go(self, python):
        environment = dict(os.environ, TMPDIR=self.folder)
        with support.target(python, LEAK) as target:
            text = self.succeed(target.pid, env=environment)
            self.assert_unharmed(target)
            self.assertIn("VERY_PRIVATE", self.succeed(target.pid, "-o", self.path(), "--json", "--top", 1))
            redacted = self.succeed(target.pid, "--redact", "-o", self.path("redacted"))
        summary, empty, verdict = text.split("\n", 2)
        name = re.match(rf"^{re.escape(self.folder)}/(leakgraph-{target.pid}-\d{{8}}T\d{{6}}Z\.msgpack): ", summary)
        self.assertTrue(name, summary)
        self.assertRegex(summary + "\n", SUMMARY.format(name=r"\S+"))
        self.assertEqual((empty, verdict), ("", self.analyze(self.path(name[1]))))
        self.assertIn("cut __main__.VERY_PRIVATE", verdict)
        self.assertNotIn("VERY_PRIVATE", redacted)
        self.assertEqual(sorted(os.listdir(self.folder)), ["dump.msgpack", name[1], "redacted"])

    def test_the_three_in_one_go_refused(self, python):
        with support.target(python, "ready()") as target:
            target.process.wait()
        self.assert_refused(support.leakgraph(target.pid), support.EXIT_ATTACH, f"no process {target.pid}")
        for word in "12x", "":
            self.assert_refused(support.leakgraph(word), support.EXIT_USAGE, f"there is no command '{word}'")
        for word in "PID", "99999999999":
            self.assert_refused(support.leakgraph(word), support.EXIT_USAGE,
                                f"PID expects the number of a process, not '{word}'")
        self.assert_refused(support.leakgraph(target.pid, "12"), support.EXIT_USAGE,
                            "PID expects one number, and no '12' behind it")

    def test_folder_that_is_not_there(self, python):
        with support.target(python, LEAK) as target:
            result = support.leakgraph("dump", target.pid, "-o", self.path("none/dump.msgpack"))
            self.assert_unharmed(target)
        self.assert_refused(result, support.EXIT_SYSTEM, "none/dump.msgpack", "No such file")

    def test_the_file_is_refused_before_the_process_is_touched(self, python):
        with support.target(python, "ready()") as target:
            target.process.wait()
        for name, words in [("none/dump.msgpack", "No such file"), (".", "is a directory")]:
            result = support.leakgraph("dump", target.pid, "-o", self.path(name))
            self.assert_refused(result, support.EXIT_SYSTEM, name, words)
        self.assertEqual(os.listdir(self.folder), [])

    def test_no_file_called_dash(self, python):
        with support.target(python, LEAK) as target:
            result = self.run_in_folder("dump", target.pid, "-o", "-")
        self.assert_refused(result, support.EXIT_USAGE, "--output", "'-'")
        self.assertEqual(os.listdir(self.folder), [])

    def test_file_size_limits(self, python):
        def limited():
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        with support.target(python, LEAK) as target:
            result = subprocess.run([support.PROGRAM, "dump", str(target.pid), "-o", self.path()],
                                    preexec_fn=limited, capture_output=True, text=True,
                                    timeout=support.TOOL_SECONDS, check=False)
            self.assert_unharmed(target)
        self.assert_refused(result, support.EXIT_SYSTEM, "File too large")
        self.assertEqual(os.listdir(self.folder), [])
        # The target's own limit is no business of the tool's.
        with support.target(python, LEAK, preexec_fn=limited) as target:
            self.dump(target)
            self.assert_unharmed(target)

    def test_full_stdout_is_told_and_the_dump_is_whole(self, python):
        with support.target(python, LEAK) as target, open("/dev/full", "wb") as full:
            result = subprocess.run([support.PROGRAM, "dump", str(target.pid), "-o", self.path()],
                                    stdout=full, stderr=subprocess.PIPE, text=True,
                                    timeout=support.TOOL_SECONDS, check=False)
        self.assertEqual(result.returncode, support.EXIT_SYSTEM)
        self.assertEqual(result.stderr, "leakgraph: stdout: No space left on device\n")
        self.assertEqual(self.json("types", self.path())["dump"]["pid"], target.pid)


if __name__ == "__main__":
    unittest.main(verbosity=2)
