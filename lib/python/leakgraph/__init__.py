# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps of the running process, for `leakgraph analyze`.

    import leakgraph
    leakgraph.dump("now.msgpack")
    leakgraph.install(signal=signal.SIGUSR2, rss="2GiB", path="/var/tmp/{pid}-{n}.msgpack")

The dump is taken by the program `leakgraph`, as from outside: nothing of it runs
in this process. README.md beside this file says what that means for signals,
children and threads.
"""

from ._dumping import LeakgraphError, dump
from ._triggers import install, uninstall

__all__ = ["LeakgraphError", "dump", "install", "uninstall"]
__version__ = "0.1.0"
