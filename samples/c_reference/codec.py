# SPDX-License-Identifier: GPL-2.0-or-later
"""A native codec with a bug, played by ctypes: it takes a reference to each packet and forgets to release it:
the leak. No Python object refers to the packets any more."""

import ctypes

_take = ctypes.pythonapi.Py_IncRef
_take.argtypes = [ctypes.py_object]
_take.restype = None


class Packet:
    def __init__(self, data):
        self.data = data


def encode(packet):
    _take(packet)
    return len(packet.data)
