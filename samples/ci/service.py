# SPDX-License-Identifier: GPL-2.0-or-later
"""A service that keeps the sessions of its last visitors."""

import collections
import functools

MOST_SESSIONS = 1000
SESSIONS = collections.OrderedDict()


class Session:
    def __init__(self, user):
        self.user = user
        self.visits = 0
        self.payload = bytes(500)


@functools.lru_cache(maxsize=100)
def greeting(visits):
    return "visit %d: " % visits + "welcome back " * 10


def handle(user):
    session = SESSIONS.pop(user, None) or Session(user)
    session.visits += 1
    SESSIONS[user] = session
    if len(SESSIONS) > MOST_SESSIONS:
        SESSIONS.popitem(last=False)
    return greeting(session.visits)
