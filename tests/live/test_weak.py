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
        # The counter-example: two strong references, so neither side keeps it alone.
        for name in ("SeenByAnother", "Keeper"):
            found = self.json("path", dump, f"__main__.{name}")
            self.assertLess(found["retained_bytes"], 100_000)


if __name__ == "__main__":
    support.main()
