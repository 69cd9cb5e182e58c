"""A headless browser through the WebDriver protocol: as much of it as Scripts/test-studio needs."""

import base64
import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
KEYS = {"Space": " ", "Backspace": "\ue003", "ArrowRight": "\ue014", "ArrowDown": "\ue015"}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Browser:
    """Chromium without a window; ends with its `with` block."""

    def __init__(self, log):
        self.port = free_port()
        self.driver = subprocess.Popen(
            ["chromedriver", f"--port={self.port}"], stdout=log, stderr=subprocess.STDOUT)
        arguments = ["--headless=new", "--disable-gpu", "--hide-scrollbars", "--window-size=1280,800"]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")
        deadline = time.monotonic() + 30
        while True:
            try:
                session = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
                    "browserName": "chrome", "unhandledPromptBehavior": "ignore", "goog:loggingPrefs": {"browser": "ALL"},
                    "goog:chromeOptions": {"args": arguments}}}})
                break
            except urllib.error.URLError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        self.session = f"/session/{session['sessionId']}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.call("DELETE", self.session)
        finally:
            self.driver.terminate()
            self.driver.wait()

    def call(self, method, path, body=None):
        data = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data, {"Content-Type": "application/json"},
            method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            value = json.load(error)["value"]
            raise RuntimeError(f"{path}: {value['error']}: {value['message'][:400]}") from None

    def post(self, path, body=None):
        return self.call("POST", self.session + path, body)

    def open(self, address):
        self.post("/url", {"url": address})

    def size(self, width, height, is_phone=False):
        self.post("/goog/cdp/execute", {
            "cmd": "Emulation.setDeviceMetricsOverride",
            "params": {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_phone}})

    def colours(self, scheme):
        """`light` or `dark`, as the system would prefer."""
        self.post("/goog/cdp/execute", {
            "cmd": "Emulation.setEmulatedMedia",
            "params": {"features": [{"name": "prefers-color-scheme", "value": scheme}]}})

    def run(self, script, *arguments):
        return self.post("/execute/sync", {"script": script, "args": list(arguments)})

    def find(self, selector):
        return self.post("/element", {"using": "css selector", "value": selector})[ELEMENT]

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0]).textContent", selector).strip()

    def is_shown(self, selector):
        return self.run(
            "const e = document.querySelector(arguments[0]); return Boolean(e && e.offsetParent)",
            selector)

    def click(self, selector):
        self.post(f"/element/{self.find(selector)}/click")

    def press(self, key):
        value = KEYS.get(key, key)
        self.post("/actions", {"actions": [{"type": "key", "id": "keys", "actions": [
            {"type": "keyDown", "value": value}, {"type": "keyUp", "value": value}]}]})

    def move(self, selector, places, seconds, press=False):
        """Moves the mouse over an element, through places in shares of its width and height."""
        box = self.run(
            "const b = document.querySelector(arguments[0]).getBoundingClientRect();"
            "return [b.left, b.top, b.width, b.height]", selector)
        pause = int(1000 * seconds / max(1, len(places)))
        actions = []
        for index, (x, y) in enumerate(places):
            actions.append({
                "type": "pointerMove", "duration": pause if index else 0,
                "x": round(box[0] + x * box[2]), "y": round(box[1] + y * box[3])})
            if press:
                actions += [{"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        self.post("/actions", {"actions": [{
            "type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"},
            "actions": actions}]})

    def settle(self):
        """Waits until the page has drawn what it was told, and what moves has come to rest."""
        time.sleep(0.2)
        self.post("/execute/async", {"args": [], "script":
                  "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()))"})

    def wait(self, what, condition, seconds=60):
        """Waits until a condition holds; fails with what was waited for."""
        deadline = time.monotonic() + seconds
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > deadline:
                raise AssertionError(f"{what} did not happen within {seconds} s")
            time.sleep(0.1)

    def wait_text(self, selector, expected, seconds=60):
        self.wait(
            f"'{expected}' at {selector}", lambda: expected in self.text(selector), seconds)

    def question(self):
        """What the page asks in a box of its own; None while it asks nothing."""
        try:
            return self.call("GET", f"{self.session}/alert/text")
        except RuntimeError:
            return None

    def screenshot(self, path):
        """As WebP, which is a third of a PNG."""
        picture = self.post("/goog/cdp/execute", {
            "cmd": "Page.captureScreenshot", "params": {"format": "webp", "quality": 80}})
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture["data"]))

    def complaints(self):
        """What the browser's console says that is no mere remark."""
        entries = self.post("/se/log", {"type": "browser"})
        return [e["message"] for e in entries if e["level"] in ("SEVERE", "WARNING")]
