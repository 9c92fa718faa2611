# SPDX-License-Identifier: GPL-2.0-or-later
import os
import threading
import time

import request_log

done = threading.Event()


def work():
    for number in range(6000):
        request_log.note(request_log.Request(f"/item/{number}", bytes(1600)))
    done.set()
    while True:
        time.sleep(0.05)


threading.Thread(target=work, name="worker-1", daemon=True).start()
done.wait()
print("ready", os.getpid(), flush=True)

while True:
    time.sleep(1)
