# SPDX-License-Identifier: GPL-2.0-or-later
"""An audit trail. `entries` stands in the class body, so that all trails share one list: the leak."""


class Entry:
    __slots__ = ("actor", "detail")

    def __init__(self, actor, detail):
        self.actor = actor
        self.detail = detail


class AuditTrail:
    entries = []

    def __init__(self, request):
        self.request = request

    def record(self, actor, detail):
        self.entries.append(Entry(actor, detail))
