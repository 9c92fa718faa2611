# SPDX-License-Identifier: GPL-2.0-or-later
"""Interpreters where they are not looked for: under another name, deleted, two in one process."""

import os
import shutil
import signal
import subprocess
import sys

import support
from dump_columns import Dump

MODULE, THREAD = 1, 3

SLEEP = """
class Held: pass
held = Held()
ready()
import time
time.sleep(1000)
"""

# One interpreter in another: its objects stand in lists of the collector of its own.
SUB_INTERPRETER = """
import sys, time
sys.dont_write_bytecode = True
try:
    import _xxsubinterpreters as interpreters
except ImportError:  # its name from 3.13 on
    import _interpreters as interpreters
other = interpreters.create()
interpreters.run_string(other, '''
class Tenant:
    def __init__(self): self.rows = [self]
tenants = [Tenant() for _ in range(1234)]
import atexit, codecs, sys
class Registered(Tenant): pass
atexit.register(print, Registered())
kept = sys.intern('only in the sub-interpreter' + str(len(tenants)))
''')
class Held: pass
held = Held()
ready()
time.sleep(1000)
"""


def executable(python):
    """(the program itself, prefix of its library)"""
    told = subprocess.run([python, "-c", "import os, sys; print(os.path.realpath(sys.executable)); print(sys.base_prefix)"],
                          capture_output=True, text=True, check=True)
    return told.stdout.split("\n")[:2]


@support.on_each(support.interpreters())
class PlacesTest(support.LiveTest):
    def start_copy(self, python):
        program, prefix = executable(python)
        copy = shutil.copy(program, self.path("shop-worker"))
        environment = dict(os.environ, PYTHONHOME=prefix)
        libraries = os.path.join(prefix, "lib")
        environment["LD_LIBRARY_PATH"] = libraries
        return copy, support.target(copy, SLEEP, env=environment)

    def check(self, target):
        dump = Dump(self.dump(target))
        self.assertIn("__main__.Held", [dump.type_of(n) for n in range(len(dump))])

    def test_under_another_name(self, python):
        _, target = self.start_copy(python)
        with target:
            self.check(target)

    def test_deleted(self, python):
        copy, target = self.start_copy(python)
        with target:
            os.unlink(copy)
            self.check(target)

    def test_two_interpreters_in_one_process(self, python):
        with support.target(python, SUB_INTERPRETER) as target:
            path = self.dump(target)
        dump = Dump(path)
        types = [dump.type_of(n) for n in range(len(dump))]
        self.assertEqual(types.count("__main__.Tenant"), 1234)
        self.assertEqual(types.count("__main__.Held"), 1)
        found = self.json("path", path, "__main__.Tenant")
        self.assertEqual(found["unreached"], 0)
        self.assertRegex(found["shortest"][0]["path_text"],
                         r"^interpreter 1 module __main__ → \.tenants → \[\] ×1,234 → __main__.Tenant$")
        held = self.json("path", path, "__main__.Registered")["shortest"][0]["path_text"]
        self.assertRegex(held, r"^interpreter 1 (module )?atexit → ")
        roots = {(dump.strings[name], interpreter) for kind, name, interpreter in
                 zip(*(dump["roots", column] for column in ("kind", "name", "interpreter"))) if kind == MODULE}
        self.assertLessEqual({("__main__", 0), ("__main__", 1), ("sys", 0), ("sys", 1)}, roots)
        threads = [interpreter for kind, interpreter in zip(dump["roots", "kind"], dump["roots", "interpreter"])
                   if kind == THREAD]
        self.assertEqual(sorted(threads)[0], 0)
        self.assertEqual(self.json("analyze", path)["garbage"]["objects"], 0)

    def test_stopped_target_stays_stopped(self, python):
        with support.target(python, SLEEP) as target:
            os.kill(target.pid, signal.SIGSTOP)
            self.assertTrue(support.wait_until(lambda: target.state()[0] == "T"))
            result = support.leakgraph("dump", target.pid, "-o", self.path())
            self.assertEqual(target.state(), ("T", 0), result.stderr)
            if result.returncode:
                self.assert_refused(result, support.EXIT_ATTACH)
            os.kill(target.pid, signal.SIGCONT)
            self.assertTrue(support.wait_until(lambda: target.state()[0] == "S"))
            self.check(target)


if __name__ == "__main__":
    sys.exit(support.main())
