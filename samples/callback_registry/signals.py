# SPDX-License-Identifier: GPL-2.0-or-later
"""A registry of callbacks. Nothing ever unsubscribes, and a bound method keeps its object: the leak."""

_handlers = {}


def subscribe(event, callback):
    _handlers.setdefault(event, []).append(callback)


def send(event, value):
    return sum(callback(value) for callback in _handlers.get(event, ())[:10])
