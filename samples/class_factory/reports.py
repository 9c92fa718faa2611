# SPDX-License-Identifier: GPL-2.0-or-later
"""Rows of reports. Each report makes a class of its own for its one row, and the class is what weighs: the leak."""

import collections

LAST_ROWS = []


def totals(report, columns):
    Row = collections.namedtuple("Row", columns)
    LAST_ROWS.append(Row(*[report] * len(columns)))
