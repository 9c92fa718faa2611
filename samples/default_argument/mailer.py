# SPDX-License-Identifier: GPL-2.0-or-later
"""Outgoing mail. The default of `outbox` is made once, for all calls: the leak."""


class Message:
    def __init__(self, to, body):
        self.to = to
        self.body = body


def enqueue(message, outbox=[]):
    outbox.append(message)
    return outbox[-1]
