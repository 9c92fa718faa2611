# SPDX-License-Identifier: GPL-2.0-or-later
"""What is large for a good reason: weights, a configuration, and a cache with a bound."""

import functools
import json

WEIGHTS = bytearray(b"w") * 30_000_000
SETTINGS = json.loads(json.dumps({f"region {number}": {"rate": 1.5 + number, "name": f"name of {number}" * 20}
                                  for number in range(20_000)}))


class Quote:
    def __init__(self, region):
        self.rate = SETTINGS[region]["rate"]
        self.text = bytes(5000)


@functools.lru_cache(maxsize=1000)
def quote(region):
    return Quote(region)
