# SPDX-License-Identifier: GPL-2.0-or-later
"""Chat rooms. Each connection waits for a reply that never comes, and its task with it: the leak."""

import asyncio

_connections = set()


class Transcript:
    def __init__(self, user):
        self.user = user
        self.text = bytes(1600)


async def converse(user):
    transcript = Transcript(user)
    reply = asyncio.get_running_loop().create_future()
    await reply
    return transcript


def connect(user):
    _connections.add(asyncio.ensure_future(converse(user)))
