# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's chromium, headless, with its developer tools open: driven by the DevTools protocol over a pipe."""

import json
import os
import shutil
import subprocess
import tempfile
import time

START_SECONDS = 120
PANEL = """(async () => {
    const part = name => import('devtools://devtools/bundled/' + name);
    const ui = await part('ui/legacy/legacy.js'), profiler = await part('panels/profiler/profiler.js');
    await ui.ViewManager.ViewManager.instance().showView('heap-profiler');
    const type = profiler.ProfilesPanel.ProfilesPanel.registry.heapSnapshotProfileType;
    const error = await type.loadFromFile(document.getElementById('leakgraph').files[0]);
    if (error) throw error;
    globalThis.snapshot = await type.getProfiles().at(-1).loadPromise;
    return {nodes: snapshot.nodeCount, bytes: snapshot.totalSize, statistics: await snapshot.getStatistics()};
})()"""
CLASSES = """(async () => {
    const classes = {}, aggregates = await snapshot.aggregatesWithFilter({});
    for (const [key, aggregate] of Object.entries(aggregates)) {
        const nodes = snapshot.createNodesProviderForClass(key, {});
        await nodes.sortAndRewind({fieldName1: 'id', ascending1: true, fieldName2: 'id', ascending2: true});
        const {items} = await nodes.serializeItemsRange(0, aggregate.count);
        classes[aggregate.name] = items.map(node => [node.id, node.selfSize, node.retainedSize]);
    }
    return classes;
})()"""


def program():
    return shutil.which("chromium")


class MemoryPanel:
    """The developer tools' Memory panel. A context: chromium ends with it."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="leakgraph-chromium-", ignore_cleanup_errors=True)
        commands, self.commands = os.pipe()
        self.answers, answers = os.pipe()
        arguments = [program(), "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
                     "--disable-dev-shm-usage", "--auto-open-devtools-for-tabs", "--remote-debugging-pipe",
                     "--user-data-dir=" + self.folder.name, "about:blank"]
        # The protocol's descriptors are 3 and 4: a shell puts them there.
        shell = ["/bin/bash", "-c", f'exec "$@" 3<&{commands} 4>&{answers}', "bash"]
        self.process = subprocess.Popen(shell + arguments, pass_fds=(commands, answers), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(commands)
        os.close(answers)
        self.number, self.buffer, self.session = 0, b"", None
        self.session = self.call("Target.attachToTarget", targetId=self.find_tools(), flatten=True)["sessionId"]
        return self

    def __exit__(self, *_):
        self.session = None
        try:
            self.call("Browser.close")
        except OSError:
            pass
        try:
            self.process.wait(START_SECONDS)
        finally:
            self.process.kill()
            self.process.wait()
            os.close(self.commands)
            os.close(self.answers)
            self.folder.cleanup()

    def read(self):
        while b"\0" not in self.buffer:
            piece = os.read(self.answers, 1 << 20)
            if not piece:
                raise OSError("chromium has ended")
            self.buffer += piece
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def evaluate(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"].get("description", answer))
        return answer["result"].get("value")

    def find_tools(self):
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            for target in self.call("Target.getTargets", filter=[{}])["targetInfos"]:
                if target["url"].startswith("devtools://") and target["type"] != "tab":
                    return target["targetId"]
            time.sleep(0.1)
        raise TimeoutError("chromium's developer tools did not open")

    def wait_for_tools(self):
        """They are there when their own code has made its panels."""
        end = time.monotonic() + START_SECONDS
        while not self.evaluate("document.readyState === 'complete' && !!document.querySelector('.root-view')"):
            if time.monotonic() > end:
                raise TimeoutError("chromium's developer tools are not ready")
            time.sleep(0.1)

    def load(self, path):
        """Load a file as by the panel's button; what the panel says of it."""
        self.wait_for_tools()
        self.evaluate("document.getElementById('leakgraph')?.remove()")
        self.evaluate("(() => { const input = document.createElement('input'); input.type = 'file';"
                      "input.id = 'leakgraph'; document.body.append(input); })()")
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector="#leakgraph")["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=node, files=[path])
        return self.evaluate(PANEL)

    def classes(self):
        """Of each class in the panel's summary its objects: [id, shallow, retained]."""
        return self.evaluate(CLASSES)
