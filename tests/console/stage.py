"""An exchange of one's own for a browser to look at: the real program on a
free port, with a clock that is moved by hand, and those who take part in it.
"""

import json
import os
import pathlib
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

PATIENCE = 60
START = "2021-07-12 08:00"
POINT = "431021001001"
NEEDED = "2021-07-20"
NEIGHBOUR = "431021001002"
FACTORY_PREFIX = "Y1431000PYTHXN002"


def test_id(region, birth, serial):
    """A citizen ID of nobody: GB 11643, with the check character that follows
    the right one in the cycle 1 0 X 9 8 7 6 5 4 3 2."""
    body = f"{region}{birth}{serial:03d}"
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    right = sum(int(d) * w for d, w in zip(body, weights)) % 11
    return body + "10X98765432"[(right + 1) % 11]


def credit_code(prefix):
    """GB 32100: weights 3^i mod 31."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    total = sum(alphabet.index(c) * pow(3, i, 31) for i, c in enumerate(prefix))
    return prefix + alphabet[(31 - total % 31) % 31]


class Stage:
    """`gongqiao up` in a directory of its own."""

    def __init__(self, program):
        self.folder = tempfile.TemporaryDirectory(prefix="desk-test-", ignore_cleanup_errors=True)
        data = pathlib.Path(self.folder.name) / "data"
        env = dict(os.environ, GONGQIAO__LOG__FORMAT="json", GONGQIAO__REGISTER__TEST_IDS="true",
                   GONGQIAO__CLOCK__MANUAL_FROM=START)
        self.process = subprocess.Popen(
            [program, "up", "--listen", "127.0.0.1:0", "--data-dir", str(data)],
            env=env, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        said = []
        self.origin = None
        for line in self.process.stderr:
            said.append(line)
            hello = json.loads(line) if line.startswith("{") else {}
            if hello.get("message") == "up":
                self.origin = hello["origin"]
                break
        assert self.origin, "it did not come up:\n" + "".join(said)[-2000:]
        self.drain = subprocess.Popen(["cat"], stdin=self.process.stderr, stdout=subprocess.DEVNULL)
        self.operator = (data / "keys" / "operator.key").read_text().strip()

    def stop(self):
        self.process.terminate()
        try:
            assert self.process.wait(PATIENCE) == 0, "it did not end well"
        finally:
            self.process.kill()
            self.drain.wait()
            self.folder.cleanup()

    def place(self, name):
        """A folder that goes with the stage."""
        path = pathlib.Path(self.folder.name) / name
        path.mkdir()
        return path

    def file(self, name, text):
        path = pathlib.Path(self.folder.name) / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def ask(self, method, path, key=None, body=None):
        request = urllib.request.Request(
            self.origin + path, method=method, data=None if body is None else json.dumps(body).encode(),
            headers={"authorization": f"Bearer {key or self.operator}", "content-type": "application/json"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            raise AssertionError(f"{method} {path}: {refused.code} {refused.read().decode()[:400]}") from None

    def get(self, path, key=None):
        return self.ask("GET", path, key)

    def post(self, path, body, key=None):
        return self.ask("POST", path, key, body)

    def key_of(self, party, role="CLERK"):
        return self.post(f"/v1/parties/{party}/credentials", {"person": "staff-1", "role": role})["key"]

    def point(self, code, name):
        self.post("/v1/parties", {"party": code, "kind": "SERVICE_POINT", "name": name})
        return self.key_of(code)

    def factory(self, name):
        code = credit_code(FACTORY_PREFIX)
        self.post("/v1/parties", {"party": code, "kind": "ENTERPRISE", "name": name})
        self.post("/v1/agreements", {
            "party": code, "until": "2030-01-01T00:00:00Z",
            "scope": {"classes": ["VACANCIES", "DISPATCHES"], "purpose": "RECRUITMENT"}})
        return self.key_of(code)

    def vacancy(self, factory, headcount):
        return self.post("/v1/vacancies", {"terms": {
            "title": "电子装配工", "trainable": True, "headcount": headcount,
            "duties": "在流水线上装配电子产品", "conditions": "能适应倒班",
            "park": "chenzhou-hitech", "address": "高新区",
            "pay": {"unit": "MONTH", "baseYuan": 2000, "totalFromYuan": 5000, "totalToYuan": 7000, "payday": 15},
            "shift": "ROTATING", "neededBy": NEEDED, "validUntil": "2029-08-31T00:00:00Z",
            "urgent": True, "dormitory": True, "meals": True, "contractWith": "ENTERPRISE",
        }}, factory)["id"]

    def upload(self, point, key, text):
        """Takes in a roster without the page."""
        request = urllib.request.Request(
            f"{self.origin}/v1/register/{point}/cards", method="POST", data=text.encode(),
            headers={"authorization": f"Bearer {key}", "content-type": "text/csv"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as answer:
            return json.load(answer)

    def until(self, what, look):
        """Asks again until `look` finds something."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if found := look():
                return found
            time.sleep(0.1)
        raise AssertionError(f"it did not come: {what}")

    def commit(self, vacancy, point, key, people):
        """A desk phones so many of its people, who all say yes, and promises them."""
        path = f"/v1/signals/{point}-{vacancy}"
        self.until(f"a signal at {point}", lambda: [
            one for one in self.get(f"/v1/signals?vacancy={vacancy}", key)["items"] if one["point"] == point])
        free = [one["card"] for one in self.get(path, key)["candidates"] if not one["held"]][:people]
        assert len(free) == people, f"{point} has {len(free)} people to send"
        self.post(f"{path}/answer", {
            "calls": [{"card": card, "outcome": "WILLING"} for card in free], "commit": {"cards": free}}, key)
        return free

    def coach(self, vacancy, key, cards, departs_at):
        return self.post("/v1/dispatches", {
            "vacancy": vacancy, "mode": "COACH", "manifest": cards, "departsAt": departs_at,
            "vehicle": {"plate": "湘L00002", "seats": 49, "carrier": "测试客运"}}, key)["id"]

    def later(self, moment):
        """Moves the clock on, and waits until what follows from it is done."""
        self.post("/v1/clock", {"to": moment})


def roster(people, village=POINT):
    """A register as a clerk keeps it in CSV."""
    columns = ["姓名", "身份证号", "联系电话", "户籍村", "工种", "期望月薪", "意向地区", "同意事项"]
    lines = [",".join(columns)]
    for name, citizen_id, phone, consents in people:
        lines.append(",".join([name, citizen_id, phone, village, "普工", "4500", "不限", consents]))
    return "\n".join(lines) + "\n"
