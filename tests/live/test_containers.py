# SPDX-License-Identifier: GPL-2.0-or-later
"""Processes in namespaces, under chroot, under filters, of other users: dumped, or refused by the right name."""

import errno
import os
import shutil
import subprocess

import seccomp
import support

SLEEP = """
import time
class Session: pass
SESSIONS = [Session() for i in range(1000)]
ready()
time.sleep(1000)
"""

# A root of its own: nothing of the interpreter's path is to be found from outside.
ENTER = """
set -e
mount --make-rprivate /
mount -t tmpfs none "$1"
for folder in usr lib lib64 bin etc root home opt dev tmp; do
    if [ -d /$folder ]; then
        mkdir "$1/$folder"
        mount --rbind /$folder "$1/$folder"
    fi
done
mkdir "$1/proc" "$1/strange"
mount -t proc proc "$1/proc"
cp "$2" "$1/strange/interpreter"
shift 2
exec chroot "$folder_of_root" /strange/interpreter "$@"
"""

NAMESPACES = ["--mount", "--pid", "--fork", "--kill-child", "--net", "--ipc", "--uts"]
NOBODY = ["--reuid=65534", "--clear-groups", "--regid=65534"]


def is_program(path):
    """Not a script that starts an interpreter: it is copied into a root of its own."""
    try:
        with open(path, "rb") as file:
            return file.read(4) == b"\x7fELF"
    except OSError:
        return False


class ContainerTest(support.LiveTest):
    def setUp(self):
        super().setUp()
        os.chmod(self.folder, 0o777)
        self.python = next((path for path in support.interpreters() if is_program(path)), None)
        if self.python is None:
            self.skipTest(f"none of {support.interpreters()} is a program of its own (but perhaps a script)")
        # A copy, since the way to the program may not be open to everybody.
        self.program = shutil.copy(os.path.realpath(support.PROGRAM), self.path("leakgraph"))
        os.chmod(self.program, 0o755)

    def need(self, *command):
        """Skip where the system does not let us do so."""
        if not shutil.which(command[0]):
            self.skipTest(f"no {command[0]}")
        tried = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
        if tried.returncode != 0:
            self.skipTest(f"can't {' '.join(command)}: {tried.stderr.strip()[:200]}")

    def as_nobody(self, *arguments, group="--regid=65534"):
        return subprocess.run(["setpriv", *NOBODY[:2], group, self.program, *map(str, arguments)],
                              capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
                              timeout=support.TOOL_SECONDS)

    def nobodys_target(self, code=SLEEP, options=()):
        if os.getuid() != 0:
            self.skipTest("not root: no other user is there to try this as")
        self.need("setpriv", *NOBODY, *options, self.python, "-c", "pass")
        prelude = "import os\ndef ready(): print('ready', os.getpid(), flush=True)\n"
        return support.Target(["setpriv", *NOBODY, *options, self.python, "-c", prelude + code])

    def in_container(self, namespaces, code):
        """A target in a root of its own, process 1 of its namespace; (unshare's process, its pid outside)."""
        self.need("unshare", *namespaces, "sh", "-c", "mount -t tmpfs none /mnt && mount -t proc proc /proc", "sh")
        root = self.path("root")
        os.mkdir(root)
        prefix = subprocess.run([self.python, "-c", "import sys; print(sys.base_prefix)"], capture_output=True,
                                text=True, check=True).stdout.strip()
        prelude = "import os\ndef ready(): print('ready', os.getpid(), flush=True)\n"
        environment = dict(os.environ, PYTHONHOME=prefix, folder_of_root=root)
        target = support.Target(["unshare", *namespaces, "sh", "-c", ENTER, "sh", root, os.path.realpath(self.python),
                                 "-c", prelude + code], ready=False, env=environment)
        self.addCleanup(target.__exit__)
        self.assertEqual(target.line(), "ready 1")
        return int(target.children()[0])

    def check_container(self, namespaces):
        pid = self.in_container(namespaces, SLEEP)
        self.assertFalse(os.path.exists(os.readlink(f"/proc/{pid}/exe")))
        self.succeed("dump", pid, "-o", self.path())
        self.assertEqual(self.counts(self.path())["__main__.Session"], 1000)
        info = self.json("info", self.path())["dump"]
        self.assertEqual((info["pid"], info["inner_pid"]), (pid, 1))
        self.assertIn(f"pid {pid} (1 inside)", self.succeed("analyze", self.path()))
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
            self.assertEqual(children.read(), "")
        with open(f"/proc/{pid}/status", encoding="utf-8") as status:
            self.assertIn("TracerPid:\t0\n", status.read())

    def test_namespaces_and_chroot(self):
        self.check_container(NAMESPACES)

    def test_user_namespace(self):
        self.check_container(["--user", "--map-root-user", *NAMESPACES])

    def test_own_user_without_capabilities(self):
        with self.nobodys_target() as target:
            result = self.as_nobody("dump", target.pid, "-o", self.path())
            if "ptrace_scope" in result.stderr:
                self.assert_refused(result, support.EXIT_ATTACH, str(target.pid))
            else:
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                self.assertEqual(self.json("types", self.path())["dump"]["pid"], target.pid)
            self.assert_unharmed(target)

    def test_process_1_dumps_itself(self):
        # A copy: of the folders of this root the container has but the usual, and the build may be elsewhere.
        package = os.path.join(os.environ.get("LEAKGRAPH_BUILD") or os.path.dirname(support.PROGRAM), "python")
        package = shutil.copytree(package, self.path("python"))
        code = f"""
import os, sys
sys.path.insert(0, {package!r})
os.environ["LEAKGRAPH"] = {self.program!r}
import leakgraph
for i in range(5):
    leakgraph.dump({self.path()!r})
    try:
        print(os.waitpid(-1, os.WNOHANG), flush=True)
        os._exit(1)
    except ChildProcessError:
        pass
{SLEEP}"""
        self.in_container(NAMESPACES, code)
        self.assertEqual(self.json("types", self.path())["dump"]["pid"], 1)

    def refused_to_nobody(self, target, *parts, **group):
        result = self.as_nobody("dump", target.pid, "-o", self.path(), **group)
        self.assert_refused(result, support.EXIT_ATTACH, f"process {target.pid} (python3", *parts)
        self.assert_unharmed(target)

    def test_not_dumpable(self):
        code = "import ctypes\nctypes.CDLL(None).prctl(4, 0, 0, 0, 0)\n" + SLEEP
        with self.nobodys_target(code) as target:
            self.refused_to_nobody(target, "is not dumpable (PR_SET_DUMPABLE")
            self.dump(target)  # root may

    def test_capabilities_that_we_lack(self):
        more = ["--inh-caps=+net_raw", "--ambient-caps=+net_raw"]
        with self.nobodys_target(options=more) as target:
            self.refused_to_nobody(target, "has capabilities that we lack (0x2000): run as root")

    def test_another_group(self):
        with self.nobodys_target() as target:
            self.refused_to_nobody(target, "belongs to user 65534, saved 65534, group 65534, saved 65534, and we are "
                                           "user 65534, group 65533", group="--regid=65533")

    def test_from_within_a_user_namespace(self):
        self.need("unshare", "--user", "--map-root-user")
        with support.target(self.python, SLEEP) as target:
            result = subprocess.run(["unshare", "--user", "--map-root-user", self.program, "dump", str(target.pid),
                                     "-o", self.path()], capture_output=True, text=True, check=False)
            self.assert_refused(result, support.EXIT_ATTACH, f"process {target.pid} (",
                                "lives in another user namespace")
            self.assert_unharmed(target)

    def test_filters_of_our_own(self):
        with support.target(self.python, SLEEP) as target:
            for call in "ptrace", "process_vm_readv":
                for answer in errno.EPERM, errno.EACCES, errno.ENOSYS:
                    # A sanitizer that looks for leaks would trace as well.
                    result = support.leakgraph("dump", target.pid, "-o", self.path(),
                                               preexec_fn=seccomp.forbid({call: answer}),
                                               env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"))
                    self.assert_refused(result, support.EXIT_ATTACH, f"process {target.pid} (",
                                        f'a seccomp filter that we run under answers {call} with '
                                        f'"{os.strerror(answer)}": run outside of this container')
            for call in "ptrace", "process_vm_readv":
                result = support.leakgraph("dump", target.pid, "-o", self.path(),
                                           preexec_fn=seccomp.forbid({call: seccomp.KILL}),
                                           env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"))
                self.assert_refused(result, support.EXIT_ATTACH, f"process {target.pid} can't be dumped: a seccomp "
                                    "filter that we run under kills")
            self.assert_unharmed(target)

    def test_a_container_that_kills_for_memfd_create(self):
        filtered = seccomp.forbid({"memfd_create": seccomp.KILL})
        with support.target(self.python, SLEEP, preexec_fn=filtered) as target:
            result = support.leakgraph("dump", target.pid, "-o", self.path(), preexec_fn=filtered)
            self.assert_refused(result, support.EXIT_ATTACH, "a seccomp filter that kills for memfd_create")
            self.assert_unharmed(target)
            if seccomp.may_suspend():
                self.dump(target)

    def test_a_container_without_memfd_create(self):
        for answer in errno.EPERM, errno.ENOSYS:
            filtered = seccomp.forbid({"memfd_create": answer})
            with support.target(self.python, SLEEP, preexec_fn=filtered) as target:
                result = support.leakgraph("dump", target.pid, "-o", self.path(), preexec_fn=filtered)
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                self.assert_unharmed(target)
                self.assertEqual(self.counts(self.path())["__main__.Session"], 1000)
                # The same as through memory that is shared.
                if seccomp.may_suspend():
                    self.dump(target, "shared")
                    self.assertEqual(self.counts(self.path()), self.counts(self.path("shared")))

    def counts(self, dump):
        return {row["type"]: row["count"] for row in self.json("types", dump, "-n", 100000)["types"]}


if __name__ == "__main__":
    support.main()
