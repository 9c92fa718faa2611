# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs in a situation in which a dump could harm them, each of which checks itself.

    situations.py MARKS NAME [ARGUMENT]
"""

import ctypes
import errno
import gc
import mmap
import os
import resource
import signal
import struct
import subprocess
import sys
import threading
import time

import marks
import service as load

libc = ctypes.CDLL(None, use_errno=True)

MADV_DONTFORK, MADV_HUGEPAGE, MADV_WIPEONFORK = 10, 14, 18
PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 22, 38
SYS_CLONE, SYS_VFORK, SYS_FORK = 56, 58, 57


def forever(said, name, function):
    """Again and again; what it raises is a fault."""
    counter = said.counter(name)

    def run():
        try:
            while True:
                function()
                said.add(counter)
        except BaseException as error:
            said.fault("%s: %r" % (name, error))
    return run


def in_thread(said, name, function):
    threading.Thread(target=forever(said, name, function), daemon=True).start()


def service(said):
    return load.service(said, in_thread, forever)


def idle(said):
    """Waits for a line, as a server for a request. The one target that reads its input."""
    counter = said.counter("lines")

    def run():
        while os.read(0, 4096):
            said.add(counter)
        os._exit(0)
    return run


def asleep(said):
    def nap():
        begun = time.monotonic()
        time.sleep(0.05)
        assert time.monotonic() - begun >= 0.05
    return forever(said, "nap", nap)


def busy_in_c(said):
    """The interpreter's lock is held all the time; the dump can't wait for it."""
    numbers = list(range(300000))

    def sort():
        numbers.reverse()
        numbers.sort()
        assert numbers[77777] == 77777 and numbers[-1] == 299999
    return forever(said, "sort", sort)


def many_threads(said):
    """200 threads that hand a token around, each with a lock of its own."""
    locks = [threading.Lock() for _ in range(200)]
    for lock in locks:
        lock.acquire()
    held = [0]

    def passing(number):
        def run():
            locks[number].acquire()
            assert held[0] == number, "%d has the token of %d" % (number, held[0])
            held[0] = (number + 1) % len(locks)
            locks[held[0]].release()
        return run

    for number in range(len(locks)):
        in_thread(said, "thread%d" % number, passing(number))
    locks[0].release()
    return asleep(said)


def forks(said):
    """fork, vfork and posix_spawn without a break, each child awaited."""
    def fork():
        child = os.fork()
        if child == 0:
            os._exit(3)
        assert os.waitpid(child, 0) == (child, 3 << 8)

    def vfork():
        done = subprocess.run(["/bin/echo", "hi"], stdout=subprocess.PIPE, check=True)
        assert done.stdout == b"hi\n"

    def spawn():
        child = os.posix_spawn("/bin/true", ["true"], {})
        assert os.waitpid(child, 0) == (child, 0)

    in_thread(said, "vfork", vfork)
    in_thread(said, "spawn", spawn)
    return forever(said, "fork", fork)


def reaper(said):
    """Reaps all children that there are at each SIGCHLD: none but its own, each once."""
    running = set()
    wakeup, wakes = os.pipe()
    os.set_blocking(wakes, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    strays = [0]

    def round_():
        child = os.fork()
        if child == 0:
            time.sleep(0.01)
            os._exit(0)
        running.add(child)
        got = 0
        while running:
            number = os.read(wakeup, 1)[0]
            assert number == signal.SIGCHLD, number
            got += 1
            while running:
                child, status = os.waitpid(-1, os.WNOHANG)
                if child == 0:
                    break
                running.remove(child)
        strays[0] += got - 1
        assert strays[0] == 0, "%d SIGCHLD too many" % strays[0]
        try:
            raise AssertionError("a child is seen: %r" % (os.waitpid(-1, os.WNOHANG),))
        except ChildProcessError:
            pass
    return forever(said, "reap", round_)


def own_child(said):
    """A child of its own that answers through a pipe stays its child."""
    child = subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             bufsize=0)

    def ask():
        child.stdin.write(b"x")
        assert child.stdout.read(1) == b"x"
        assert child.poll() is None
        time.sleep(0.005)
    return forever(said, "ask", ask)


def collecting(said):
    """Makes cyclic garbage and collects it; each generation must find what it left."""
    class Node:
        made = freed = 0

        def __init__(self):
            self.me = self
            Node.made += 1

        def __del__(self):
            Node.freed += 1

    def churn():
        gc.collect()
        assert Node.made == Node.freed, (Node.made, Node.freed)
        for _ in range(3000):
            Node()
        keep = [[Node() for _ in range(50)] for _ in range(20)]
        gc.collect(1)
        assert len(keep) == 20
    return forever(said, "churn", churn)


def wild_pointers(said):
    """A list of pointers to nothing. It never looks at them, nor may its collector."""
    gc.disable()
    holder = [object() for _ in range(1000)]
    items = ctypes.c_void_p.from_address(id(holder) + 24).value
    wild = [0, 8, 0xdeadbeef, 1 << 47, (1 << 64) - 16, id(holder) + 3, items + 1]
    for place in range(100):
        ctypes.c_uint64.from_address(items + 8 * place).value = wild[place % len(wild)]
    said.kept = holder

    def look():
        assert len(holder) == 1000 and type(holder[999]) is object
        time.sleep(0.005)
    return forever(said, "look", look)


def storm(said):
    """A timer of a millisecond, and signals from outside. Each that is delivered is counted."""
    alarms, users, queued = (said.counter(name) for name in ("alarms", "users", "queued"))
    numbers = {signal.SIGALRM: alarms, signal.SIGUSR1: users, signal.SIGRTMIN: queued}
    wakeup, wakes = os.pipe()
    os.set_blocking(wakes, False)
    for number in numbers:
        signal.signal(number, lambda *_: None)
    # Written by the handler in C: one byte for each delivery, none folded together.
    signal.set_wakeup_fd(wakes)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)

    def run():
        while True:
            for number in os.read(wakeup, 4096):
                said.add(numbers[number])
    return run


SYS_KEYCTL = 250


def filtered(said):
    """A seccomp filter that kills the process at once should it fork."""
    return filter_calls((SYS_CLONE, SYS_FORK, SYS_VFORK, 435), 0x80000000, said)  # KILL_PROCESS


def contained(said):
    """A seccomp filter as a container's: it fails what no program should call."""
    return filter_calls((SYS_KEYCTL,), 0x50000 | errno.EPERM, said)


def filter_calls(numbers, answer, said):
    code = [(0x20, 0, 0, 0)]  # load the number of the call
    for number in numbers:
        code += [(0x15, 0, 1, number), (0x06, 0, 0, answer)]
    code += [(0x06, 0, 0, 0x7fff0000)]  # ALLOW
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in code))
    filter_ = struct.pack("HxxxxxxQ", len(code), ctypes.addressof(program))
    assert libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    assert libc.prctl(PR_SET_SECCOMP, 2, filter_) == 0
    return asleep(said)


def robust(said):
    """Mutexes with priority inheritance, whose owners die now and then."""
    attributes, mutex = ctypes.create_string_buffer(64), ctypes.create_string_buffer(64)
    libc.pthread_mutexattr_init(attributes)
    libc.pthread_mutexattr_setrobust(attributes, 1)
    libc.pthread_mutexattr_setprotocol(attributes, 1)  # PTHREAD_PRIO_INHERIT
    assert libc.pthread_mutex_init(mutex, attributes) == 0
    inside = [0]

    def lock():
        got = libc.pthread_mutex_lock(mutex)
        if got == errno.EOWNERDEAD:
            libc.pthread_mutex_consistent(mutex)
            inside[0] = 0
        else:
            assert got == 0, got
        assert inside[0] == 0, "two are inside"
        inside[0] = 1
        time.sleep(0.0005)

    def unlock():
        inside[0] = 0
        assert libc.pthread_mutex_unlock(mutex) == 0

    def hold():
        lock()
        unlock()

    def die():
        thread = threading.Thread(target=lock)
        thread.start()
        thread.join()

    for number in range(4):
        in_thread(said, "hold%d" % number, hold)
    return forever(said, "die", die)


def parents_death(said):
    """A signal at its parent's death; its parent lives."""
    signal.signal(signal.SIGUSR2, lambda *_: said.fault("its parent is said to have died"))
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGUSR2)
    return asleep(said)


def no_more_processes(said):
    """As many processes as its user may have: no copy can be made."""
    os.setresuid(54321, 54321, 54321)
    resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
    return asleep(said)


def advised(said):
    """Memory that a fork does not take along, takes along as zeros, or in huge pages."""
    areas = []
    for advice in (MADV_DONTFORK, MADV_WIPEONFORK, MADV_HUGEPAGE):
        area = mmap.mmap(-1, 4 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        area.madvise(advice)
        area[:] = bytes([advice]) * len(area)
        areas.append((area, bytes([advice]) * 4096))

    def compare():
        for area, page in areas:
            for at in range(0, len(area), 4096):
                assert area[at:at + 4096] == page
    return forever(said, "compare", compare)


def full_group(said):
    """Fills so many per cent of its memory group, and changes all of it all the time."""
    limit, percent = map(int, sys.argv[3:5])
    area = mmap.mmap(-1, limit, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)

    def resident():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096
    filled = 0
    while resident() < limit * percent / 100:
        area[filled:filled + (1 << 16)] = bytes([7]) * (1 << 16)
        filled += 1 << 16
    value = [7]

    def change():
        # All that a copy shares with it becomes its own again, page by page.
        new = value[0] % 250 + 1
        for at in range(0, filled, 4096):
            assert area[at] == value[0]
            area[at] = new
        value[0] = new
    return forever(said, "change", change)


def spawning(said):
    """Starts a program that waits in vfork for a named pipe to be opened: until then its
    thread sleeps in the kernel, where nobody can stop it."""
    pipe = sys.argv[3]

    def spawn():
        child = os.posix_spawn("/bin/cat", ["cat"], {}, file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, pipe, os.O_RDONLY, 0)])
        assert os.waitpid(child, 0) == (child, 0)
    return forever(said, "spawn", spawn)


SITUATIONS = {function.__name__: function for function in (
    service, idle, asleep, busy_in_c, many_threads, forks, reaper, own_child, collecting, wild_pointers,
    storm, filtered, contained, robust, parents_death, no_more_processes, advised, full_group,
    spawning)}


def main():
    said = marks.Marks(sys.argv[1])
    name = sys.argv[2]
    if name != "idle":
        said.at_end([])
    try:
        run = SITUATIONS[name](said)
        said.ready()
        run()
    except BaseException as error:
        said.fault("%s: %r" % (name, error))


if __name__ == "__main__":
    main()
