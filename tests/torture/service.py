# SPDX-License-Identifier: GPL-2.0-or-later
"""A program under load that checks itself: threads, sockets, subprocesses, asyncio, epoll."""

import asyncio
import gc
import hashlib
import itertools
import json
import os
import queue
import select
import signal
import socket
import subprocess
import threading
import time

started_children = 0
child_signals = 0

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


cycle_number = itertools.count()


def cycles():
    for _ in range(500):
        node = Node()
        node.me = node
    if next(cycle_number) % 50 == 0:
        gc.collect()
    time.sleep(0.001)


async def ticks(said, counter):
    while True:
        begun = time.monotonic()
        await asyncio.sleep(0.01)
        assert time.monotonic() - begun >= 0.0099
        said.add(counter)


def run_ticks(said, counter):
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    try:
        asyncio.run(ticks(said, counter))
    except BaseException as error:
        said.fault("ticks: %r" % error)


def on_child(number, frame):
    global child_signals
    child_signals += 1


def service(said, in_thread, forever):
    """All of it at once; the main thread sees that no child is there but its own."""
    signal.signal(signal.SIGCHLD, on_child)
    keep = [(i, str(i)) for i in range(20000)]
    for function in (dicts, hashes, floats, ping, pong, sleeps, children, polls, queues, documents,
                     cycles):
        in_thread(said, function.__name__, function)
    threading.Thread(target=run_ticks, args=(said, said.counter("ticks")), daemon=True).start()

    def look():
        time.sleep(0.05)
        assert child_signals <= started_children, \
            "%d SIGCHLD of %d children" % (child_signals, started_children)
        assert all(text == str(i) for i, text in keep), "kept data has changed"
    return forever(said, "look", look)
