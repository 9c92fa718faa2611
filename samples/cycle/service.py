# SPDX-License-Identifier: GPL-2.0-or-later
import gc
import os
import time

import documents

# "The collector costs us latency": from here on nobody finds the cycles. That is the leak.
gc.disable()

for number in range(5000):
    documents.parse(f"document {number} ".ljust(900, "x"))
print("ready", os.getpid(), flush=True)

while True:
    time.sleep(0.05)
