# SPDX-License-Identifier: GPL-2.0-or-later
"""Fetches pages, and keeps the title block of a few: one in each piece of malloc's heap that the pages lay in."""

TITLES = []


class Page:
    def __init__(self, number):
        self.title = b"%09d" % number * 100
        self.body = b"%09d" % number * 500


def fetch(count):
    pages = [Page(number) for number in range(count)]
    TITLES.extend(page.title for page in pages[::50])
