# SPDX-License-Identifier: GPL-2.0-or-later
"""asyncio's tasks and suspended coroutines, in a dump against what asyncio says of them itself."""

import json

import support
from dump_columns import Dump

PROGRAM = """
import asyncio, inspect, json, os, sys, types

class Payload: pass
class Special(asyncio.Task): pass
PythonTask = asyncio.tasks._PyTask

async def fetch(payload):
    await asyncio.sleep(1000)

async def serve(number):
    payload = Payload()
    await fetch(payload)

async def rows():
    yield 1
    await asyncio.Event().wait()

async def consume():
    async for row in rows():
        pass

def generate():
    yield from inner()

def inner():
    for item in iter([Payload(), 2]):
        yield item

def plain():
    for item in inner():
        yield item

@types.coroutine
def old_style():
    yield from asyncio.sleep(1000).__await__()

async def modern():
    await old_style()

def chain(coroutine):
    while coroutine is not None:
        frame = next((getattr(coroutine, a) for a in ("cr_frame", "gi_frame", "ag_frame")
                      if getattr(coroutine, a, None) is not None), None)
        if frame is None:
            return
        awaits = next((getattr(coroutine, a) for a in ("cr_await", "gi_yieldfrom", "ag_await")
                       if hasattr(coroutine, a)), None)
        yield id(coroutine), frame.f_code.co_name, frame.f_code.co_filename, frame.f_lineno, id(awaits) \\
            if awaits is not None else 0
        coroutine = awaits

async def main():
    loop = asyncio.get_running_loop()
    kept = [asyncio.create_task(serve(n), name=f"worker-{n}") for n in range(20)]
    kept += [asyncio.create_task(serve(0)) for n in range(5)]
    kept += [asyncio.create_task(consume(), name="gr\\u00fc\\u00dfe"), asyncio.create_task(modern())]
    kept += [Special(serve(1), loop=loop, name="special"), PythonTask(serve(2), loop=loop, name="python"),
             PythonTask(serve(2), loop=loop)]
    done = asyncio.create_task(asyncio.sleep(0), name="done")
    await asyncio.sleep(0.05)
    kept.append(asyncio.create_task(serve(9), name="not started"))
    started = [generate(), plain()]
    for generator in started:
        next(generator)
    fresh = serve(3)
    said = {"tasks": {id(t): t.get_name() for t in asyncio.all_tasks()},
            "coroutines": {id(t): id(t.get_coro()) for t in asyncio.all_tasks()},
            "chains": [list(chain(t.get_coro())) for t in kept] + [list(chain(g)) for g in started + [fresh]]}
    print("ready", os.getpid(), flush=True)
    print(json.dumps(said), flush=True)
    import time
    time.sleep(1000)

asyncio.run(main())
"""

LEAK = """
import asyncio, gc, os

async def fetch():
    rows = [bytes(1000) for _ in range(500)]
    await asyncio.sleep(1000)

async def work():
    await fetch()

async def main():
    # Kept by the loop alone: nobody else refers to them.
    for number in range(7):
        asyncio.create_task(work(), name=f"worker-{number}")
    await asyncio.sleep(0.05)
    gc.collect()
    ready()
    await asyncio.sleep(1000)

asyncio.run(main())
"""


@support.on_each(support.interpreters())
class TasksTest(support.LiveTest):
    def test_tasks_and_what_is_suspended(self, python):
        with support.Target([python, "-c", PROGRAM]) as target:
            said = json.loads(target.line())
            dump = Dump(self.dump(target))
        address = dump["objects", "address"]
        self.check_names_and_coroutines(said, dump, address)
        self.check_lines_and_what_is_awaited(said, dump, address)
        for number, awaits in zip(dump["frames", "object"], dump["frames", "awaits"]):
            if awaits:
                held = list(dump.references(number))
                # Before 3.11 its variables are in a frame that is an object.
                for frame in [target for target, _, name in held if name == "frame object"]:
                    held += dump.references(frame)
                self.assertIn((awaits, 0, "awaits"), held)

    def check_names_and_coroutines(self, said, dump, address):
        rows = list(zip(*(dump["tasks", c] for c in ("object", "name", "coroutine"))))
        names = {str(address[o]): dump.strings[n] for o, n, _ in rows}
        coroutines = {str(address[o]): address[c] for o, _, c in rows}
        self.assertEqual(len(names), len(rows))
        for task, name in said["tasks"].items():
            self.assertEqual(names.get(task), name)
            self.assertEqual(coroutines[task], said["coroutines"][task], name)
        # all_tasks() of 3.14 leaves out tasks written in Python.
        self.assertLessEqual(set(names.values()) - set(said["tasks"].values()), {"done", "python"})

    def check_lines_and_what_is_awaited(self, said, dump, address):
        columns = [dump["frames", c] for c in ("thread", "object", "function", "file", "line", "awaits")]
        frames = {address[o]: (dump.strings[f].rpartition(".")[2], dump.strings[p], line, address[a] if a else 0)
                  for thread, o, f, p, line, a in zip(*columns) if thread == 4294967295}
        checked = 0
        for chain in said["chains"]:
            for number, function, file, line, awaits in chain:
                self.assertEqual(frames.get(number), (function, file, line, awaits))
                checked += 1
        self.assertGreater(checked, 70)

    def test_tasks_that_only_the_loop_keeps(self, python):
        with support.target(python, LEAK) as target:
            path = self.dump(target)
        waiting = " (and 6 more) waiting at <string>:8 in fetch()"
        text = self.analyze(path)
        self.assertRegex(" ".join(text.split()), r'task "worker-\d"' + waiting.replace("(", r"\(").replace(")", r"\)"))
        self.assertLessEqual(len(text.splitlines()), 24)
        holder = self.json("analyze", path)["holders"][0]
        self.assertEqual((holder["count"], holder["type"]), (7, "task waiting at <string>:8 in fetch()"))
        self.assertIn(waiting, holder["path_text"])
        self.assertTrue(holder["cut"].endswith("local rows"), holder["cut"])
        hop = next(h for h in holder["path"] if h["type"].startswith("task "))
        self.assertEqual(hop["waits"], "<string>:8 in fetch()")
        found = self.json("path", path, "_asyncio.Task")["shortest"]
        self.assertIn(waiting, " ".join(route["path_text"] for route in found))


if __name__ == "__main__":
    support.main()
