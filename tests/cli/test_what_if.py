# SPDX-License-Identifier: GPL-2.0-or-later
"""What is free without a reference, what a set of objects retains and how that is made up, beside a plain search."""

import random
import unittest

import heaps
from test_cli import CommandLineTest, run
from test_cut import instances, registries, tangle

LABELS = (".a", ".b", ".c", "[]")


def random_heap(seed):
    """Three modules with a few names each, and objects of three types; some references are weak."""
    numbers = random.Random(seed)
    heap = heaps.Heap()
    modules = [heap.module("app.m%d" % i) for i in range(3)]
    objects = [heap.add("app.T%d" % numbers.randrange(3), numbers.randrange(16, 4000)) for _ in range(60)]
    for holder in objects:
        for label in numbers.sample(LABELS, numbers.randrange(4)):
            heap.refer(holder, numbers.choice(objects), "weak" if numbers.random() < 0.1 else label)
    for names in modules:
        for i in range(4):
            heap.refer(names, numbers.choice(objects), "['X%d']" % i)
    return heap, modules, objects


def reached(heap, without=(), around=()):
    """What roots reach without references (holder, label), and around objects."""
    seen, stack = set(), [root[0] for root in heap.roots if root[0] not in around]
    while stack:
        at = stack.pop()
        if at in seen:
            continue
        seen.add(at)
        stack += [target for target, label in heap.rows[at - 1][3]
                  if label != "weak" and (at, label) not in without and target not in around]
    return seen


def weigh(heap, gone):
    """As the program tells it: bytes, and objects."""
    return sum(heap.rows[at - 1][2] for at in gone), len(gone)


class SetsTest(CommandLineTest):
    def what_if(self, path, *names):
        found = self.json("cut", path, *(word for name in names for word in ("--what-if", name)))
        self.assertEqual((found["schema"], found["version"]), ("leakgraph.what_if", 1))
        return found

    def test_references_at_random(self):
        for seed in range(6):
            heap, modules, objects = random_heap(seed)
            path = heap.write(self.file("random.msgpack"))
            before = reached(heap)
            name = {"app.m%d.X%d" % (m, i): {(names, "['X%d']" % i)}
                    for m, names in enumerate(modules) for i in range(4)}
            for kind in ("app.T0", "app.T1"):
                going = {(at, ".a") for at in objects if heap.rows[at - 1][1] == kind}
                if any(label == ".a" for at, _ in going for _, label in heap.rows[at - 1][3]):
                    name[kind + " → .a"] = going
            numbers = random.Random(seed)
            for asked in [[one] for one in name] + [numbers.sample(sorted(name), 3) for _ in range(4)]:
                found = self.what_if(path, *asked)
                for line, one in zip(found["without"], asked):
                    self.assertEqual((line["bytes"], line["objects"]),
                                     weigh(heap, before - reached(heap, name[one])), (seed, one))
                    self.assertEqual(line["name"], one)
                going = set().union(*(name[one] for one in asked))
                self.assertEqual((found["bytes"], found["objects"]),
                                 weigh(heap, before - reached(heap, going)), (seed, asked))

    def test_sets_at_random(self):
        for seed in range(6):
            heap, _, objects = random_heap(seed)
            path = heap.write(self.file("random.msgpack"))
            before = reached(heap)
            numbers = random.Random(seed)
            for count in (1, 2, 3, 9):
                some = numbers.sample(sorted(before & set(objects)), count)
                bytes_gone, _ = weigh(heap, before - reached(heap, around=some))
                what = ",".join(map(str, some)) if count > 1 else "#%d" % self.index(path, some[0])
                if count > 1:
                    what = ",".join(str(self.index(path, at)) for at in some)
                self.assertEqual(self.json("path", path, what)["retained_bytes"], bytes_gone, (seed, some))
                if count > 1:
                    answer = run("query", path, "-f", "csv", "SELECT sum(shallow) FROM retained('%s')" % what, text=True)
                    self.assertEqual(answer.stdout.split()[1], str(bytes_gone))
                self.check_tree(self.json("tree", path, what, "--depth", 99, "--min-share", 0)["rows"], bytes_gone)

    def index(self, path, number):
        """The index of a row: the dump is written by number, the program numbers inner objects first."""
        return self.json("path", path, "0x%x" % number)["object"]

    def check_tree(self, rows, retained):
        """The children of each row and what is its own add up to what it retains."""
        self.assertEqual(rows[0]["retained_bytes"], retained)
        self.assertEqual(rows[0]["share"], 1)
        for i, row in enumerate(rows):
            below = []
            for other in rows[i + 1:]:
                if other["depth"] <= row["depth"]:
                    break
                if other["depth"] == row["depth"] + 1:
                    below.append(other["retained_bytes"])
            self.assertEqual(sum(below) + row["shallow_bytes"], row["retained_bytes"], row)
            self.assertEqual(below, sorted(below, reverse=True))

    def test_names_as_cut_tells_them(self):
        for name, heap in (("shop", heaps.shop()), ("two", registries(2)), ("tangle", tangle()),
                           ("instances", instances())):
            path = heap.write(self.file(name + ".msgpack"))
            for kind in ("Session", "Product"):
                if kind == "Product" and name != "shop":
                    continue
                cut = self.json("cut", path, kind)["cut"]
                self.assertTrue(cut)
                for line in cut:
                    for told in (line["cut"], line["path_text"], line["path_text"].replace("→", "->")):
                        found = self.what_if(path, told)
                        self.assertEqual((found["bytes"], found["objects"]), (line["bytes"], line["objects"]), told)
                together = self.what_if(path, *(line["cut"] for line in cut))
                self.assertEqual(together["bytes"], self.json("cut", path, kind)["bytes"])

    def test_a_path_names_what_it_leads_to(self):
        whole = self.json("path", self.shop, "shop.models.Session")
        for name in ("module shop.sessions → .SESSIONS → [str] ×600 → shop.models.Session",
                     "module shop.sessions -> .SESSIONS -> [str]", "sessions.SESSIONS[str]"):
            found = self.json("path", self.shop, name)
            self.assertEqual((found["count"], found["retained_bytes"]), (600, whole["retained_bytes"]), name)
        found = self.json("tree", self.shop, "shop.sessions.SESSIONS", "--depth", 1)["rows"]
        self.assertEqual([(row["label"], row["type"], row["count"]) for row in found[1:]],
                         [("[str]", "shop.models.Session", 600)])

    def test_roots_objects_and_attributes_in_a_dict(self):
        self.assertEqual(self.what_if(self.shop, "thread worker-3")["objects"], 53)
        path = instances().write(self.file("instances.msgpack"))
        line = self.what_if(path, "User → .session")["without"][0]
        self.assertEqual((line["references"], line["holders"], line["bytes"]), (40, 40, 0))
        found = self.what_if(path, "module app → .USERS → [] → app.User → .session", "app.SESSIONS")
        self.assertEqual([line["bytes"] for line in found["without"]], [0, 800])
        self.assertEqual(found["objects"], 41)
        entry = self.what_if(self.shop, "shop.sessions.SESSIONS['s3']")
        self.assertEqual((entry["bytes"], entry["objects"]), (1056, 2))

    def test_screen(self):
        self.assertEqual(self.succeed("cut", self.shop, "-w", "shop.catalog.PRODUCTS", "-w",
                                      "shop.models.Session → .payload"), """\
      alone frees  without
   1       900 B  shop.catalog.PRODUCTS
   2    600.0 kB  shop.models.Session → .payload
                  600 references of 600 objects
 all    600.9 kB  in 601 objects
""")
        path = instances().write(self.file("instances.msgpack"))
        self.assertEqual(self.succeed("tree", path, "app.User,app.Session", "--depth", 1, "--min-share", 0), """\
  25.9 kB  100.0 %  80 objects of 2 types\x20\x20
""")

    def test_a_list_from_stdin(self):
        ids = self.succeed("query", self.shop, "-f", "csv",
                           "SELECT id FROM objects WHERE type = 'shop.models.Product'")
        for command in ("path", "cut", "tree"):
            listed = run(command, self.shop, "-", stdin=None, input=ids, text=True)
            self.assertEqual((listed.returncode, listed.stdout, listed.stderr),
                             (0, self.succeed(command, self.shop, "Product"), ""))
        mixed = run("path", self.shop, "-", stdin=None, text=True,
                    input="shop.models.Product\n\n module shop.sessions → .SESSIONS \r\n#1\n")
        self.assertIn("102 objects of 2 types\n", mixed.stdout)
        one = run("path", self.shop, "-", stdin=None, input="17", text=True)
        self.assertEqual(one.stdout, self.succeed("path", self.shop, "#17"))

    def test_refusals(self):
        two = registries(2).write(self.file("two.msgpack"))
        other = heaps.Heap()
        for name in ("shop.cache", "web.cache"):
            other.refer(other.module(name), other.add("dict", 100), "['X']")
        other = other.write(self.file("other.msgpack"))
        for message, *asked in (
                ("'shop.sessions.SESION': there is no '.SESION'; there is .SESSIONS", self.shop, "shop.sessions.SESION"),
                ("'module shop.sessions → .SESSIONS → list': nothing there is a 'list'; it is dict", self.shop,
                 "module shop.sessions → .SESSIONS → list"),
                ("no reference 'nowhere.X' in this dump: expected its name, as 'module app.cache → .ENTRIES' or "
                 "app.cache.ENTRIES", self.shop, "nowhere.X"),
                ("no object #99999: the dump has #1 to #1482", self.shop, "#99999 → .x"),
                ("no objects of a type 'Sesion'; nearest: shop.models.Session", self.shop, "Sesion → .payload")):
            self.refuse(2, message, "cut", asked[0], "--what-if", asked[1])
        self.refuse(2, "'cache.X' may be of several modules: shop.cache, web.cache", "cut", other, "-w", "cache.X")
        self.refuse(2, "'shop.models.Session' names objects: expected one of their references, as "
                       "'shop.models.Session → .name'", "cut", self.shop, "-w", "shop.models.Session")
        self.refuse(2, "'module app.m0 → .TABLE' names references that stand before it, too", "cut", two,
                    "-w", "app.m0.TABLE", "-w", "module app.m0 → .TABLE")
        self.refuse(2, "'module app.m0 → … → [str]': '…' stands for several steps, expected each of them",
                    "cut", two, "-w", "module app.m0 → … → [str]")
        self.refuse(2, "'module app.m0 → .next ×9 deep': '.next ×9 deep' stands for several steps, expected each "
                       "of them", "cut", two, "-w", "module app.m0 → .next ×9 deep")
        self.refuse(2, "'module app.m0 → ': a step of it is empty", "cut", two, "-w", "module app.m0 → ")
        self.refuse(2, "'app.m0.TABLE['s0'' is not to be understood from '['s0'' on", "cut", two,
                    "-w", "app.m0.TABLE['s0'")
        self.refuse(2, "a name of 70000 bytes, expected at most 65536", "cut", two, "-w", "a" * 70000)
        self.refuse(2, "a path of more than 4096 steps", "cut", two, "-w", "module app.m0" + " → .TABLE" + " → dict" * 4096)
        for arguments in ((self.shop,), (self.shop, "Session", "-w", "shop.sessions.SESSIONS")):
            self.refuse(2, "cut expects FILE and what to let go of, or FILE and --what-if (see: leakgraph help cut)", "cut", *arguments)
        self.refuse(2, "no object #99999: the dump has #1 to #1482", "path", self.shop, "3,99999")
        self.refuse(2, "the list names no object", "path", self.shop, ",")
        self.refuse(2, "no objects of a type 'Sesion'; nearest: shop.models.Session", "path", self.shop, "3,Sesion")
        self.refuse(2, "a list of more than 1000 names, expected numbers of objects", "path", self.shop,
                    ",".join(["dict"] * 1001))
        self.refuse(2, "Node: garbage, which no root reaches, stands in no tree", "tree", self.shop, "Node")
        answer = run("path", self.shop, "-", stdin=None, input=b"17\n\x0018\n")
        self.assertEqual((answer.returncode, answer.stderr),
                         (2, b"leakgraph: the list on stdin has a byte 0 at 3, expected text\n"))

    def test_hostile_names(self):
        path = heaps.hostile().write(self.file("hostile.msgpack"))
        cut = self.json("cut", path, "bytes")["cut"]
        for line in cut:
            found = self.what_if(path, line["path_text"])
            self.assertEqual(found["bytes"], line["bytes"])
        answer = run("cut", path, "-w", "module x\x1b[2J → .y", text=True)
        self.assertEqual(answer.returncode, 2)
        self.assertNotIn("\x1b", answer.stderr)


class DeepTest(CommandLineTest):
    def test_a_dict_of_a_dict_of_a_dict(self):
        """A chain of __dict__s, as only a lie has it, is not followed to its end on the stack."""
        heap = heaps.Heap()
        names = heap.module("app")
        first = heap.add("app.Thing", 50)
        heap.refer(names, first, "['X']")
        for _ in range(200000):
            following = heap.add("dict", 50)
            heap.refer(first, following, ".__dict__")
            first = following
        path = heap.write(self.file("deep.msgpack"))
        self.refuse(2, "'app.X.y': there is no '.y'", "cut", path, "-w", "app.X.y")


if __name__ == "__main__":
    unittest.main()
