# SPDX-License-Identifier: GPL-2.0-or-later
"""Thumbnails, kept once made. The cache has no bound and no expiry: that is the leak."""

_RENDERED = {}


class Thumbnail:
    def __init__(self, width, pixels):
        self.width = width
        self.pixels = pixels


def render(image, width):
    key = f"{image}@{width}"
    if key not in _RENDERED:
        _RENDERED[key] = Thumbnail(width, bytes(2 * width))
    return _RENDERED[key]
