# SPDX-License-Identifier: GPL-2.0-or-later
"""The row form as the specification defines it, written with Debian's msgpack."""

import os
import tempfile
import unittest

import dumps

HEADER = {"leakgraph": [1, 0], "form": "rows"}


class Rows(unittest.TestCase):
    def setUp(self):
        self.checker = dumps.Checker()
        self.addCleanup(self.checker.__exit__)

    def columns(self, *values, header=HEADER, seal=False):
        data = dumps.pack(header, *values)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "rows.msgpack")
            with open(path, "wb") as file:
                file.write(dumps.sealed(data) if seal else data)
            return dumps.columns(path)

    def objects(self, columns):
        """[(address, "module.name", size, refcount, flags, [(address, kind, name)]), ...] without the root."""
        texts = [bytes.fromhex(t).decode() for t in columns["strings"]]
        types = [texts[m] + "." + texts[n] for m, n in zip(columns["types.module"], columns["types.name"])]
        address, at, out = columns["objects.address"], 0, []
        for i, where in enumerate(address):
            degree = columns["inner.degree"][i] if i < len(columns["inner.degree"]) else 0
            referents = []
            for r in range(at, at + degree):
                kind, name = columns["references.kind"][r], columns["references.name"][r]
                label = types[name] if kind == 3 else texts[name]
                referents.append((address[columns["references.target"][r]], kind, label))
            at += degree
            out.append((where, types[columns["objects.type"][i]], columns["objects.shallow_bytes"][i],
                        columns["objects.refcount"][i], columns["objects.flags"][i], referents))
        self.assertEqual(out[0], (0, ".(root)", 0, 0, 8, []))
        return out[1:]

    def roots(self, columns):
        texts = [bytes.fromhex(t).decode() for t in columns["strings"]]
        return [(columns["objects.address"][o], k, texts[n]) for o, k, n in
                zip(columns["roots.object"], columns["roots.kind"], columns["roots.name"])]

    def refuse(self, message, *values, header=HEADER, seal=None, status=dumps.UNREADABLE):
        data = dumps.pack(header, *values)
        if seal is not None:
            data += seal(data)
        got, text = self.checker.read(data)
        self.assertEqual((got, message in text), (status, True), "%r, expected %r" % (text, message))

    def test_inner_objects_then_leaves_then_undefined(self):
        columns = self.columns(
            [7, "builtins.str", 50, []],
            [100, ["app", "Outer.Inner"], 64, [7, 900, 5]],
            [5, "list", 88, [901, 7], 3],
            [6, "int", 28, []])
        self.assertEqual(self.objects(columns), [
            (100, "app.Outer.Inner", 64, 0, 0, [(7, 0, ""), (900, 0, ""), (5, 0, "")]),
            (5, "builtins.list", 88, 3, 0, [(901, 0, ""), (7, 0, "")]),
            (7, "builtins.str", 50, 0, 0, []),
            (6, "builtins.int", 28, 0, 0, []),
            (900, ".(undefined)", 0, 0, 16, []),
            (901, ".(undefined)", 0, 0, 16, [])])
        self.assertEqual(self.roots(columns), [(100, 0, ""), (6, 0, "")])

    def test_ids_of_all_sizes(self):
        ids = [0, 1, 127, 128, 255, 2**16, 2**32, 2**63, 2**64 - 2, -2**63 + 1, -200]
        columns = self.columns(*[[i, "x", 1, [ids[(n + 1) % len(ids)]]] for n, i in enumerate(ids)])
        self.assertEqual([o[0] for o in self.objects(columns)], [i % 2**64 for i in ids])
        self.assertEqual([o[5][0][0] for o in self.objects(columns)], [i % 2**64 for i in ids[1:] + ids[:1]])
        self.refuse("id 18446744073709551615 has two rows: row 1 and row 2", [-1, "x", 1, []], [2**64 - 1, "x", 1, []])

    def test_labels(self):
        labels = {".name": (1, "name"), "['key']": (2, "key"), "['']": (2, ""), "[str]": (2, ""),
                  "[]": (4, ""), "[int]": (3, "builtins.int"), "[app.Key]": (3, "app.Key"),
                  "<key>": (5, ""), "local x": (6, "x"), "cell x": (7, "x"), "default x": (8, "x"),
                  "frame f()": (9, "f"), ".__dict__": (10, ""), "type": (11, ""), "weak": (12, ""),
                  "->": (0, ""), "->f": (0, "f"), "anything": (0, "anything"), "local ": (0, "local "),
                  ".": (0, "."), "": (0, ""), "['": (0, "['"),
                  "['it's']": (2, "it's"), "frame f": (0, "frame f")}
        columns = self.columns([1, "x", 8, [[2, text] for text in labels] +
                                [[2, 4], [2, 1, "named"], [2, 3, "app.Key"], [2, 2, "k", "skipped", [1]], [2]]],
                               [2, "x", 8, []])
        expected = list(labels.values()) + [(4, ""), (1, "named"), (3, "app.Key"), (2, "k"), (0, "")]
        self.assertEqual([(k, n) for _, k, n in self.objects(columns)[0][5]], expected)

    def test_roots(self):
        columns = self.columns(
            {"section": "roots", "objects": [1, [2, "module app"], [3, "thread worker-3"]]},
            [1, "x", 8, []], [2, "module", 8, []], [3, "x", 8, []],
            {"section": "acme.more", "data": [1, 2]},
            {"section": "roots", "objects": [[1, "C code"], [1, "interned strings"], [1, "class dict"],
                                             [1, "interpreter atexit"], [1, "my cache"], [1, 5], [99, 1, "gone"]],
             "extra": {"skipped": [1]}})
        self.assertEqual(self.roots(columns), [
            (1, 0, ""), (2, 1, "app"), (3, 3, "worker-3"), (1, 5, ""), (1, 6, ""), (1, 2, "dict"),
            (1, 4, "atexit"), (1, 0, "my cache"), (1, 5, ""), (99, 1, "gone")])

    def test_missing_roots(self):
        """What no other object refers to strongly; a self or weak reference does not count."""
        columns = self.columns([1, "x", 8, [1]], [2, "x", 8, [3]], [3, "x", 8, []], [4, "x", 8, [5]],
                               [5, "x", 8, [4]], [6, "x", 8, [[7, "weak"]]], [7, "x", 8, []])
        self.assertEqual([r[0] for r in self.roots(columns)], [1, 2, 6, 7])
        columns = self.columns({"section": "roots", "objects": []}, [1, "x", 8, []])
        self.assertEqual(self.roots(columns), [])

    def test_self_and_double_references_are_kept(self):
        columns = self.columns([1, "x", 8, [1, 2, 2, 1]], [2, "x", 8, []])
        self.assertEqual([r[0] for r in self.objects(columns)[0][5]], [1, 2, 2, 1])

    def test_an_empty_heap(self):
        for seal in (False, True):
            self.assertEqual(self.objects(self.columns(seal=seal)), [])

    def test_info_and_end_and_seal(self):
        columns = self.columns([1, "x", 8, []], {"section": "info", "pid": 17, "producer": "mine"},
                               {"section": "end", "objects": 1}, seal=True)
        self.assertEqual((columns["info.pid"], bytes.fromhex(columns["info.producer"])), (17, b"mine"))

    def test_many(self):
        count = 100000
        columns = self.columns(*[[i * 48, "app.Node", 48, [(i + 1) * 48] if i < count else []]
                                 for i in range(count + 1)])
        objects = self.objects(columns)
        self.assertEqual(len(objects), count + 1)
        self.assertEqual(objects[500], (24000, "app.Node", 48, 0, 0, [(24048, 0, "")]))
        self.assertEqual(self.roots(columns), [(0, 0, "")])

    def test_refusals(self):
        row = [1, "x", 8, []]
        self.refuse("id 1 has two rows: row 1 and row 3", row, [2, "x", 8, []], row)
        self.refuse("row 2 at byte 30: the row has 3 elements, expected at least 4", row, [1, "x", 8])
        self.refuse("the row has 0 elements", [])
        self.refuse("the id is a float, expected an integer", [1.5, "x", 8, []])
        self.refuse("the id is nil, expected an integer", [None, "x", 8, []])
        self.refuse("the id is a str, expected an integer", ["leakgraph.end", b"12345678", 3, 4])
        self.refuse("the type is an unsigned integer, expected a str", [1, 2, 8, []])
        self.refuse("the type has 3 elements, expected a module and a name", [1, ["a", "b", "c"], 8, []])
        self.refuse("the type's module is an unsigned integer", [1, [1, "b"], 8, []])
        self.refuse("the type's name is nil", [1, ["a", None], 8, []])
        self.refuse("the size is a negative integer, expected an unsigned integer", [1, "x", -8, []])
        self.refuse("the size is 9223372036854775808, expected at most", [1, "x", 2**63, []])
        self.refuse("shallow_bytes[2] is", [1, "x", 2**62, []], [2, "x", 2**62, []])
        self.refuse("the list of referents is an unsigned integer, expected an array", [1, "x", 8, 2])
        self.refuse("the list of referents is a map", [1, "x", 8, {}])
        self.refuse("the refcount is a str, expected an unsigned integer", [1, "x", 8, [], "2"])
        self.refuse("a referent is a str, expected an id or an array", [1, "x", 8, ["2"]])
        self.refuse("a referent is an array, expected an id or an array of an id and a label", [1, "x", 8, [[]]])
        self.refuse("the id is an array, expected an integer", [1, "x", 8, [[[2], "x"]]])
        self.refuse("a label is nil, expected a str or a kind", [1, "x", 8, [[2, None]]])
        self.refuse("a kind is 14, expected less than 14", [1, "x", 8, [[2, 14]]])
        self.refuse("a label's name is an unsigned integer, expected a str", [1, "x", 8, [[2, 1, 7]]])
        self.refuse("the value at byte 24 is an unsigned integer, expected a row (an array) or a section", 17)
        self.refuse("the map at byte 24 does not begin with 'section'", {"objects": [], "section": "roots"})
        self.refuse("section 'roots' at byte 24: 'objects' is missing", {"section": "roots"})
        self.refuse("'objects' is an unsigned integer, expected an array", {"section": "roots", "objects": 3})
        self.refuse("a root is nil, expected an id", {"section": "roots", "objects": [None]})
        self.refuse("a kind is 7, expected less than 7", {"section": "roots", "objects": [[1, 7]]})
        self.refuse("a key is an array", {"section": "roots", (1,): 3, "objects": []})
        self.refuse("section 'info' at byte 43: is given twice", {"section": "info", "pid": 1}, {"section": "info"})
        self.refuse("'pid' is no unsigned integer", {"section": "info", "pid": "x"})
        self.refuse("section 'end' at byte 30: there should be 2 rows, the file holds 1", row,
                    {"section": "end", "objects": 2})
        self.refuse("section 'end' at byte 24: 'objects' is missing", {"section": "end"})
        self.refuse("the value at byte 46 follows the section 'end'", {"section": "end", "objects": 0}, row)
        self.refuse("is corrupt: its checksum is", row, seal=lambda _: dumps.SEAL + b"12345678")
        self.refuse("is of format version 3.1", row, header={"leakgraph": [3, 1], "form": "rows"})

    def test_a_newer_minor_version(self):
        columns = self.columns([1, "x", 8, [[2, 99, "name"]], 1, "more"], [2, "x", 8, []],
                               {"section": "roots", "objects": [[1, 99, "name"]]},
                               header={"leakgraph": [1, 3], "form": "rows", "more": [1]})
        self.assertEqual(self.objects(columns)[0][5], [(2, 0, "")])
        self.assertEqual(self.roots(columns), [(1, 0, "name")])


if __name__ == "__main__":
    unittest.main()
