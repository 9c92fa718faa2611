# SPDX-License-Identifier: GPL-2.0-or-later
"""Dump files for tests: taken apart, changed, sealed again, and read by dump_check."""

import ctypes
import ctypes.util
import json
import os
import subprocess
import tempfile

import msgpack

SEAL = b"\x92\xadleakgraph.end\xc4\x08"

# Bytes of address space that dump_check may take, in MiB. A reader that
# believed a claim of these tests would need gigabytes.
MEMORY = 400

OK, UNREADABLE, LIMIT = 0, 2, 7


def build_folder():
    folder = os.environ.get("LEAKGRAPH_BUILD")
    if not folder:
        raise RuntimeError("LEAKGRAPH_BUILD is not set: the build folder with tests/corrupt/dump_check")
    return folder


def dump_check_path():
    return os.path.join(build_folder(), "tests", "corrupt", "dump_check")


_xxhash = ctypes.CDLL(ctypes.util.find_library("xxhash") or "libxxhash.so.0")
_xxhash.XXH3_64bits.restype = ctypes.c_uint64
_xxhash.XXH3_64bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]


def sealed(data):
    """data with the seal that belongs to it."""
    return data + SEAL + _xxhash.XXH3_64bits(data, len(data)).to_bytes(8, "big")


def pack(*values):
    return b"".join(msgpack.packb(value) for value in values)


def unpack(data):
    """The values of a dump before its seal."""
    unpacker = msgpack.Unpacker(max_buffer_size=2**31 - 1)
    unpacker.feed(data)
    values = list(unpacker)
    return [v for v in values if not (isinstance(v, list) and v[:1] == ["leakgraph.end"])]


def section_of(value):
    return value.get("section") if isinstance(value, dict) else None


def sample(kind):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "sample.msgpack")
        subprocess.run([dump_check_path(), "--sample", kind, path], check=True)
        with open(path, "rb") as file:
            return file.read()


def columns(path):
    """All columns of a file as dump_check reads them: {"objects.address": [...], ...}."""
    answer = subprocess.run([dump_check_path(), "--print", path], stdout=subprocess.PIPE, check=True)
    return json.loads(answer.stdout)


class Checker:
    """One dump_check that reads file after file. A crash of it is an error that names the input."""

    def __init__(self, memory=MEMORY):
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, "x.msgpack")
        # A build with AddressSanitizer can't be bounded by its address space.
        asan = "max_allocation_size_mb=%d:allocator_may_return_null=1" % memory
        given = os.environ.get("ASAN_OPTIONS")
        self.process = subprocess.Popen(
            [dump_check_path(), "--memory", str(memory), "-"],
            env=dict(os.environ, ASAN_OPTIONS=given + ":" + asan if given else asan),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        code = self.process.wait(60)
        self.folder.cleanup()
        if code != 0:
            raise AssertionError("dump_check ended with %d" % code)

    def read(self, data):
        """(status, message) of a file with this content; the path is cut from the message."""
        with open(self.path, "wb") as file:
            file.write(data)
        return self.read_path(self.path)

    def read_path(self, path):
        self.process.stdin.write(path + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("dump_check crashed (%s)" % self.process.wait(60))
        status, _, message = line.rstrip("\n").partition("\t")
        prefix = path + ": "
        if message.startswith(prefix):
            message = message[len(prefix):]
        elif int(status) != OK:
            raise AssertionError("the message does not name the file: " + message)
        return int(status), message
