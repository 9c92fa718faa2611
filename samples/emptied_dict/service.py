# SPDX-License-Identifier: GPL-2.0-or-later
import os
import time

import index

index.rush(300000)
print("ready", os.getpid(), flush=True)

while True:
    time.sleep(0.05)
