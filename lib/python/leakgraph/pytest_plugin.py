# SPDX-License-Identifier: GPL-2.0-or-later
"""A pytest plugin: tests that fail when what they run keeps memory, with the path that keeps it.

    @pytest.mark.leakgraph("total growth <= 64KiB", warmup=2, repeat=10)
    def test_requests(client):
        client.get("/")

    def test_shutdown(leakgraph):
        before = leakgraph.snapshot()
        serve_and_stop()
        leakgraph.check(before, "total growth <= 100kB")

A marked test is run `warmup` times, dumped, run `repeat` times with another dump
in the middle, and dumped: what was made after the first dump, was there in the second and is there
still has grown. Each worker of pytest-xdist is a process of its own and dumps itself.
"""

import gc
import inspect
import json
import os
import subprocess

import pytest

from ._dumping import LeakgraphError, dump
from ._program import find

DEFAULT_BUDGET = "total growth <= 64KiB"
OVER_BUDGET = 1

MARKER = ("leakgraph(*budgets, warmup=1, repeat=4): fail when what the test runs keeps more memory than the "
          "budgets allow (" + DEFAULT_BUDGET + "); each budget is a rule of `leakgraph diff`")


def pytest_configure(config):
    config.addinivalue_line("markers", MARKER)


class Snapshots:
    """Dumps of this process in a folder, and what has grown between them."""

    def __init__(self, folder):
        self._folder = folder
        self._count = 0

    def snapshot(self):
        """Collect garbage, dump this process; the path of the dump."""
        gc.collect()
        path = os.path.join(str(self._folder), "%d.msgpack" % self._count)
        self._count += 1
        dump(path)
        return path

    def compare(self, *dumps, budgets=()):
        """What `leakgraph diff --json` says of two or three of these dumps, as a dict."""
        return json.loads(_diff(dumps, budgets, "json")[1])

    def check(self, *dumps, budgets=None, message=""):
        """Fail the test when a budget is over. Strings among `dumps` that are no files are budgets."""
        rules = list(budgets or ())
        files = []
        for one in dumps:
            (files if os.path.exists(str(one)) else rules).append(one)
        if len(files) == 1:
            files.append(self.snapshot())
        over, text = _diff(files, rules, "text")
        if over:
            pytest.fail(message + text, pytrace=False)


def _diff(dumps, budgets, form):
    """(whether a budget is over, what the program printed)"""
    rules = [word for rule in budgets or (DEFAULT_BUDGET,) for word in ("--budget", rule)]
    answer = subprocess.run([find(), "diff", *map(str, dumps), *rules, "--format", form], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if answer.returncode not in (0, OVER_BUDGET):
        raise LeakgraphError(answer.stderr.decode(errors="replace").strip())
    return answer.returncode == OVER_BUDGET, answer.stdout.decode(errors="replace")


@pytest.fixture
def leakgraph(tmp_path):
    """Compare two points of a test: before = leakgraph.snapshot(); ...; leakgraph.check(before)."""
    return Snapshots(tmp_path)


def _call(item):
    arguments = {name: item.funcargs[name] for name in item._fixtureinfo.argnames}
    answer = item.obj(**arguments)
    if inspect.isawaitable(answer):
        answer.close()
        pytest.fail("a test marked leakgraph can't be a coroutine: run the loop inside of it", pytrace=False)


def _number(marker, name, default, least):
    value = marker.kwargs.get(name, default)
    if not isinstance(value, int) or value < least:
        pytest.fail("leakgraph: %s=%r, expected a number of at least %d" % (name, value, least), pytrace=False)
    return value


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    marker = pyfuncitem.get_closest_marker("leakgraph")
    if marker is None:
        return None
    unknown = set(marker.kwargs) - {"warmup", "repeat"}
    if unknown:
        pytest.fail("leakgraph: %s is none of warmup, repeat" % ", ".join(sorted(unknown)), pytrace=False)
    warmup, repeat = _number(marker, "warmup", 1, 0), _number(marker, "repeat", 4, 2)
    snapshots = Snapshots(pyfuncitem.funcargs["_leakgraph_folder"])
    dumps = []
    for times in (warmup, repeat // 2, repeat - repeat // 2):
        for _ in range(times):
            _call(pyfuncitem)
        dumps.append(snapshots.snapshot())
    message = "kept by the first %d of %d calls, after %d of warm-up\n" % (repeat // 2, repeat, warmup)
    snapshots.check(*dumps, budgets=marker.args, message=message)
    return True


@pytest.fixture
def _leakgraph_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("leakgraph")


def pytest_itemcollected(item):
    """A marked test gets a folder for its dumps."""
    if item.get_closest_marker("leakgraph") and "_leakgraph_folder" not in item.fixturenames:
        item.fixturenames.append("_leakgraph_folder")
