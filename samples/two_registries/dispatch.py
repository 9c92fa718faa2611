# SPDX-License-Identifier: GPL-2.0-or-later
"""The dispatcher has a list of the same trips. Who clears one of the two frees nothing: that is the leak."""


class Dispatcher:
    def __init__(self):
        self.assigned = []

    def assign(self, trip):
        self.assigned.append(trip)


DISPATCHER = Dispatcher()
