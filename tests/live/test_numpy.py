# SPDX-License-Identifier: GPL-2.0-or-later
"""NumPy's arrays: their blocks count as sys.getsizeof counts them, and objects in them are found."""
import collections
import unittest

import dump_columns
import support

ARRAYS = """
import sys, numpy
class Row: pass
def rows(count):
    return [Row() for _ in range(count)]
flat = numpy.ones(1000)
OWNED = [flat, numpy.ones((30, 40), order="F"), numpy.empty(0), numpy.array(5), numpy.array(["ab", "c"]),
         numpy.ones(3, dtype=[("a", "i4"), ("b", "f8")]), numpy.ones((2,) * 20, dtype="i1")]
VIEWS = [numpy.ones(100000)[:10], numpy.ones((300, 400)).T, flat.reshape(10, 100)]
OBJECTS = numpy.array(rows(600), dtype=object).reshape(20, 30)
HOLES = numpy.empty(50, dtype=object)
HOLES[7] = "a text that only the array holds" * 2
MASKED = numpy.ma.array(rows(7), dtype=object)
class Kept: pass
INNER = [("x", "f8"), ("y", "O")]
FIELDS = numpy.zeros((4, 5), dtype=[("number", "i4"), (("a title", "thing"), "O"), ("pair", "O", 2), ("nested", INNER, (2, 2))])
for name in ("thing", "pair"):
    FIELDS[name] = Kept()
FIELDS["nested"]["y"] = Kept()
TAKEN = FIELDS[0, 0].copy()
ready()
for array in [*OWNED, *VIEWS, OBJECTS, OBJECTS.base, HOLES, MASKED]:
    print(id(array), sys.getsizeof(array), type(array) is numpy.ndarray, flush=True)
print(id(OBJECTS.base), id(HOLES), id(HOLES[7]), flush=True)
print(id(FIELDS), id(FIELDS.dtype), id(TAKEN), flush=True)
import time
time.sleep(1000)
"""


class NumpyTest(support.LiveTest):
    def setUp(self):
        super().setUp()
        self.target = self.enterContext(support.target("/usr/bin/python3.11", ARRAYS))
        self.arrays = [self.target.line().split() for _ in range(14)]
        self.base, self.holes, self.text = map(int, self.target.line().split())
        self.fields, self.dtype, self.taken = map(int, self.target.line().split())
        self.dump(self.target)
        self.columns = dump_columns.Dump(self.path())
        self.index = self.columns.by_address()

    def test_sizes(self):
        shallow = self.columns["objects", "shallow_bytes"]
        for address, size, plain in self.arrays:
            # A subclass has its __dict__ and weak references besides, and the collector's header.
            (self.assertEqual if plain == "True" else self.assertGreaterEqual)(
                shallow[self.index[int(address)]], int(size))

    def test_items(self):
        items = [self.columns.type_of(target) for target, kind, _ in
                 self.columns.references(self.index[self.base]) if kind == 4]
        self.assertEqual(items, ["__main__.Row"] * 600)
        items = [target for target, kind, _ in self.columns.references(self.index[self.holes])
                 if kind == 4 and self.columns.type_of(target) != "NoneType"]
        self.assertEqual(items, [self.index[self.text]])

    def test_fields(self):
        """Objects in structures, by the field: in its place, in a small array, in nested structures."""
        def kept(address):
            return collections.Counter((kind, name) for target, kind, name in self.columns.references(self.index[address])
                                       if self.columns.type_of(target) == "__main__.Kept")
        self.assertEqual(kept(self.fields), {(2, "thing"): 20, (2, "pair"): 40, (2, "y"): 80})
        base, = [target for target, _, name in self.columns.references(self.index[self.taken]) if name == "base"]
        self.assertEqual(kept(self.columns["objects", "address"][base]), {(2, "thing"): 1, (2, "pair"): 2, (2, "y"): 4})
        rows = [i for i in range(len(self.columns)) if self.columns.type_of(i) == "__main__.Kept"]
        known = self.columns.referrers()
        self.assertEqual([known[i] - self.columns["objects", "refcount"][i] for i in rows], [0] * 3)

    def test_a_dtype_refers_to_its_fields(self):
        self.assertEqual({name for _, _, name in self.columns.references(self.index[self.dtype])} - {""},
                         {"type", "fields", "names"})

    def test_a_view_refers_to_its_base(self):
        view = self.index[int(self.arrays[7][0])]
        bases = [target for target, _, name in self.columns.references(view) if name == "base"]
        self.assertEqual([self.columns.type_of(base) for base in bases], ["numpy.ndarray"])
        self.assertGreater(self.columns["objects", "shallow_bytes"][bases[0]], 800000)

    def test_subclasses(self):
        rows = [i for i in range(len(self.columns)) if self.columns.type_of(i) == "__main__.Row"]
        holders = self.json("path", self.path(), "__main__.Row")
        self.assertEqual(len(rows), 607)
        self.assertEqual([path["count"] for path in holders["shortest"]], [600, 7])
        self.assertEqual(holders["unreached"], 0)


if __name__ == "__main__":
    support.main()
