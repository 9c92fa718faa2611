# SPDX-License-Identifier: GPL-2.0-or-later
"""The last failures, for a status page. An exception keeps its traceback, that its frames, and those all
variables: the leak."""

_recent = []


class BadRequest(ValueError):
    pass


def keep(error):
    _recent.append(error)


def summary():
    return [str(error) for error in _recent[-10:]]
