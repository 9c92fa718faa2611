# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads many rows, and keeps the names of a few: one in each piece of memory that the rows lay in."""

NAMES = []


class Row:
    __slots__ = ("name", "text")

    def __init__(self, number):
        self.name = f"row {number}"
        self.text = b"." * 200 + b"%d" % number


def run(count):
    rows = [Row(number) for number in range(count)]
    NAMES.extend(row.name for row in rows[::100])
