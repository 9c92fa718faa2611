# SPDX-License-Identifier: GPL-2.0-or-later
"""What a dump explains of an idle program that has imported much: refcounts and names, in a table by version.

The refcount of a container is explained where it is the number of references
that the dump has to it, those of roots among them. One more is a reference
that the dump does not know; one less is one that it invented.
"""
import collections
import os
import sys
import unittest

import dump_columns
import support

HERE = os.path.dirname(os.path.abspath(__file__))
TRACKED, IMMORTAL, PSEUDO = 1, 4, 8
C_CODE = 5
LEAST_EXPLAINED, LEAST_NAMED = 99.5, 99.5


@support.on_each(support.interpreters())
class ExplainedTest(support.LiveTest):
    def test_refcounts_and_names(self, python):
        with support.Target([python, os.path.join(HERE, "idle_target.py")]) as target:
            dump = dump_columns.Dump(self.dump(target))
        known = dump.referrers()
        for number, kind, excess, name in zip(*(dump["roots", c] for c in ("object", "kind", "excess", "name"))):
            if kind == C_CODE and name:  # it says where it found them
                known[number] += excess
        containers = [i for i in range(1, dump.inner)
                      if dump["objects", "flags"][i] & (TRACKED | IMMORTAL | PSEUDO) == TRACKED]
        off = {i: dump["objects", "refcount"][i] - known[i] for i in containers}
        wrong = collections.Counter(f"{dump.type_of(i)} {more:+}" for i, more in off.items() if more)
        invented = [f"{dump.type_of(i)} {more}" for i, more in off.items() if more < 0]
        explained = 100 * (1 - sum(wrong.values()) / len(containers))
        references = len(dump["references", "kind"])
        nameless = sum(kind == 0 and not name
                       for kind, name in zip(dump["references", "kind"], dump["references", "name"]))
        named = 100 * (1 - nameless / references)
        print(f"{support.version(python)}: {len(dump)} objects, {references} references, {named:.3f} % of them named, "
              f"refcounts of {len(containers)} containers {explained:.3f} % explained; not: "
              f"{dict(wrong.most_common(9))}", file=sys.stderr)
        self.assertEqual(invented, [])
        self.assertGreaterEqual(explained, LEAST_EXPLAINED)
        self.assertGreaterEqual(named, LEAST_NAMED)


if __name__ == "__main__":
    support.main()
