# SPDX-License-Identifier: GPL-2.0-or-later
"""What a target of the torture says of itself, in a file that it and the harness map.

As native words: faults found, calls that ended with EINTR where none was due,
count of counters, then a counter for each thing that must go on. From TEXT on
the first faults in words. steady.c keeps the same layout.
"""

import mmap
import os
import signal
import struct
import threading

BYTES = 16384
TEXT = 8192
MOST_WORDS = 20  # the first faults tell; a program that is wrong goes on being wrong
FAULTS, INTERRUPTED, COUNTERS, FIRST = 0, 8, 16, 24


class Marks:
    def __init__(self, path):
        with open(path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), BYTES)
        self.lock = threading.Lock()
        self.names = []
        self.text = TEXT

    def get(self, offset):
        return struct.unpack_from("Q", self.memory, offset)[0]

    def add(self, offset, more=1):
        struct.pack_into("Q", self.memory, offset, self.get(offset) + more)

    def counter(self, name):
        """The offset of a new counter; only one thread may add to it."""
        self.names.append(name)
        return FIRST + 8 * (len(self.names) - 1)

    def ready(self):
        """All counters are made: the harness may begin."""
        struct.pack_into("Q", self.memory, COUNTERS, len(self.names))
        print("ready", os.getpid(), *self.names, flush=True)

    def fault(self, words):
        with self.lock:
            self.add(FAULTS)
            if self.get(FAULTS) > MOST_WORDS:
                return
            line = (words.strip() + "\n").encode()[:BYTES - self.text]
            self.memory[self.text:self.text + len(line)] = line
            self.text += len(line)

    def at_end(self, actions):
        """When the harness closes our input: do these, and end with 1 if there was a fault."""
        def wait():
            signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))
            while os.read(0, 4096):
                pass
            # What is done now breaks what still runs.
            faults, self.text = self.get(FAULTS), BYTES
            for action in actions:
                action()
            os._exit(1 if faults else 0)
        threading.Thread(target=wait, daemon=True).start()

    def interrupted(self):
        with self.lock:
            self.add(INTERRUPTED)
