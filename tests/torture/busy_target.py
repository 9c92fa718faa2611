# SPDX-License-Identifier: GPL-2.0-or-later
"""A program under load that checks itself: threads, sockets, subprocesses, asyncio, epoll.

Answers each line on stdin with its state as JSON. At "q" it stops its threads,
makes the last checks and exits with 0 only if nothing was ever wrong.
"""

import asyncio
import ctypes
import errno
import gc
import hashlib
import json
import os
import queue
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback

libc = ctypes.CDLL(None, use_errno=True)
MINE = {signal.SIGCHLD, signal.SIGUSR1, signal.SIGUSR2}

stop = False
errors = []
rounds = {}
interrupted = {}
signals = {"chld": 0, "usr1": 0}
started_children = 0
sent_usr1 = 0


def check(function):
    """Run it again and again in a thread of its own; all that it raises is an error."""

    def run():
        # Signals go to the main thread: what is interrupted here was so by others.
        signal.pthread_sigmask(signal.SIG_BLOCK, MINE)
        try:
            while not stop:
                function()
                rounds[function.__name__] = rounds.get(function.__name__, 0) + 1
        except BaseException:
            errors.append(traceback.format_exc())

    threading.Thread(target=run, daemon=True, name=function.__name__).start()


numbers = {}


def dicts():
    for k in range(3000):
        numbers[k] = [k] * 5
    assert sum(v[0] for v in numbers.values()) == 3000 * 2999 // 2
    for k in range(3000):
        del numbers[k]
    assert not numbers


blob = os.urandom(1 << 20)
digest = hashlib.sha256(blob).digest()


def hashes():
    assert hashlib.sha256(blob).digest() == digest
    time.sleep(0.002)


def harmonic():
    total = 0.0
    for k in range(1, 20000):
        total += 1.0 / k
    return total.hex()


first_sum = harmonic()


def floats():
    # Rounding and registers: the same sum, bit for bit.
    assert harmonic() == first_sum

here, there = socket.socketpair()


def ping():
    message = os.urandom(1000)
    here.sendall(message)
    answer = b""
    while len(answer) < 1000:
        answer += here.recv(4096)
    assert answer == message


def pong():
    message = there.recv(4096)
    assert message
    there.sendall(message)


def sleeps():
    begun = time.monotonic()
    time.sleep(0.05)
    assert time.monotonic() - begun >= 0.05


def children():
    global started_children
    started_children += 1
    done = subprocess.run(["/bin/echo", "hi"], capture_output=True)
    assert done.returncode == 0 and done.stdout == b"hi\n", done
    time.sleep(0.02)


poller = select.epoll()
pipe_read, pipe_write = os.pipe()
poller.register(pipe_read, select.EPOLLIN)


def polls():
    assert poller.poll(0.03) == []


waiting = queue.Queue()


def queues():
    try:
        waiting.get(timeout=0.02)
        assert 0
    except queue.Empty:
        pass


def documents():
    text = json.dumps({"a": [{"b": i} for i in range(2000)]})
    assert len(json.loads(text)["a"]) == 2000
    time.sleep(0.003)


class Node:
    pass


def cycles():
    for _ in range(500):
        node = Node()
        node.me = node
    if rounds.get("cycles", 0) % 50 == 0:
        gc.collect()
    time.sleep(0.001)


def raw(name, answer, expected):
    """A call of the C library, without Python's own handling of EINTR."""
    if answer < 0 and ctypes.get_errno() == errno.EINTR:
        interrupted[name] = interrupted.get(name, 0) + 1
    elif answer >= 0 or ctypes.get_errno() not in expected:
        if not (answer == 0 and 0 in expected):
            raise AssertionError("%s: %d, errno %d" % (name, answer, ctypes.get_errno()))


events = ctypes.create_string_buffer(64)
timed, timed_peer = socket.socketpair()
timed.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, b"\0" * 8 + (20000).to_bytes(8, "little"))


class Timespec(ctypes.Structure):
    _fields_ = [("sec", ctypes.c_long), ("nsec", ctypes.c_long)]


signal_set = ctypes.create_string_buffer(128)
libc.sigemptyset(signal_set)
libc.sigaddset(signal_set, signal.SIGUSR2)
semaphore = libc.semget(0, 1, 0o1600)


def raw_epoll():
    raw("epoll_wait", libc.epoll_wait(poller.fileno(), events, 1, 20), {0})


def raw_receive():
    raw("recv", libc.recv(timed.fileno(), events, 1, 0), {errno.EAGAIN})


def raw_signal():
    raw("sigtimedwait", libc.sigtimedwait(signal_set, None, ctypes.byref(Timespec(0, 20000000))),
        {errno.EAGAIN})


def raw_semaphore():
    # Take one from a semaphore that is 0.
    operation = (ctypes.c_short * 3)(0, -1, 0)
    raw("semtimedop", libc.semtimedop(semaphore, operation, 1,
                                      ctypes.byref(Timespec(0, 20000000))), {errno.EAGAIN})


def raw_sleep():
    raw("nanosleep", libc.nanosleep(ctypes.byref(Timespec(0, 20000000)), None), {0})


def raw_select():
    raw("poll", libc.poll(None, 0, 20), {0})


async def ticks():
    while not stop:
        begun = time.monotonic()
        await asyncio.sleep(0.01)
        assert time.monotonic() - begun >= 0.0099
        rounds["ticks"] = rounds.get("ticks", 0) + 1


def run_ticks():
    signal.pthread_sigmask(signal.SIG_BLOCK, MINE)
    try:
        asyncio.run(ticks())
    except BaseException:
        errors.append(traceback.format_exc())


def on_signal(number, frame):
    signals["chld" if number == signal.SIGCHLD else "usr1"] += 1


def answer():
    print(json.dumps({"errors": errors, "rounds": rounds, "interrupted": interrupted,
                      "signals": signals, "started": started_children}), flush=True)


def main():
    global stop, sent_usr1
    signal.signal(signal.SIGCHLD, on_signal)
    signal.signal(signal.SIGUSR1, on_signal)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})
    keep = [(i, str(i)) for i in range(int(sys.argv[1]) if len(sys.argv) > 1 else 20000)]
    checks = [dicts, hashes, floats, ping, pong, sleeps, children, polls, queues, documents, cycles,
              raw_epoll, raw_receive, raw_signal, raw_semaphore, raw_sleep, raw_select]
    for function in checks:
        check(function)
    threading.Thread(target=run_ticks, daemon=True, name="ticks").start()
    answer()
    for line in sys.stdin:
        if line.strip() == "q":
            break
        os.kill(os.getpid(), signal.SIGUSR1)
        sent_usr1 += 1
        answer()
    stop = True
    time.sleep(0.5)
    libc.semctl(semaphore, 0, 0)  # IPC_RMID
    try:
        errors.append("a child is left: %r" % (os.waitpid(-1, os.WNOHANG),))
    except ChildProcessError:
        pass
    if signals["chld"] > started_children:
        errors.append("%(chld)d SIGCHLD" % signals + " of %d children" % started_children)
    if signals["usr1"] != sent_usr1:
        errors.append("%(usr1)d SIGUSR1" % signals + " of %d sent" % sent_usr1)
    if not all(text == str(i) for i, text in keep):
        errors.append("kept data has changed")
    answer()
    sys.stdout.flush()
    os._exit(1 if errors else 0)


main()
