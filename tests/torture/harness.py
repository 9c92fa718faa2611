# SPDX-License-Identifier: GPL-2.0-or-later
"""What the torture tests share: programs, targets, and what counts as harm."""

import mmap
import os
import signal
import struct
import subprocess
import tempfile
import time

BUILD = os.environ.get("LEAKGRAPH_BUILD", ".")
TOOL = os.environ.get("LEAKGRAPH", os.path.join(BUILD, "leakgraph"))
FREEZE_LOOP = os.path.join(BUILD, "tests", "torture", "freeze_loop")
STEADY = os.path.join(BUILD, "tests", "torture", "steady")
PYTHON = os.environ.get("LEAKGRAPH_PYTHONS", "/usr/bin/python3.11").split(":")[0]


def count(name, small):
    """How often: LEAKGRAPH_TORTURE_DUMPS=200 and the like for the full run."""
    return int(os.environ.get("LEAKGRAPH_TORTURE_" + name, small))


def children(pid):
    """Pids of the children of a process, the dead ones not yet reaped among them."""
    found = []
    for task in os.listdir("/proc/%d/task" % pid):
        try:
            with open("/proc/%d/task/%s/children" % (pid, task)) as file:
                found += [int(word) for word in file.read().split()]
        except FileNotFoundError:
            pass
    return found


def tracer(pid):
    with open("/proc/%d/status" % pid) as file:
        for line in file:
            if line.startswith("TracerPid:"):
                return int(line.split()[1])


def wait_for(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.002)
    return condition()


def worker_of(tool):
    """The process that a guarded tool works in, or None."""
    try:
        found = children(tool.pid)
    except FileNotFoundError:
        return None
    return found[0] if found else None


class Steady:
    """The program `steady`, and what it has found wrong."""

    def __init__(self, mode):
        self.mode = mode
        self.file = tempfile.NamedTemporaryFile()
        self.file.truncate(4096)
        self.memory = mmap.mmap(self.file.fileno(), 4096)
        self.process = subprocess.Popen([STEADY, mode, self.file.name], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        self.pid = self.process.pid
        self.goes_on()

    def rounds(self):
        return struct.unpack("Q", self.memory[:8])[0]

    def faults(self):
        return struct.unpack("Q", self.memory[8:16])[0]

    def goes_on(self):
        """Two whole rounds are done: one may have begun before."""
        before = self.rounds()
        for _ in range(2 if self.mode == "read" else 0):
            self.process.stdin.write(b"x")
            self.process.stdin.flush()
            if self.process.stdout.read(1) != b"x":
                return False
        return wait_for(lambda: self.rounds() >= before + 2 or self.process.poll() is not None) \
            and self.process.poll() is None

    def harm(self):
        """What is wrong with it now, or None."""
        if not self.goes_on():
            return "%s: ended with %s or stands still (state %s)" % (
                self.mode, self.process.poll(), state(self.pid))
        if self.faults():
            return "%s: found %d faults" % (self.mode, self.faults())
        return None

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.memory.close()
        self.file.close()


def state(pid):
    try:
        with open("/proc/%d/stat" % pid) as file:
            return file.read().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return "gone"
