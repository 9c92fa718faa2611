# SPDX-License-Identifier: GPL-2.0-or-later
"""python3 measure.py FILE: the service after its warm-up, at rest, as a dump."""

import sys

import leakgraph
import service

for number in range(5000):
    service.handle("user %d" % (number % 1500))
leakgraph.dump(sys.argv[1])
