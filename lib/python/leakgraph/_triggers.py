# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps without being asked in code: by a signal, at the exit, by the size of memory."""

import _thread
import atexit
import os
import signal as signals
import threading
import time

from . import _dumping
from ._program import LeakgraphError

INTERVAL_SECONDS = 1  # between two looks at RSS
RETRY_SECONDS = 60  # after a dump that failed
UNITS = {"": 1, "B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
         "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}

_installed = None


def install(*, signal=None, at_exit=None, rss=None, path="leakgraph-{pid}-{n}.msgpack", limit=10, redact=False):
    """Take dumps of this process: on a signal, at its exit, when its memory has grown.

    signal   a number: each such signal is a dump to `path`. The handler starts a
             thread and returns; while a dump is under way further ones are dropped.
    at_exit  a path: a dump at the normal end of this process, not of its forked children
    rss      bytes, or "2GiB": a dump to `path` when resident memory has come to it,
             looked at once a second by a daemon thread; the next only after it has
             been below nine tenths of that, and at most `limit` of them
    path     in it {pid} is the process, {n} counts, {time} is UTC to the second
    redact   names of the program's data are replaced by hashes

    What came of a dump is a line on file descriptor 2. Replaces what was installed before.
    """
    global _installed
    uninstall()
    size = None if rss is None else parse_size(rss)
    made = _Installed(path, at_exit, size, limit, redact)
    try:
        if signal is not None:
            made.handle(signal)
        if at_exit is not None:
            atexit.register(made.exit)
        if size is not None:
            made.watch()
    except BaseException:
        made.remove()
        raise
    _installed = made


def uninstall():
    """Undo install(): the signal's former handler, no dump at exit, no thread. Fine if there is nothing."""
    global _installed
    made, _installed = _installed, None
    if made:
        made.remove()


def parse_size(value):
    """Bytes: 2147483648, or a text such as "2GiB" or "500MB"."""
    if isinstance(value, int) and not isinstance(value, bool):
        size = value
    else:
        text = str(value).strip()
        number = text.rstrip("BKMGTik")
        try:
            size = int(float(number) * UNITS[text[len(number):].strip()])
        except (KeyError, ValueError, OverflowError):
            size = 0
    if size <= 0:
        raise ValueError(f"rss expects bytes, or a size such as '2GiB' or '500MB', not {value!r}")
    return size


def _say(text):
    # Not by sys.stderr: a signal handler may have come in the middle of its use.
    try:
        os.write(2, f"leakgraph: {text}\n".encode(errors="replace"))
    except OSError:
        pass


class _Installed:
    """What one install() has set up."""

    def __init__(self, path, at_exit, rss, limit, redact):
        self.path, self.at_exit, self.rss, self.limit, self.redact = path, at_exit, rss, limit, redact
        self.pid = os.getpid()
        self.number = 0
        self.signal = self.former = None
        self.thread = None
        self.end = threading.Lock()  # released to end the thread

    def handle(self, signal):
        self.former = signals.signal(signal, self.on_signal)
        self.signal = signal

    def remove(self):
        if self.signal is not None and signals.getsignal(self.signal) == self.on_signal:
            signals.signal(self.signal, self.former if self.former is not None else signals.SIG_DFL)
        atexit.unregister(self.exit)
        if self.thread and self.pid == os.getpid():
            self.end.release()
            self.thread.join()

    def name(self, template):
        self.number += 1
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        return (os.fsdecode(template).replace("{pid}", str(os.getpid())).replace("{n}", str(self.number))
                .replace("{time}", stamp))

    def dump(self, template, reason):
        """One dump, in whose turn it is, and the turn's end. Tells what came of it; whether it is there."""
        try:
            _say(f"{reason}: {_dumping.run(self.name(template), self.redact)}")
            return True
        except (LeakgraphError, OSError) as error:
            _say(f"{reason}: no dump: {error}")
            return False
        finally:
            _dumping.turn.hand_on()

    def on_signal(self, number, _frame):
        # Between any two instructions of the main thread: no lock may be waited for here,
        # so the thread is started without the threading module's.
        try:
            _thread.start_new_thread(self.answer, (number,))
        except RuntimeError as error:
            _say(f"signal {number}: no dump: {error}")

    def answer(self, number):
        reason = f"signal {number}"
        if _dumping.turn.take(wait=False):
            self.dump(self.path, reason)
        else:
            _say(f"{reason}: no dump: one is under way")

    def exit(self):
        if self.pid == os.getpid() and _dumping.turn.take(wait=True):
            self.dump(self.at_exit, "exit")

    def watch(self):
        self.end.acquire()
        thread = threading.Thread(target=self.look, name="leakgraph", daemon=True)
        thread.start()
        self.thread = thread

    def look(self):
        """The thread: a look each second, until it is told to end or the limit is reached."""
        above, made, wait = False, 0, INTERVAL_SECONDS
        while made < self.limit and not self.end.acquire(timeout=wait):
            size, wait = resident_bytes(), INTERVAL_SECONDS
            if size < self.rss * 9 // 10:
                above = False
            elif size >= self.rss and not above and _dumping.turn.take(wait=True):
                above = self.dump(self.path, f"RSS {size} bytes")
                made += above
                wait = INTERVAL_SECONDS if above else RETRY_SECONDS


def resident_bytes():
    file = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
    try:
        return int(os.read(file, 128).split()[1]) * os.sysconf("SC_PAGE_SIZE")
    finally:
        os.close(file)
