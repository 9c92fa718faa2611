# SPDX-License-Identifier: GPL-2.0-or-later
"""Waits in each system call that a signal can interrupt (signal(7)), and checks
what each returns, after what time, and with which errno.

    calls.py MARKS MILLISECONDS LATE_MILLISECONDS [NAME ...]

Each wait runs again and again in a thread of its own, the first one in the main
thread. It is a fault if one takes less than MILLISECONDS or LATE_MILLISECONDS
more. Without names: all of them. Called for their errno, so by ctypes: Python's
own calls hide an EINTR.
"""

import ctypes
import errno
import fcntl
import itertools
import os
import pty
import queue
import select
import signal
import socket
import struct
import sys
import tempfile
import threading
import time
import tty

import marks

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
NULL = None

FUTEX_WAIT, FUTEX_WAKE, FUTEX_WAIT_BITSET, FUTEX_PRIVATE = 0, 1, 9, 128
F_OFD_SETLKW = 38
SYS_IO_SETUP, SYS_IO_GETEVENTS, SYS_FUTEX, SYS_TGKILL = 206, 208, 202, 234
SYS_IO_URING_SETUP, SYS_IO_URING_ENTER = 425, 426
# A clock of jiffies may be a whole one early.
TICK = 0.005
# CLOCK_MONOTONIC_COARSE, which goes on with the jiffies. Both stand still while a hypervisor gives
# the processor that counts them to others (14 ms were seen), and are then set right at once: of
# the time that a socket waits so much is missing, with a dump and without.
JIFFIES = 6

waits = {}
kept = []  # what must stay open
removed_at_end = []


def keep(thing):
    kept.append(thing)
    return thing


class Timespec(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("rest", ctypes.c_long)]


def nanoseconds(seconds, clock=None):
    if clock is not None:
        seconds += time.clock_gettime(clock)
    return ctypes.byref(Timespec(int(seconds), int(seconds % 1 * 1e9)))


def microseconds(seconds):
    return ctypes.byref(Timespec(int(seconds), int(seconds % 1 * 1e6)))


def milliseconds(seconds):
    return int(seconds * 1000)


def signals(*numbers):
    found = ctypes.create_string_buffer(128)
    libc.sigemptyset(found)
    for number in numbers:
        libc.sigaddset(found, number)
    return found


class Wait:
    """One kind of wait. prepare() makes what it needs and returns call(), which waits."""

    def __init__(self, prepare, answer=0, error=0, eintr=False, exact=True, clock=time.CLOCK_MONOTONIC):
        self.name = prepare.__name__
        self.prepare = prepare
        self.answer, self.error = answer, error
        self.eintr = eintr  # Linux fails it with EINTR after any stop
        self.exact = exact  # begun anew after a stop it would not take longer
        self.clock = clock  # by which it is measured
        waits[self.name] = self


def timed(answer=0, error=0, eintr=False, exact=True, clock=time.CLOCK_MONOTONIC):
    """prepare(seconds) returns a call that lasts so long."""
    if error:
        answer = -1
    return lambda prepare: Wait(lambda_named(prepare), answer, error, eintr, exact, clock)


def lambda_named(prepare):
    def run(seconds, later):
        return prepare(seconds)
    run.__name__ = prepare.__name__
    return run


def fed(answer=None, error=0, eintr=False):
    """prepare(seconds, later) returns a call that lasts until what it gave later() is done."""
    return lambda prepare: Wait(prepare, -1 if error else answer, error, eintr)


@timed()
def poll(seconds):
    return lambda: libc.poll(NULL, 0, milliseconds(seconds))


@timed()
def ppoll(seconds):
    return lambda: libc.ppoll(NULL, 0, nanoseconds(seconds), NULL)


@timed()
def select_(seconds):
    return lambda: libc.select(0, NULL, NULL, NULL, microseconds(seconds))


@timed()
def pselect(seconds):
    return lambda: libc.pselect(0, NULL, NULL, NULL, nanoseconds(seconds), NULL)


def new_epoll():
    return keep(select.epoll()).fileno(), ctypes.create_string_buffer(64)


@timed(eintr=True)
def epoll_wait(seconds):
    poller, events = new_epoll()
    return lambda: libc.epoll_wait(poller, events, 1, milliseconds(seconds))


@timed(eintr=True)
def epoll_pwait(seconds):
    poller, events = new_epoll()
    return lambda: libc.epoll_pwait(poller, events, 1, milliseconds(seconds), NULL)


@timed(eintr=True)
def epoll_pwait2(seconds):
    poller, events = new_epoll()
    return lambda: libc.epoll_pwait2(poller, events, 1, nanoseconds(seconds), NULL)


@timed(error=errno.ETIMEDOUT)
def futex_timed(seconds):
    word = ctypes.c_int(0)
    return lambda: libc.syscall(SYS_FUTEX, ctypes.byref(word), FUTEX_WAIT | FUTEX_PRIVATE, 0,
                                nanoseconds(seconds), NULL, 0)


@timed(error=errno.ETIMEDOUT)
def futex_until(seconds):
    word = ctypes.c_int(0)
    return lambda: libc.syscall(SYS_FUTEX, ctypes.byref(word), FUTEX_WAIT_BITSET | FUTEX_PRIVATE, 0,
                                nanoseconds(seconds, time.CLOCK_MONOTONIC), NULL, -1)


def new_semaphore():
    semaphore = ctypes.create_string_buffer(32)
    libc.sem_init(semaphore, 0, 0)
    return semaphore


@timed(error=errno.ETIMEDOUT)
def sem_timedwait(seconds):
    semaphore = new_semaphore()
    return lambda: libc.sem_timedwait(semaphore, nanoseconds(seconds, time.CLOCK_REALTIME))


@timed(error=errno.EAGAIN, eintr=True)
def semtimedop(seconds):
    semaphore = new_semaphores()
    take = (ctypes.c_short * 3)(0, -1, 0)
    return lambda: libc.semtimedop(semaphore, take, 1, nanoseconds(seconds))


@timed(error=errno.EAGAIN, eintr=True)
def sigtimedwait(seconds):
    wanted = signals(signal.SIGUSR2)
    return lambda: libc.sigtimedwait(wanted, NULL, nanoseconds(seconds))


@timed()
def nanosleep(seconds):
    return lambda: libc.nanosleep(nanoseconds(seconds), NULL)


@timed()
def clock_nanosleep(seconds):
    return lambda: libc.clock_nanosleep(time.CLOCK_MONOTONIC, 0, nanoseconds(seconds), NULL)


@timed()
def clock_nanosleep_until(seconds):
    return lambda: libc.clock_nanosleep(time.CLOCK_MONOTONIC, 1,  # TIMER_ABSTIME
                                        nanoseconds(seconds, time.CLOCK_MONOTONIC), NULL)


def socket_with(option, seconds):
    here, _ = keep(socket.socketpair())
    here.setsockopt(socket.SOL_SOCKET, option,
                    struct.pack("ll", int(seconds), int(seconds % 1 * 1e6)))
    return here.fileno()


@timed(error=errno.EAGAIN, eintr=True, exact=False, clock=JIFFIES)
def recv_timed(seconds):
    end, byte = socket_with(socket.SO_RCVTIMEO, seconds), ctypes.create_string_buffer(1)
    return lambda: libc.recv(end, byte, 1, 0)


@timed(error=errno.EAGAIN, eintr=True, exact=False, clock=JIFFIES)
def send_timed(seconds):
    end = socket_with(socket.SO_SNDTIMEO, seconds)
    while libc.send(end, bytes(4096), 4096, socket.MSG_DONTWAIT) > 0:
        pass
    return lambda: libc.send(end, bytes(4096), 4096, 0)


@timed(error=errno.EAGAIN, eintr=True, exact=False, clock=JIFFIES)
def accept_timed(seconds):
    listener = socket.socket(socket.AF_UNIX)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO,
                        struct.pack("ll", int(seconds), int(seconds % 1 * 1e6)))
    listener.bind("")
    listener.listen()
    return lambda: libc.accept(listener.fileno(), NULL, NULL)


@timed(error=errno.EAGAIN, eintr=True, exact=False, clock=JIFFIES)
def connect_timed(seconds):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("")
    listener.listen(0)
    name = listener.getsockname()
    address = struct.pack("H", socket.AF_UNIX) + name
    keep((listener, socket.socket(socket.AF_UNIX)))[1].connect(name)
    late = socket.socket(socket.AF_UNIX)
    late.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO,
                    struct.pack("ll", int(seconds), int(seconds % 1 * 1e6)))
    return lambda: libc.connect(late.fileno(), address, len(address))


@timed(error=errno.ETIMEDOUT)
def mq_timedreceive(seconds):
    messages, buffer = new_messages(), ctypes.create_string_buffer(64)
    return lambda: libc.mq_timedreceive(messages, buffer, 64, NULL,
                                        nanoseconds(seconds, time.CLOCK_REALTIME))


@timed(eintr=True)
def io_getevents(seconds):
    context = ctypes.c_ulong(0)
    events = ctypes.create_string_buffer(32)
    if libc.syscall(SYS_IO_SETUP, 4, ctypes.byref(context)) != 0:
        raise OSError(ctypes.get_errno(), "io_setup")
    return lambda: libc.syscall(SYS_IO_GETEVENTS, context, ctypes.c_long(1), ctypes.c_long(1),
                                events, nanoseconds(seconds))


@timed(error=errno.ETIME, eintr=True, exact=False)
def io_uring_enter(seconds):
    ring = libc.syscall(SYS_IO_URING_SETUP, 4, ctypes.create_string_buffer(120))
    if ring < 0:
        raise OSError(ctypes.get_errno(), "io_uring_setup")
    limit = keep(Timespec(int(seconds), int(seconds % 1 * 1e9)))
    extended = struct.pack("QIIQ", 0, 0, 0, ctypes.addressof(limit))
    # GETEVENTS and EXT_ARG
    return lambda: libc.syscall(SYS_IO_URING_ENTER, ring, 0, 1, 9, extended, ctypes.c_long(24))


@timed(answer=8)
def read_timerfd(seconds):
    timer, buffer = libc.timerfd_create(time.CLOCK_MONOTONIC, 0), ctypes.create_string_buffer(8)

    def call():
        libc.timerfd_settime(timer, 0, struct.pack("llll", 0, 0, int(seconds),
                                                   int(seconds % 1 * 1e9)), NULL)
        return libc.read(timer, buffer, 8)
    return call


def reads(descriptor, count, later, write):
    """A call that reads `count` bytes when write() is done."""
    buffer = ctypes.create_string_buffer(64)

    def call():
        later(write)
        return libc.read(descriptor, buffer, count)
    return call


@fed(1)
def read_pipe(seconds, later):
    end, other = os.pipe()
    return reads(end, 1, later, lambda: os.write(other, b"x"))


@fed(1)
def read_socket(seconds, later):
    here, there = keep(socket.socketpair())
    return reads(here.fileno(), 1, later, lambda: there.send(b"x"))


@fed(1)
def read_terminal(seconds, later):
    leader, terminal = pty.openpty()
    tty.setraw(terminal)
    return reads(terminal, 1, later, lambda: os.write(leader, b"x"))


@fed(8)
def read_eventfd(seconds, later):
    counter = libc.eventfd(0, 0)
    return reads(counter, 8, later, lambda: os.write(counter, struct.pack("Q", 1)))


@fed(32)
def read_inotify(seconds, later):
    watch = libc.inotify_init()
    file = tempfile.NamedTemporaryFile()
    # On the file itself, IN_ATTRIB: an event without a name.
    libc.inotify_add_watch(watch, file.name.encode(), 4)
    buffer = ctypes.create_string_buffer(64)

    def call():
        later(lambda: os.fchmod(file.fileno(), 0o600))
        return 32 if libc.read(watch, buffer, 64) == 16 else -2
    return call


@fed(1)
def recv(seconds, later):
    here, there = socket.socketpair()
    buffer = ctypes.create_string_buffer(1)

    def call():
        later(lambda: there.send(b"x"))
        return libc.recv(here.fileno(), buffer, 1, 0)
    return call


@fed(0)
def accept(seconds, later):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("")
    listener.listen()
    clients = []

    def connect():
        client = socket.socket(socket.AF_UNIX)
        client.connect(listener.getsockname())
        clients[:] = [client]

    def call():
        later(connect)
        got = libc.accept(listener.fileno(), NULL, NULL)
        return os.close(got) or 0 if got >= 0 else got
    return call


@fed(4096)
def write_pipe(seconds, later):
    end, other = os.pipe()
    fcntl.fcntl(other, 1031, 4096)  # F_SETPIPE_SZ
    os.write(other, bytes(4096))

    def call():
        later(lambda: os.read(end, 4096))
        return libc.write(other, bytes(4096), 4096)
    return call


@fed(0)
def open_fifo(seconds, later):
    folder = keep(tempfile.TemporaryDirectory())
    names = itertools.count()

    def call():
        # A new one each time: a child just forked may still have the last one open.
        path = os.path.join(folder.name, str(next(names)))
        os.mkfifo(path)
        later(lambda: os.close(os.open(path, os.O_WRONLY)))
        got = libc.open(path.encode(), os.O_RDONLY)
        os.unlink(path)
        return os.close(got) or 0 if got >= 0 else got
    return call


@fed(0)
def flock(seconds, later):
    file = tempfile.NamedTemporaryFile()
    other = os.open(file.name, os.O_RDWR)

    def call():
        fcntl.flock(other, fcntl.LOCK_EX)
        later(lambda: fcntl.flock(other, fcntl.LOCK_UN))
        got = libc.flock(file.fileno(), fcntl.LOCK_EX)
        fcntl.flock(file.fileno(), fcntl.LOCK_UN)
        return got
    return call


def whole_file(kind):
    return struct.pack("hhllii", kind, os.SEEK_SET, 0, 0, 0, 0)


@fed(0)
def setlkw_ofd(seconds, later):
    file = tempfile.NamedTemporaryFile()
    other = os.open(file.name, os.O_RDWR)

    def call():
        libc.fcntl(other, F_OFD_SETLKW, whole_file(fcntl.F_WRLCK))
        later(lambda: libc.fcntl(other, F_OFD_SETLKW, whole_file(fcntl.F_UNLCK)))
        got = libc.fcntl(file.fileno(), F_OFD_SETLKW, whole_file(fcntl.F_WRLCK))
        libc.fcntl(file.fileno(), F_OFD_SETLKW, whole_file(fcntl.F_UNLCK))
        return got
    return call


class Child:
    """A child of our own that does something, and ends when it is told to."""

    def __init__(self, begin=lambda: None):
        end, self.tell = os.pipe()
        said, say = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.tell)
            begin()
            os.write(say, b"x")
            os.read(end, 1)
            os._exit(7)
        os.read(said, 1)
        for descriptor in (end, said, say):
            os.close(descriptor)

    def end(self):
        os.write(self.tell, b"x")
        os.close(self.tell)


@fed(0)
def setlkw(seconds, later):
    file = tempfile.NamedTemporaryFile()

    def call():
        child = Child(lambda: fcntl.lockf(file.fileno(), fcntl.LOCK_EX))
        later(child.end)
        got = libc.fcntl(file.fileno(), fcntl.F_SETLKW, whole_file(fcntl.F_WRLCK))
        os.waitpid(child.pid, 0)
        fcntl.lockf(file.fileno(), fcntl.LOCK_UN)
        return got
    return call


@fed(7 << 8)
def wait4(seconds, later):
    status = ctypes.c_int()

    def call():
        child = Child()
        later(child.end)
        got = libc.wait4(child.pid, ctypes.byref(status), 0, NULL)
        return status.value if got == child.pid else got
    return call


@fed(0)
def waitid(seconds, later):
    information = ctypes.create_string_buffer(128)

    def call():
        child = Child()
        later(child.end)
        return libc.waitid(1, child.pid, information, 4)  # P_PID, WEXITED
    return call


def new_queue():
    messages = libc.msgget(0, 0o1600)
    removed_at_end.append(lambda: libc.msgctl(messages, 0, NULL))
    return messages


def new_semaphores():
    semaphore = libc.semget(0, 1, 0o1600)
    removed_at_end.append(lambda: libc.semctl(semaphore, 0, 0))
    return semaphore


def new_messages():
    class Attributes(ctypes.Structure):
        _fields_ = [("words", ctypes.c_long * 8)]
    attributes = Attributes((ctypes.c_long * 8)(0, 4, 64))
    name = b"/leakgraph-%d-%d" % (os.getpid(), threading.get_native_id())
    messages = libc.mq_open(name, os.O_RDWR | os.O_CREAT, 0o600, ctypes.byref(attributes))
    if messages < 0:
        raise OSError(ctypes.get_errno(), "mq_open")
    libc.mq_unlink(name)
    return messages



@fed(8)
def msgrcv(seconds, later):
    messages = new_queue()
    buffer = ctypes.create_string_buffer(16)
    message = struct.pack("lq", 1, 0)

    def call():
        later(lambda: libc.msgsnd(messages, message, ctypes.c_size_t(8), 0))
        return libc.msgrcv(messages, buffer, ctypes.c_size_t(8), ctypes.c_long(0), 0)
    return call


@fed(0)
def msgsnd(seconds, later):
    messages = new_queue()
    message, buffer = struct.pack("l", 1) + bytes(4096), ctypes.create_string_buffer(5000)
    while libc.msgsnd(messages, message, ctypes.c_size_t(4096), 0o4000) == 0:  # IPC_NOWAIT
        pass

    def call():
        later(lambda: libc.msgrcv(messages, buffer, ctypes.c_size_t(4096), ctypes.c_long(0), 0))
        return libc.msgsnd(messages, message, ctypes.c_size_t(4096), 0)
    return call


@fed(0, eintr=True)
def semop(seconds, later):
    semaphore = new_semaphores()
    take, give = ((ctypes.c_short * 3)(0, change, 0) for change in (-1, 1))

    def call():
        later(lambda: libc.semop(semaphore, give, 1))
        return libc.semop(semaphore, take, 1)
    return call


@fed(0)
def sem_wait(seconds, later):
    semaphore = new_semaphore()

    def call():
        later(lambda: libc.sem_post(semaphore))
        return libc.sem_wait(semaphore)
    return call


@fed(0)
def futex(seconds, later):
    word = ctypes.c_int(0)

    def wake(woken):
        word.value = 1
        libc.syscall(SYS_FUTEX, ctypes.byref(word), FUTEX_WAKE | FUTEX_PRIVATE, 1, NULL, NULL, 0)
        woken.set()

    def call():
        word.value = 0
        woken = threading.Event()
        later(lambda: wake(woken))
        got = libc.syscall(SYS_FUTEX, ctypes.byref(word), FUTEX_WAIT | FUTEX_PRIVATE, 0, NULL,
                           NULL, 0)
        if got == 0 or ctypes.get_errno() != errno.EAGAIN:
            return got
        # It came too late to wait, and the waking that is under way is not the next one's.
        woken.wait()
        return 0
    return call


@fed(5)
def mq_receive(seconds, later):
    messages, buffer = new_messages(), ctypes.create_string_buffer(64)

    def call():
        later(lambda: libc.mq_send(messages, b"hello", ctypes.c_size_t(5), 0))
        return libc.mq_receive(messages, buffer, ctypes.c_size_t(64), NULL)
    return call


def tell_this_thread(number):
    thread = threading.get_native_id()
    return lambda: libc.syscall(SYS_TGKILL, os.getpid(), thread, number)


@fed(error=errno.EINTR)
def pause(seconds, later):
    lock = threading.Lock()

    def tell(once, waiting):
        # Again and again: one that comes just before the call is not the call's.
        while waiting:
            with lock:
                if waiting:
                    once()
            time.sleep(0.005)

    def call():
        waiting = [True]
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR1})
        once = tell_this_thread(signal.SIGUSR1)
        later(lambda: tell(once, waiting))
        got, error = libc.pause(), ctypes.get_errno()
        with lock:
            waiting.clear()
        ctypes.set_errno(error)
        return got
    return call


@fed(error=errno.EINTR)
def sigsuspend(seconds, later):
    def call():
        later(tell_this_thread(signal.SIGUSR1))
        return libc.sigsuspend(signals())
    return call


@fed(signal.SIGUSR2, eintr=True)
def sigwaitinfo(seconds, later):
    wanted = signals(signal.SIGUSR2)
    # One may be left of a call that ended too early.
    libc.sigtimedwait(wanted, NULL, nanoseconds(0))

    def call():
        later(tell_this_thread(signal.SIGUSR2))
        return libc.sigwaitinfo(wanted, NULL)
    return call


class Round:
    """A wait again and again, with a thread that does later what ends it."""

    def __init__(self, wait, said, seconds, late):
        self.wait, self.said, self.seconds, self.late = wait, said, seconds, late
        self.counter = said.counter(wait.name)
        self.work = queue.SimpleQueue()
        self.done = False
        if wait.answer is not None:
            threading.Thread(target=self.feed, daemon=True).start()

    def feed(self):
        while True:
            action = self.work.get()
            time.sleep(self.seconds)
            self.done = True
            try:
                action()
            except OSError as error:
                self.said.fault("%s: what ends it failed: %s" % (self.wait.name, error))

    def later(self, action):
        self.done = False
        self.fed = True
        self.begun = self.now()
        self.work.put(action)

    def now(self):
        return time.clock_gettime(self.wait.clock)

    def check(self, answer, error):
        took = self.now() - self.begun
        if answer < 0 and error == errno.EINTR and self.wait.eintr:
            self.said.interrupted()
            if self.fed:
                # What was to end it is still to come, and must not end the next one.
                self.drop()
        elif answer != self.wait.answer or (answer < 0 and error != self.wait.error):
            self.said.fault("%s: %d, errno %d; expected %d, errno %d" % (
                self.wait.name, answer, error, self.wait.answer, self.wait.error))
        elif took < self.seconds - TICK or (self.fed and not self.done):
            self.said.fault("%s: ended after %.4f s, expected %.4f" % (
                self.wait.name, took, self.seconds))
        elif took > self.seconds + self.late and self.wait.exact:
            self.said.fault("%s: ended after %.4f s only, expected %.4f" % (
                self.wait.name, took, self.seconds))

    def drop(self):
        while not self.done:
            time.sleep(0.001)
        self.call = self.wait.prepare(self.seconds, self.later)

    def run(self):
        try:
            self.call = self.wait.prepare(self.seconds, self.later)
            while True:
                self.fed = False
                self.begun = self.now()
                ctypes.set_errno(0)
                answer = self.call()
                self.check(answer, ctypes.get_errno())
                self.said.add(self.counter)
        except BaseException as error:
            self.said.fault("%s: %r" % (self.wait.name, error))


def main():
    said = marks.Marks(sys.argv[1])
    seconds, late = float(sys.argv[2]) / 1000, float(sys.argv[3]) / 1000
    names = sys.argv[4:] or list(waits)
    signal.signal(signal.SIGUSR1, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGUSR2})
    rounds = [Round(waits[name], said, seconds, late) for name in names]
    said.ready()
    for each in rounds[1:]:
        threading.Thread(target=each.run, daemon=True).start()
    said.at_end(removed_at_end)
    rounds[0].run()


if __name__ == "__main__":
    main()
