# SPDX-License-Identifier: GPL-2.0-or-later
"""Documents as trees whose nodes know their parent: a cycle each, for the collector to find."""


class Node:
    __slots__ = ("text", "parent", "children")

    def __init__(self, text, parent=None):
        self.text = text
        self.parent = parent
        self.children = []
        if parent is not None:
            parent.children.append(self)


def parse(text):
    root = Node(text)
    Node(text.upper(), root)
    return len(root.children)
