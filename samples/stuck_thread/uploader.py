# SPDX-License-Identifier: GPL-2.0-or-later
"""Uploads in the background. The other side never answers, and what waits is a local variable: the leak."""

import threading

ready = threading.Event()


class Chunk:
    def __init__(self, number):
        self.number = number
        self.data = bytes(1600)


def drain(answered):
    backlog = [Chunk(number) for number in range(6000)]
    ready.set()
    answered.wait()
    backlog.clear()


def start():
    answered = threading.Event()
    threading.Thread(target=drain, args=(answered,), name="uploader", daemon=True).start()
    ready.wait()
