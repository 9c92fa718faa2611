# SPDX-License-Identifier: GPL-2.0-or-later
"""A service as a build has it, and what the next build may change: by which of it memory grows."""

# At rest after its warm-up: sessions, a catalogue, bounded caches, a pool of threads.
SERVICE = """
import argparse, collections, decimal, email.message, functools, http.client, json, logging, random, re
import sys, threading, time, types, urllib.parse
class Session:
    def __init__(self, number):
        self.number = number
        self.user = 'user %d' % number
        self.payload = bytes(600)
        self.tags = ['a%d' % number, 'b%d' % number]
class Product:
    __slots__ = 'name', 'price'
    def __init__(self, number):
        self.name, self.price = 'product %d' % number, decimal.Decimal(number) / 7
make_session = Session
# before #
SESSIONS, CATALOGUE, RECENT = {}, [], collections.deque(maxlen=500)
@functools.lru_cache(maxsize=300)
def render(number):
    return 'page %d ' % number * 20
def request(number):
    SESSIONS['s%d' % (number % 8000)] = make_session(number)
    RECENT.append(render(number % 1000))
    re.compile('x{%d}' % (number % 30))
for i in range(3000):
    CATALOGUE.append(Product(i))
pool = [threading.Thread(target=time.sleep, args=(1000,), daemon=True) for i in range(4)]
for thread in pool:
    thread.start()
for number in random.sample(range(20000), 20000):
    request(number)
LEAK = [Session(i) for i in range(int(sys.argv[1]))]
# after #
ready()
time.sleep(1000)
"""

SESSION_BYTES = 1100  # about: with its payload, strings and list


def change(before="", after="", old="", new=""):
    text = SERVICE.replace("# before #", before).replace("# after #", after)
    return text.replace(old, new) if old else text


# Nothing is kept that was not kept before, but on another path, under another name, or less of it.
MOVED = {
    "the same again": change(),
    "a module with an alias": change(after="sys.modules['aaa'] = sys.modules['__main__']"),
    "a dict with an alias": change(after="AAA = SESSIONS"),
    "a registry in another module": change(
        after="sys.modules['registry'] = types.ModuleType('registry')\nsys.modules['registry'].live = SESSIONS\n"
              "del SESSIONS"),
    "a class renamed": change(before="Session.__name__ = Session.__qualname__ = 'Visit'"),
    "a class in another module": change(before="Session.__module__ = 'people'"),
    "an attribute renamed": change(old="self.payload", new="self.body"),
    "a cache bounded": change(after="for key in list(SESSIONS)[:4000]: del SESSIONS[key]"),
}

# Here something is kept besides, or in another shape: it grows by that and no more (bytes, of all the heap).
CHANGED = {
    "an index besides": (change(after="INDEX = {s.number: s for s in SESSIONS.values()}"), 300_000),
    "dicts for a class": (change(before="make_session = lambda number: dict(vars(Session(number)))"), 1_500_000),
}

VARIANTS = {**{name: (text, 0) for name, text in MOVED.items()}, **CHANGED}
