# SPDX-License-Identifier: GPL-2.0-or-later
"""Webhooks, delivered once each. What was delivered lies in a variable of the enclosing function: the leak."""


class Event:
    def __init__(self, number, body):
        self.number = number
        self.body = body


def make_dispatcher():
    delivered = {}

    def dispatch(event):
        if event.number not in delivered:
            delivered[event.number] = event
        return len(delivered)

    return dispatch


dispatch = make_dispatcher()
