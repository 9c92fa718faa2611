# SPDX-License-Identifier: GPL-2.0-or-later
import os
import time

from pricing import Quote


def handle(customer):
    quote = Quote(customer, lines=[1000 + customer] * 200)
    return quote.total("EUR")


for number in range(6000):
    handle(number)
print("ready", os.getpid(), flush=True)

while True:
    time.sleep(0.05)
