# SPDX-License-Identifier: GPL-2.0-or-later
"""What the torture tests share: targets, what is seen of them from outside, the tool run and killed."""

import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time

import marks

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("LEAKGRAPH_BUILD", ".")
TOOL = os.environ.get("LEAKGRAPH", os.path.join(BUILD, "leakgraph"))
FREEZE_LOOP = os.path.join(BUILD, "tests", "torture", "freeze_loop")
STEADY = os.path.join(BUILD, "tests", "torture", "steady")
PYTHON = os.environ.get("LEAKGRAPH_PYTHONS", "/usr/bin/python3.11").split(":")[0]

START_SECONDS = 60
TOOL_SECONDS = 300
GO_ON_SECONDS = 30  # two rounds of each thread, on a machine that has more to do
TRACE_SECONDS = 5
LOOKS = 3
REAP_SECONDS = 1  # whoever survives reaps a dead copy within that time


DESCRIPTORS = "count of descriptors"


class Skip(Exception):
    """This target can't be had here; the text says why."""


def count(name, default):
    """LEAKGRAPH_TORTURE_DUMPS=2000 and the like."""
    return int(os.environ.get("LEAKGRAPH_TORTURE_" + name, default))


def wait_for(condition, seconds=TRACE_SECONDS):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.002)
    return condition()


def read(path):
    """A file of /proc; empty where its process is gone."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def threads(pid):
    try:
        return [int(name) for name in os.listdir("/proc/%d/task" % pid)]
    except FileNotFoundError:
        return []


def status(pid, thread=None):
    text = read("/proc/%d/task/%d/status" % (pid, thread or pid))
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


def state(pid):
    return status(pid).get("State", "gone")[:1]


def tracer(pid):
    """The tracer of any of its threads, 0 without."""
    return max((int(status(pid, thread).get("TracerPid", 0)) for thread in threads(pid)), default=0)


def children(pid):
    """Pids of the children of a process, the dead ones not yet reaped among them."""
    return [int(word) for thread in threads(pid)
            for word in read("/proc/%d/task/%d/children" % (pid, thread)).split()]


def is_dead_copy(pid):
    """Dead, of the kind that wait() does not see since its end raised no signal, and known by its
    name to the next dump."""
    name, _, fields = read("/proc/%d/stat" % pid).rpartition(")")
    fields = fields.split()
    return name.endswith("(leakgraph-copy") and fields[0] == "Z" and fields[35] == "0"


def worker_of(tool):
    """The process that a guarded tool works in, or None."""
    found = children(tool.pid)
    return found[0] if found else None


class Target:
    """A program that keeps marks (marks.py) of what it finds wrong with itself."""

    expected = (0,)  # what the tool may answer
    said = ""        # and what it must say when that is not 0

    def __init__(self, name, *command, expected=(0,), said="", stopped=False):
        self.name, self.command = name, command
        self.expected, self.said, self.stopped = expected, said, stopped
        self.process = None

    def __str__(self):
        return self.name

    def start(self):
        self.file = tempfile.NamedTemporaryFile(prefix="leakgraph-marks-")
        os.chmod(self.file.name, 0o666)
        self.file.truncate(marks.BYTES)
        self.marks = marks.Marks(self.file.name)
        self.process = subprocess.Popen([self.file.name if word is MARKS else word
                                         for word in self.command],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        preexec_fn=self.before_start)
        os.set_blocking(self.process.stdin.fileno(), False)
        words = self.first_line().split()
        self.pid = self.find_pid(int(words[1]))
        self.names = words[2:]
        return self

    def before_start(self):
        """In the target, before its program begins."""

    def find_pid(self, pid):
        return pid

    def first_line(self):
        if not select.select([self.process.stdout], [], [], START_SECONDS)[0]:
            raise AssertionError("%s does not start" % self)
        line = self.process.stdout.readline().decode()
        if not line.startswith("ready "):
            raise AssertionError("%s does not start: %r%s" % (self, line, self.words()))
        return line

    def tool(self, path):
        """The command that dumps it."""
        return [TOOL, "dump", str(self.pid), "-o", path]

    def before_dump(self):
        if self.stopped:
            os.kill(self.pid, signal.SIGSTOP)
            wait_for(lambda: state(self.pid) == "T")

    def after_dump(self):
        """What is wrong that only shows just now, or None."""
        if not self.stopped:
            return None
        stays = wait_for(lambda: state(self.pid) == "T")
        os.kill(self.pid, signal.SIGCONT)
        return None if stays else "was stopped, and runs on (state %s)" % state(self.pid)

    def counters(self):
        return [self.marks.get(marks.FIRST + 8 * i) for i in range(len(self.names))]

    def faults(self):
        return self.marks.get(marks.FAULTS)

    def interrupted(self):
        return self.marks.get(marks.INTERRUPTED)

    def words(self):
        return " / " + self.marks.memory[marks.TEXT:].rstrip(b"\0").decode().replace("\n", " / ")

    def poke(self):
        try:
            os.write(self.process.stdin.fileno(), b"\n")
        except (BlockingIOError, BrokenPipeError):
            pass

    def goes_on(self):
        """Two whole rounds of each of its threads are done: one may have begun before."""
        before = self.counters()

        def all_did():
            self.poke()
            return self.faults() or self.has_ended() or all(
                now >= then + 2 for now, then in zip(self.counters(), before))

        wait_for(all_did, GO_ON_SECONDS)
        return [name for name, now, then in zip(self.names, self.counters(), before)
                if now < then + 2]

    def harm(self):
        """What is wrong with it by its own checks, or None."""
        still = self.goes_on()
        if self.has_ended():
            return "ended with %s%s" % (self.process.returncode, self.words())
        if self.faults():
            return "found %d faults%s" % (self.faults(), self.words())
        if still:
            return "stands still in %s (state %s)" % (", ".join(still), state(self.pid))
        return None

    def close(self):
        """Its own end where it has one. What is wrong then, or None."""
        if self.process is None:
            return None
        self.process.stdin.close()
        if wait_for(self.has_ended, 3):
            code = self.process.returncode
        else:
            self.kill()
            code = 0
        self.process.stdout.close()
        words = self.words()
        self.marks.memory.close()
        self.file.close()
        self.process = None
        return "its last checks failed: %d%s" % (code, words) if code else None

    def has_ended(self):
        return self.process.poll() is not None

    def kill(self):
        self.process.kill()
        self.process.wait()


MARKS = object()  # in a command: the file of the target's marks


def steady(mode, **options):
    """The program `steady`, which is no Python: only frozen, without a look inside."""
    target = Target("registers: " + mode, STEADY, mode, MARKS, **options)
    target.tool = lambda path: [FREEZE_LOOP, str(target.pid), "1", "5"]
    return target


class Outside:
    """What can be seen of a target from outside, and must be as it was before.

    A target goes on meanwhile. So each single fact need only be seen to be as
    before at one moment within GO_ON_SECONDS.
    """

    def __init__(self, target):
        self.target, self.pid = target, target.pid
        self.children = set(children(self.pid))
        self.before = [child for child in self.children if is_dead_copy(child)]
        self.copies = []
        # A few looks: in a handler of a signal, say, a mask is another one.
        self.facts = {}
        for _ in range(LOOKS):
            for name, value in self.look().items():
                self.facts.setdefault(name, []).append(value)
            time.sleep(0.002)

    def look(self):
        pid = self.pid
        facts = {}
        for thread in threads(pid):
            lines = status(pid, thread)
            for name in ("SigBlk", "SigIgn", "SigCgt", "Seccomp"):
                facts["%s of thread %d" % (name, thread)] = lines.get(name)
            facts["scheduling of thread %d" % thread] = \
                read("/proc/%d/task/%d/stat" % (pid, thread)).rpartition(")")[2].split()[15:17]
        # What the C library maps for its own use has no name and can't be run.
        facts["mappings"] = sorted(
            (line.split()[1], line.split()[5]) for line in read("/proc/%d/maps" % pid).splitlines()
            if len(line.split()) > 5 or "x" in line.split()[1])
        try:
            facts[DESCRIPTORS] = len(os.listdir("/proc/%d/fd" % pid))
        except FileNotFoundError:
            pass
        return facts

    def trace(self):
        """What the dump has left, or None. Dead copies are told apart, in self.copies."""
        if not wait_for(lambda: tracer(self.pid) == 0):
            return "is still traced, by %d" % tracer(self.pid)
        wrong = dict(self.facts)

        def seen_as_before():
            self.target.poke()
            now = self.look()
            for name in list(wrong):
                # A thread that is gone has gone by itself, and descriptors come and go.
                if name not in now or now[name] in wrong[name] or \
                        (name == DESCRIPTORS and now[name] < max(wrong[name])):
                    del wrong[name]
            return not wrong

        if not wait_for(seen_as_before, GO_ON_SECONDS):
            now = self.look()
            return "has changed: %s" % "; ".join(
                "%s was %s, is %s" % (name, value, now.get(name)) for name, value in wrong.items())
        left = set(children(self.pid)) - self.children

        def all_gone():
            self.target.poke()
            left.intersection_update(children(self.pid))
            return not left or all(map(is_dead_copy, left))

        if not wait_for(all_gone):
            return "has children left: %s" % ", ".join(
                "%d (%s)" % (child, state(child)) for child in left)
        wait_for(lambda: all_gone() and not left, REAP_SECONDS)
        self.copies = list(left)
        return None

    def remains(self):
        """Dead copies of earlier dumps that are still there."""
        return [child for child in self.before if is_dead_copy(child)]


class Run:
    """The tool at work on a target."""

    def __init__(self, target, folder):
        self.target = target
        self.path = os.path.join(folder, "dump.msgpack")
        target.before_dump()
        self.output = tempfile.TemporaryFile()
        self.begun = time.monotonic()
        self.process = subprocess.Popen(target.tool(self.path), stdout=self.output,
                                        stderr=self.output,
                                        env=dict(os.environ, LG_GUARD="1"))

    def kill_after(self, seconds, victim, traced):
        """SIGKILL to the "tool", to its "worker" or to "both", so long after its start, or after it
        was seen to trace the target."""
        end = self.begun + (START_SECONDS if traced else seconds)
        worker = None
        while time.monotonic() < end and self.process.poll() is None:
            worker = worker or worker_of(self.process)
            if traced and status(self.target.pid).get("TracerPid", "0") != "0":
                traced, end = False, time.monotonic() + seconds
            time.sleep(0.0002)
        worker = worker or worker_of(self.process)
        for pid in {"tool": [self.process.pid], "worker": [worker],
                    "both": [self.process.pid, worker]}[victim]:
            if pid and self.process.poll() is None:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        self.wait()
        if worker and not wait_for(lambda: state(worker) in "Zg", TOOL_SECONDS):
            raise AssertionError("the worker of a killed tool stays")

    def wait(self):
        """Seconds it took."""
        self.process.wait(TOOL_SECONDS)
        took = time.monotonic() - self.begun
        self.output.seek(0)
        self.text = self.output.read().decode(errors="replace").strip()
        self.output.close()
        return took

    def complaint(self):
        """What is wrong with its answer, or None."""
        code = self.process.returncode
        if code not in self.target.expected:
            return "the tool ended with %d: %s" % (code, self.text)
        if code and not re.search(self.target.said, self.text):
            return "the tool did not say '%s': %s" % (self.target.said, self.text)
        return None

    def pause_ms(self):
        found = re.search(r"stood still for ([0-9.]+) ms", self.text)
        if found:
            return float(found.group(1))
        found = re.search(r"pause_us ([0-9.]+)", self.text)
        return float(found.group(1)) / 1e3 if found else None
