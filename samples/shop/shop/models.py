# SPDX-License-Identifier: GPL-2.0-or-later
class Product:
    def __init__(self, name, price):
        self.name = name
        self.price = price


class Session:
    """What the shop knows of a visitor."""

    def __init__(self, token, address):
        self.token = token
        self.address = address
        self.basket = []
        self.payload = bytes(1000)  # the state of the pages visited
