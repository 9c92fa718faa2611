# SPDX-License-Identifier: GPL-2.0-or-later
"""What is only seen by weak references, or by itself, is kept by its holder alone."""

import support

HOLDERS = """
import time, weakref

class Payload:
    def __init__(self):
        self.data = bytes(10_000_000)

class Plain:
    def __init__(self): self.payload = Payload()
class SeenByNobody(Plain): pass
class SeenByReference(Plain): pass
class SeenByCallback(Plain): pass
class SeenByProxy(Plain): pass
class SeenAsValue(Plain): pass
class SeenAsKey(Plain): pass
class SeenInSet(Plain): pass
class SeenByFinalizer(Plain): pass
class SeenByItself(Plain): pass
class SeenByAnother(Plain): pass

class Keeper: pass
elsewhere = Keeper()

# A WeakKeyDictionary keeps its values, also one that refers to its own key: that is never freed.
class Key: pass
class Value:
    def __init__(self, key):
        self.key, self.data = key, bytes(5_000_000)
class Ephemeral: pass
ephemeral = Ephemeral()
ephemeral.values = weakref.WeakKeyDictionary()
key = Key()
ephemeral.values[key] = Value(key)
del key
holders = [kind() for kind in Plain.__subclasses__()]
by_name = {type(holder).__name__: holder.payload for holder in holders}

elsewhere.reference = weakref.ref(by_name['SeenByReference'])
elsewhere.callback = weakref.ref(by_name['SeenByCallback'], lambda _: None)
elsewhere.proxy = weakref.proxy(by_name['SeenByProxy'])
elsewhere.values = weakref.WeakValueDictionary(a=by_name['SeenAsValue'])
elsewhere.keys = weakref.WeakKeyDictionary({by_name['SeenAsKey']: 'told'})
elsewhere.set = weakref.WeakSet([by_name['SeenInSet']])
elsewhere.finalizer = weakref.finalize(by_name['SeenByFinalizer'], print, 'gone')
by_name['SeenByItself'].me = by_name['SeenByItself']
elsewhere.strong = by_name['SeenByAnother']
del by_name
ready()
time.sleep(1000)
"""

WEAKLY = ("SeenByReference", "SeenByCallback", "SeenByProxy", "SeenAsValue", "SeenAsKey",
          "SeenInSet", "SeenByFinalizer", "SeenByItself")


@support.on_each(support.interpreters())
class WeakTest(support.LiveTest):
    def test_a_holder_keeps_what_others_see_weakly(self, python):
        with support.target(python, HOLDERS) as target:
            dump = self.dump(target)
        for name in WEAKLY:
            with self.subTest(name):
                found = self.json("path", dump, f"__main__.{name}")
                self.assertEqual(found["count"], 1)
                self.assertGreaterEqual(found["retained_bytes"], 10_000_000)
                self.assertLess(found["retained_bytes"], 10_010_000)
        # As what nobody sees, but for the room that is in a first instance's table of attributes.
        alone = self.json("path", dump, "__main__.SeenByNobody")["retained_bytes"]
        for name in WEAKLY:
            if name != "SeenByItself":  # its __dict__ has one name more
                self.assertAlmostEqual(self.json("path", dump, f"__main__.{name}")["retained_bytes"], alone,
                                       delta=64, msg=name)
        # One predicate for all: trees, sets, what a cut frees, and the shortest path.
        found = self.json("cut", dump, *(word for name in WEAKLY
                                         for word in ("--what-if", f"__main__.{name} → .payload")))
        for line in found["without"]:
            self.assertGreaterEqual(line["bytes"], 10_000_000, line["name"])
        self.assertGreaterEqual(found["bytes"], 10_000_000 * len(WEAKLY))
        for name in WEAKLY:
            rows = self.json("tree", dump, f"__main__.{name}", "--depth", 2)["rows"]
            self.assertEqual([row["label"] for row in rows[1:]], [".payload", ".data"], name)
        payloads = self.json("path", dump, "__main__.Payload", "--top", 20)
        for route in payloads["shortest"]:
            self.assertRegex(route["path_text"], r"\.holders → |\.elsewhere → __main__\.Keeper → \.strong")
        # The key is held by its value, the value by the dictionary, and all of it by one object.
        found = self.json("path", dump, "__main__.Ephemeral")
        self.assertGreaterEqual(found["retained_bytes"], 5_000_000)
        self.assertGreaterEqual(self.json("path", dump, "__main__.Value")["retained_bytes"], 5_000_000)
        self.assertLess(self.json("path", dump, "__main__.Key")["retained_bytes"], 10_000)
        # The counter-example: two strong references, so neither side keeps it alone.
        for name in ("SeenByAnother", "Keeper"):
            found = self.json("path", dump, f"__main__.{name}")
            self.assertLess(found["retained_bytes"], 100_000)


if __name__ == "__main__":
    support.main()
