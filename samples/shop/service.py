# SPDX-License-Identifier: GPL-2.0-or-later
"""A leaking service to try leakgraph on: run it, and dump the process it names."""

import os
import time

from shop import web

FIRST_VISITORS = 40000

web.start()
for visitor in range(FIRST_VISITORS):
    web.requests.put(visitor)
web.requests.join()
print("ready", os.getpid(), flush=True)

visitor = FIRST_VISITORS
while True:
    visitor += 1
    web.requests.put(visitor)
    time.sleep(0.01)
