# SPDX-License-Identifier: GPL-2.0-or-later
"""A fleet made by hand: a shop on three hosts in three builds, of which formats/fleet/QUERIES.md asks."""

import os

from support import heaps

BUILDS, HOSTS = ("1.0", "1.1", "1.2"), ("web-1", "web-2", "web-3")
HOUR = 3600 * 10**9
RELEASE = 24 * HOUR


def shop(build, host, hours=0):
    """
    SESSIONS, PRODUCTS and, from 1.1 on, an index of them. On web-3 sessions of 1.2 are never
    removed, which shows after an hour; on web-2 1.0 leaves cycles.
    """
    number = HOSTS.index(host)
    leaks = (build, host) == ("1.2", "web-3")
    heap = heaps.Heap(pid=1000 + 10 * number + BUILDS.index(build), python_version="3.11.2", python_hex=0x030B02F0,
                      taken_at_ns=heaps.INFO["taken_at_ns"] + BUILDS.index(build) * RELEASE + hours * HOUR)
    names = heap.module("shop.sessions")
    cache = heap.add("dict", 9000)
    heap.refer(names, cache, "['SESSIONS']")
    for i in range(800 * (1 + hours) if leaks else 200 + 4 * number):
        payload = heap.add("bytes", 1000)
        heap.refer(cache, heap.add("shop.models.Session", 56, (payload, ".payload")), f"['s{i}']")
    names = heap.module("shop.catalog")
    products = heap.add("list", 900)
    heap.refer(names, products, "['PRODUCTS']")
    for _ in range(100):
        heap.refer(products, heap.add("shop.models.Product", 2000), "[]")
    if build != "1.0":
        names = heap.module("shop.search")
        index = heap.add("dict", 5000)
        heap.refer(names, index, "['INDEX']")
        for _ in range(100):
            heap.refer(index, heap.add("shop.search.Entry", 600), "[str]")
    if (build, host) == ("1.0", "web-2"):
        for _ in range(30):
            children = heap.add("list", 80)
            node = heap.add("shop.pages.Node", 500, (children, ".children"))
            heap.refer(children, node, "[]")
    heap.info["rss_bytes"] = 3000000 + sum(row[2] for row in heap.rows)
    return heap


def dumps(folder):
    """{dump: {service, build, host}}; that which leaks is dumped a second and a third time."""
    made = {}
    for build in BUILDS:
        for host in HOSTS:
            for hours in range(3 if (build, host) == ("1.2", "web-3") else 1):
                path = os.path.join(folder, f"{build}-{host}-{hours}.msgpack")
                made[shop(build, host, hours).write(path)] = {"service": "shop", "build": build, "host": host}
    return made
