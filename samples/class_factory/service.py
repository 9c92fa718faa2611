# SPDX-License-Identifier: GPL-2.0-or-later
import os
import time

import reports

for number in range(1000):
    reports.totals(number, ["customer", "orders", "total"])
print("ready", os.getpid(), flush=True)

while True:
    time.sleep(0.05)
