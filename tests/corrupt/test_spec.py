# SPDX-License-Identifier: GPL-2.0-or-later
"""The specification's own Python lines, run as they stand there, with Debian's msgpack alone."""

import ctypes
import ctypes.util
import os
import re
import subprocess
import sys
import tempfile
import types
import unittest

import dumps

SPEC = os.path.join(os.path.dirname(__file__), "..", "..", "formats", "dump", "SPEC.md")


def blocks():
    with open(SPEC, encoding="utf-8") as file:
        return re.findall(r"^```python\n(.*?)^```", file.read(), re.DOTALL | re.MULTILINE)


def fake_zstandard():
    """zstandard.decompress, for the reader's lines, by the library that leakgraph needs anyway."""
    library = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
    library.ZSTD_getFrameContentSize.restype = ctypes.c_ulonglong
    library.ZSTD_decompress.restype = ctypes.c_size_t

    def decompress(data):
        size = library.ZSTD_getFrameContentSize(data, ctypes.c_size_t(len(data)))
        room = ctypes.create_string_buffer(size + 1)
        got = library.ZSTD_decompress(room, ctypes.c_size_t(size), data, ctypes.c_size_t(len(data)))
        assert got == size
        return room.raw[:size]
    module = types.ModuleType("zstandard")
    module.decompress = decompress
    return module


class Spec(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "heap.msgpack")
        self.folder = folder.name
        self.assertEqual(len(blocks()), 2)

    def read_by_spec(self, path):
        names = {}
        exec(compile(blocks()[1], SPEC, "exec"), names)  # pylint: disable=exec-used
        return names["read"](path)

    def compare(self, kind):
        with open(self.path, "wb") as file:
            file.write(dumps.sample(kind))
        ours = dumps.columns(self.path)
        theirs = self.read_by_spec(self.path)
        compared = 0
        for name, values in ours.items():
            if isinstance(values, list) and name != "strings":
                self.assertEqual(theirs[tuple(name.split("."))], values, name)
                compared += len(values)
        blob = bytes(theirs["strings", "bytes"])
        texts, start = [], 0
        for length in theirs["strings", "length"]:
            texts.append(blob[start:start + length].hex())
            start += length
        self.assertEqual(texts, ours["strings"])
        self.assertEqual(len(theirs), 1 + sum(1 for v in ours.values() if isinstance(v, list)) - 1)
        return compared

    def test_reader_of_a_plain_file(self):
        self.assertNotIn("zstandard", sys.modules)
        self.assertGreater(self.compare("plain"), 200)
        self.assertNotIn("zstandard", sys.modules)

    def test_reader_of_a_compressed_file(self):
        sys.modules["zstandard"] = fake_zstandard()
        try:
            self.assertGreater(self.compare("small"), 200)
        finally:
            del sys.modules["zstandard"]

    def test_info_is_plain_text(self):
        info = next(v for v in dumps.unpack(dumps.sample("small")) if dumps.section_of(v) == "info")
        self.assertEqual(info["command_line"], "python3 -m shop --port 80")
        self.assertEqual((info["python_version"], info["pid"], info["rss_bytes"]), ("3.11.2", 4242, 2**30))

    def test_producer(self):
        subprocess.run(["/usr/bin/python3", "-c", blocks()[0]], cwd=self.folder, check=True)
        columns = dumps.columns(self.path)
        with open(self.path, "rb") as file:
            end = dumps.unpack(file.read())[-1]
        texts = [bytes.fromhex(t).decode() for t in columns["strings"]]
        names = [texts[n] for n in columns["types.name"]]
        self.assertGreater(end["objects"], 3000)
        self.assertGreaterEqual(len(columns["objects.address"]), end["objects"] + 1)
        self.assertIn("(undefined)", names)
        self.assertIn("function", names)
        roots = {texts[n] for n in columns["roots.name"]}
        self.assertLessEqual({"sys", "gc", "msgpack"}, roots)
        self.assertEqual(set(columns["roots.kind"]), {1})


if __name__ == "__main__":
    unittest.main()
