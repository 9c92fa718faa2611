# SPDX-License-Identifier: GPL-2.0-or-later
"""What takes only so many items, in every interpreter: what is recorded, and that the verdict says so."""

import dump_columns
import support

OTHER, ITEM, DICT_KEY = 0, 4, 5

BOUNDED = """
import asyncio, collections, functools, multiprocessing, queue, time
class Trace(collections.deque): pass
class Jobs(queue.Queue): pass
class Cache:  # as cachetools names it
    def __init__(self, most):
        self.__maxsize, self.__data = most, {}
Cache.__module__ = "cachetools"
class LRUCache(Cache): pass
async def make():
    return asyncio.Queue(14), asyncio.PriorityQueue()
deques = [collections.deque(range(3), maxlen=10), Trace(range(3), 11), collections.deque(range(3)),
          collections.deque([], 0)]
cached = [functools.lru_cache(maxsize=size)(lambda x: [x]) for size in (12, None, 0)]
for function in cached:
    function(1)
queues = [Jobs(13), queue.Queue(), queue.LifoQueue(2**40), multiprocessing.get_context("fork").Queue(15),
          *asyncio.run(make())]
caches = [LRUCache(16), Cache(-1), Cache("large"), Cache(2.5)]
ready()
time.sleep(1000)
"""

# Of 5,000 entries all that fit; and as many under a bound that is far away.
FULL = """
import collections, time
class Entry:
    def __init__(self, number):
        self.text = bytes(500)
recent = collections.deque(map(Entry, range({count})), {most})
ready()
time.sleep(1000)
"""


CACHED = """
import functools, time
class Quote:
    def __init__(self, customer):
        self.text = bytes(500)
@functools.lru_cache(maxsize=4000)
def quote(customer, day):
    return Quote(customer)
for customer in range(5000):
    quote(customer, "today")
ready()
time.sleep(1000)
"""


class BoundsTest(support.LiveTest):
    def test_what_is_recorded(self, python):
        with support.target(python, BOUNDED) as target:
            dump = dump_columns.Dump(self.dump(target))
        found = {}
        for number, most in zip(dump["bounds", "object"], dump["bounds", "most"]):
            found.setdefault(most, []).append(dump.type_of(number))
        # The interpreter's own caches have others.
        self.assertEqual({most: found.get(most) for most in (*range(10, 17), 2**32 - 1)}, {
            10: ["collections.deque"], 11: ["__main__.Trace"], 12: ["functools._lru_cache_wrapper"],
            13: ["__main__.Jobs"], 14: ["asyncio.queues.Queue"], 15: ["multiprocessing.queues.Queue"],
            16: ["__main__.LRUCache"], 2**32 - 1: ["queue.LifoQueue"]})
        types = sorted(name for names in found.values() for name in names)
        self.assertEqual(types.count("collections.deque"), 1, types)
        self.assertEqual([name for name in types if "ache" in name and "functools" not in name], ["__main__.LRUCache"])

    def evidence(self, python, **values):
        with support.target(python, FULL.format(**values)) as target:
            holder = self.json("analyze", self.dump(target))["holders"][0]
        self.assertEqual(holder["type"], "__main__.Entry")
        return {piece["kind"]: (piece["points"], piece["text"]) for piece in holder["evidence"]}

    def test_what_is_full_for_good(self, python):
        seen = self.evidence(python, count=5000, most=4000)
        self.assertEqual(seen.get("bounded"), (-4, "deque: at most 4,000"))
        self.assertNotIn("unbounded", seen)

    def test_a_cached_function_has_keys_and_results(self, python):
        with support.target(python, CACHED) as target:
            path = self.dump(target)
        holder = self.json("analyze", path)["holders"][0]
        self.assertIn("module __main__ → .quote → functools._lru_cache_wrapper → [] ×4,000 → __main__.Quote",
                      holder["path_text"])
        self.assertEqual(holder["cut"], "__main__.quote")
        self.assertIn("functools cache: at most 4,000", [piece["text"] for piece in holder["evidence"]])
        dump = dump_columns.Dump(path)
        labels = [(kind, dump.type_of(target)) for number in range(1, dump.inner)
                  if dump.type_of(number) == "functools._lru_cache_wrapper"
                  for target, kind, _ in dump.references(number)]
        self.assertEqual((labels.count((ITEM, "__main__.Quote")), labels.count((OTHER, "__main__.Quote"))), (4000, 0))
        self.assertGreaterEqual(labels.count((DICT_KEY, "tuple")), 4000)

    def test_a_bound_that_is_far_away(self, python):
        seen = self.evidence(python, count=5000, most=10000000)
        self.assertEqual(seen.get("bounded"), (0, "deque: at most 10,000,000, far from full"))
        seen = self.evidence(python, count=5000, most=None)
        self.assertEqual(seen.get("unbounded"), (1, "no bound"))


support.on_each(support.one_of_each_minor())(BoundsTest)

if __name__ == "__main__":
    support.main()
