# SPDX-License-Identifier: GPL-2.0-or-later
"""The targets of the torture: each wait of signal(7), and the situations in which a
dump could do harm."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import calls
import harness
from harness import MARKS, PYTHON, Skip, Target

SHORT_MS, NEVER_LATE_MS = "20", "60000"
LONG_MS, LATE_MS = "2000", "1000"
# Of the time a thread stood still, what is not part of the pause that the tool states:
# the child is reaped by one more stop of one thread; and clocks tick every 4 ms.
STOP_MARGIN_MS = 20
# On a loaded machine under a hypervisor the scheduler's clocks are some 2 % off within seconds.
CLOCK_ERROR = 0.05


def script(name):
    return os.path.join(harness.HERE, name)


def waits(name, *names, milliseconds=SHORT_MS, late=NEVER_LATE_MS):
    return Target(name, PYTHON, script("calls.py"), MARKS, milliseconds, late, *names)


class Situation(Target):
    def __init__(self, name, *arguments, label=None, **options):
        super().__init__(label or name.replace("_", " "), PYTHON, "-W", "ignore",
                         script("situations.py"), MARKS, name, *arguments, **options)


class Spinning(Situation):
    """Its main thread never sleeps: what it neither computed nor waited for a
    processor, it was stopped."""

    def look(self):
        words = harness.read("/proc/%d/schedstat" % self.pid).split()
        if not words:
            raise Skip("the kernel keeps no /proc/PID/schedstat")
        return time.monotonic() * 1e3 - (int(words[0]) + int(words[1])) / 1e6

    def clock(self):
        """Milliseconds in which it neither ran nor waited; of a few looks, for one may itself have
        to wait between the two clocks."""
        return min(self.look() for _ in range(harness.LOOKS))

    @staticmethod
    def stolen_ms():
        """What a hypervisor gave to others: the scheduler counts it as neither."""
        lines = [line.split() for line in harness.read("/proc/stat").splitlines()]
        return sum(int(words[8]) for words in lines if re.fullmatch("cpu[0-9]+", words[0])) * \
            1e3 / os.sysconf("SC_CLK_TCK")

    def before_dump(self):
        super().before_dump()
        self.before = self.clock(), self.stolen_ms(), time.monotonic()

    def stopped_ms(self):
        """For how long it was stopped at least."""
        clock, stolen, begun = self.before
        return self.clock() - clock - (self.stolen_ms() - stolen) - \
            CLOCK_ERROR * (time.monotonic() - begun) * 1e3


class Storm(Target):
    """Signals from outside all the time. Queued ones may neither be lost nor doubled, others not
    be lost when they come one by one."""

    def __init__(self):
        super().__init__("storm of signals", PYTHON, script("situations.py"), MARKS, "storm")
        self.sent = {signal.SIGUSR1: 0, signal.SIGRTMIN: 0}
        self.calm = threading.Lock()

    def start(self):
        self.sent = dict.fromkeys(self.sent, 0)
        super().start()
        threading.Thread(target=self.send, args=(self.process,), daemon=True).start()
        return self

    def got(self, number):
        return self.counters()[1 if number == signal.SIGUSR1 else 2]

    def send(self, process):
        while self.process is process and process.poll() is None:
            with self.calm:
                if self.process is not process:
                    return
                for number in self.sent:
                    # A second SIGUSR1 would be folded into the first that waits.
                    if number == signal.SIGRTMIN or self.got(number) == self.sent[number]:
                        self.sent[number] += 1
                        os.kill(self.pid, number)
            time.sleep(0.001)

    def harm(self):
        with self.calm:
            harness.wait_for(lambda: all(self.got(n) >= sent for n, sent in self.sent.items()))
            time.sleep(0.01)
            wrong = ["%d of signal %d arrived, %d were sent" % (self.got(number), number, sent)
                     for number, sent in self.sent.items() if self.got(number) != sent]
        return "; ".join(wrong) or super().harm()

    def close(self):
        with self.calm:
            return super().close()


class FirstProcess(Situation):
    """Process 1 of a namespace: to it fall the orphans."""

    UNSHARE = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")

    def __init__(self):
        super().__init__("reaper", label="process 1 of a namespace")
        self.command = (*self.UNSHARE, *self.command)

    def start(self):
        if os.geteuid() != 0 or not shutil.which("unshare"):
            raise Skip("a pid namespace needs root and unshare")
        # Not in a chroot, nor in a container that forbids mounts.
        tried = subprocess.run([*self.UNSHARE, "true"], capture_output=True, text=True, check=False)
        if tried.returncode:
            raise Skip("a pid namespace can't be had: %s" % tried.stderr.strip())
        return super().start()

    def find_pid(self, pid):
        return harness.children(self.process.pid)[0]

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)
        self.process.wait()


class Group:
    """A memory group of its own, by version 2 or 1 of control groups."""

    def __init__(self, limit):
        self.path = None
        for top, parent, maximum, swap in (
                (self.unified(), "", "memory.max", "memory.swap.max"),
                ("/sys/fs/cgroup/memory", "", "memory.limit_in_bytes", "memory.swappiness")):
            path = os.path.join(top or "", "leakgraph-torture-%d" % os.getpid())
            try:
                os.mkdir(path)
                self.path = path
                self.write(maximum, limit)
                if os.path.exists(os.path.join(path, swap)):
                    self.write(swap, 0)
                return
            except OSError as error:
                self.close()
                reason = error
        raise Skip("no memory group can be made: %s" % reason)

    @staticmethod
    def unified():
        """Where groups with a limit of memory can be made, by version 2."""
        for line in harness.read("/proc/self/mountinfo").splitlines():
            words = line.split()
            if " - cgroup2 " in line:
                return words[4]
        return None

    def write(self, name, value):
        with open(os.path.join(self.path, name), "w") as file:
            file.write(str(value))

    def close(self):
        if self.path:
            harness.wait_for(lambda: not harness.read(os.path.join(self.path, "cgroup.procs")))
            os.rmdir(self.path)
        self.path = None


class FullGroup(Situation):
    """It writes to all its memory all the time: a copy comes to take as much again."""

    def __init__(self, limit, percent, **options):
        super().__init__("full_group", str(limit), str(percent),
                         label="at %d %% of a memory group" % percent, **options)
        self.limit, self.group = limit, None

    def start(self):
        self.group = Group(self.limit)
        return super().start()

    def before_start(self):
        self.group.write("cgroup.procs", os.getpid())

    def close(self):
        what = super().close()
        if self.group:
            self.group.close()
        return what


class Unstoppable(Situation):
    """A thread that sleeps in vfork can't be stopped: it is given up, and said."""

    def __init__(self):
        self.pipe = tempfile.mktemp(prefix="leakgraph-pipe-")
        super().__init__("spawning", self.pipe, label="in vfork for long", expected=(5,),
                         said="given up after 20 attempts: thread [0-9]+ .*(can't be stopped|"
                              "did not stop)")

    def start(self):
        os.mkfifo(self.pipe)
        return super().start()

    def before_dump(self):
        if not harness.wait_for(lambda: harness.state(self.pid) == "D"):
            raise AssertionError("%s: its state is %s" % (self, harness.state(self.pid)))

    def poke(self):
        """Open the pipe: the child goes on, and so does its parent."""
        try:
            os.close(os.open(self.pipe, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            pass

    def has_ended(self):
        self.poke()
        return super().has_ended()

    def close(self):
        what = super().close()
        if os.path.exists(self.pipe):
            os.unlink(self.pipe)
        return what


def situations():
    """All but the single waits."""
    privileged = os.geteuid() == 0
    names = ("idle", "asleep", "many_threads", "forks", "reaper", "own_child", "collecting",
             "wild_pointers", "robust", "parents_death", "advised", "service")
    yield waits("all waits at once")
    yield waits("long waits", *(name for name, wait in calls.waits.items()
                                if wait.exact and wait.answer is not None),
                milliseconds=LONG_MS, late=LATE_MS)
    for name in names:
        yield Situation(name)
    yield Spinning("busy_in_c")
    yield Situation("asleep", label="stopped by its user", stopped=True)
    yield Storm()
    yield Situation("filtered", label="filtered by seccomp")
    yield Situation("contained", label="filtered as a container")
    if privileged:
        yield Situation("no_more_processes", label="copied out, fork refused")
    yield FirstProcess()
    # No copy is made beside it, its memory is copied out ...
    yield FullGroup(96 << 20, 90)
    # ... or one is, and given up where it grows too large: then it is copied out, too.
    yield FullGroup(192 << 20, 60)
    yield Unstoppable()
    for mode in ("spin", "read", "sleep", "parent"):
        yield harness.steady(mode)


def single_waits():
    for name in calls.waits:
        yield waits("waits: " + name, name)
