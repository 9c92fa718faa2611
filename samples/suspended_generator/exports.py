# SPDX-License-Identifier: GPL-2.0-or-later
"""CSV exports, streamed. A client that goes away leaves its generator suspended, with its rows: the leak."""

_streams = []


class Row:
    def __init__(self, number, text):
        self.number = number
        self.text = text


def stream(report):
    rows = [Row(number, bytes(150)) for number in range(10)]
    for row in rows:
        yield row.text


def open_stream(report):
    generator = stream(report)
    _streams.append(generator)
    return next(generator)
