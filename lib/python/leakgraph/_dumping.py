# SPDX-License-Identifier: GPL-2.0-or-later
"""One dump: start the program, let it trace this process, wait for what it says."""

import _thread
import os
import select
import signal

from . import _program
from ._program import LeakgraphError

PR_SET_PTRACER = 0x59616D61
YAMA_SCOPE = "/proc/sys/kernel/yama/ptrace_scope"
LOOK_MS = 1000  # the program says when it is done; killed, it can't, and is looked for
START_LOOKS = 60  # so often, until it has said its number


class _Turn:
    """Dumps go one at a time. `thread` is whose turn it is, None for nobody's."""

    def __init__(self):
        self.lock = _thread.allocate_lock()
        self.thread = None

    def take(self, wait):
        """False where it is another's, and nobody waits for that."""
        # A signal handler of the application may come here in the middle of a dump.
        if self.thread == _thread.get_ident() or not self.lock.acquire(wait):
            return False
        self.thread = _thread.get_ident()
        return True

    def hand_on(self):
        self.thread = None
        self.lock.release()


turn = _Turn()
# In a forked child no dump is under way, whatever the lock says.
os.register_at_fork(after_in_child=turn.__init__)


def dump(path, *, redact=False):
    """Write a dump of this process to `path`, and wait until it is there.

    Other threads run on meanwhile, but for the moment of the copy. Dumps that
    several threads ask for are taken one after the other. With redact, names of
    the program's data are replaced by hashes.

    Raises LeakgraphError with the program's sentence; this process is as it was.
    """
    if not turn.take(wait=True):
        raise LeakgraphError("a dump is under way in this thread")
    try:
        run(path, redact)
    finally:
        turn.hand_on()


def run(path, redact):
    """The dump itself, in whose turn it is. Returns what the program says of it, a line."""
    arguments = ["dump", str(os.getpid()), "-o", os.path.abspath(os.fsdecode(path))]
    if redact:
        arguments.append("--redact")
    program = _program.Run(arguments)
    try:
        return _converse(program)
    finally:
        program.close()


def _converse(program):
    """Let it go, and wait: it says its process number, then what there is to say, then "exit CODE"."""
    first, _, said = _read_until(program.told, b"", lambda text: b"\n" in text, None).partition(b"\n")
    if not first.isdigit():
        raise LeakgraphError(_sentence(first))
    pid = int(first)
    allowed = _allow(pid)
    try:
        program.go()
        said = _wait(program.told, said, pid)
    finally:
        if allowed:
            _allow(0)
        # Where orphans fall to this process (the first of a container), it is a child after all.
        _program.reap(pid)
    text, _, code = said.rpartition(b"exit ")
    if code.strip() != b"0":
        raise LeakgraphError(_sentence(text))
    return text.decode(errors="replace").strip()


def _wait(told, said, pid):
    try:
        return _read_until(told, said, _has_ended, pid)
    except BaseException:  # a signal handler of the application raised
        os.kill(pid, signal.SIGTERM)
        _read_until(told, b"", _has_ended, pid)
        raise


def _has_ended(text):
    return text.endswith(b"\n") and text[:-1].rpartition(b"\n")[2].startswith(b"exit ")


def _read_until(told, text, enough, pid):
    """What is said until that is enough, or nobody is left to say more. pid is not known at first."""
    poll = select.poll()
    poll.register(told, select.POLLIN)
    looks = 0
    while not enough(text):
        if poll.poll(LOOK_MS):
            more = os.read(told, 4096)
            if not more:
                break
            text += more
        elif _is_gone(pid) if pid else looks == START_LOOKS:
            break
        looks += 1
    return text


def _is_gone(pid):
    """A process that another thread forked may hold the pipe open: then its end does not tell."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass
    try:
        os.kill(pid, 0)
    except OSError:
        return True
    return False


def _sentence(text):
    """The program's last line without its name in front."""
    lines = text.decode(errors="replace").strip().splitlines() or ["leakgraph ended before the dump was done"]
    return lines[-1][len("leakgraph: "):] if lines[-1].startswith("leakgraph: ") else lines[-1]


def _allow(pid):
    """Where Yama lets nobody but ancestors trace a process, say who else may; 0: nobody."""
    try:
        with open(YAMA_SCOPE, "rb", buffering=0) as scope:
            if scope.read(1) != b"1":
                return False
    except OSError:
        return False
    import ctypes  # only here: it would be the larger part of what this package adds to a heap
    return ctypes.CDLL(None).prctl(PR_SET_PTRACER, ctypes.c_ulong(pid), 0, 0, 0) == 0
