# SPDX-License-Identifier: GPL-2.0-or-later
"""The Python package: dumps of a process by itself, and what it leaves behind: nothing."""

import os
import re
import shutil
import subprocess

import dump_columns
import support

PACKAGE = os.path.join(os.environ.get("LEAKGRAPH_BUILD") or os.path.dirname(support.PROGRAM), "python")

PRELUDE = """
import os, signal, sys, threading, time
import leakgraph

folder = sys.argv[1]

def path(name):
    return os.path.join(folder, name)

def left():
    '''Descriptors, threads and children of this process.'''
    try:
        os.waitpid(-1, os.WNOHANG)
        children = 1
    except ChildProcessError:
        children = 0
    return sorted(os.listdir('/proc/self/fd')), len(os.listdir('/proc/self/task')), children

def until(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)
"""

DUMPS = """
count = []
signal.signal(signal.SIGCHLD, lambda *_: count.append(1))
before = left()

def waits_here(name):
    kept_by_the_frame = [1, 2, 3]
    leakgraph.dump(path(name))

waits_here('one')
assert left() == before, (left(), before)
assert len(count) == 1, count

thread = threading.Thread(target=waits_here, args=('two',), name='asks')
thread.start()
thread.join()

# Several at once take turns.
threads = [threading.Thread(target=waits_here, args=('turn-%d' % i,)) for i in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
until(lambda: left() == before)  # a joined thread is gone from the system a moment later

# With stdin, stdout and stderr closed, and an application that wants no children.
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
kept = [os.dup(n) for n in range(3)]
for n in range(3):
    os.close(n)
waits_here('closed')
for n in range(3):
    os.dup2(kept[n], n)
print('fine', flush=True)
"""

ERRORS = """
for arguments, words in [((path('none/x'),), 'No such file or directory'), ((folder,), 'is a directory')]:
    try:
        leakgraph.dump(*arguments)
        assert False
    except leakgraph.LeakgraphError as error:
        assert words in str(error) and not str(error).startswith('leakgraph'), error
before = left()
for program, words in [('/none/leakgraph', 'No such file'), ('/bin/true', 'ended before'), ('/bin/cat', 'invalid option')]:
    os.environ['LEAKGRAPH'] = program
    try:
        leakgraph.dump(path('x'))
        assert False
    except leakgraph.LeakgraphError as error:
        assert words in str(error), error
assert left() == before, (left(), before)
for rss in ('2gb', 0, -1, 'x', True, '', '1e999GB'):
    try:
        leakgraph.install(rss=rss)
        assert False, rss
    except ValueError as error:
        assert 'rss expects' in str(error)
assert leakgraph.__all__ and left() == before
print('fine', flush=True)
"""

# A handler that raises while the dump goes on must find the process as it was.
INTERRUPTED = """
heap = [[i] for i in range(300000)]

class Enough(Exception):
    pass

def stop(*_):
    raise Enough
signal.signal(signal.SIGALRM, stop)
before = left()
for microseconds in (2000, 20000, 60000):
    signal.setitimer(signal.ITIMER_REAL, microseconds / 1e6)
    try:
        leakgraph.dump(path('cut'))
    except (Enough, leakgraph.LeakgraphError):
        pass
    signal.setitimer(signal.ITIMER_REAL, 0)
# One that came too early to find the descriptors in hand loses none for long.
until(lambda: left() == before)
leakgraph.dump(path('whole'))
print('fine', flush=True)
"""

TRIGGERS = """
former = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
signal.signal(signal.SIGUSR1, former)
before = left()
leakgraph.install(signal=signal.SIGUSR1, rss='150MB', path=path('{pid}-{n}'), limit=2, at_exit=path('exit-{pid}'))
mine = str(os.getpid())
os.kill(os.getpid(), signal.SIGUSR1)
until(lambda: os.path.exists(path(mine + '-1')) and left()[1] == 2)
large = bytearray(200_000_000)
until(lambda: os.path.exists(path(mine + '-2')))
time.sleep(1.5)
assert not os.path.exists(path(mine + '-3'))

child = os.fork()
if child == 0:
    # The handler is there, the thread is not, and the end of the child is not ours.
    assert left()[1] == 1
    os.kill(os.getpid(), signal.SIGUSR1)
    until(lambda: any(name.startswith(str(os.getpid())) for name in os.listdir(folder)) and left()[1] == 1)
    leakgraph.uninstall()
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
assert not os.path.exists(path('exit-%d' % child))

leakgraph.uninstall()
assert signal.getsignal(signal.SIGUSR1) == former
until(lambda: left() == before)
leakgraph.uninstall()
leakgraph.install(at_exit=path('exit-{pid}'))
print('fine', flush=True)
"""

# Behind a Yama that lets only declared tracers in: what the package declares, and that it takes it back.
DECLARED = """
import ctypes
import leakgraph._dumping as dumping

calls = []
class Library:
    def __init__(self, _):
        pass
    def prctl(self, option, pid, *_):
        calls.append((option, pid.value))
        return 0
ctypes.CDLL = Library
dumping.YAMA_SCOPE = path('scope')
for scope in '0', '1', '2':
    with open(path('scope'), 'w') as file:
        file.write(scope + '\\n')
    leakgraph.dump(path('dump'))
assert [option for option, _ in calls] == [0x59616d61] * 2, calls
assert calls[0][1] > 1 and calls[1][1] == 0, calls
print('fine', flush=True)
"""


class PackageTest(support.LiveTest):
    """A piece of code in an interpreter that finds the package in the build tree."""

    def run_in(self, python, code):
        environment = dict(os.environ, PYTHONPATH=PACKAGE, PYTHONDONTWRITEBYTECODE="1",
                           PYTHONWARNINGS="ignore")
        environment.pop("LEAKGRAPH", None)  # it stands beside the package
        result = subprocess.run([python, "-c", PRELUDE + code, self.folder], capture_output=True, text=True,
                                env=environment, timeout=support.TOOL_SECONDS, check=False)
        self.assertEqual((result.stdout, result.returncode), ("fine\n", 0), result.stderr)
        return result.stderr


@support.on_each(support.interpreters())
class EachVersionTest(PackageTest):
    def test_dumps(self, python):
        self.assertEqual(self.run_in(python, DUMPS), "")
        self.assertEqual(sorted(os.listdir(self.folder)),
                         ["closed", "one", "turn-0", "turn-1", "turn-2", "turn-3", "two"])
        for name, thread, caller in [("one", "MainThread", "<module>"), ("two", "asks", "Thread.run")]:
            dump = dump_columns.Dump(self.path(name))
            names = [dump.strings[n] for n in dump["threads", "name"]]
            frames = [(dump.strings[f], names[t], d) for f, t, d in
                      zip(*(dump["frames", c] for c in ("function", "thread", "depth"))) if t < len(names)]
            depth = {f.rpartition(".")[2]: d for f, t, d in frames if t == thread}
            self.assertLess(depth["waits_here"], depth[caller.rpartition(".")[2]], frames)
            self.assertEqual(depth["waits_here"], depth["dump"] + 1, frames)
            kept = [dump.type_of(target) for i in range(1, dump.inner) for target, _, label in dump.references(i)
                    if label == "kept_by_the_frame"]
            self.assertEqual(kept, ["list"])

    def test_triggers(self, python):
        said = self.run_in(python, TRIGGERS).splitlines()
        pid = max(int(re.match(r"exit-(\d+)$", name)[1]) for name in os.listdir(self.folder) if name[0] == "e")
        self.assertEqual(len(os.listdir(self.folder)), 4)
        for line, reason in zip(said, [r"signal 10", r"RSS \d+ bytes", r"signal 10", r"exit"]):
            self.assertRegex(line, rf"^leakgraph: {reason}: {self.folder}/\S+: [\d,]+ objects, ")
        self.assertEqual(len(said), 4, said)
        self.assertEqual(self.json("types", self.path(f"exit-{pid}"))["dump"]["pid"], pid)


@support.on_each(support.interpreters()[:1])
class OneVersionTest(PackageTest):
    def test_errors(self, python):
        self.assertEqual(self.run_in(python, ERRORS), "")
        self.assertEqual(os.listdir(self.folder), [])

    def test_interrupted(self, python):
        self.run_in(python, INTERRUPTED)
        self.assertIn("whole", os.listdir(self.folder))
        self.assertEqual([name for name in os.listdir(self.folder) if name.startswith(".")], [])

    def test_tracer_is_declared(self, python):
        self.run_in(python, DECLARED)


class InstallTest(support.LiveTest):
    def test_pip_install(self):
        python = "/usr/bin/python3"
        if subprocess.run([python, "-c", "import setuptools, wheel, pip"], capture_output=True, check=False).returncode:
            self.skipTest("no pip, setuptools or wheel (python3-pip, python3-setuptools, python3-wheel)")
        # From a copy: pip leaves its files where it builds.
        source = self.path("source")
        os.mkdir(source)
        shutil.copy(os.path.join(support.TOP, "pyproject.toml"), source)
        shutil.copytree(os.path.join(support.TOP, "lib", "python"), os.path.join(source, "lib", "python"),
                        ignore=shutil.ignore_patterns("*.egg-info", "__pycache__"))
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation",
                        "--root-user-action=ignore", "--disable-pip-version-check", "--target", self.path("installed"),
                        source], check=True, timeout=support.TOOL_SECONDS)
        environment = dict(os.environ, PYTHONPATH=self.path("installed"),
                           PATH=os.path.dirname(os.path.abspath(support.PROGRAM)) + ":" + os.environ["PATH"])
        environment.pop("LEAKGRAPH", None)
        code = "import leakgraph, sys; leakgraph.dump(sys.argv[1]); print('leakgraph', leakgraph.__version__)"
        result = subprocess.run([python, "-c", code, self.path()], env=environment, check=True,
                                timeout=support.TOOL_SECONDS, capture_output=True, text=True)
        self.assertEqual(result.stdout, self.succeed("--version"))
        self.assertTrue(os.listdir(self.path("installed")).count(f"leakgraph-{result.stdout.split()[1]}.dist-info"))
        self.succeed("analyze", self.path())


class DetachTest(support.LiveTest):
    """What the package relies on, by itself."""

    def test_nobody_says_go(self):
        with support.target(support.interpreters()[0], "ready()\nimport time\ntime.sleep(1000)\n") as target:
            result = support.leakgraph("dump", target.pid, "-o", self.path(), "--detach")
            self.assertRegex(result.stdout, r"^\d+\n$")
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assert_unharmed(target)
        self.assertEqual(os.listdir(self.folder), [])

    def test_exit_code_is_said(self):
        result = support.leakgraph("dump", 2 ** 22 + 1, "-o", self.path(), "--detach", stdin=None, input="\n")
        self.assertRegex(result.stdout, r"^\d+\nexit 5\n$")
        self.assertEqual(result.stderr, "leakgraph: no process 4194305\n")


if __name__ == "__main__":
    support.main()
