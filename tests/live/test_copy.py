# SPDX-License-Identifier: GPL-2.0-or-later
"""Where a process may not be forked, its memory is copied out: the same dump, and a line that says why."""

import errno
import os
import resource
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import seccomp
import support
from dump_columns import Dump

LEAK = """
import mmap, threading, time
class Session:
    def __init__(self): self.items = [object()] * 3
SESSIONS = {str(i): Session() for i in range(20000)}
SHARED = mmap.mmap(-1, 1 << 20)
SHARED[:5] = b"hello"
UNTOUCHED = mmap.mmap(-1, 1 << 33, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000)
for i in range(20):
    threading.Thread(target=time.sleep, args=(1000,), name="worker-%d" % i, daemon=True).start()
ready()
time.sleep(1000)
"""

WITH_SECCOMP = dict(os.environ, PYTHONPATH=os.path.dirname(os.path.abspath(seccomp.__file__)))
# The interpreter may lie where only root may look: it is started, and its modules loaded, first.
BECOME_NOBODY = """
import ctypes, mmap, os, seccomp, threading, time
os.setgroups([])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # PR_SET_DUMPABLE: a change of the user has taken it
"""

INSTEAD = "its memory is copied out instead, for which it stands still longer"


@support.on_each(support.interpreters())
class CopyTest(support.LiveTest):
    def leak(self, python, code=LEAK, **options):
        return support.target(python, code, **options)

    def copy(self, process, *arguments, name="copy.msgpack"):
        result = support.leakgraph("dump", process.pid, "-o", self.path(name), *arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("stood still for", result.stdout)
        self.assert_unharmed(process)
        info = Dump(self.path(name)).info
        self.assertEqual((info["source"], info["faults"]), (1, 0))
        self.assertGreater(info["pause_ns"], 0)
        return self.path(name), result.stderr

    def assert_equal_dumps(self, one, other):
        one, other = Dump(one), Dump(other)
        # malloc's own state moves with nothing.
        for table in set(one.table) | set(other.table):
            if table[0] in ("objects", "inner", "references", "roots", "types", "threads", "frames"):
                self.assertEqual(one.table.get(table), other.table.get(table), table)
        self.assertEqual(one.strings, other.strings)

    def test_the_same_as_a_fork(self, python):
        with self.leak(python) as target:
            fork = self.dump(target, "fork.msgpack")
            copy, said = self.copy(target, "--copy")
            self.assertEqual(said, "")
        self.assert_equal_dumps(copy, fork)

    def test_limit_on_processes(self, python):
        if os.getuid() != 0:
            self.skipTest("not root: the limits of other users can't be set")
        code = ("import resource\n" + BECOME_NOBODY +
                LEAK.replace("ready()", "resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))\nready()"))
        with self.leak(python, code, env=WITH_SECCOMP) as target:
            copy, said = self.copy(target)
            self.assertRegex(said, rf"^leakgraph: warning: process {target.pid} may not be copied: clone: .*"
                                   rf"\(a limit on processes: .*\): {INSTEAD}\n$")
            self.assertEqual(self.json("info", copy)["dump"]["source"], "copy")
            self.assertIn("while its memory was copied out", self.succeed("info", copy))

    def control_group(self, kind, *limits):
        """A new group, of version 1 or 2, and the first of these files that limits something in it."""
        group = next((g for g in (f"/sys/fs/cgroup/{kind}", "/sys/fs/cgroup") if os.path.exists(g + "/cgroup.procs")
                      and os.access(g, os.W_OK)), None)
        if group is None:
            self.skipTest(f"no control group of {kind} that we may make")
        group = os.path.join(group, f"leakgraph-test-{os.getpid()}")
        try:
            os.mkdir(group)
        except OSError as error:
            self.skipTest(f"no control group can be made: {error}")
        self.addCleanup(os.rmdir, group)
        limit = next((os.path.join(group, name) for name in limits if os.path.exists(os.path.join(group, name))), None)
        if limit is None:
            self.skipTest(f"control groups without {limits[0]}")
        return group, limit

    def test_limit_of_a_control_group(self, python):
        group, limit = self.control_group("pids", "pids.max")
        with self.leak(python) as target:
            try:
                self.write(group + "/cgroup.procs", target.pid)
            except OSError as error:
                self.skipTest(f"a process can't be moved to a control group: {error}")
            try:
                self.write(limit, 1)
                _, said = self.copy(target)
                self.assertIn("pids.max", said)
                self.assertIn(INSTEAD, said)
            finally:
                target.process.kill()
                target.process.wait()
                support.wait_until(lambda: not self.read(group + "/cgroup.procs"))

    def test_group_near_its_end(self, python):
        """Beside the process there is no room for a copy of it."""
        group, limit = self.control_group("memory", "memory.limit_in_bytes", "memory.max")
        self.write(limit, 128 << 20)
        with self.leak(python, "FILLER = b'x' * (80 << 20)\n" + LEAK,
                       preexec_fn=lambda: self.write(group + "/cgroup.procs", os.getpid())) as target:
            _, said = self.copy(target)
            self.assertRegex(said, rf"^leakgraph: warning: process {target.pid} may not be copied: the memory of its "
                                   rf"group is near its end: \d+ of {128 << 20} bytes are left, expected \d+ for a "
                                   rf"copy beside it \({group}\): {INSTEAD}\n$")

    @staticmethod
    def read(path):
        with open(path, encoding="ascii") as file:
            return file.read()

    @staticmethod
    def write(path, value):
        with open(path, "w", encoding="ascii") as file:
            file.write(str(value))

    def test_filter_that_forbids_clone(self, python):
        """As an ordinary user, who may not suspend it, with a filter that fails the call or kills for it."""
        if os.getuid() != 0 or not shutil.which("setpriv"):
            self.skipTest("not root, or no setpriv: no other user is there to try this as")
        os.chmod(self.folder, 0o777)
        program = shutil.copy(os.path.realpath(support.PROGRAM), self.path("leakgraph"))
        os.chmod(program, 0o755)
        nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        for answer in errno.EPERM, seccomp.KILL:
            code = BECOME_NOBODY + LEAK.replace("ready()", f"seccomp.forbid({{'clone': {answer}}})()\nready()")
            with self.leak(python, code, env=WITH_SECCOMP) as target:
                result = subprocess.run([*nobody, program, "dump", str(target.pid), "-o", self.path()],
                                        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
                                        timeout=support.TOOL_SECONDS)
                if "ptrace_scope" in result.stderr:
                    self.skipTest("kernel.yama.ptrace_scope")
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertRegex(result.stderr, rf"seccomp filter.*: {INSTEAD}\n$")
                self.assert_unharmed(target)
            os.unlink(self.path())

    def test_a_filter_that_would_kill_is_not_relied_on_to_stay_suspended(self, python):
        """The suspension ends with the dumper: where the filter then kills, no call is made in the process."""
        if not seccomp.may_suspend():
            self.skipTest("may not suspend filters")
        for call, answer, copied in (("clone", seccomp.KILL, True), ("wait4", errno.EPERM, True),
                                     ("rt_sigreturn", seccomp.KILL, True), ("clone", errno.EPERM, False),
                                     ("keyctl", seccomp.KILL, False)):
            code = "import seccomp\n" + LEAK.replace("ready()", f"seccomp.forbid({{'{call}': {answer}}})()\nready()")
            with self.subTest(call=call, answer=answer), self.leak(python, code, env=WITH_SECCOMP) as target:
                result = support.leakgraph("dump", target.pid, "-o", self.path())
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertRegex(result.stderr, rf"^leakgraph: .* seccomp filter .*: {INSTEAD}\n$" if copied else "^$")
                self.assert_unharmed(target)
            os.unlink(self.path())

    def refuse_for_want_of_room(self, python, by, limited):
        with self.leak(python, "FILLER = b'x' * (300 << 20)\n" + LEAK) as target:
            result = support.leakgraph("dump", target.pid, "--copy", "-o", self.path(), preexec_fn=limited)
            self.assert_refused(result, support.EXIT_SYSTEM, "no memory for the copy of the process's memory",
                                f"left by {by}")
            self.assert_unharmed(target)

    def test_no_room_for_the_copy(self, python):
        def limited():
            resource.setrlimit(resource.RLIMIT_AS, (256 << 20, 256 << 20))
        if support.leakgraph("--version", preexec_fn=limited).returncode != 0:
            self.skipTest("a sanitizer maps more memory than the limit of this test")
        self.refuse_for_want_of_room(python, "RLIMIT_AS", limited)

    def test_no_room_in_the_control_group(self, python):
        group, limit = self.control_group("memory", "memory.limit_in_bytes", "memory.max")
        self.write(limit, 256 << 20)
        self.refuse_for_want_of_room(python, "the control group",
                                     lambda: self.write(group + "/cgroup.procs", os.getpid()))


if __name__ == "__main__":
    unittest.main(verbosity=2)
