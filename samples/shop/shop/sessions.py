# SPDX-License-Identifier: GPL-2.0-or-later
"""Sessions by their token. Each visit opens one, and none is ever closed: the leak."""

from shop.models import Session

SESSIONS = {}


def open_session(address):
    token = f"{len(SESSIONS):08x}-{hash(address) & 0xffffffff:08x}"
    session = SESSIONS[token] = Session(token, address)
    return session
