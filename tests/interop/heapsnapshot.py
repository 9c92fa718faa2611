# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads a .heapsnapshot as V8's loaders do, and refuses what they would stumble over."""

import json

NODE, EDGE = 7, 3
WEAK, SHORTCUT = "weak", "shortcut"


class Snapshot:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.file = json.load(file)
        head, meta = self.file["snapshot"], self.file["snapshot"]["meta"]
        self.nodes, self.edges, self.strings = self.file["nodes"], self.file["edges"], self.file["strings"]
        self.node_types, self.edge_types = meta["node_types"][0], meta["edge_types"][0]
        expect(meta["node_fields"] == ["type", "name", "id", "self_size", "edge_count", "trace_node_id",
                                       "detachedness"], meta["node_fields"])
        expect(meta["edge_fields"] == ["type", "name_or_index", "to_node"], meta["edge_fields"])
        expect(list(self.file) == ["snapshot", "nodes", "edges", "trace_function_infos", "trace_tree", "samples",
                                   "locations", "strings"], "the order that a streaming loader needs")
        expect(len(self.nodes) == NODE * head["node_count"], head["node_count"])
        expect(len(self.edges) == EDGE * head["edge_count"], head["edge_count"])
        self.first, self.to, self.ids = [0], [], {}
        self.check_nodes()
        self.check_edges()

    def check_nodes(self):
        for at in range(0, len(self.nodes), NODE):
            kind, name, number, size, edges = self.nodes[at:at + 5]
            expect(kind < len(self.node_types) and name < len(self.strings), at)
            expect(min(self.nodes[at:at + NODE]) >= 0 and number not in self.ids, number)
            self.ids[number] = at // NODE
            synthetic = self.node_types[kind] == "synthetic"
            expect(number % 2 == (at == 0 or not synthetic), "odd numbers are objects and the root")
            expect(not synthetic or size == 0 or self.strings[name] in ("(Garbage)", "(Smaller objects)"), number)
            self.first.append(self.first[-1] + edges)
        expect(self.first[-1] * EDGE == len(self.edges), "edges of all nodes")

    def check_edges(self):
        for at in range(0, len(self.edges), EDGE):
            kind, name, to = self.edges[at:at + EDGE]
            named = self.edge_types[kind] not in ("element", "hidden")
            expect(not named or name < len(self.strings), at)
            expect(to % NODE == 0 and to < len(self.nodes), to)
            self.to.append(to // NODE)

    def name(self, node):
        return self.strings[self.nodes[node * NODE + 1]]

    def size(self, node):
        return self.nodes[node * NODE + 3]

    def kind(self, node):
        return self.node_types[self.nodes[node * NODE]]

    def edges_of(self, node):
        """(type, name or number, target)"""
        for edge in range(self.first[node], self.first[node + 1]):
            kind, name, _ = self.edges[edge * EDGE:edge * EDGE + EDGE]
            kind = self.edge_types[kind]
            yield kind, name if kind in ("element", "hidden") else self.strings[name], self.to[edge]

    def child(self, node, name):
        return next(to for _, label, to in self.edges_of(node) if label == name)

    def reach(self, without=None):
        """Nodes that the root reaches, by what keeps alive, with one of them gone."""
        seen, stack = {0}, [0]
        while stack:
            for kind, _, to in self.edges_of(stack.pop()):
                if kind != WEAK and to not in seen and to != without:
                    seen.add(to)
                    stack.append(to)
        return seen

    def retained(self, node):
        return sum(map(self.size, self.reach() - self.reach(without=node)))


def expect(condition, what):
    if not condition:
        raise AssertionError(f"not as a loader expects: {what}")
