# SPDX-License-Identifier: GPL-2.0-or-later
"""`leakgraph watch`: which dumps are taken when, what is kept, and how it ends."""

import glob
import os
import re
import shutil
import signal
import subprocess

import support

# Grows by what it is told, in megabytes; answers when it has.
GROWS = """
import os, sys
kept = [bytearray(20_000_000)]
ready()
for line in sys.stdin:
    if int(line) < 0:
        kept.clear()
    else:
        kept.append(bytearray(int(line) * 1_000_000))
    print('done', flush=True)
"""

# In a pid namespace of its own: the number of the watched process is given again while the watch stands still.
REUSE = """
import os, signal, subprocess, sys
program, python, folder = sys.argv[1:]

def start():
    process = subprocess.Popen([python, '-c', 'import time; print(1, flush=True); time.sleep(1000)'],
                               stdout=subprocess.PIPE)
    process.stdout.readline()
    return process

first = start()
watch = subprocess.Popen([program, 'watch', str(first.pid), '--every', '1s', '-o', folder],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
watch.stdout.readline()
os.kill(watch.pid, signal.SIGSTOP)
first.kill()
first.wait()
for attempt in range(100):
    with open('/proc/sys/kernel/ns_last_pid', 'w') as last:
        last.write(str(first.pid - 1))
    second = start()
    if second.pid == first.pid:
        break
    second.kill()
before = os.listdir(folder)
os.kill(watch.pid, signal.SIGCONT)
said = watch.communicate(timeout=60)
print(second.pid == first.pid, watch.returncode, said, os.listdir(folder) == before)
"""

LINE = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC  (\S+): RSS ([\d.]+) MB(.*); [\d,]+ objects, "
                  r"[\d.]+ MB, stood still for [\d.]+ ms$")


class Watch(support.Target):
    """The program as it watches; line() gives what it says."""

    def __init__(self, target, *arguments, **options):
        super().__init__([support.PROGRAM, "watch", str(target.pid), *map(str, arguments)], ready=False, **options)

    def dump(self):
        """Name and reason of the next dump that is told."""
        line = self.line()
        match = LINE.match(line)
        if not match:
            raise AssertionError(f"no dump is told by {line!r}")
        return match[1], match[3]

    def end(self):
        """Exit code, and what it said on stderr."""
        self.process.wait(support.START_SECONDS)
        return self.process.returncode, self.process.stderr.read()


class WatchTest(support.LiveTest):
    def setUp(self):
        super().setUp()
        self.python = support.interpreters()[0]
        if support.version(self.python) is None:
            self.skipTest(f"no interpreter {self.python}")

    def grow(self, target, megabytes):
        target.process.stdin.write(f"{megabytes}\n")
        target.process.stdin.flush()
        self.assertEqual(target.line(), "done")

    def files(self):
        return sorted(os.listdir(self.folder))

    def test_conditions_and_bounds(self):
        with support.target(self.python, GROWS) as target:
            with Watch(target, "--rss", "200MB", "--growth", "50%", "--keep", 2, "-o", self.folder) as watch:
                names = [watch.dump()]
                self.assertEqual(names[0][1], ", the first")
                self.grow(target, 60)
                names.append(watch.dump())
                self.assertRegex(names[1][1], r"^, \+\d+ % from [\d.]+ MB$")
                self.grow(target, 150)
                names.append(watch.dump())
                self.assertRegex(names[2][1], r"^, has come to 200.0 MB, \+\d+ % from [\d.]+ MB$")
                self.assertEqual(watch.line(), names[0][0] + " is removed")
                self.assertEqual(self.files(), [os.path.basename(name) for name, _ in names[1:]])
                self.assertEqual([name for name, _ in names], sorted(name for name, _ in names))
                self.assert_unharmed(target)
                watch.process.send_signal(signal.SIGINT)
                self.assertEqual(watch.end(), (support.EXIT_INTERRUPTED, "leakgraph: stopped by the user\n"))
        for name in self.files():
            self.assertRegex(name, rf"^leakgraph-{target.pid}-\d{{8}}T\d{{6}}\.\d{{3}}Z\.msgpack$")
            self.assertEqual(self.json("types", self.path(name))["dump"]["pid"], target.pid)

    def test_rss_again_only_after_a_fall(self):
        with support.target(self.python, GROWS) as target:
            self.grow(target, 100)
            with Watch(target, "--rss", "100MB", "--count", 2, "-o", self.path("{n}")) as watch:
                self.assertEqual(watch.dump()[1], ", has come to 100.0 MB")
                self.grow(target, 50)
                self.grow(target, -1)
                # A look is taken each second: the fall must be seen.
                with self.assertRaises(AssertionError):
                    watch.line(seconds=2.5)
                self.assertEqual(self.files(), ["0001"])
                self.grow(target, 150)
                self.assertEqual(watch.dump()[0], self.path("0002"))
                self.assertEqual(watch.end(), (0, ""))

    def test_ends_with_the_process(self):
        with support.target(self.python, GROWS) as target:
            with Watch(target, "--every", "1h", "-o", self.folder) as watch:
                watch.dump()
                target.process.kill()
                target.process.wait()
                self.assertEqual(watch.end(), (0, ""))

    def test_another_process_with_its_number(self):
        enter = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
        if not shutil.which("unshare") or not os.path.exists("/proc/sys/kernel/ns_last_pid"):
            self.skipTest("no unshare, or a kernel that does not let numbers be chosen")
        if subprocess.run([*enter, "true"], capture_output=True, check=False).returncode:
            self.skipTest(f"can't {' '.join(enter)}")
        result = subprocess.run([*enter, "/usr/bin/python3", "-c", REUSE, os.path.realpath(support.PROGRAM),
                                 os.path.realpath(self.python), self.folder], capture_output=True, text=True,
                                timeout=support.TOOL_SECONDS, check=False)
        self.assertEqual((result.stdout, result.stderr), ("True 0 ('', '') True\n", ""))
        self.assertEqual(len(self.files()), 1)

    def test_every_so_often_to_a_count(self):
        with support.target(self.python, GROWS) as target:
            with Watch(target, "--every", "1s", "--count", 2, "--keep-size", "1B", "-o", self.folder) as watch:
                first, _ = watch.dump()
                second, why = watch.dump()
                self.assertEqual(why, ", time is up")
                self.assertEqual(watch.line(), first + " is removed")
                self.assertEqual(watch.end(), (0, ""))
                self.assertEqual([self.path(name) for name in self.files()], [second])

    def test_a_failure_is_told_and_tried_again(self):
        missing = self.path("missing")
        with support.target(self.python, GROWS) as target:
            with Watch(target, "--every", "1h", "--count", 1, "-o", missing + "/") as watch:
                first = watch.process.stderr.readline()
                self.assertRegex(first, r"^leakgraph: warning: .* UTC  no dump: \S+/missing/\S+: cannot "
                                        r"open the directory '\S+/missing': No such file or directory "
                                        r"\(again in 1 s\)$")
                os.mkdir(missing)
                name, why = watch.dump()
                self.assertEqual((os.path.dirname(name), why), (missing, ", the first"))
                self.assertEqual(watch.end()[0], 0)

    def test_a_process_that_ends_without_its_dump(self):
        with support.target(self.python, GROWS) as target:
            with Watch(target, "--every", "1h", "-o", self.path("missing/")) as watch:
                watch.process.stderr.readline()
                target.process.kill()
                target.process.wait()
                code, said = watch.end()
        self.assertEqual(code, support.EXIT_SYSTEM)
        self.assertRegex(said.splitlines()[-1],
                         rf"^leakgraph: process {target.pid} ended before the dump that was due: ")

    def test_stopped_in_the_middle_of_a_dump(self):
        with support.target(self.python, GROWS + "\n") as target:
            for _ in range(3):
                with Watch(target, "--every", "1s", "--keep", 1, "-o", self.folder) as watch:
                    watch.dump()
                    watch.process.send_signal(signal.SIGTERM)
                    self.assertEqual(watch.end()[0], support.EXIT_INTERRUPTED)
                    self.assert_unharmed(target)
        self.assertEqual(glob.glob(self.path(".*")), [])

    def test_in_the_background(self):
        def nohup():
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        with support.target(self.python, GROWS) as target:
            with Watch(target, "--every", "1s", "--count", 3, "-o", self.folder, preexec_fn=nohup) as watch:
                for _ in range(3):
                    watch.process.send_signal(signal.SIGHUP)
                    watch.dump()
                self.assertEqual(watch.end(), (0, ""))

    def test_refused_at_once(self):
        with support.Target(["/bin/sleep", "1000"], ready=False) as target:
            result = support.leakgraph("watch", target.pid, "--every", "1s", "-o", self.folder)
            self.assert_refused(result, support.EXIT_ATTACH, "not a Python process")
        for arguments, words in [
                ((1,), "watch expects --rss, --every or --growth"),
                ((1, "--rss", "2gb"), "--rss expects a size such as 2GiB or 500MB, not '2gb'"),
                ((1, "--rss", "0"), "--rss expects a size such as 2GiB or 500MB, not '0'"),
                ((1, "--rss", "9999999TiB"), "--rss expects a size"),
                ((1, "--every", "10"), "--every expects a time such as 30s, 10m, 1h or 1d, not '10'"),
                ((1, "--growth", "0"), "--growth expects a percentage from 1 to 10000, not '0'"),
                ((1, "--every", "1s", "-o", self.path("one")), "neither {time} nor {n} in it"),
                (("x", "--every", "1s"), "watch expects the number of a process, not 'x'")]:
            self.assert_refused(support.leakgraph("watch", *arguments), support.EXIT_USAGE, words)
        self.assertEqual(self.files(), [])


if __name__ == "__main__":
    support.main()
