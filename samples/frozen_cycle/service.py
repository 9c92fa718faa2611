# SPDX-License-Identifier: GPL-2.0-or-later
import gc
import os
import time

import documents

# "Before the workers are forked": all that lives now is out of the collector's sight, for ever. When the
# documents go, nobody finds their cycles. That is the leak.
warmed_up = [documents.parse(f"document {number} ".ljust(900, "x")) for number in range(5000)]
gc.freeze()
del warmed_up
gc.collect()
print("ready", os.getpid(), flush=True)

while True:
    time.sleep(0.05)
