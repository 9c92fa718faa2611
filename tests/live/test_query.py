# SPDX-License-Identifier: GPL-2.0-or-later
"""The worked questions of lib/query/README.md, asked of a real process: each has an answer."""

import os
import re

import support

QUESTION = re.compile(r"^(\d+)\. (.+?)\n\n```sql\n(.*?)```$", re.S | re.M)

# What the questions name: the same as in the document's service, but alive.
SERVICE = """
import asyncio, collections, ctypes, gc, sys, threading, time, tracemalloc, types, weakref
tracemalloc.start(5)
def module(name, code):
    made = sys.modules[name] = types.ModuleType(name)
    exec(compile(code, name.replace(".", "/") + ".py", "exec"), made.__dict__)
    return made
models = module("shop.models", '''
class Session:
    def __init__(self, number):
        self.user, self.payload = f"user number {number}", bytes(2000)
''')
rows = module("shop.rows", '''
class Loaded:
    def __init__(self):
        self.rows = [{"id": f"row {n}", "name": "-".join("name"), "price": f"{n}.00"} for n in range(30)]
''')
pages = module("shop.pages", "class Node: pass")
registry, sessions = module("shop.registry", ""), module("shop.sessions", "")
sessions.SESSIONS = {f"s{n}": models.Session(n) for n in range(40)}
registry.ACTIVE = set(list(sessions.SESSIONS.values())[2:])
models.LOADED = rows.Loaded()
registry.latest = weakref.ref(models.LOADED)
models.PARSER = [bytes(9000)]
ctypes.pythonapi.Py_IncRef(ctypes.py_object(models.PARSER))
registry.recent = collections.deque(range(2000, 2010), 100)
registry.pending = dict.fromkeys(range(1000))
for n in range(998):
    del registry.pending[n]
gc.disable()
for n in range(5):
    node, other = pages.Node(), pages.Node()
    node.other, other.other = other, node
del node, other, n
async def fetch(): await asyncio.sleep(1000)
async def query(): await fetch()
async def serve():
    batch = [bytes(1500) for _ in range(20)]
    tasks = [asyncio.ensure_future(query()) for _ in range(6)]
    started.set()
    await asyncio.sleep(1000)
started = threading.Event()
threading.Thread(target=lambda: asyncio.run(serve()), daemon=True, name="worker-3").start()
started.wait()
time.sleep(0.2)
ready()
time.sleep(1000)
"""


@support.on_each(support.one_of_each_minor())
class QueryTest(support.LiveTest):
    def test_each_worked_question_has_an_answer(self, python):
        with open(os.path.join(support.TOP, "lib", "query", "README.md"), encoding="utf-8") as file:
            questions = QUESTION.findall(file.read())
        self.assertGreaterEqual(len(questions), 20)
        with support.target(python, SERVICE) as target:
            dump = self.dump(target)
        script = "".join(f"SELECT 'question {number}';{sql};" for number, _, sql in questions)
        script_path = self.path("questions.sql")
        with open(script_path, "w", encoding="utf-8") as file:
            file.write(script)
        with open(script_path, encoding="utf-8") as file:
            answers = self.succeed("query", dump, "--format", "csv", stdin=file)
        answers = re.split(r"^.*\r?\n\W?question (\d+)\W?$", answers, flags=re.M)[1:]
        self.assertEqual(answers[::2], [number for number, _, _ in questions])
        for (number, question, sql), answer in zip(questions, answers[1::2]):
            with self.subTest(f"{number}. {question}"):
                self.assertGreater(len(answer.strip().splitlines()), 1, sql)


if __name__ == "__main__":
    support.main()
