"""A real browser, driven through WebDriver (W3C) on a free loopback port.

Needs Debian's chromium and chromium-driver, and nothing outside Python's
standard library.
"""

import base64
import contextlib
import json
import os
import re
import select
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

DRIVER_START_SECONDS = 30
# How long one step may take.
STEP_SECONDS = 20
# Keys as WebDriver names them.
ENTER, ESCAPE, SPACE, TAB = "\ue007", "\ue00c", "\ue00d", "\ue004"
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Failed(Exception):
    """What was expected of the page did not come true."""


class Browser:
    """One WebDriver session."""

    def __init__(self, base, session):
        self.base = base
        self.path = f"/session/{session}"

    def call(self, method, path, body=None, patience=STEP_SECONDS):
        return call(self.base, method, self.path + path, body, patience)

    def run(self, script, *arguments):
        """Runs the body of a function in the page; its value."""
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, what, condition, *arguments, seconds=STEP_SECONDS):
        """Waits until `condition`, an expression over `a` (the arguments), is true in the page.

        The page itself says when: the condition is looked at after every change of it.
        """
        script = f"""
            const [a, done] = [[...arguments].slice(0, -1), arguments[arguments.length - 1]];
            const look = () => {condition};
            const found = look();
            if (found) return done(found);
            new MutationObserver((_, watch) => {{
              const found = look();
              if (found) {{ watch.disconnect(); done(found); }}
            }}).observe(document, {{ attributes: true, characterData: true, childList: true, subtree: true }});
        """
        self.call("POST", "/timeouts", {"script": int(seconds * 1000)})
        try:
            body = {"script": script, "args": list(arguments)}
            return self.call("POST", "/execute/async", body, patience=seconds + STEP_SECONDS)
        except Failed as late:
            raise Failed(f"not within {seconds} s: {what} ({late})") from None

    def keys(self, *keys):
        """Presses and lets go one key after the other, wherever the focus is."""
        actions = [{"type": t, "value": key} for key in keys for t in ("keyDown", "keyUp")]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def resize(self, width, height):
        # The window itself can't be as narrow as a telephone.
        parameters = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.command("Emulation.setDeviceMetricsOverride", **parameters)

    def find(self, selector):
        """WebDriver's own id of an element."""
        return self.call("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def click(self, selector):
        """As a finger or a mouse does: the element must be there, in sight and not covered."""
        self.wait(f"{selector} is there", "document.querySelector(a[0])?.checkVisibility()", selector)
        self.run("document.querySelector(arguments[0]).scrollIntoView({ block: 'center' })", selector)
        self.call("POST", f"/element/{self.find(selector)}/click")

    def type(self, selector, text):
        """Types into a field, or gives a file to one that takes files."""
        self.call("POST", f"/element/{self.find(selector)}/value", {"text": text})

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0])?.textContent ?? ''", selector)

    def count(self, selector):
        return self.run("return document.querySelectorAll(arguments[0]).length", selector)

    def command(self, name, **parameters):
        """A command of the browser's own protocol."""
        return self.call("POST", "/goog/cdp/execute", {"cmd": name, "params": parameters})

    def complaints(self):
        """What the browser said about the page."""
        return [line for line in self.call("POST", "/se/log", {"type": "browser"})
                if line["level"] in ("SEVERE", "WARNING")]

    def picture(self, file):
        with open(file, "wb") as out:
            out.write(base64.b64decode(self.call("GET", "/screenshot")))


def call(base, method, path, body=None, patience=STEP_SECONDS):
    data = None if method in ("GET", "DELETE") else json.dumps(body or {}).encode()
    request = urllib.request.Request(
        base + path, method=method, data=data, headers={"content-type": "application/json"})
    # Why an opener of its own: the driver is on this machine, whatever proxy is set.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=patience) as answer:
            return json.load(answer)["value"]
    except urllib.error.HTTPError as refused:
        told = json.load(refused)["value"]
        raise Failed(f"{told['error']}: {told['message'].splitlines()[0]}") from None
    except OSError as lost:
        raise Failed(f"the driver does not answer: {lost}") from None


def program(*names):
    for name in names:
        found = shutil.which(name)
        if found:
            return found
    raise Failed(f"{names[0]} is missing: apt-get install chromium chromium-driver")


def driver_address(driver):
    """The driver chooses a free port and says which."""
    end = time.monotonic() + DRIVER_START_SECONDS
    said = ""
    while (left := end - time.monotonic()) > 0:
        if not select.select([driver.stdout], [], [], left)[0]:
            break
        read = os.read(driver.stdout.fileno(), 4096).decode(errors="replace")
        if not read:
            break
        said += read
        if found := re.search(r"started successfully on port (\d+)", said):
            return f"http://127.0.0.1:{found[1]}"
    raise Failed(f"the driver did not start: {said.strip()[-400:]}")


@contextlib.contextmanager
def browser():
    with tempfile.TemporaryDirectory(prefix="console-test-", ignore_cleanup_errors=True) as profile:
        driver = subprocess.Popen(
            [program("chromedriver"), "--port=0", "--log-level=SEVERE"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            base = driver_address(driver)
            options = {
                "binary": program("chromium", "chromium-browser", "google-chrome"),
                "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                         "--disable-background-networking", "--no-first-run", "--no-proxy-server",
                         f"--user-data-dir={profile}"],
            }
            wanted = {"goog:loggingPrefs": {"browser": "ALL"}, "goog:chromeOptions": options}
            made = call(base, "POST", "/session", {"capabilities": {"alwaysMatch": wanted}}, 60)
            session = Browser(base, made["sessionId"])
            try:
                yield session
            finally:
                with contextlib.suppress(Failed):
                    session.call("DELETE", "")
        finally:
            driver.terminate()
            try:
                driver.wait(10)
            except subprocess.TimeoutExpired:
                driver.kill()
                driver.wait()


def check(truth, said):
    if not truth:
        raise Failed(f"not so: {said}")
    print(f"ok: {said}", flush=True)
