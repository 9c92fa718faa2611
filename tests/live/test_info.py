# SPDX-License-Identifier: GPL-2.0-or-later
"""What `info` says of a dump of an idle program, against the dump's own columns."""

import support
from dump_columns import Dump

IDLE = """
import asyncio, concurrent.futures, ctypes, decimal, email.message, http.server, inspect, json
import logging.config, sqlite3, ssl, subprocess, tempfile, unittest, urllib.request, zipfile
import xml.etree.ElementTree, time
ready()
time.sleep(1000)
"""
TRACKED, IMMORTAL, PSEUDO, PARTIAL = 1, 4, 8, 16
NEEDS_NAME = {0, 1, 6, 7, 8}


@support.on_each(support.interpreters())
class InfoTest(support.LiveTest):
    def test_an_idle_program_is_named_and_explained(self, python):
        with support.target(python, IDLE) as target:
            path = self.dump(target)
        info, dump = self.json("info", path), Dump(path)
        kinds, names = dump["references", "kind"], dump["references", "name"]
        labelled = sum(1 for kind, name in zip(kinds, names) if name or kind not in NEEDS_NAME)
        self.assertEqual(info["labelled"], labelled)
        self.assertEqual(info["totals"]["references"], len(kinds))
        self.assertEqual([row["references"] for row in info["labels"]],
                         [list(kinds).count(row["kind"]) for row in info["labels"]])
        flags = dump["objects", "flags"]
        self.assertEqual(info["partly_read"], sum(1 for f in flags if f & PARTIAL))
        self.assertEqual(info["refcounts"]["known"],
                         sum(1 for f in flags if f & TRACKED and not f & (IMMORTAL | PSEUDO)))
        self.assertEqual(info["dump"]["python_version"], support.version(python))
        self.assertGreater(labelled / len(kinds), 0.99)
        self.assertGreater(info["refcounts"]["explained"] / info["refcounts"]["known"], 0.995)


if __name__ == "__main__":
    support.main()
