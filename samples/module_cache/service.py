# SPDX-License-Identifier: GPL-2.0-or-later
import os
import time

import thumbnails

# Every visitor's avatar is rendered once, and never again asked for.
for visitor in range(6000):
    thumbnails.render(f"avatar-{visitor}.png", 800)
print("ready", os.getpid(), flush=True)

while True:
    thumbnails.render("avatar-1.png", 800)
    time.sleep(0.05)
