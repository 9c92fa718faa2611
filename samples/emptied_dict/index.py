# SPDX-License-Identifier: GPL-2.0-or-later
"""An index of what is under way. It was very large once, and a dict never gives room back by itself."""

UNDER_WAY = {}


def rush(orders):
    for number in range(orders):
        UNDER_WAY[number] = None
    for number in range(10, orders):
        del UNDER_WAY[number]
