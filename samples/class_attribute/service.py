# SPDX-License-Identifier: GPL-2.0-or-later
import os
import time

from audit import AuditTrail


def handle(request):
    trail = AuditTrail(request)
    trail.record("checkout", "request body ".ljust(1500, "x") + str(request))


for number in range(6000):
    handle(number)
print("ready", os.getpid(), flush=True)

while True:
    time.sleep(0.05)
