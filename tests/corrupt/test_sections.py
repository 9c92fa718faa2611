# SPDX-License-Identifier: GPL-2.0-or-later
"""Sections removed, doubled, swapped and lying, under a checksum that fits: refused with a message."""

import copy
import ctypes
import ctypes.util
import os
import socket
import tempfile
import time
import unittest

import dumps

TABLES = ["strings", "types", "objects", "inner", "references", "roots", "threads", "frames",
          "tasks", "sites", "allocations", "equals", "containers", "bounds", "mappings", "arenas", "pools", "heaps",
          "collectors"]
OPTIONAL = TABLES[TABLES.index("tasks"):]
OPTIONAL_COLUMNS = [("roots", "interpreter"), ("frames", "awaits"), ("types", "block_bytes"),
                    ("types", "slotted_bytes"), ("types", "weakref_bytes")]

_zstd = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
_zstd.ZSTD_compress.restype = ctypes.c_size_t
_zstd.ZSTD_compress.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t,
                                ctypes.c_int]
_zstd.ZSTD_compressBound.restype = ctypes.c_size_t


def zstd(data):
    room = ctypes.create_string_buffer(_zstd.ZSTD_compressBound(ctypes.c_size_t(len(data))))
    size = _zstd.ZSTD_compress(room, len(room), data, len(data), 1)
    return room.raw[:size]


def varint(value):
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


class Sections(unittest.TestCase):
    def setUp(self):
        self.values = dumps.unpack(dumps.sample("plain"))
        self.checker = dumps.Checker()
        self.addCleanup(self.checker.__exit__)

    def chunk(self, values, name):
        return next(v for v in values if dumps.section_of(v) == name)

    def read(self, values):
        return self.checker.read(dumps.sealed(dumps.pack(*values)))

    def refuse(self, values, message, status=dumps.UNREADABLE):
        got, text = self.read(values)
        self.assertEqual((got, message in text), (status, True), "%r, expected %r" % (text, message))

    def changed(self, change):
        values = copy.deepcopy(self.values)
        change(values)
        return values

    def with_column(self, table, column, encoding, data, count=None):
        """The sample with one column replaced, and its table cut to a single chunk of count rows."""
        def change(values):
            chunk = self.chunk(values, table)
            chunk[column] = [encoding, data]
            if count is not None:
                chunk["count"] = count
                self.chunk(values, "end")[table] = count
        return self.changed(change)

    def test_the_sample_is_whole(self):
        self.assertEqual([dumps.section_of(v) for v in self.values],
                         [None, "info"] + TABLES + ["end"])
        self.assertEqual(self.read(self.values)[0], dumps.OK)

    def test_each_table_removed(self):
        for table in TABLES:
            values = [v for v in self.values if dumps.section_of(v) != table]
            self.refuse(values, "section 'end' at byte")
            self.refuse(values, "'%s' should have" % table)
            self.refuse(values, "rows, the file holds 0")

    def test_each_table_removed_from_the_end_too(self):
        # Each is needed by another: consistent counts alone do not make it a snapshot.
        expected = {
            "strings": "table 'strings' has no row",
            "types": "table 'types' has no row",
            "objects": "table 'objects' has no row",
            "inner": "table 'inner' has no row",
            "references": "there are 0 references",
            "sites": "allocations.site[0] is 0, expected less than 0",
            "threads": "frames.thread[0] is 0, expected less than 0",
            "arenas": "expected a pool of 16128 bytes within an arena",
        }
        for table in TABLES:
            values = [v for v in self.values if dumps.section_of(v) != table]
            values[-1] = dict(values[-1], **{table: 0})
            if table in expected:
                self.refuse(values, expected[table])
            else:
                self.assertEqual(self.read(values)[0], dumps.OK, table)

    def test_a_file_of_the_first_version(self):
        """Without what came later it reads, and what is missing is 0."""
        def age(values):
            values[0]["leakgraph"] = [1, 0]
            for table, column in OPTIONAL_COLUMNS:
                self.chunk(values, table).pop(column)
            for table in OPTIONAL:
                self.chunk(values, "end").pop(table)
        values = [v for v in self.changed(age) if dumps.section_of(v) not in OPTIONAL]
        with tempfile.NamedTemporaryFile() as file:
            file.write(dumps.sealed(dumps.pack(*values)))
            file.flush()
            columns = dumps.columns(file.name)
        self.assertEqual((columns["roots.interpreter"], columns["frames.awaits"], columns["tasks.object"]),
                         ([0, 0], [0, 0], []))

    def test_info_and_end_removed(self):
        self.refuse([v for v in self.values if dumps.section_of(v) != "info"], "section 'info' is missing")
        self.refuse(self.values[:-1], "section 'end' is missing")

    def test_each_section_doubled(self):
        for index, value in enumerate(self.values):
            name = dumps.section_of(value)
            doubled = self.values[:index + 1] + self.values[index:]
            if name in TABLES:
                self.refuse(doubled, "'first' is 0, expected %d: a chunk is doubled" % value["count"])
            elif name == "info":
                self.refuse(doubled, "section 'info' at byte")
                self.refuse(doubled, "is given twice")
            elif name == "end":
                self.refuse(doubled, "follows the section 'end'")
            else:
                self.refuse(doubled, "is no map that begins with 'section'")

    def test_each_section_after_the_end(self):
        for value in self.values[1:-1]:
            self.refuse(self.values + [value], "follows the section 'end'")

    def test_lying_counts(self):
        for table in TABLES:
            count = self.chunk(self.values, table)["count"]
            for lie in (0, 1, count - 1, count + 1, 65536):
                if lie == count:
                    continue
                values = self.changed(lambda v, t=table, n=lie: self.chunk(v, t).update(count=n))
                status, text = self.read(values)
                self.assertEqual(status, dumps.UNREADABLE, "%s %d: %s" % (table, lie, text))
                self.assertIn("section '%s' at byte" % table if lie == 0 else "section '", text)
            for lie in (65537, 2**32, 2**64 - 1):
                self.refuse(self.changed(lambda v, t=table, n=lie: self.chunk(v, t).update(count=n)),
                            "'count' is %d, expected at most 65536" % lie)
            for lie in (1, 2**31, 4294967294):
                self.refuse(self.changed(lambda v, t=table, n=lie: self.chunk(v, t).update(first=n)),
                            "'first' is %d, expected 0: a chunk is missing" % lie)
            for lie in (-1, "x", 1.5, None, [1], True):
                self.refuse(self.changed(lambda v, t=table, n=lie: self.chunk(v, t).update(count=n)),
                            "'count' is no unsigned integer")
            for lie in (count - 1, count + 1, 2**32 - 1):
                self.refuse(self.changed(lambda v, t=table, n=lie: self.chunk(v, "end").update({t: n})),
                            "'%s' should have %d rows, the file holds %d" % (table, lie, count))
            self.refuse(self.changed(lambda v, t=table: self.chunk(v, "end").pop(t)),
                        "'%s' should have 0 rows, the file holds %d" % (table, count)
                        if table in OPTIONAL else "'%s' is missing" % table)

    def test_counts_that_lie_together(self):
        """The chunk and the end agree on a count that the columns do not have."""
        for table in TABLES:
            for lie in (self.chunk(self.values, table)["count"] + 1, 65536):
                def change(values, table=table, lie=lie):
                    self.chunk(values, table)["count"] = lie
                    self.chunk(values, "end")[table] = lie
                self.refuse(self.changed(change), "section '%s' at byte" % table)

    def test_columns_missing_doubled_of_another_kind(self):
        for table in TABLES:
            for column in [k for k, v in self.chunk(self.values, table).items() if isinstance(v, list)]:
                without = self.changed(lambda v: self.chunk(v, table).pop(column))
                if (table, column) in OPTIONAL_COLUMNS:
                    self.assertEqual(self.read(without)[0], dumps.OK)
                else:
                    self.refuse(without, "column '%s' is missing" % column)
                for wrong in (None, 3, b"", [], ["u8"], ["u8", "text"], [3, b""], ["u8", b"", 0]):
                    self.refuse(self.changed(lambda v: self.chunk(v, table).update({column: wrong})),
                                "column '%s' is no array of an encoding and bytes" % column)
                for wrong in ("u16", "", "zstd", "u8\0x", "a long name of an encoding"):
                    self.refuse(self.changed(lambda v: self.chunk(v, table).update({column: [wrong, b""]})),
                                "column '%s': encoding '%s' is not known"
                                % (column, wrong.replace("\0", "\\x00")[:40]))
        doubled = dumps.pack(*self.values[:2]) + b"\x83" + dumps.pack(
            "section", "objects", "first", 0, "first", 0) + dumps.pack(*self.values[2:])
        status, text = self.checker.read(dumps.sealed(doubled))
        self.assertEqual(status, dumps.UNREADABLE)
        self.assertIn("'first' is given twice", text)

    def test_values_of_the_wrong_length(self):
        count = self.chunk(self.values, "objects")["count"]
        full = b"\x80" * 9 + b"\x01"
        for encoding, data, message in (
            ("u8", b"\0" * (count - 1), "column 'type': %d bytes, expected %d for" % (count - 1, count)),
            ("u32", b"\0" * (4 * count + 1), "column 'type': %d bytes, expected %d for" % (4 * count + 1, 4 * count)),
            ("split32", b"\0" * (4 * count - 1), "column 'type': %d bytes, expected %d for" % (4 * count - 1, 4 * count)),
            ("split64", b"\0" * (4 * count), "column 'type': %d bytes, expected %d for" % (4 * count, 8 * count)),
            ("split64", b"\0" * (8 * count - 1) + b"\1", "row %d is 72057594037927936, expected at most" % (count - 1)),
            ("u64", b"", "column 'type': 0 bytes, expected %d for" % (8 * count)),
            ("varint", b"\0" * (count - 1), "column 'type': %d bytes, expected %d to" % (count - 1, count)),
            ("varint", b"\0" * (count + 1), "column 'type': 1 bytes are left over"),
            ("varint", b"\0" * (count - 1) + b"\x80", "column 'type': value %d of %d is cut off" % (count - 1, count)),
            ("varint", b"\x80" * 10 * count, "column 'type': value 0 of %d is cut off or longer" % count),
            ("varint", b"\xff" * 9 + b"\x02" + b"\0" * count, "column 'type': value 0 of %d" % count),
            ("varint", full * count, "column 'type': row 0 is 9223372036854775808, expected at most 4294967295"),
            ("delta", b"\x01" + b"\0" * (count - 1), "row 0 is 18446744073709551615, expected at most"),
            ("u8+zstd", b"", "column 'type': 0 bytes that are no zstd frame"),
            ("u8+zstd", b"nothing of the kind", "bytes that are no zstd frame"),
            ("u8+zstd", zstd(b"\0" * (count + 1)), "column 'type': %d bytes, expected %d for" % (count + 1, count)),
            ("u8+zstd", zstd(b"\0" * count)[:-1], "column 'type': zstd: "),
            ("u8+zstd", zstd(b"\0" * count) + b"x", "column 'type': zstd: "),
            ("u8+zstd", zstd(b"\0" * count) * 2, "column 'type': zstd: "),
        ):
            self.refuse(self.with_column("objects", "type", encoding, data), message)

    def test_any_encoding_reads(self):
        _, plain = self.read(self.values)
        table = self.chunk(self.values, "references")
        kinds = table["kind"][1]
        wide = {
            "u8": kinds,
            "u32": b"".join(k.to_bytes(4, "little") for k in kinds),
            "u64": b"".join(k.to_bytes(8, "little") for k in kinds),
            "split32": kinds + bytes(3 * len(kinds)),
            "split64": kinds + bytes(7 * len(kinds)),
            "varint": b"".join(varint(k) for k in kinds),
            "delta": b"".join(varint(((d << 1) ^ (d >> 63)) % 2**64)
                              for d in (b - a for a, b in zip(b"\0" + kinds, kinds))),
        }
        for encoding, data in wide.items():
            self.assertEqual(self.read(self.with_column("references", "kind", encoding, data)),
                             (dumps.OK, plain), encoding)
            self.assertEqual(self.read(self.with_column("references", "kind", encoding + "+zstd", zstd(data))),
                             (dumps.OK, plain), encoding)

    def test_indexes_out_of_range(self):
        def column(table, name, row, value, encoding="varint", others=0):
            count = self.chunk(self.values, table)["count"]
            data = [varint(value if i == row else others) for i in range(count)]
            return self.with_column(table, name, encoding, b"".join(data))
        objects = self.chunk(self.values, "objects")["count"]
        strings = self.chunk(self.values, "strings")["count"]
        types = self.chunk(self.values, "types")["count"]
        self.refuse(column("objects", "type", 5, types), "type[5] is %d, expected less than %d" % (types, types))
        self.refuse(column("objects", "address", 0, 64), "object 0 has address 0x40")
        self.refuse(column("objects", "shallow_bytes", 3, 2**63, others=2**20), "shallow_bytes[3] is 9223372036854775808")
        self.refuse(column("references", "target", 0, objects), "ref_target[0] is %d, expected less than" % objects)
        self.refuse(column("references", "target", 1, 1), "ref_target[0] is 0, the virtual root")
        self.refuse(column("references", "kind", 2, 14), "ref_kind[2] is 14, expected less than 14")
        self.refuse(column("references", "name", 2, strings),
                    "ref_name[2] is %d, expected as a string less than %d" % (strings, strings))
        self.refuse(column("roots", "object", 1, objects), "roots.object[0] is 0, the virtual root")
        self.refuse(column("roots", "kind", 1, 7), "roots.kind[1] is 7, expected less than 7")
        self.refuse(column("roots", "name", 1, strings), "roots.name[1] is %d" % strings)
        self.refuse(column("types", "module", 1, strings), "types.module[1] is %d" % strings)
        self.refuse(column("types", "name", 1, strings), "types.name[1] is %d" % strings)
        self.refuse(column("types", "object", 1, objects), "types.object[0] is 0, the virtual root")
        self.refuse(column("threads", "object", 0, objects), "threads.object[0] is %d" % objects)
        self.refuse(column("threads", "name", 0, strings), "threads.name[0] is %d" % strings)
        self.refuse(column("frames", "thread", 0, 1), "frames.thread[0] is 1, expected less than 1")
        self.refuse(column("frames", "object", 0, objects), "frames.object[0] is %d" % objects)
        self.refuse(column("frames", "function", 1, strings), "frames.function[1] is %d" % strings)
        self.refuse(column("frames", "file", 1, strings), "frames.file[1] is %d" % strings)
        self.refuse(column("frames", "awaits", 1, objects), "frames.awaits[1] is %d" % objects)
        self.refuse(column("tasks", "object", 0, objects), "tasks.object[0] is %d" % objects)
        self.refuse(column("tasks", "name", 0, strings), "tasks.name[0] is %d" % strings)
        self.refuse(column("tasks", "coroutine", 0, objects), "tasks.coroutine[0] is %d" % objects)
        self.refuse(column("sites", "caller", 1, 1), "sites.caller[0] is 0, expected less than 0")
        self.refuse(column("sites", "file", 1, strings), "sites.file[1] is %d" % strings)
        self.refuse(column("allocations", "object", 1, objects), "allocations.object[0] is 0")
        self.refuse(column("allocations", "site", 1, 2), "allocations.site[1] is 2, expected less than 2")
        self.refuse(column("equals", "object", 1, objects), "equals.object[0] is 0")
        self.refuse(column("equals", "group", 1, 2), "equals.group[1] is 2, expected less than 2")
        self.refuse(column("containers", "object", 1, objects), "containers.object[0] is 0")
        self.refuse(column("containers", "used", 0, 4), "containers.used[0] is 4, expected at most 3")
        self.refuse(column("containers", "apart_bytes", 0, 2**62), "containers.apart_bytes[0] is %d" % 2**62)
        self.refuse(column("containers", "needed_bytes", 1, 40), "containers.needed_bytes[1] is 40, expected at most 32")
        self.refuse(column("bounds", "object", 1, objects), "bounds.object[0] is 0")
        self.refuse(column("bounds", "most", 0, 0), "bounds.most[0] is 0, expected more than 0")
        self.refuse(column("inner", "degree", 0, 5), "the degrees of section 'inner' add up to 5")
        references = self.chunk(self.values, "references")["count"]
        self.refuse(column("inner", "degree", 0, references),
                    "the virtual root has %d references, expected none" % references)

    def test_strings_that_lie(self):
        count = self.chunk(self.values, "strings")["count"]
        blob = self.chunk(self.values, "strings")["bytes"][1]
        total = len(blob)
        for lengths, message in (
            ([0] * count, "the lengths of its strings add up to 0, column 'bytes' has %d" % total),
            ([0] * (count - 1) + [total + 1], "add up to %d, column 'bytes' has %d" % (total + 1, total)),
            ([total] + [0] * (count - 1), "string 0 has %d bytes, expected the empty string" % total),
            ([0, 2**64 - 1] + [0] * (count - 2), "string 1 has 18446744073709551615 bytes, expected at most"),
        ):
            self.refuse(self.with_column("strings", "length", "varint", b"".join(map(varint, lengths))), message)
        self.refuse(self.with_column("strings", "bytes", "u32", b"\0" * total), "encoding 'u32', expected u8")

    def test_info_that_lies(self):
        def info(**fields):
            return self.changed(lambda v: self.chunk(v, "info").update(fields))
        self.refuse(info(pid=-1), "section 'info' at byte")
        self.refuse(info(pid=-1), "'pid' is no unsigned integer")
        self.refuse(info(command_line=3), "'command_line' is no text")
        self.assertEqual(self.read(info(command_line=b"\xff\xfe new", unknown=[1, {"x": None}]))[0], dumps.OK)
        bare = [{"section": "info"} if dumps.section_of(v) == "info" else v for v in self.values]
        self.assertEqual(self.read(bare)[0], dumps.OK)

    def test_headers(self):
        for header, message in (
            ({"leakgraph": [2, 0], "form": "columns"}, "is of format version 2.0, this program reads 1.x"),
            ({"leakgraph": [0, 9], "form": "columns"}, "is of format version 0.9"),
            ({"leakgraph": 1, "form": "columns"}, "'leakgraph' is no array of a major and a minor version"),
            ({"leakgraph": [1], "form": "columns"}, "'leakgraph' is no array"),
            ({"leakgraph": [1, -1], "form": "columns"}, "'leakgraph' is no array"),
            ({"leakgraph": [1, 2**32], "form": "columns"}, "'leakgraph' is no array"),
            ({"leakgraph": [1, 0]}, "'form' is '', expected 'columns' or 'rows'"),
            ({"leakgraph": [1, 0], "form": "\x1b[2J"}, "'form' is '\\x1b[2J', expected"),
            ({"form": "columns", "leakgraph": [1, 0]}, "is no dump of leakgraph: it begins with 82 a4 66"),
            ([1, 0], "is no dump of leakgraph"),
            ({}, "is no dump of leakgraph"),
        ):
            self.refuse([header] + self.values[1:], message)
        twice = b"\x83" + dumps.pack("leakgraph", [1, 0], "leakgraph", [1, 0], "form", "columns")
        status, text = self.checker.read(dumps.sealed(twice + dumps.pack(*self.values[1:])))
        self.assertEqual(status, dumps.UNREADABLE)
        self.assertIn("'leakgraph' is given twice", text)

    def test_extensions_are_skipped(self):
        _, plain = self.read(self.values)
        deep = 1
        for _ in range(29):
            deep = [deep]
        more = [self.values[0]]
        more[0] = dict(more[0], acme={"x": 1})
        for value in self.values[1:]:
            more.append({"section": "acme.timings", "first": 7, "deep": deep, "data": b"x" * 100000})
            more.append(dict(value, **{"acme.column": ["u8", b"123"], "other": None}))
        self.assertEqual(self.read(more), (dumps.OK, plain))

    def test_a_newer_minor_version(self):
        kinds = bytearray(self.chunk(self.values, "references")["kind"][1])
        kinds[3] = 99
        values = self.with_column("references", "kind", "u8", bytes(kinds))
        self.refuse(values, "ref_kind[3] is 99")
        values[0] = {"leakgraph": [1, 7], "form": "columns"}
        self.assertEqual(self.read(values)[0], dumps.OK)

    def test_nesting(self):
        for depth in (33, 100, 100000):
            data = dumps.pack(*self.values[:2]) + b"\x82" + dumps.pack("section", "x", "y")
            data += b"\x91" * depth + b"\x00" + dumps.pack(*self.values[2:])
            status, text = self.checker.read(dumps.sealed(data))
            self.assertEqual(status, dumps.UNREADABLE)
            self.assertIn("are nested deeper than 32", text)

    def test_claims_take_no_memory(self):
        """Headers that claim millions of elements in a file of some kilobytes."""
        start = time.monotonic()
        for head in (b"\xdd\x07\xff\xff\xff", b"\xdf\x07\xff\xff\xff", b"\xc6\xff\xff\xff\xff",
                     b"\xdb\xff\xff\xff\xff", b"\xc9\xff\xff\xff\xff\x01", b"\xdd\xff\xff\xff\xff" * 20):
            for lead in (b"", b"\x82" + dumps.pack("section", "objects", "first"),
                         b"\x82" + dumps.pack("section", "info", "pid"),
                         b"\x82" + dumps.pack("section", "other", "x")):
                data = dumps.pack(*self.values[:2]) + lead + head + dumps.pack(*self.values[2:])
                status, text = self.checker.read(dumps.sealed(data))
                self.assertEqual(status, dumps.UNREADABLE)
                self.assertIn("cut off or corrupt: the value at byte", text)
        self.assertLess(time.monotonic() - start, 60)

    def test_many_parts(self):
        for name in ("objects", "info", "end"):
            values = self.changed(lambda v, n=name: self.chunk(v, n).update(more=[0] * 70000))
            self.refuse(values, "parts, expected at most 65536")

    def test_a_bomb(self):
        """70 million leaves in a few kilobytes, each count true: beyond what such a file may hold."""
        count = 65536
        chunks = 1100
        zero = ["u8+zstd", zstd(b"\0" * count)]
        values = [v for v in self.values if dumps.section_of(v) not in ("objects", "end", None, "info")]
        values = self.values[:2] + values
        data = dumps.pack(*values)
        for index in range(chunks):
            data += dumps.pack({"section": "objects", "first": index * count, "count": count,
                                "address": zero, "type": zero, "shallow_bytes": zero,
                                "refcount": zero, "flags": zero})
        data += dumps.pack(dict(self.values[-1], objects=chunks * count))
        start = time.monotonic()
        status, text = self.checker.read(dumps.sealed(data))
        self.assertEqual(status, dumps.UNREADABLE, text)
        self.assertRegex(text, r"^claims \d+ bytes of tables, a file of \d+ bytes may hold \d+$")
        self.assertLess(time.monotonic() - start, 60)

    def test_a_regular_heap_is_padded_and_reads(self):
        data = dumps.sample("regular")
        sections = [dumps.section_of(v) for v in dumps.unpack(data)]
        self.assertIn("padding", sections)
        with dumps.Checker(memory=4000) as roomy:
            status, text = roomy.read(data)
        self.assertEqual(status, dumps.OK, text)
        self.assertIn("16777216 objects", text)

    def test_a_string_bomb(self):
        blob = zstd(b"a" * (60 << 20))
        values = self.with_column("strings", "bytes", "u8+zstd", blob)
        chunk = self.chunk(values, "strings")
        first = chunk["count"]
        more = [{"section": "strings", "first": first + i, "count": 1,
                 "length": ["varint", varint(60 << 20)], "bytes": ["u8+zstd", blob]} for i in range(8)]
        values = copy.deepcopy(self.values)
        values[3:3] = more
        values[-1]["strings"] += 8
        self.refuse(values, "bytes of tables, a file of")

    def test_not_a_regular_file(self):
        with tempfile.TemporaryDirectory() as folder:
            fifo = os.path.join(folder, "fifo")
            os.mkfifo(fifo)
            sock = os.path.join(folder, "socket")
            bound = socket.socket(socket.AF_UNIX)
            self.addCleanup(bound.close)
            bound.bind(sock)
            for path, message in ((fifo, "is a pipe, expected a regular file"),
                                  (folder, "is a directory, expected a regular file"),
                                  ("/dev/zero", "is a device, expected a regular file"),
                                  (sock, "cannot be opened: "),
                                  (os.path.join(folder, "none"), "cannot be opened: No such file or directory")):
                status, text = self.checker.read_path(path)
                self.assertEqual(status, dumps.UNREADABLE)
                self.assertIn(message, text)

    def test_other_files(self):
        for data, message in ((b"", "is empty, expected a dump of leakgraph"),
                              (b"\x1f\x8b\x08", "is no dump of leakgraph: it begins with 1f 8b 08"),
                              (b"#!/bin/sh\nexit\n", "is no dump of leakgraph: it begins with 23 21"),
                              (dumps.pack({"a": 1}), "is no dump of leakgraph"),
                              (b"\x80\xa9leakgraph" + b"\0" * 30, "header: 'leakgraph' is missing"),
                              (b"\x82\xa9leakgraph", "header: cut off or corrupt"),
                              (b"\x82\xa9leakgraph\xdd\xff\xff\xff\xff", "header: cut off or corrupt")):
            status, text = self.checker.read(data)
            self.assertEqual(status, dumps.UNREADABLE)
            self.assertIn(message, text)


if __name__ == "__main__":
    unittest.main()
