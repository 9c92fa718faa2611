# SPDX-License-Identifier: GPL-2.0-or-later
"""Maps memory for each picture of a camera, past malloc, and forgets to unmap it."""

import ctypes
import mmap

_library = ctypes.CDLL(None)
_library.mmap.restype = ctypes.c_void_p
_library.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int,
                          ctypes.c_long]

BYTES = 1 << 20


def grab():
    address = _library.mmap(None, BYTES, mmap.PROT_READ | mmap.PROT_WRITE,
                            mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
    ctypes.memset(address, 128, BYTES)
