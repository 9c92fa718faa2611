# SPDX-License-Identifier: GPL-2.0-or-later
"""The program: where it is, and how it is started apart from this process."""

import os
import signal

# What a service may ignore or block, and the program wants as it is by default.
_RESET = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE, signal.SIGCHLD)


class LeakgraphError(Exception):
    """No dump was taken; the text is the program's own sentence."""

    __module__ = "leakgraph"


def find():
    """Path of the program: $LEAKGRAPH, or in this package's folder, or on PATH."""
    named = os.environ.get("LEAKGRAPH")
    if named:
        return named
    for folder in [os.path.dirname(__file__)] + os.get_exec_path():
        path = os.path.join(folder, "leakgraph")
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    raise LeakgraphError("there is no program 'leakgraph': not named by $LEAKGRAPH, not beside the package, "
                         "not on PATH")


def _above_standard(descriptor):
    """The same, with a number that the child's standard descriptors don't take."""
    if descriptor > 2:
        return descriptor
    import fcntl  # rarely needed: in a process without stdin
    try:
        return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 3)
    finally:
        os.close(descriptor)


class Run:
    """The program at work, apart from this process. `told` is where it says something. Close it.

    It is started by posix_spawn: no code of ours, and no at-fork handler of the
    application's, runs in a forked copy of this process. The child is reaped at
    once; with --detach what goes on is a child of that, and waits for go().
    """

    def __init__(self, arguments):
        self._descriptors = []
        try:
            self._start(find(), arguments)
        except OSError as error:
            self.close()
            raise LeakgraphError(f"the program can't be started: {error}") from None
        except BaseException:
            self.close()
            raise

    def _pipe(self):
        ends = [_above_standard(end) for end in os.pipe()]
        self._descriptors += ends
        return ends

    def _start(self, program, arguments):
        # We keep the reading end of the gate as well: were the program gone, go() would raise no SIGPIPE.
        gate, self._go = self._pipe()
        self.told, say = self._pipe()
        reap(os.posix_spawn(program, [program, *arguments, "--detach"], os.environ,
                            file_actions=[(os.POSIX_SPAWN_DUP2, gate, 0), (os.POSIX_SPAWN_DUP2, say, 1),
                                          (os.POSIX_SPAWN_DUP2, say, 2)],
                            setsigmask=(), setsigdef=_RESET))
        os.close(say)
        self._descriptors.remove(say)

    def go(self):
        os.write(self._go, b"\n")

    def close(self):
        while self._descriptors:
            os.close(self._descriptors.pop())


def reap(child, options=0):
    """Whether it is gone, and no child of ours any more, whoever noticed first."""
    try:
        return os.waitpid(child, options)[0] != 0
    except ChildProcessError:
        return True
