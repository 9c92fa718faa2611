# SPDX-License-Identifier: GPL-2.0-or-later
import os
import time

import webhooks

for number in range(6000):
    webhooks.dispatch(webhooks.Event(number, bytes(1600)))
print("ready", os.getpid(), flush=True)

while True:
    webhooks.dispatch(webhooks.Event(1, b""))
    time.sleep(0.05)
