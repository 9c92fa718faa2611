# SPDX-License-Identifier: GPL-2.0-or-later
"""What can't be dumped: one clear line, exit code 5, and the process as it was."""

import ctypes
import os
import shutil
import signal
import subprocess
import time
import unittest

import support

SLEEP = "ready()\nimport time\ntime.sleep(1000)\n"

# A program that says that it is ready, and sleeps.
READY = """
#include <stdio.h>
#include <unistd.h>
int main(void)
{
	printf("ready %d\\n", (int)getpid());
	fflush(stdout);
	sleep(1000);
	return 0;
}
"""

# A 32-bit program that sleeps, without any library: the compiler needs none of its 32-bit ones.
SLEEP_32 = """
.globl _start
_start:
	movl $29, %eax  # pause
	int $0x80
	jmp _start
"""


class RefusalTest(support.LiveTest):
    def refuse(self, pid, *parts, **options):
        before = set(os.listdir(self.folder))
        result = support.leakgraph("dump", pid, "-o", self.path(), **options)
        self.assert_refused(result, support.EXIT_ATTACH, *parts)
        self.assertEqual(set(os.listdir(self.folder)), before, "a file was left behind")

    def test_not_python(self):
        with support.Target(["/bin/sleep", "1000"], ready=False) as target:
            self.refuse(target.pid, f"process {target.pid} (sleep): not a Python process: none of its "
                                    "images holds a CPython interpreter")
            self.assert_unharmed(target)

    def test_gone(self):
        with support.Target(["/bin/true"], ready=False) as target:
            target.process.wait()
            self.refuse(target.pid, str(target.pid))

    def test_zombie(self):
        with support.Target(["/bin/true"], ready=False) as target:
            self.assertTrue(support.wait_until(lambda: target.state()[0] == "Z"))
            self.refuse(target.pid, str(target.pid))

    def test_no_such_pid(self):
        self.refuse(2 ** 22 + 1, str(2 ** 22 + 1))

    def test_pid_that_is_none(self):
        for word in ("0", "-1", "x", "1x", "", "99999999999999999999"):
            result = support.leakgraph("dump", "--", word)
            self.assert_refused(result, support.EXIT_USAGE)

    @unittest.skipUnless(os.getuid() == 0, "only root can start the program as somebody else")
    def test_somebody_elses(self):
        setpriv = shutil.which("setpriv")
        if not setpriv:
            self.skipTest("no setpriv")
        os.chmod(self.folder, 0o777)
        # A copy, since the way to the program may not be open to everybody.
        program = shutil.copy(support.PROGRAM, self.path("leakgraph"))
        os.chmod(program, 0o755)
        with support.target(support.interpreters()[0], SLEEP) as target:
            result = subprocess.run(
                [setpriv, "--reuid=65534", "--regid=65534", "--clear-groups", program, "dump",
                 str(target.pid), "-o", self.path()],
                capture_output=True, text=True, timeout=support.TOOL_SECONDS, check=False,
                stdin=subprocess.DEVNULL)
            self.assert_refused(result, support.EXIT_ATTACH, str(target.pid))
            self.assert_unharmed(target)
        self.assertEqual(os.listdir(self.folder), ["leakgraph"])

    def test_32_bit(self):
        compiler = shutil.which("gcc") or shutil.which("clang")
        if not compiler:
            self.skipTest("no C compiler to make a 32-bit program with")
        source, program = self.path("sleep.S"), self.path("sleep")
        with open(source, "w", encoding="ascii") as file:
            file.write(SLEEP_32)
        made = subprocess.run([compiler, "-m32", "-nostdlib", "-static", "-o", program, source],
                              capture_output=True, text=True, check=False)
        if made.returncode != 0:
            self.skipTest(f"{compiler} makes no 32-bit programs")
        try:
            target = support.Target([program], ready=False)
        except OSError:
            self.skipTest("the kernel runs no 32-bit programs")
        with target:
            self.assertTrue(support.wait_until(lambda: target.state()[0] == "S"))
            self.refuse(target.pid, str(target.pid), "32-bit")
            self.assert_unharmed(target)

    def program(self, text, *options):
        """The path of a program made of C."""
        compiler = shutil.which("gcc") or shutil.which("clang")
        if not compiler:
            self.skipTest("no C compiler to make a program with")
        source, program = self.path("program.c"), self.path("program")
        with open(source, "w", encoding="ascii") as file:
            file.write(text)
        subprocess.run([compiler, *options, "-o", program, source], check=True)
        return program

    def test_versions_by_what_they_export(self):
        """Builds that no suite has, as far as what tells them: a free-threaded one, and one to come."""
        exports = "unsigned Py_Version = %s; long _PyRuntime[8]; %s\n"
        for made, said in (("0x030d05f0", "CPython 3.13.5, a free-threaded build, whose collector keeps no lists"),
                           ("0x030e00f0", "CPython 3.14.0, a free-threaded build, whose collector keeps no lists"),
                           ("0x031000a1", "CPython 3.16.0a1; supported: ")):
            free = "void _Py_MergeZeroLocalRefcount(void) {}" if "free" in said else ""
            program = self.program(exports % (made, free) + READY, "-rdynamic")
            with self.subTest(made), support.Target([program]) as target:
                result = support.leakgraph("dump", target.pid, "-o", self.path())
                self.assert_refused(result, support.EXIT_ATTACH, f"process {target.pid} (", said,
                                    ", ".join(support.SUPPORTED))
                self.assert_unharmed(target)

    def test_traced_by_another_tool(self):
        with support.target(support.interpreters()[0], SLEEP) as target:
            tracer = os.fork()
            if tracer == 0:
                libc = ctypes.CDLL(None)
                seize = libc.ptrace(0x4206, ctypes.c_long(target.pid), None, None)
                while seize == 0:
                    time.sleep(1000)
                os._exit(1)
            try:
                self.assertTrue(support.wait_until(lambda: target.state()[1] == tracer))
                self.refuse(target.pid, f"process {target.pid} (", f"is traced by process {tracer} (python3")
                self.assertEqual(target.state(), ("S", tracer))
            finally:
                os.kill(tracer, signal.SIGKILL)
                os.waitpid(tracer, 0)
            self.assertTrue(support.wait_until(lambda: target.state()[1] == 0))
            self.dump(target)

    def test_itself_and_init(self):
        result = support.leakgraph("dump", "1", "-o", self.path())
        self.assertEqual(result.returncode, support.EXIT_ATTACH, result.stderr)

    def test_nowhere_to_write(self):
        with support.target(support.interpreters()[0], SLEEP) as target:
            result = support.leakgraph("dump", target.pid, "-o", self.path("no/such/folder/x"))
            self.assert_refused(result, support.EXIT_SYSTEM, "no/such/folder")
            self.assert_unharmed(target)


@support.on_each(support.other_interpreters())
class OtherVersionTest(support.LiveTest):
    def test_is_named(self, python):
        with support.target(python, SLEEP) as target:
            result = support.leakgraph("dump", target.pid, "-o", self.path())
            self.assert_refused(result, support.EXIT_ATTACH, f"process {target.pid} (",
                                "): runs CPython " + support.version(python),
                                "supported: " + ", ".join(support.SUPPORTED))
            self.assert_unharmed(target)
            self.assertEqual(os.listdir(self.folder), [])


if __name__ == "__main__":
    support.main()
