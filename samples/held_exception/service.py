# SPDX-License-Identifier: GPL-2.0-or-later
import os
import time

import failures


class Upload:
    def __init__(self, number):
        self.number = number
        self.body = bytes(1600)


def parse(upload):
    raise failures.BadRequest(f"no such format in upload {upload.number}")


def handle(number):
    try:
        parse(Upload(number))
    except failures.BadRequest as error:
        failures.keep(error)


for number in range(6000):
    handle(number)
print("ready", os.getpid(), flush=True)

while True:
    failures.summary()
    time.sleep(0.05)
