# SPDX-License-Identifier: GPL-2.0-or-later
"""The signature of a leak is the same in another process, build, CPython, under another hash seed, with more data."""

import os

import support

# Seven leaks, each of another shape. {more}: another build has other lines and globals.
SERVICE = """
import sys, threading
{more}
count = int(sys.argv[1])
class Thing:
    def __init__(self, number):
        self.number = number
        self.body = bytes(1000)
class Session(Thing): pass
class User(Thing): pass
class Entry(Thing): pass
class Event(Thing): pass
class View(Thing):
    def refresh(self): pass
class Row(Thing): pass
class Page(Thing): pass
class Trail:
    entries = [Entry(n) for n in range(count)]
SESSIONS = {{f"session {{n}}": Session(n) for n in range(count)}}
USERS = [User(n) for n in range(count)]
BY_NUMBER = {{user.number: user for user in USERS}}
def dispatcher():
    seen = {{n: Event(n) for n in range(count)}}
    return lambda: seen
dispatch = dispatcher()
HANDLERS = {{"price": [View(n).refresh for n in range(count)]}}
def export(done):
    rows = [Row(n) for n in range(count)]
    done.set()
    threading.Event().wait()
for number in range({threads}):
    done = threading.Event()
    threading.Thread(target=export, args=(done,), daemon=True).start()
    done.wait()
class Site:
    def __init__(self):
        self.pages = {{(n, n): Page(n) for n in range(count)}}
SITE = Site()
del number, done, Thing
ready()
threading.Event().wait()
"""

LEAKS = {"Session", "User", "Entry", "Event", "View", "Row", "Page"}


class SignatureTest(support.LiveTest):
    def signatures(self, python, count=1000, seed="0", more="", threads=1):
        """Type of what piles up → signature; the dump stays for further questions."""
        code = SERVICE.format(more=more, threads=threads)
        with support.target(python, code, str(count), env=dict(os.environ, PYTHONHASHSEED=seed)) as target:
            dump = self.dump(target)
        found = {}
        for holder in self.json("analyze", dump, "--top", "20")["holders"]:
            name = holder["type"].rpartition(".")[2]
            if name in LEAKS:
                self.assertNotIn(name, found, holder["path_text"])
                found[name] = holder["signature"], holder["signature_of"]
        self.assertEqual(set(found), LEAKS)
        return found, dump

    def test_same_leaks_same_signatures(self):
        wanted = None
        for python in support.one_of_each_minor():
            with self.subTest(python=python):
                if support.version(python) is None:
                    self.skipTest(f"no interpreter {python}")
                found, _ = self.signatures(python)
                wanted = wanted or found
                self.assertEqual(found, wanted)
        self.assertEqual(len({signature for signature, _ in wanted.values()}), len(LEAKS))

    def test_other_seeds_data_and_builds(self):
        python = support.interpreters()[0]
        if support.version(python) is None:
            self.skipTest(f"no interpreter {python}")
        wanted, _ = self.signatures(python)
        for change in ({"seed": "1"}, {"seed": "77"}, {"count": 2000}, {"threads": 3},
                       {"more": "import json, logging\n\nLIMITS = [1, 2]\ndef unused():\n    return LIMITS\n"}):
            with self.subTest(**change):
                self.assertEqual(self.signatures(python, **change)[0], wanted)

    def test_path_takes_a_signature(self):
        python = support.interpreters()[0]
        if support.version(python) is None:
            self.skipTest(f"no interpreter {python}")
        found, dump = self.signatures(python)
        for name in ("Session", "User", "Row", "Page"):
            where = self.json("path", dump, found[name][0])
            self.assertEqual((where["type"], where["count"]), (f"__main__.{name}", 1000))
        self.assertEqual(self.json("path", dump, found["View"][0])["type"], "method")


if __name__ == "__main__":
    support.main()
