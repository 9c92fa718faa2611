# SPDX-License-Identifier: GPL-2.0-or-later
"""Greenlets (gevent, SQLAlchemy's asyncio): what the frames of one that is switched away from hold is its own."""
import subprocess
import unittest

import support
from dump_columns import Dump

PROGRAM = """
import greenlet

class Held:
    def __init__(self):
        self.payload = bytes(40000)

def fetch(request):
    answer = [request]
    MAIN.switch(answer)

def serve(number):
    request = Held()
    for row in rows(request):
        fetch(request)

def rows(request):
    yield number_of(request)

def number_of(request):
    return id(request)

MAIN = greenlet.getcurrent()
LEFT = [greenlet.greenlet(serve) for number in range(50)]
for number, left in enumerate(LEFT):
    left.switch(number)
NOT_STARTED, ENDED = greenlet.greenlet(serve), greenlet.greenlet(len)
ENDED.switch("")
ready()
print(fetch.__code__.co_firstlineno + 2, flush=True)
import time
time.sleep(1000)
"""

LOCAL, C_CODE, PSEUDO = 6, 5, 8


def has_greenlet(python):
    return subprocess.run([python, "-c", "import greenlet"], capture_output=True, check=False).returncode == 0


@support.on_each(support.interpreters())
class GreenletsTest(support.LiveTest):
    def setUp(self):
        super().setUp()
        self.columns = self.line = None

    def dump_program(self, python):
        if not has_greenlet(python):
            self.skipTest(f"{python} has no greenlet")
        with support.target(python, PROGRAM) as target:
            self.line = int(target.line())
            self.columns = Dump(self.dump(target))

    def greenlets(self):
        return [i for i in range(1, self.columns.inner) if self.columns.type_of(i) == "greenlet.greenlet"]

    def held(self, number):
        """What its frames hold; until 3.10 these are objects, and refer to the one that called."""
        held = list(self.columns.references(number))
        for target, _, name in held:
            if name in ("frame object", "f_back") and (target, 0, "seen") not in held:
                held += [(target, 0, "seen"), *self.columns.references(target)]
        return held

    def test_frames_are_the_greenlets(self, python):
        self.dump_program(python)
        left = 0
        for number in self.greenlets():
            names = {name: self.columns.type_of(target) for target, kind, name in self.held(number) if kind == LOCAL}
            if names:
                left += 1
                self.assertEqual({name: names.get(name) for name in ("request", "answer", "number")},
                                 {"request": "__main__.Held", "answer": "list", "number": "int"})
        self.assertEqual(left, 50)

    def test_where_it_was_left(self, python):
        self.dump_program(python)
        frames = {number: (self.columns.strings[function], line)
                  for number, function, line in zip(*(self.columns["frames", c] for c in ("object", "function", "line")))}
        lines = [frames[number] for number in self.greenlets() if number in frames]
        self.assertEqual(lines, [("fetch", self.line)] * 50)

    def test_refcounts_are_explained(self, python):
        self.dump_program(python)
        known = self.columns.referrers()
        for i in range(1, self.columns.inner):
            if (self.columns.type_of(i) in ("__main__.Held", "frame", "generator")
                    and not self.columns["objects", "flags"][i] & PSEUDO):
                self.assertEqual(self.columns["objects", "refcount"][i], known[i], self.columns.type_of(i))
        unexplained = [self.columns.type_of(number) for number, kind in
                       zip(self.columns["roots", "object"], self.columns["roots", "kind"]) if kind == C_CODE]
        for name in ("__main__.Held", "frame", "generator"):
            self.assertNotIn(name, unexplained)
        self.assertLess(unexplained.count("list"), 50)  # one for each would be an answer's

    def test_the_verdict_tells_where(self, python):
        self.dump_program(python)
        notes = self.json("analyze", self.path())["stands_out"]
        # The last one is a variable's, too.
        self.assertRegex(notes[0], r"^1: 49 × greenlet\.greenlet fetch\(\) at .*, switched away from and never back")
        text = self.succeed("path", self.path(), "__main__.Held")
        self.assertRegex(text, rf"greenlet\.greenlet fetch\(\) at <string>:{self.line}\b")


if __name__ == "__main__":
    support.main()
