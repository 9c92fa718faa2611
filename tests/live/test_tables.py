# SPDX-License-Identifier: GPL-2.0-or-later
"""What the interpreter's own tables keep: an object leaked through each, and the path that is told."""

import re

import support

PROGRAM = """
import atexit, codecs, ctypes, functools, gc, os, signal, sys, threading, time, warnings

def held(name):
    return type(name, (), {})()

def call(thing, *arguments, **keywords):
    return None

def through(name):
    return functools.partial(call, held(name))

atexit.register(call, held("AtExit"))
atexit.register(call, key=held("AtExitKeyword"))
codecs.register(through("CodecSearch"))
codecs.register_error("leaks", through("CodecErrors"))

def found(name):
    if name != "leaky":
        return None
    return codecs.CodecInfo(through("CodecCache"), call, name="leaky")

codecs.register(found)
codecs.lookup("leaky")
os.register_at_fork(before=through("BeforeFork"), after_in_child=through("InChild"),
                    after_in_parent=through("InParent"))
gc.callbacks.append(through("GcCallback"))
warnings.onceregistry["leaks"] = held("OnceRegistry")
warnings.filters.append(held("Filter"))
sys.addaudithook(through("AuditHook"))
gc.garbage.append(held("Garbage"))

callback = ctypes.CFUNCTYPE(None)(through("Callback"))
pointed = type("Pointed", (ctypes.Structure,), {"leak": held("PointerCache")})
ctypes.POINTER(pointed)
del pointed

def run():
    sys.setprofile(through("Profile"))
    sys.set_asyncgen_hooks(firstiter=through("FirstIter"), finalizer=through("Finalizer"))
    local.value = held("Local")
    ready.set()
    time.sleep(1000)

signal.signal(signal.SIGUSR1, through("SignalHandler"))
sys.excepthook = through("ExceptHook")
kept = sys.intern("interned by " + __name__ * 3)
del kept

local, ready = threading.local(), threading.Event()
threading.Thread(target=run, name="worker-3", daemon=True).start()
ready.wait()
if hasattr(sys, "monitoring"):
    sys.monitoring.use_tool_id(3, "leaks")
    sys.monitoring.register_callback(3, sys.monitoring.events.LINE, through("Monitoring"))
print("ready", os.getpid(), flush=True)
time.sleep(1000)
"""

# How the paths begin.
EXPECTED = {
    "AtExit": "interpreter atexit → ",
    "AtExitKeyword": r"interpreter atexit → .*\['key'\] → ",
    "CodecSearch": "interpreter codec search path → ",
    "CodecErrors": r"interpreter codec errors → dict → \['leaks'\] → ",
    "CodecCache": r"interpreter codec cache → dict → \['leaky'\] → codecs.CodecInfo → ",
    "BeforeFork": "interpreter before fork → ",
    "InChild": "interpreter after fork in child → ",
    "InParent": "interpreter after fork in parent → ",
    "GcCallback": "interpreter gc.callbacks → ",
    "OnceRegistry": r"interpreter warnings registry → dict → \['leaks'\] → ",
    "Filter": "interpreter warnings filters → ",
    "AuditHook": "interpreter audit hooks → ",
    "Garbage": "interpreter gc.garbage → ",
    "Callback": "module __main__ → .callback → ",
    "PointerCache": r"(module _?ctypes|C code \(static data of _ctypes)",
    "Profile": "thread worker-3 → ->profile function → ",
    "FirstIter": "thread worker-3 → ->async gen firstiter → ",
    "Finalizer": "thread worker-3 → ->async gen finalizer → ",
    "Local": "module __main__ → .local → _thread._local → ",
    "ExceptHook": "module sys → .excepthook → ",
    "SignalHandler": "interpreter signal handlers → ",
    "Monitoring": "interpreter monitoring callbacks → ",
}


@support.on_each(support.interpreters())
class TablesTest(support.LiveTest):
    def test_each_table_is_told_by_name(self, python):
        with support.Target([python, "-c", PROGRAM]) as target:
            path = self.dump(target)
        expected = dict(EXPECTED)
        version = tuple(map(int, support.version(python).split(".")[:2]))
        if version >= (3, 14):
            del expected["PointerCache"]  # the type has its pointer type itself, and is garbage here
            expected["AtExitKeyword"] = r"interpreter atexit → list → \[\] → \[\] → \['key'\] → "
        if version < (3, 10):  # the module has them
            expected["AtExit"] = "module atexit → "
            expected["AtExitKeyword"] = r"module atexit → .*\['key'\] → "
        if version < (3, 12):
            del expected["Monitoring"]
            expected["SignalHandler"] = r"C code \(static data of .*python3"  # a C variable
        told = {}
        for name in expected:
            report = self.json("path", path, f"__main__.{name}")
            told[name] = [route["path_text"] for route in report["shortest"]]
            self.assertEqual(report["unreached"], 0, name)
        for name, start in expected.items():
            with self.subTest(name):
                self.assertTrue(any(re.match(start, text) for text in told[name]), told[name])


if __name__ == "__main__":
    support.main()
