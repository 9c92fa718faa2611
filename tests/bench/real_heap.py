# SPDX-License-Identifier: GPL-2.0-or-later
"""A program with a large and irregular heap, to be dumped: some nine million objects.

The standard library imported and parsed into syntax trees, records with dicts
that know each other, shuffled linked items, closures, an ordered cache. It
prints "ready PID", then waits until its input ends.
"""

import ast
import collections
import contextlib
import gc
import glob
import importlib
import io
import os
import random
import sys
import warnings

UNWANTED = ("antigravity", "this", "idlelib", "turtle", "turtledemo", "tkinter", "lib2to3")


def import_all():
    modules = []
    for name in sorted(sys.stdlib_module_names):
        if name in UNWANTED or name.startswith("_test"):
            continue
        with contextlib.suppress(BaseException), contextlib.redirect_stdout(io.StringIO()):
            modules.append(importlib.import_module(name))
    return modules


def parse_all():
    trees = {}
    folder = os.path.dirname(os.__file__)
    for path in sorted(glob.glob(folder + "/**/*.py", recursive=True)):
        if "-packages" in path:
            continue
        with contextlib.suppress(SyntaxError, ValueError), open(path, encoding="utf-8") as source:
            trees[path] = ast.parse(source.read())
    return trees


class Record:
    def __init__(self, number):
        self.number = number
        self.name = f"record{number}"
        self.values = {f"k{i}": random.random() for i in range(random.randrange(6))}
        self.friends = []
        self.tags = tuple(f"t{random.randrange(10**6)}" for _ in range(3))


class Item:
    __slots__ = ("before", "text", "numbers")


def make_records():
    records = [Record(i) for i in range(200000)]
    for record in records:
        record.friends += random.choices(records, k=random.randrange(4))
    return records


def make_items():
    items, before = [], None
    for i in range(300000):
        item = Item()
        item.before, item.text, item.numbers = before, str(i), [i + 10**6]
        items.append(item)
        before = item
    random.shuffle(items)
    return items


def make_rows():
    return [{"id": i + 10**6, "v": [random.random() for _ in range(3)], "n": f"n{i}"}
            for i in range(200000)]


def make_closures():
    def make(i):
        return lambda x: x + i
    return [make(i + 1000) for i in range(50000)]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    gc.disable()
    random.seed(1)
    heap = [import_all(), parse_all(), make_items(), make_rows(), make_closures()]
    heap.append(make_records())
    heap.append(collections.OrderedDict((("x", i), random.choice(heap[-1]))
                                        for i in range(100000)))
    print("ready", os.getpid(), flush=True)
    sys.stdin.read()
