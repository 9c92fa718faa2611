# SPDX-License-Identifier: GPL-2.0-or-later
"""What C code holds: on a thread's C stack, in static data, in a module's state, or nobody knows where."""
import unittest

import dump_columns
import support

C_CODE = 5
TARGET = """
import ctypes, functools, random, signal, threading, time
class Handler:
    def __call__(self, *_): pass
class Leaked: pass
class OnStack:
    def __iter__(self): return self
    def __next__(self): return 1
def wait(*_):
    if threading.current_thread() is threading.main_thread():
        ready()
    time.sleep(1000)
signal.signal(signal.SIGUSR1, Handler())
for _ in range(20):
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(Leaked()))
threading.Thread(target=lambda: functools.reduce(wait, OnStack()), daemon=True, name="reducer").start()
time.sleep(0.2)
functools.reduce(wait, OnStack())
"""


@support.on_each(support.interpreters())
class HeldByCTest(support.LiveTest):
    def test_each_is_told_as_what_it_is(self, python):
        with support.target(python, TARGET) as target:
            dump = dump_columns.Dump(self.dump(target))
        roots = [(dump.type_of(o), dump.strings[name], excess) for o, kind, name, excess in
                 zip(*(dump["roots", c] for c in ("object", "kind", "name", "excess"))) if kind == C_CODE]
        with self.subTest("a handler of a signal is held by the interpreter, in a C variable or its own structure"):
            handler, = [i for i in range(dump.inner) if dump.type_of(i) == "__main__.Handler"]
            names = [dump.strings[name] for o, name in zip(dump["roots", "object"], dump["roots", "name"]) if o == handler]
            self.assertEqual(len(names), 1)
            self.assertRegex(names[0], r"^static data of (lib)?python3|^signal handlers$")
        with self.subTest("a missing Py_DECREF is nobody's"):
            leaked = [root for root in roots if root[0] == "__main__.Leaked"]
            self.assertEqual(set(leaked), {("__main__.Leaked", "", 1)})
            # What a stack had of the last one may still lie there.
            self.assertGreaterEqual(len(leaked), 18)
        with self.subTest("an iterator that only C code goes through is held by its thread"):
            threads = sorted(dump.strings[dump["threads", "name"][i]] for i, o in enumerate(dump["threads", "object"])
                             if any(dump.type_of(t) == "__main__.OnStack" and name == "C stack"
                                    for t, _, name in dump.references(o)))
            self.assertEqual(threads, ["MainThread", "reducer"])


if __name__ == "__main__":
    support.main()
