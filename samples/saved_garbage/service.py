# SPDX-License-Identifier: GPL-2.0-or-later
import gc
import os
import time

import documents

# "To see what the collector finds": it finds the cycles, and keeps them in gc.garbage. That is the leak.
gc.set_debug(gc.DEBUG_SAVEALL)

for number in range(5000):
    documents.parse(f"document {number} ".ljust(900, "x"))
gc.collect()
print("ready", os.getpid(), flush=True)

while True:
    time.sleep(0.05)
