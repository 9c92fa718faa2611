# SPDX-License-Identifier: GPL-2.0-or-later
"""Quotes. lru_cache on a method keeps every `self` it was called with: the leak."""

import functools


class Quote:
    def __init__(self, customer, lines):
        self.customer = customer
        self.lines = lines

    @functools.lru_cache(maxsize=None)
    def total(self, currency):
        return sum(self.lines) * (2 if currency == "EUR" else 1)
