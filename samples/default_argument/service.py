# SPDX-License-Identifier: GPL-2.0-or-later
import os
import time

import mailer

for number in range(6000):
    mailer.enqueue(mailer.Message(f"user{number}@example.org", bytes(1600)))
print("ready", os.getpid(), flush=True)

while True:
    time.sleep(0.05)
