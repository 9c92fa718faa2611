# SPDX-License-Identifier: GPL-2.0-or-later
"""Context variables: each value of each Context by its variable's name, and told so."""

import json

import support
from dump_columns import Dump

PROGRAM = """
import asyncio, contextvars, json, os, threading, time

class Payload:
    def __init__(self, size=10): self.data = bytes(size)

few = [contextvars.ContextVar(f"few{i}") for i in range(3)]
many = [contextvars.ContextVar(f"many{i}") for i in range(700)]
request_id = contextvars.ContextVar("request_id")
kept = [contextvars.Context(), contextvars.copy_context()]

def fill(variables):
    for variable in variables:
        variable.set(Payload())

for variables in (few, many, few + many[:40]):
    kept.append(contextvars.Context())
    kept[-1].run(fill, variables)
kept.append(kept[-2].copy())
kept[-1].run(few[0].set, None)

def serve():
    request_id.set(Payload(3000000))
    started.set()
    time.sleep(1000)

started = threading.Event()
threading.Thread(target=serve, name="worker-3", daemon=True).start()
started.wait()
print("ready", os.getpid(), flush=True)
print(json.dumps([[id(c), {v.name: id(x) for v, x in c.items()}] for c in kept]), flush=True)
time.sleep(1000)
"""
CONTEXT = 13


@support.on_each(support.interpreters())
class ContextTest(support.LiveTest):
    def values(self, dump, number):
        """What the mapping of a Context leads to, by the variables' names."""
        found, left = {}, [t for t, _, name in dump.references(number) if name == "variables"]
        while left:
            node = left.pop()
            for target, kind, name in dump.references(node):
                if kind == CONTEXT:
                    self.assertNotIn(name, found)
                    found[name] = dump["objects", "address"][target]
                elif dump.type_of(target).startswith("hamt"):
                    left.append(target)
        return found

    def test_values_by_name(self, python):
        with support.Target([python, "-c", PROGRAM]) as target:
            said = json.loads(target.line())
            path = self.dump(target)
        dump = Dump(path)
        index = dump.by_address()
        for address, variables in said:
            self.assertEqual(self.values(dump, index[address]), variables)
        self.assertGreaterEqual(max(len(variables) for _, variables in said), 700)
        holders = self.json("analyze", path, "--top", "100")["holders"]
        self.assertRegex("\n".join(holder["path_text"] for holder in holders),
                         "(?m)^thread worker-3 → ->context → (_contextvars.Context → )?"
                         "context var request_id → __main__.Payload → .data$")

    def test_redacted(self, python):
        with support.Target([python, "-c", PROGRAM]) as target:
            self.succeed("dump", target.pid, "-o", self.path(), "--redact")
        paths = self.json("path", self.path(), "__main__.Payload", "--top", "9999")["shortest"]
        self.assertTrue(any("context var ~" in route["path_text"] for route in paths))
        self.assertFalse(any("request_id" in route["path_text"] for route in paths))


if __name__ == "__main__":
    support.main()
