# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads a dump by formats/dump/SPEC.md alone: python3-msgpack, and libzstd for compressed chunks."""
import array
import ctypes
import ctypes.util

import msgpack

WEAK = 12  # a kind of reference
INTERPRETER = 4  # a kind of root: a pointer of the interpreter's own

_zstd = None


def _decompress(data):
    global _zstd
    if _zstd is None:
        _zstd = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
        _zstd.ZSTD_getFrameContentSize.restype = ctypes.c_ulonglong
        _zstd.ZSTD_decompress.restype = ctypes.c_size_t
    size = _zstd.ZSTD_getFrameContentSize(data, ctypes.c_size_t(len(data)))
    out = ctypes.create_string_buffer(max(size, 1))
    done = _zstd.ZSTD_decompress(out, ctypes.c_size_t(size), data, ctypes.c_size_t(len(data)))
    if done != size:
        raise ValueError(f"zstd frame of {len(data)} bytes: {done} bytes, its head says {size}")
    return out.raw[:size]


def _varints(data, delta):
    values, value, shift, last = array.array("Q"), 0, 0, 0
    for byte in data:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            if delta:
                value = last = (last + (value >> 1 ^ -(value & 1))) & 0xFFFFFFFFFFFFFFFF
            values.append(value)
            value = shift = 0
    return values


def _column(encoding, data):
    if encoding.endswith("+zstd"):
        encoding, data = encoding[:-5], _decompress(data)
    if encoding[0] == "u":
        return array.array({"u8": "B", "u32": "I", "u64": "Q"}[encoding], data)
    if encoding.startswith("split"):
        width = int(encoding[5:]) // 8
        count = len(data) // width
        rows = bytearray(len(data))
        for byte in range(width):
            rows[byte::width] = data[byte * count:(byte + 1) * count]
        return array.array({4: "I", 8: "Q"}[width], bytes(rows))
    return _varints(data, encoding == "delta")


class Dump:
    """Tables as arrays: dump["objects", "address"]; strings and labels as text."""

    def __init__(self, path):
        self.table, self.info, self.end = {}, None, None
        with open(path, "rb") as file:
            for value in msgpack.Unpacker(file, max_buffer_size=2**31 - 1, strict_map_key=False):
                if not isinstance(value, dict) or "section" not in value:
                    continue
                if value["section"] in ("info", "end"):
                    setattr(self, value["section"], value)
                for name, content in value.items():
                    if isinstance(content, list):
                        key = (value["section"], name)
                        column = _column(*content)
                        if key in self.table:
                            self.table[key] = array.array(self.table[key].typecode, self.table[key])
                            self.table[key].extend(column) if self.table[key].typecode == column.typecode else \
                                self._widen(key, column)
                        else:
                            self.table[key] = column
        text = bytes(self["strings", "bytes"])
        self.strings, at = [], 0
        for length in self["strings", "length"]:
            self.strings.append(text[at:at + length].decode(errors="backslashreplace"))
            at += length
        self.inner = len(self["inner", "degree"])
        self.first = array.array("Q", [0])
        for degree in self["inner", "degree"]:
            self.first.append(self.first[-1] + degree)

    def _widen(self, key, column):
        both = array.array("Q", self.table[key])
        both.extend(array.array("Q", column))
        self.table[key] = both

    def __getitem__(self, key):
        return self.table.get(key, array.array("Q"))

    def __len__(self):
        return len(self["objects", "address"])

    def type_name(self, number):
        module, name = (self.strings[self["types", c][number]] for c in ("module", "name"))
        return name if module in ("", "builtins") else f"{module}.{name}"

    def type_of(self, number):
        return self.type_name(self["objects", "type"][number])

    def references(self, number):
        """(target, kind, name) of each reference, the name as text."""
        if number >= self.inner:
            return
        targets, kinds, names = (self["references", c] for c in ("target", "kind", "name"))
        for r in range(self.first[number], self.first[number + 1]):
            name = self.type_name(names[r]) if kinds[r] == 3 else self.strings[names[r]]
            yield targets[r], kinds[r], name

    def by_address(self):
        return {a: i for i, a in enumerate(self["objects", "address"]) if i}

    def referrers(self):
        """How many strong references to each object the dump has, those of the interpreter's tables among them."""
        known = array.array("Q", bytes(8 * len(self)))
        for target, kind in zip(self["references", "target"], self["references", "kind"]):
            known[target] += kind != WEAK
        for target, kind in zip(self["roots", "object"], self["roots", "kind"]):
            known[target] += kind == INTERPRETER
        return known
