# SPDX-License-Identifier: GPL-2.0-or-later
"""memlab's loader opens our exports, and finds the sizes that leakgraph finds.

Runs where LEAKGRAPH_NODE_MODULES names a folder with memlab: npm install @memlab/heap-analysis
(with PUPPETEER_SKIP_DOWNLOAD=1: no browser is needed).
"""

import json
import os
import shutil
import subprocess
import unittest

import support

MODULES = os.environ.get("LEAKGRAPH_NODE_MODULES", "")
LOAD = """
require('@memlab/heap-analysis').getFullHeapFromFile(process.argv[1]).then(heap => {
    const nodes = [];
    heap.nodes.forEach(node => nodes.push([node.id, node.name, node.type, node.self_size, node.retainedSize]));
    console.log('\\n' + JSON.stringify({nodes, edges: heap.edges.length}));
});
"""


@unittest.skipUnless(shutil.which("node"), "node (nodejs) is not installed")
@unittest.skipUnless(os.path.isdir(os.path.join(MODULES, "@memlab")), "LEAKGRAPH_NODE_MODULES has no memlab")
class MemlabTest(support.ExportTest):
    def load(self, dump):
        path = self.file("it.heapsnapshot")
        self.succeed("export", dump, "--heapsnapshot", "-o", path)
        result = subprocess.run(["node", "-e", LOAD, path], capture_output=True, text=True, check=True,
                                timeout=support.SECONDS, env=dict(os.environ, NODE_PATH=MODULES))
        return json.loads(result.stdout.splitlines()[-1])

    def test_retained_sizes(self):
        for dump in (self.shop, self.hostile):
            heap = self.load(dump)
            objects = {2 * row["id"] + 1: row for row in
                       map(json.loads, self.export(dump, "--json", "objects").splitlines())}
            compared = 0
            for number, name, kind, shallow, retained in heap["nodes"]:
                if kind != "synthetic":
                    row = objects.pop(number)
                    self.assertEqual((name, shallow), (row["type"], row["shallow"]))
                    if row["retained"]:
                        self.assertEqual(retained, row["retained"], row)
                        compared += 1
            self.assertEqual(objects, {})
            self.assertGreater(compared, 10)


if __name__ == "__main__":
    unittest.main()
