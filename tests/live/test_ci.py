# SPDX-License-Identifier: GPL-2.0-or-later
"""The jobs of samples/ci: their own commands, on the sample service as it is and with a change that leaks.

Not run are the actions of others (checkout; artifacts are kept by a stand-in) and what installs leakgraph.
"""

import http.server
import io
import json
import os
import shutil
import subprocess
import threading
import unittest
import xml.etree.ElementTree as ElementTree
import zipfile

import support

try:
    import yaml
except ImportError:
    yaml = None

SAMPLE = os.path.join(support.SAMPLES, "ci")
PACKAGE = os.path.join(os.environ.get("LEAKGRAPH_BUILD") or os.path.dirname(support.PROGRAM), "python")
LEAK = ("    SESSIONS[user] = session\n", "    SESSIONS[user] = session\n    SEEN.append((user, session))\n")

# `gh run list` and `gh run download`, of artifacts that stand in a folder.
GH = """#!/bin/sh
set -eu
case "$1 $2" in
"run list") test "$4 $6" = "memory.yml main" && echo 17 ;;
"run download") test "$3" = 17 && cp -r "$ARTIFACTS/$5" "$7" ;;
*) echo "gh: $*" >&2; exit 9 ;;
esac
"""


@unittest.skipIf(yaml is None, "no module yaml (python3-yaml)")
class ContinuousIntegrationTest(support.LiveTest):
    def checkout(self, name, leak=False):
        """The sample as a repository of its own; `leak`: with a list that keeps all visits."""
        folder = self.path(name)
        shutil.copytree(SAMPLE, folder)
        if leak:
            path = os.path.join(folder, "service.py")
            with open(path, encoding="utf-8") as file:
                text = file.read()
            self.assertIn(LEAK[0], text)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text.replace(*LEAK).replace("SESSIONS = coll", "SEEN = []\nSESSIONS = coll"))
        return folder

    def job(self, name):
        with open(os.path.join(SAMPLE, name), encoding="utf-8") as file:
            document = yaml.safe_load(file)
        return document["jobs"]["memory"] if "jobs" in document else document["memory"]

    def run_shell(self, script, folder, **environment):
        tools = self.path("tools")
        os.makedirs(tools, exist_ok=True)
        for tool, text in (("gh", GH), ("leakgraph", f'#!/bin/sh\nexec "{support.PROGRAM}" "$@"\n')):
            with open(os.path.join(tools, tool), "w", encoding="utf-8") as file:
                file.write(text)
            os.chmod(os.path.join(tools, tool), 0o755)
        with open(os.path.join(folder, "script"), "w", encoding="utf-8") as file:
            file.write(script)
        environment = {**os.environ, "PATH": tools + ":/usr/bin:/bin", "PYTHONPATH": PACKAGE,
                       "LEAKGRAPH": support.PROGRAM, **environment}
        return subprocess.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "script"], cwd=folder,
                              env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                              timeout=300)

    # ---- GitHub ----

    def run_github(self, folder, event):
        """The job's steps; the last result, and what stands in the summary. Artifacts stand in a folder for each event."""
        summary, result = os.path.join(folder, "summary"), None
        for step in self.job("github.yml")["steps"]:
            uses = step.get("uses", "")
            if step.get("name") == "Install leakgraph" or "checkout" in uses:
                continue
            if "if" in step:
                self.assertEqual(step["if"], "github.event_name == 'pull_request'")
                if event != "pull_request":
                    continue
            if "upload-artifact" in uses:
                kept = os.path.join(self.path(event), step["with"]["name"])
                shutil.copytree(os.path.join(folder, step["with"]["path"]), kept, dirs_exist_ok=True)
                continue
            self.assertNotIn("${{", step["run"])
            result = self.run_shell(step["run"], folder, ARTIFACTS=self.path("push"), GITHUB_SHA="0123abc",
                                    GITHUB_BASE_REF="main", GITHUB_STEP_SUMMARY=summary)
            if result.returncode:
                break
        if not os.path.exists(summary):
            return result, ""
        with open(summary, encoding="utf-8") as file:
            return result, file.read()

    def test_github(self):
        result, summary = self.run_github(self.checkout("base"), "push")
        self.assertEqual((result.returncode, result.stderr, summary), (0, "", ""))
        for name, leak, title in (("same", False, "within budgets"), ("leaking", True, "over budget")):
            with self.subTest(name):
                result, summary = self.run_github(self.checkout(name, leak), "pull_request")
                self.assertEqual((result.returncode, result.stderr), (int(leak), ""))
                self.assertIn(f"### leakgraph: {title}\n", summary)
                self.assertEqual("::error title=leakgraph,file=leakgraph.budget,line=3::" in result.stdout, leak)
                self.assertEqual("module service → .SEEN" in result.stdout, leak)

    # ---- GitLab ----

    def serve(self, folder):
        """GitLab's artifacts of a job, as its API gives them; the address."""
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            for name in sorted(os.listdir(os.path.join(folder, "head"))):
                archive.write(os.path.join(folder, "head", name), os.path.join("head", name))

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                right = (self.path == "/projects/5/jobs/artifacts/main/download?job=memory" and
                         self.headers["JOB-TOKEN"] == "secret")
                self.send_response(200 if right else 404)
                self.end_headers()
                self.wfile.write(content.getvalue() if right else b"")

            def log_message(self, *arguments):
                pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return f"http://127.0.0.1:{server.server_address[1]}"

    @unittest.skipIf(shutil.which("curl") is None, "no curl")
    def test_gitlab(self):
        script = "\n".join(self.job("gitlab.yml")["script"])
        variables = {"CI_COMMIT_SHA": "0123abc", "CI_PROJECT_ID": "5", "CI_DEFAULT_BRANCH": "main",
                     "CI_JOB_TOKEN": "secret", "no_proxy": "127.0.0.1"}
        base = self.checkout("base")
        result = self.run_shell(script, base, CI_PIPELINE_SOURCE="push", **variables)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        address = self.serve(base)
        for name, leak in (("same", False), ("leaking", True)):
            with self.subTest(name):
                folder = self.checkout(name, leak)
                result = self.run_shell(script, folder, CI_PIPELINE_SOURCE="merge_request_event",
                                        CI_API_V4_URL=address, **variables)
                self.assertEqual((result.returncode, result.stderr), (int(leak), ""))
                with open(os.path.join(folder, "quality.json"), encoding="utf-8") as file:
                    findings = json.load(file)
                failures = ElementTree.parse(os.path.join(folder, "memory.xml")).getroot().get("failures")
                self.assertEqual((bool(findings), failures != "0"), (leak, leak))
                for finding in findings:
                    self.assert_code_quality(finding)

    def assert_code_quality(self, finding):
        """What GitLab's documentation of the report asks of a finding."""
        self.assertEqual(finding["location"]["path"], "leakgraph.budget")
        self.assertGreater(finding["location"]["lines"]["begin"], 1)
        self.assertIn(finding["severity"], ("info", "minor", "major", "critical", "blocker"))
        self.assertRegex(finding["fingerprint"], "^[0-9a-f]{16}$")
        for key in ("description", "check_name"):
            self.assertTrue(finding[key])

    # ---- what is not run ----

    def test_both_install_the_same(self):
        github = next(step["run"] for step in self.job("github.yml")["steps"] if step.get("name") == "Install leakgraph")
        gitlab = "\n".join(self.job("gitlab.yml")["before_script"])
        for command in (". leakgraph/samples/packages && install_packages $BUILD_PACKAGES",
                        "cmake -S leakgraph -B leakgraph/build -G Ninja -DCMAKE_BUILD_TYPE=Release -DLEAKGRAPH_TESTS=OFF",
                        "cmake --build leakgraph/build --target leakgraph"):
            for script in (github, gitlab):
                self.assertIn(command + "\n", script + "\n")
        self.assertIn("leakgraph/build/python", github)
        self.assertIn("leakgraph/build/python", gitlab)
        self.assertEqual(subprocess.run(["bash", "-n"], input=github + "\n" + gitlab, text=True, check=False).returncode, 0)


if __name__ == "__main__":
    support.main()
