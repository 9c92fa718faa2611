# SPDX-License-Identifier: GPL-2.0-or-later
"""Tags of what was read, interned by a native parser (played by ctypes) for ever, as it does with the names
of fields: the leak. No Python object refers to the tags any more."""

import ctypes

_intern = ctypes.pythonapi.PyUnicode_InternImmortal
_intern.argtypes = [ctypes.POINTER(ctypes.py_object)]
_intern.restype = None


def read(tag):
    reference = ctypes.py_object(tag)
    _intern(ctypes.byref(reference))
    return len(tag)
