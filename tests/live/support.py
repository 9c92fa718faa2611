# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests that run the program share: targets, the program itself, interpreters.

Environment: LEAKGRAPH is the program's path. LEAKGRAPH_PYTHONS are the
interpreters to dump, LEAKGRAPH_OTHER_PYTHONS those to be refused, both
separated by colons; by default Debian's python3.11, and any other python3.*
of PATH.
"""

import functools
import glob
import json
import os
import re
import select
import signal
import subprocess
import tempfile
import time
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SUPPORTED = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15")  # default builds of them
SAMPLES = os.path.join(TOP, "samples")
PROGRAM = os.environ.get("LEAKGRAPH", os.path.join(TOP, "build", "leakgraph"))

EXIT_USAGE, EXIT_UNREADABLE, EXIT_ATTACH, EXIT_SYSTEM, EXIT_INTERRUPTED = 2, 3, 5, 6, 130

START_SECONDS = 120  # a target under a loaded machine
TOOL_SECONDS = 600


def interpreters():
    """Paths of the interpreters to dump. A missing one is among them: its tests are skipped by name."""
    listed = os.environ.get("LEAKGRAPH_PYTHONS") or "/usr/bin/python3.11"
    return [path for path in listed.split(":") if path]


def one_of_each_minor():
    """The newest of LEAKGRAPH_PYTHONS for each minor version: for what a micro release does not change."""
    newest = {}
    for path in interpreters():
        number = tuple(map(int, (version(path) or "0.0.0").split(".")))
        if number >= newest.get(number[:2], (number, path))[0]:
            newest[number[:2]] = number, path
    return [path for _, path in newest.values()]


def other_interpreters():
    """Paths of interpreters of other versions, which the program must refuse."""
    if "LEAKGRAPH_OTHER_PYTHONS" in os.environ:
        return [path for path in os.environ["LEAKGRAPH_OTHER_PYTHONS"].split(":") if path]
    found = {}
    for folder in os.environ.get("PATH", "").split(":") + ["/usr/bin"]:
        for path in sorted(glob.glob(os.path.join(folder, "python3.*"))):
            name = os.path.basename(path)
            if re.fullmatch(r"python3\.\d+t?", name) and name[len("python"):] not in SUPPORTED:
                found.setdefault(name, path)
    return sorted(found.values())


@functools.lru_cache(maxsize=None)
def version(python):
    """"3.11.2", or None where there is no such interpreter."""
    try:
        answer = subprocess.run([python, "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])"],
                                capture_output=True, text=True, timeout=START_SECONDS, check=False)
    except OSError:
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None


def version_of(python):
    """(3, 11, 2)"""
    return tuple(map(int, version(python).split(".")))


def _one_test(method, python):
    @functools.wraps(method)
    def run(self):
        if version(python) is None:
            self.skipTest(f"no interpreter {python}")
        method(self, python)
    del run.__wrapped__  # else unittest would ask for its argument
    return run


def on_each(pythons):
    """A class decorator: each test_x(self, python) becomes one test for each interpreter."""
    def expand(test_class):
        for name, method in list(vars(test_class).items()):
            if not name.startswith("test_"):
                continue
            delattr(test_class, name)
            for number, python in enumerate(pythons):
                label = re.sub(r"\W", "_", version(python) or os.path.basename(python))
                setattr(test_class, f"{name}__{label}_{number}", _one_test(method, python))
        return test_class
    return expand


class Target:
    """A process to dump. Say "ready PID" in it, then it is entered; it is killed on leaving."""

    def __init__(self, arguments, ready=True, **options):
        self.arguments = arguments
        self.ready = ready
        options.setdefault("stdin", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        environment = dict(options.pop("env", os.environ), PYTHONDONTWRITEBYTECODE="1")
        # The suite may run under a sanitizer's preload; the target must not.
        environment.pop("LD_PRELOAD", None)
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True,
                                        env=environment, **options)
        self.pid = self.process.pid
        self.unread = b""

    def line(self, seconds=START_SECONDS):
        """The next line the target prints."""
        end = time.monotonic() + seconds
        # By the descriptor itself: what a file object has buffered, select does not see.
        output = self.process.stdout.fileno()
        while b"\n" not in self.unread:
            left = end - time.monotonic()
            if left <= 0 or not select.select([output], [], [], left)[0]:
                raise AssertionError(f"{self.arguments}: silent for {seconds} s")
            more = os.read(output, 1 << 20)
            if not more:
                self.process.kill()
                raise AssertionError(f"{self.arguments}: ended, {self.process.stderr.read()}")
            self.unread += more
        line, _, self.unread = self.unread.partition(b"\n")
        return line.decode()

    def __enter__(self):
        try:
            if self.ready:
                words = self.line().split()
                if words[:1] != ["ready"] or words[1] != str(self.pid):
                    raise AssertionError(f"{self.arguments}: said {words}, not ready {self.pid}")
            return self
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def alive(self):
        return self.process.poll() is None

    def state(self):
        """State letter and tracer of the process: ("S", 0) is a process left alone."""
        with open(f"/proc/{self.pid}/status", encoding="utf-8", errors="replace") as status:
            fields = dict(line.split(":", 1) for line in status if ":" in line)
        return fields["State"].split()[0], int(fields["TracerPid"])

    def children(self):
        with open(f"/proc/{self.pid}/task/{self.pid}/children", encoding="ascii") as children:
            return children.read().split()


def target(python, code, *arguments, **options):
    """A target that runs a piece of code; "ready" is said where it calls ready()."""
    prelude = "import os\ndef ready(): print('ready', os.getpid(), flush=True)\n"
    return Target([python, "-c", prelude + code, *arguments], **options)


def sample(python, name, **options):
    return Target([python, os.path.join(SAMPLES, name, "service.py")], **options)


def leakgraph(*arguments, timeout=TOOL_SECONDS, **options):
    """Run the program; its result has returncode, stdout, stderr."""
    options.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True,
                          timeout=timeout, check=False, **options)


def wait_until(condition, seconds=START_SECONDS):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


class LiveTest(unittest.TestCase):
    """A folder for dumps, and the program's answers."""

    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="leakgraph-test-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name="dump.msgpack"):
        return os.path.join(self.folder, name)

    def succeed(self, *arguments, **options):
        result = leakgraph(*arguments, **options)
        self.assertEqual(result.returncode, 0, f"leakgraph {arguments}: {result.stderr}")
        return result.stdout

    def dump(self, process, name="dump.msgpack"):
        """Dump a target; the path of the file. The target must be as it was."""
        self.succeed("dump", process.pid, "-o", self.path(name))
        self.assert_unharmed(process)
        return self.path(name)

    def analyze(self, dump):
        return self.succeed("analyze", dump)

    def json(self, command, dump, *arguments):
        return json.loads(self.succeed(command, dump, "--json", *arguments))

    def assert_unharmed(self, process):
        self.assertTrue(process.alive(), "the target has ended")
        state, tracer = process.state()
        self.assertEqual(tracer, 0, "somebody traces the target")
        self.assertIn(state, "SRD", "the target does not run on")
        self.assertEqual(process.children(), [], "the target has a child it did not make")

    def assert_refused(self, result, code, *parts):
        """One clear line on stderr, with these parts, and the exit code."""
        self.assertEqual(result.returncode, code, f"{result.stdout}{result.stderr}")
        self.assertEqual(result.stdout, "")
        lines = result.stderr.rstrip("\n").split("\n")
        self.assertEqual(len(lines), 1, f"not one line: {result.stderr!r}")
        self.assertTrue(lines[0].startswith("leakgraph: "), lines[0])
        for part in parts:
            self.assertIn(part, lines[0])


def interrupt_group(process):
    """SIGINT to a whole process group, as a terminal's Ctrl-C sends it."""
    os.killpg(process.pid, signal.SIGINT)


def main():
    unittest.main(verbosity=2)
