# SPDX-License-Identifier: GPL-2.0-or-later
"""A program under load is dumped again and again, with the tool left alone and killed.

LEAKGRAPH_TORTURE_DUMPS and LEAKGRAPH_TORTURE_KILLS set how often; the full run
is 200 of each. The last line sums up.
"""

import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import harness

DUMPS = harness.count("DUMPS", 20)
KILLS = harness.count("KILLS", 20)
SEED = harness.count("SEED", 1)
totals = {"dumps": 0, "kills": 0, "harmed": 0, "interrupted": 0, "interrupts": 0}


class Busy:
    """The program under load."""

    def __init__(self, objects=20000):
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "busy_target.py")
        self.process = subprocess.Popen([harness.PYTHON, script, str(objects)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self.process.pid
        self.state = json.loads(self.process.stdout.readline())

    def ask(self, word="?"):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        self.state = json.loads(self.process.stdout.readline())
        return self.state

    def harm(self, allow_interrupted=False):
        """What is wrong with it, or None. All its threads must have gone on."""
        try:
            before = dict(self.ask()["rounds"])

            def all_went_on():
                after = self.ask()["rounds"]
                return self.state["errors"] or all(
                    after.get(name, 0) > before.get(name, 0) for name in
                    ("dicts", "ping", "pong", "sleeps", "children", "polls", "raw_receive",
                     "raw_signal", "ticks"))

            if not harness.wait_for(all_went_on, 20):
                return "a thread stands still: %r, then %r" % (before, self.state["rounds"])
        except (BrokenPipeError, ValueError):
            return "ended with %r" % self.process.wait()
        if self.state["errors"]:
            return self.state["errors"][0]
        if self.state["interrupted"] and not allow_interrupted:
            return "calls were interrupted: %r" % self.state["interrupted"]
        return None

    def traces(self):
        """A tracer, or a child that stays: its own are there for some milliseconds only."""
        if any(harness.tracer(int(task)) for task in os.listdir("/proc/%d/task" % self.pid)):
            return "still traced"
        left = set(harness.children(self.pid))

        def all_gone():
            left.intersection_update(harness.children(self.pid))
            return not left

        return None if harness.wait_for(all_gone, 3) else "children %r are left" % left

    def end(self):
        """Its own last checks."""
        try:
            self.ask("q")
        except (BrokenPipeError, ValueError):
            pass
        return self.process.wait(), self.state["errors"]

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Load(unittest.TestCase):
    def setUp(self):
        self.random = random.Random(SEED)
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.target = Busy()
        self.addCleanup(lambda: self.target.close())

    def freeze(self, hold_ms=5):
        return [harness.FREEZE_LOOP, str(self.target.pid), "1", str(hold_ms)]

    def dump(self):
        return [harness.TOOL, "dump", str(self.target.pid), "-o",
                os.path.join(self.directory.name, "dump.msgpack")]

    def harmed(self, what):
        """A harmed target is counted, told, and replaced."""
        totals["harmed"] += 1
        print("harmed: %s" % what, file=sys.stderr, flush=True)
        self.target.close()
        self.target = Busy()

    def run_to_the_end(self, command):
        environment = dict(os.environ, LG_GUARD="1")
        pauses, before = [], totals["harmed"]
        for number in range(DUMPS):
            done = subprocess.run(command(), env=environment, timeout=300, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            totals["dumps"] += 1
            self.assertEqual(done.returncode, 0, done.stdout)
            pauses += [float(us) for us in re.findall(r"pause_us ([0-9.]+)", done.stdout)]
            pauses += [float(ms) * 1e3 for ms in re.findall(r"stood still for ([0-9.]+) ms",
                                                            done.stdout)]
            what = self.target.harm() or self.target.traces()
            if what:
                self.harmed("dump %d: %s" % (number, what))
        code, errors = self.target.end()
        self.assertEqual((code, errors), (0, []))
        self.assertEqual(totals["harmed"], before)
        if pauses:
            pauses.sort()
            print("%d dumps, pause in ms: median %.2f, longest %.2f" % (
                len(pauses), pauses[len(pauses) // 2] / 1e3, pauses[-1] / 1e3), flush=True)

    def run_and_kill(self, command, kill_worker):
        environment = dict(os.environ, LG_GUARD="1")
        begun = time.monotonic()
        subprocess.run(command(), env=environment, timeout=300, check=True,
                       stdout=subprocess.DEVNULL)
        usual = time.monotonic() - begun
        before = totals["harmed"]
        for number in range(KILLS):
            moment = self.random.uniform(0, usual * 1.1)
            tool = subprocess.Popen(command(), env=environment, stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL)
            end = time.monotonic() + moment
            worker = None
            while time.monotonic() < end and tool.poll() is None:
                worker = worker or harness.worker_of(tool)
                time.sleep(0.0002)
            worker = worker or harness.worker_of(tool)
            victim = worker if kill_worker and worker else tool.pid
            try:
                os.kill(victim, signal.SIGKILL)
            except ProcessLookupError:
                pass
            tool.wait(timeout=60)
            if worker:
                self.assertTrue(harness.wait_for(
                    lambda: harness.state(worker) in ("Z", "gone"), 60), "the worker stays")
            totals["kills"] += 1
            where = "kill %d after %.1f ms" % (number, moment * 1e3)
            what = self.target.harm(allow_interrupted=True) or self.target.traces()
            if what:
                self.harmed("%s: %s" % (where, what))
        totals["interrupted"] += sum(self.target.state["interrupted"].values())
        code, errors = self.target.end()
        self.assertEqual((code, errors), (0, []))
        self.assertEqual(totals["harmed"], before)

    def test_dumps_interrupted(self):
        """^C at any moment: the process group gets SIGINT, and all is cleaned up in peace."""
        path = self.dump()[-1]
        begun = time.monotonic()
        subprocess.run(self.dump(), timeout=300, check=True, stdout=subprocess.DEVNULL)
        usual = time.monotonic() - begun
        stopped = 0
        for number in range(KILLS):
            if os.path.exists(path):
                os.unlink(path)
            tool = subprocess.Popen(self.dump(), stdout=subprocess.DEVNULL,
                                    stderr=subprocess.PIPE, start_new_session=True)
            time.sleep(self.random.uniform(0.01, usual))
            if tool.poll() is None:
                os.killpg(tool.pid, signal.SIGINT)
            said = tool.communicate(timeout=60)[1]
            totals["interrupts"] += 1
            # Before its handlers stand, SIGINT ends it as it ends any program.
            self.assertIn(tool.returncode, (0, 130, -signal.SIGINT), said)
            stopped += tool.returncode != 0
            files = os.listdir(self.directory.name)
            self.assertEqual(files, [] if tool.returncode else ["dump.msgpack"])
            what = self.target.harm() or self.target.traces()
            if what:
                self.harmed("interrupt %d: %s" % (number, what))
        self.assertGreater(stopped, 0)
        self.assertEqual(self.target.end(), (0, []))

    def test_freezes(self):
        self.run_to_the_end(self.freeze)

    def test_freezes_killed(self):
        self.run_and_kill(self.freeze, False)

    def test_freezes_worker_killed(self):
        self.run_and_kill(self.freeze, True)

    def test_dumps(self):
        self.run_to_the_end(self.dump)

    def test_dumps_killed(self):
        self.run_and_kill(self.dump, False)

    def test_dumps_worker_killed(self):
        self.run_and_kill(self.dump, True)


def tearDownModule():
    # What Linux does to six calls whenever a thread is stopped, and only the living can undo.
    print("%d calls ended with EINTR as their tracer was killed" % totals["interrupted"])
    print("%(interrupts)d dumps were interrupted by the user" % totals)
    print("torture: %(dumps)d dumps, %(kills)d kills, %(harmed)d targets harmed" % totals,
          flush=True)


if __name__ == "__main__":
    unittest.main()
