# SPDX-License-Identifier: GPL-2.0-or-later
"""Has C code take small blocks from Python's own allocator, which nobody gives back."""

import ctypes

_allocate = ctypes.pythonapi.PyMem_Malloc
_allocate.restype = ctypes.c_void_p
_allocate.argtypes = [ctypes.c_size_t]


def tokenize(text):
    block = _allocate(len(text))
    ctypes.memmove(block, text, len(text))
    return block != 0
