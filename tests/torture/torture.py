# SPDX-License-Identifier: GPL-2.0-or-later
"""Dump programs in all the situations in which it could harm them, kill the tool at random
moments, and see whether they are harmed.

    LEAKGRAPH_TORTURE_DUMPS  dumps that complete, in all (500)
    LEAKGRAPH_TORTURE_KILLS  dumps that are killed, in all (500)
    LEAKGRAPH_TORTURE_SEED   of the random moments (1)
    LEAKGRAPH_TORTURE_ONLY   only targets whose name holds this
    LEAKGRAPH, LEAKGRAPH_BUILD, LEAKGRAPH_PYTHONS  the program, its build folder, the interpreter

A line for each target; the last line sums up. Exit status 1: a target was harmed.
"""

import os
import random
import statistics
import sys
import tempfile

import harness
import targets

VICTIMS = ("tool", "worker", "both")


class Torture:
    def __init__(self, dumps, kills, seed):
        self.dumps, self.kills = dumps, kills
        self.random = random.Random(seed)
        self.done = {"dumps": 0, "kills": 0, "harmed": 0}
        self.interrupted = self.copies = 0
        self.skipped = []
        self.harms = []

    def run(self, chosen):
        chosen = list(chosen)
        for number, target in enumerate(chosen):
            shares = [count * (number + 1) // len(chosen) - count * number // len(chosen)
                      for count in (self.dumps, self.kills)]
            try:
                with tempfile.TemporaryDirectory(prefix="leakgraph-torture-") as folder:
                    self.one(target, *shares, folder)
            except harness.Skip as reason:
                self.skipped.append("%s (%s)" % (target, reason))

    def one(self, target, dumps, kills, folder):
        pauses, harmed = [], len(self.harms)
        took = [0.1]
        try:
            self.start(target)
            plan = ["dump"] * dumps + ["kill"] * kills
            self.random.shuffle(plan)
            for number, what in enumerate(plan):
                if what == "dump":
                    self.dump(target, folder, pauses, took)
                else:
                    self.kill(target, folder, VICTIMS[number % len(VICTIMS)], pauses, took)
            what = target.close()
            if what:
                self.harm(target, what)
        finally:
            target.close()
        print("%-28s %5d dumps, %5d kills%s: %s" % (
            target, dumps, kills, pause_words(pauses),
            "%d HARMED" % (len(self.harms) - harmed) if len(self.harms) > harmed else "unharmed"),
            flush=True)

    def start(self, target):
        target.start()
        what = target.harm()
        if what:
            raise AssertionError("%s is wrong by itself: %s" % (target, what))

    def harm(self, target, what):
        self.done["harmed"] += 1
        self.harms.append("%s: %s" % (target, what))
        print("HARMED %s: %s" % (target, what), file=sys.stderr, flush=True)
        if target.process:
            target.close()
            self.start(target)

    def dump(self, target, folder, pauses, took):
        outside, interrupted = harness.Outside(target), target.interrupted()
        run = harness.Run(target, folder)
        took.append(run.wait())
        self.done["dumps"] += 1
        stopped = target.stopped_ms() if hasattr(target, "stopped_ms") else None
        pause = run.pause_ms()
        if pause is not None:
            pauses.append(pause)
        what = target.after_dump() or target.harm() or outside.trace() or run.complaint()
        if not what and outside.copies:
            what = "a dead copy is left"
        if not what and run.process.returncode == 0 and outside.remains():
            what = "a dead copy of an earlier dump is left"
        if not what and target.interrupted() > interrupted:
            what = "%d calls ended with EINTR" % (target.interrupted() - interrupted)
        if not what and None not in (stopped, pause) and \
                stopped > pause + targets.STOP_MARGIN_MS:
            what = "stood still for %.1f ms, the tool said %.1f" % (stopped, pause)
        if what:
            self.harm(target, "after a dump: %s" % what)

    def kill(self, target, folder, victim, pauses, took):
        """Half of them at any moment, half of them while the target is stopped and soon after."""
        outside, interrupted = harness.Outside(target), target.interrupted()
        traced = self.random.random() < 0.5
        moment = self.random.uniform(0, statistics.median(pauses[-9:] or [5]) * 2e-3 if traced else
                                     statistics.median(took[-9:]) * 1.1)
        run = harness.Run(target, folder)
        run.kill_after(moment, victim, traced)
        self.done["kills"] += 1
        what = target.after_dump() or target.harm() or outside.trace()
        # What Linux does to some calls whenever a thread is stopped, only the living can undo.
        self.interrupted += target.interrupted() - interrupted
        self.copies += len(outside.copies)
        if not what and outside.copies and victim != "both":
            what = "a dead copy is left"
        if what:
            self.harm(target, "%s killed after %.1f ms%s: %s (it said: %s)" % (
                victim, moment * 1e3, " of tracing" if traced else "", what, run.text or "nothing"))

    def sum_up(self):
        print("%d calls ended with EINTR as their tracer was killed" % self.interrupted)
        print("%d dead copies, which only wait() with __WALL sees, were left to the next dump where "
              "both processes of the tool were killed in one moment" % self.copies)
        print("skipped: %d%s" % (len(self.skipped), "".join("; " + s for s in self.skipped)))
        print("torture: %(dumps)d dumps, %(kills)d kills, %(harmed)d targets harmed" % self.done,
              flush=True)


def pause_words(pauses):
    if not pauses:
        return ""
    return ", pause %.1f ms (longest %.1f)" % (statistics.median(pauses), max(pauses))


def main():
    torture = Torture(harness.count("DUMPS", 500), harness.count("KILLS", 500),
                      harness.count("SEED", 1))
    only = os.environ.get("LEAKGRAPH_TORTURE_ONLY", "")
    everything = [*targets.situations(), *targets.single_waits()]
    torture.run(target for target in everything if only in str(target))
    torture.sum_up()
    return 1 if torture.harms else 0


if __name__ == "__main__":
    sys.exit(main())
