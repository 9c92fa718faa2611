# SPDX-License-Identifier: GPL-2.0-or-later
"""Requests, served by a worker thread."""

import queue
import threading

from shop.models import Product
from shop.sessions import open_session

CATALOG = [Product(f"product {number}", 100 + number) for number in range(500)]

requests = queue.Queue(maxsize=100)


def handle(number):
    session = open_session(f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}")
    session.basket.append(CATALOG[number % len(CATALOG)])
    return sum(product.price for product in session.basket)


def worker():
    while True:
        handle(requests.get())
        requests.task_done()


def start():
    threading.Thread(target=worker, name="shop-worker", daemon=True).start()
