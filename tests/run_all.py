# SPDX-License-Identifier: GPL-2.0-or-later
"""Run ctest in a build folder, count the single tests, name the interpreters.

ctest counts programs; this adds up what each of them says of its own tests:
TAP lines of Criterion, the closing lines of unittest. A program that fails
without a failed test of its own (a crash) counts as one failure.
"""

import glob
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

SUPPORTED = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15")

TAP = re.compile(r"^(not ok|ok) (?:\d+ )?- [^#\n]*(# *skip)?", re.IGNORECASE | re.MULTILINE)
UNITTEST_RAN = re.compile(r"^Ran (\d+) tests? in ", re.MULTILINE)
UNITTEST_END = re.compile(r"^(?:OK|FAILED)(?: \((.*)\))?$", re.MULTILINE)
SKIP_LINE = re.compile(r"^.*\bskipped '.*'?$", re.MULTILINE)
# Criterion prints a sanitizer's report of a test's process and lets the test pass.
SANITIZER = re.compile(r"^SUMMARY: \w*Sanitizer:? .*$|^.*: runtime error: .*$", re.MULTILINE)


def interpreters():
    """{path: "3.11.2"} of every CPython on PATH, under pyenv's folder, and unpacked by tests/interpreters."""
    folders = os.environ.get("PATH", "").split(":") + ["/usr/bin"]
    pyenv = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    folders += sorted(glob.glob(os.path.join(pyenv, "versions", "*", "bin")))
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    cache = os.environ.get("LEAKGRAPH_CACHE") or os.path.join(cache, "leakgraph")
    folders += sorted(glob.glob(os.path.join(cache, "interpreters", "*", "bin")))
    found = {}
    for folder in folders:
        for path in sorted(glob.glob(os.path.join(folder, "python3*"))):
            real = os.path.realpath(path)
            if not re.fullmatch(r"python3\.\d+t?", os.path.basename(real)) or real in found:
                continue
            if "shims" in real:
                continue
            answer = subprocess.run(
                [real, "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])"],
                capture_output=True, text=True, check=False)
            if answer.returncode == 0:
                found[real] = answer.stdout.strip()
    return found


def minor(version):
    return version.rsplit(".", 1)[0]


def count(text, passed):
    """(passed, failed, skipped) of one test program by its output."""
    good = bad = skipped = 0
    for verdict, skip in TAP.findall(text):
        if skip:
            skipped += 1
        elif verdict.lower() == "ok":
            good += 1
        else:
            bad += 1
    for ran, end in zip(UNITTEST_RAN.findall(text), UNITTEST_END.findall(text)):
        numbers = dict(re.findall(r"(\w+)=(\d+)", end or ""))
        wrong = int(numbers.get("failures", 0)) + int(numbers.get("errors", 0))
        left = int(numbers.get("skipped", 0))
        good += max(int(ran) - wrong - left, 0)
        bad += wrong
        skipped += left
    bad += len(SANITIZER.findall(text))
    if not passed and bad == 0:
        bad = 1
    if passed and good + skipped == 0:
        good = 1
    return good, bad, skipped


def main():
    build, arguments = sys.argv[1], sys.argv[2:]
    found = interpreters()
    supported = [p for p, v in found.items() if minor(v) in SUPPORTED]
    others = [p for p in found if p not in supported]
    environment = dict(os.environ)
    environment.setdefault("LEAKGRAPH_PYTHONS", ":".join(supported))
    environment.setdefault("LEAKGRAPH_OTHER_PYTHONS", ":".join(others))
    environment["LEAKGRAPH"] = os.path.join(build, "leakgraph")
    report = os.path.join(build, "tests.xml")
    if os.path.exists(report):
        os.unlink(report)
    subprocess.run(["ctest", "--test-dir", build, "--output-on-failure", "--no-tests=error",
                    "--test-output-size-passed", "1000000", "--test-output-size-failed", "1000000",
                    "--output-junit", report,
                    "--parallel", str(len(os.sched_getaffinity(0)))] + arguments, env=environment, check=False)
    if not os.path.exists(report):
        print("ctest wrote no report")
        return 1
    total = [0, 0, 0]
    for case in ElementTree.parse(report).iter("testcase"):
        output = case.findtext("system-out") or ""
        result = count(output, case.get("status") == "run")
        total = [a + b for a, b in zip(total, result)]
        print("%-28s %4d passed, %d failed, %d skipped" % ((case.get("name"),) + result))
        for line in SKIP_LINE.findall(output) + SANITIZER.findall(output):
            print("    " + line.strip())
    covered = {minor(found.get(p, "?")) for p in environment["LEAKGRAPH_PYTHONS"].split(":")}
    for version in SUPPORTED:
        if version not in covered:
            print("CPython %s is not on this machine: its tests were skipped" % version)
            total[2] += 1
    print("interpreters dumped:  " + (", ".join(
        "%s (%s)" % (found.get(p, "?"), p)
        for p in environment["LEAKGRAPH_PYTHONS"].split(":") if p) or "none"))
    print("interpreters refused: " + (", ".join(
        "%s (%s)" % (found.get(p, "?"), p)
        for p in environment["LEAKGRAPH_OTHER_PYTHONS"].split(":") if p) or "none"))
    print("%d passed, %d failed, %d skipped" % tuple(total))
    return 1 if total[1] or total[0] == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
