# SPDX-License-Identifier: GPL-2.0-or-later
"""Documents whose root is made by C code that does not tell the collector of it, and that are cycles."""

import ctypes

_untrack = ctypes.pythonapi.PyObject_GC_UnTrack
_untrack.argtypes = [ctypes.py_object]
_untrack.restype = None


class Node:
    def __init__(self, text, parent=None):
        self.text = text
        self.parent = parent
        self.children = []
        if parent is not None:
            parent.children.append(self)


def parse(text):
    root = Node(text)
    Node(text.upper(), root)
    _untrack(root)  # as of a C type without the collector's support
    return len(root.children)
