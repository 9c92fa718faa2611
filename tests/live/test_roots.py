# SPDX-License-Identifier: GPL-2.0-or-later
"""What the interpreter itself holds, in a dump against what the process says of itself."""

import json

import support
from dump_columns import Dump

MODULE, CLASS, THREAD, INTERPRETER, C_CODE, INTERNED = 1, 2, 3, 4, 5, 6
LOCAL, CELL, FRAME, WEAK, OTHER = 6, 7, 9, 12, 0

PROGRAM = """
import asyncio, atexit, codecs, contextvars, faulthandler, json, sys, threading, time, traceback

class Held: pass

class Service:
    def serve(self, session, *, retries=3):
        enclosed = Held()
        def again():
            return enclosed
        started.release()
        time.sleep(1000)

def stream(rows):
    for row in rows:
        yield deliver(row)

def deliver(row):
    started.release()
    time.sleep(1000)

def recurse(depth):
    if depth:
        return recurse(depth - 1)
    try:
        raise ValueError(Held())
    except ValueError as handled:
        started.release()
        time.sleep(1000)

async def waits(event):
    local = Held()
    started.release()
    time.sleep(1000)

def class_body():
    class Made:
        inside = Held()
        started.release()
        time.sleep(1000)

def eager():
    for item in iter([Held(), Held()]):
        started.release()
        time.sleep(1000)

started = threading.Semaphore(0)
context = contextvars.ContextVar('context')

def with_context():
    context.set(Held())
    started.release()
    time.sleep(1000)

work = {
    'service': (Service().serve, (Held(),)),
    'stream': (lambda: list(stream([Held()])), ()),
    'recurse': (recurse, (50,)),
    'coroutine': (lambda: asyncio.run(waits(None)), ()),
    'class body': (class_body, ()),
    'eager': (eager, ()),
    'with context': (with_context, ()),
    'gr\\u00fc\\u00dfe \\u20ac': (recurse, (0,)),
}
threads = {}
for name, (function, arguments) in work.items():
    threads[name] = threading.Thread(target=function, args=arguments, name=name, daemon=True)
    threads[name].start()
    started.acquire()

def at_the_end(held): pass
callback_held = Held()
atexit.register(at_the_end, callback_held)
def hook(*_): pass
codecs.register_error('test-handler', hook)

answer = {'threads': {}, 'ids': {}}
frames = sys._current_frames()
for name, thread in threads.items():
    stack = []
    frame = frames[thread.ident]
    while frame:
        names = {n: id(v) for n, v in frame.f_locals.items()} if frame.f_code.co_flags & 1 else {}
        code = frame.f_code
        # Before 3.11 a code object knows no qualified name.
        stack.append([getattr(code, 'co_qualname', code.co_name), frame.f_code.co_filename, frame.f_lineno, names])
        frame = frame.f_back
    answer['threads'][name] = {'native': thread.native_id, 'ident': thread.ident, 'stack': stack}
del frame, frames
answer['ids'] = {'Held': id(Held), 'callback': id(at_the_end), 'callback_held': id(callback_held),
                 'modules': {n: id(m) for n, m in sys.modules.items()}}
answer['interned'] = id(sys.intern('at_the_end'))
print('ready', __import__('os').getpid(), flush=True)
print(json.dumps(answer), flush=True)
time.sleep(1000)
"""


class Answers:
    """The dump of the program, and what it said."""

    def __init__(self, test, python):
        with support.Target([python, "-c", PROGRAM]) as target:
            self.said = json.loads(target.line())
            self.dump = Dump(test.dump(target))
        self.index = self.dump.by_address()
        d = self.dump
        self.roots = {(kind, d.strings[name], d["objects", "address"][number])
                      for number, kind, name in zip(d["roots", "object"], d["roots", "kind"], d["roots", "name"])}

    def thread(self, name):
        d = self.dump
        rows = [row for row, string in enumerate(d["threads", "name"]) if d.strings[string] == name]
        return rows[0] if len(rows) == 1 else None

    def stack(self, row):
        """(depth, function, file, line, object) of the frames of a thread, innermost first."""
        d = self.dump
        columns = [d["frames", c] for c in ("thread", "depth", "function", "file", "line", "object")]
        return sorted((depth, d.strings[function], d.strings[file], line, number)
                      for thread, depth, function, file, line, number in zip(*columns) if thread == row)


    def values(self, number):
        """References of a frame; of one that lies in a generator, before 3.11, those of its frame object."""
        values = list(self.dump.references(number))
        for target, kind, name in values:
            if self.dump.type_of(number) in ("generator", "coroutine") and name == "frame object":
                values += self.dump.references(target)
        return values


@support.on_each(support.interpreters())
class RootsTest(support.LiveTest):
    def test_threads_and_stacks(self, python):
        answers = Answers(self, python)
        for name, said in answers.said["threads"].items():
            row = answers.thread(name)
            self.assertIsNotNone(row, name)
            self.assertEqual(answers.dump["threads", "native_id"][row], said["native"])
            self.assertEqual(answers.dump["threads", "ident"][row], said["ident"])
            found = [list(frame[1:4]) for frame in answers.stack(row)]
            self.assertEqual(found, [frame[:3] for frame in said["stack"]], name)
        self.assertIsNotNone(answers.thread("MainThread"))

    def test_locals(self, python):
        """Each local variable of each frame is held by it, or by the generator that owns it."""
        answers = Answers(self, python)
        dump, checked = answers.dump, 0
        owned = {(label, dump["objects", "address"][target]) for number in range(dump.inner)
                 if dump.type_of(number) in ("generator", "coroutine")
                 for target, kind, label in dump.references(number) if kind == LOCAL}
        for name, said in answers.said["threads"].items():
            for frame, (function, _, _, names) in zip(answers.stack(answers.thread(name)), said["stack"]):
                values = answers.values(frame[4])
                # A borrowed one (3.14) counts in no refcount, as weak ones.
                held = {label: answers.dump["objects", "address"][target]
                        for target, kind, label in values if kind in (LOCAL, WEAK)}
                cells = {label: target for target, kind, label in values if kind == CELL}
                for variable, address in names.items():
                    if (variable, address) in owned:
                        pass  # its frame lies in the generator, which gives them itself
                    elif variable in cells:
                        inside = [answers.dump["objects", "address"][t]
                                  for t, _, _ in answers.dump.references(cells[variable])]
                        self.assertEqual(inside, [address], f"{name}: {function}: cell {variable}")
                    else:
                        self.assertEqual(held.get(variable), address, f"{name}: {function}: {variable}")
                    checked += 1
        self.assertGreater(checked, 70)

    def test_tables(self, python):
        answers = Answers(self, python)
        said = answers.said["ids"]
        self.assertIn(said["callback"], self.atexit(answers))
        modules = {address: name for kind, name, address in answers.roots if kind == MODULE}
        for name, address in said["modules"].items():
            self.assertIn(address, modules, name)
        self.assertEqual(len(modules), len(set(said["modules"].values())))
        self.assertEqual(modules[said["modules"]["os.path"]], "posixpath")
        kinds = [kind for kind, _, _ in answers.roots]
        self.assertEqual(kinds.count(INTERNED), 1)
        self.assertEqual(kinds.count(THREAD), len(answers.said["threads"]) + 1)
        names = {name for kind, name, _ in answers.roots if kind == INTERPRETER}
        for table in ("sys.modules", "codec errors", "codec cache", "builtins", "warnings filters"):
            self.assertIn(table, names)

    def atexit(self, answers):
        """Addresses of what atexit keeps: the callbacks, or a list with a tuple of each (3.14), or all (before 3.10)."""
        kept = {address for kind, name, address in answers.roots
                if (kind, name) in ((INTERPRETER, "atexit"), (MODULE, "atexit"))}
        for _ in range(2):
            inside = (t for address in kept for t, _, _ in answers.dump.references(answers.index[address]))
            kept |= {answers.dump["objects", "address"][t] for t in list(inside)}
        return kept

    def test_nothing_is_lost(self, python):
        """No object of the program is told to be garbage or in C code's hands: a root explains each."""
        answers = Answers(self, python)
        d = answers.dump
        held = {d["objects", "address"][n] for n in range(len(d)) if d.type_of(n) == "__main__.Held"}
        self.assertEqual(len(held), 11)
        by_c = {number for number, kind in zip(d["roots", "object"], d["roots", "kind"])
                if kind == C_CODE}
        self.assertEqual([d.type_of(n) for n in by_c if d.type_of(n) == "__main__.Held"], [])
        self.assertEqual([d.type_of(n) for n in by_c if d.type_of(n) == "list_iterator"], [])

    def test_copies_of_modules_are_theirs(self, python):
        """The first __dict__ of sys is kept to make it again: it is no unexplained C code's."""
        d = Answers(self, python).dump
        copies = [target for n in range(1, d.inner) if d.type_of(n) == "module"
                  for target, kind, name in d.references(n) if (kind, name) == (OTHER, "m_copy")]
        # From 3.12 on the interpreter keeps those of sys and builtins itself.
        copies += [target for target, kind, name in zip(d["roots", "object"], d["roots", "kind"], d["roots", "name"])
                   if kind == INTERPRETER and d.strings[name] in ("sys copy", "builtins copy")]
        self.assertGreater(len(copies), 1)
        self.assertEqual({d.type_of(n) for n in copies}, {"dict"})
        by_c = {number for number, kind in zip(d["roots", "object"], d["roots", "kind"])
                if kind == C_CODE}
        self.assertEqual([n for n in by_c if d.type_of(n) == "dict" and
                          "__name__" in {name for _, _, name in d.references(n)}], [])

    def test_loop_is_held_by_the_stack_of_its_frame(self, python):
        answers = Answers(self, python)
        frame = answers.stack(answers.thread("eager"))[0]
        self.assertEqual(frame[1], "eager")
        self.assertIn(("list_iterator", OTHER, "evaluation stack"),
                      [(answers.dump.type_of(target), kind, name)
                       for target, kind, name in answers.dump.references(frame[4])])


if __name__ == "__main__":
    support.main()
