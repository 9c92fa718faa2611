# SPDX-License-Identifier: GPL-2.0-or-later
"""Nothing leaks: it only takes more memory than it needs."""

import os
import time

COUNTRIES = ["Austria", "Belgium", "Denmark", "Finland", "Norway"]
READINGS = 20000


class Reading:
    def __init__(self, number):
        self.number = number
        # A new string each time, as from a parser.
        self.country = "country of origin: " + COUNTRIES[number % len(COUNTRIES)]
        self.notes = []


readings = [Reading(number) for number in range(READINGS)]
levels = [number / 7 for number in range(READINGS)]
# Equal ones, each with a string and a number of its own.
routes = [(f"stop {number % 50}", 1000.5 + number % 50) for number in range(READINGS)]
pending = {number: reading for number, reading in enumerate(readings)}
for number in range(READINGS - 10):
    del pending[number]

print("ready", os.getpid(), flush=True)
while True:
    time.sleep(1)
