# SPDX-License-Identifier: GPL-2.0-or-later
"""Hands pictures to a C library, which makes a copy of each that nobody frees."""

import ctypes

_library = ctypes.CDLL(None)
_library.strdup.restype = ctypes.c_void_p
_library.strdup.argtypes = [ctypes.c_char_p]


def decode(picture):
    return bool(_library.strdup(picture))
