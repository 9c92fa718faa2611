# SPDX-License-Identifier: GPL-2.0-or-later
"""Requests that are being answered. Those that fail are never taken out: the leak, and small as yet."""

import model

_open = {}


class Request:
    def __init__(self, number, body):
        self.number = number
        self.body = body


def handle(number):
    request = _open[number] = Request(number, bytes(800))
    if number % 2:
        model.quote(f"region {number}")
        del _open[request.number]
