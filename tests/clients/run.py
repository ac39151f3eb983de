"""Foreign programs against the real exchange: spreadsheets made by openpyxl,
the API through curl, clients of NATS and of feeds, the page in a browser. Give
the path of the program."""

import asyncio
import concurrent.futures
import datetime
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import nats
import openpyxl

import standards as documents

HERE = pathlib.Path(__file__).resolve().parent
PATIENCE = 60
CITY = "440300"
POINT = "431021001001"
FACTORY_PREFIX = "Y1431000PYTHXN001"


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


class Exchange:
    """`gongqiao up` on a free port."""

    def __init__(self, program, data, command=("up",)):
        self.program, self.data = program, data
        env = dict(os.environ, GONGQIAO__LOG__FORMAT="json", GONGQIAO__REGISTER__TEST_IDS="true",
                   GONGQIAO__SERVER__REQUESTS_PER_SECOND_PER_KEY="0",
                   GONGQIAO__WEBHOOKS__ALLOW_NETWORKS="127.0.0.1/32",
                   GONGQIAO__WEBHOOKS__ALLOW_HTTP="true")
        self.process = subprocess.Popen(
            [program, *command, "--listen", "127.0.0.1:0", "--data-dir", str(data)],
            env=env, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        self.origin = None
        for line in self.process.stderr:
            hello = json.loads(line) if line.startswith("{") else {}
            if hello.get("message") == "up":
                self.origin, self.broker = hello["origin"], hello["broker"]
                break
        assert self.origin, "it did not come up"
        self.drain = subprocess.Popen(["cat"], stdin=self.process.stderr, stdout=subprocess.DEVNULL)
        self.operator = (data / "keys" / "operator.key").read_text().strip()

    def stop(self):
        self.process.terminate()
        assert self.process.wait(PATIENCE) == 0, "it did not end well"

    def curl(self, method, path, key, body=None, headers=()):
        """Status and JSON of an answer."""
        command = ["curl", "--silent", "--show-error", "--max-time", "30", "--request", method,
                   "--write-out", "\n%{http_code}", self.origin + path,
                   "--header", f"Authorization: Bearer {key}"]
        for header in headers:
            command += ["--header", header]
        if body is not None:
            command += ["--header", "Content-Type: application/json", "--data-binary", "@-"]
        done = subprocess.run(command, input=None if body is None else json.dumps(body),
                              capture_output=True, text=True, check=True)
        text, status = done.stdout.rsplit("\n", 1)
        return int(status), json.loads(text)

    def must(self, method, path, key, body=None, headers=()):
        status, answer = self.curl(method, path, key, body, headers)
        assert status in (200, 201), (path, status, answer)
        return answer

    def cli(self, *arguments, key=None, expect=0):
        env = dict(os.environ, GONGQIAO_URL=self.origin, GONGQIAO_KEY=key or self.operator)
        done = subprocess.run([self.program, *arguments], env=env, capture_output=True, text=True)
        assert done.returncode == expect, (arguments, done.returncode, done.stdout, done.stderr)
        return done.stdout


def key_of(exchange, party):
    issued = exchange.must("POST", f"/v1/parties/{party}/credentials", exchange.operator,
                           {"person": "staff-1", "role": "CLERK"})
    return issued["key"]


def fill_template(exchange, folder):
    """Twelve good rows and two bad ones, by another program."""
    template = folder / "template.xlsx"
    exchange.cli("import", "template", "--out", str(template))
    book = openpyxl.load_workbook(template)
    sheet = book.worksheets[0]
    columns = {str(cell.value).rstrip("*"): cell.column for cell in sheet[1]}
    row = sheet.max_row + 1
    for number in range(14):
        cells = {
            "姓名": "测试" + "甲乙丙丁戊己庚辛壬癸子丑寅卯"[number], "身份证号": test_id("431021", "19850307", number + 1),
            "联系电话": "19900000000", "户籍村": POINT, "工种": "普工", "期望月薪": 4500,
            "意向地区": "不限", "同意事项": "入册;推荐;提供",
        }
        if number == 12:
            cells["身份证号"] = 431021198503070000
        if number == 13:
            cells["同意事项"] = "推荐"
        for name, value in cells.items():
            sheet.cell(row + number, columns[name], value)
    path = folder / "roster.xlsx"
    book.save(path)
    return path


def roster(exchange, folder):
    desk = key_of(exchange, POINT)
    path = fill_template(exchange, folder)
    errors = folder / "errors.xlsx"
    arguments = ("import", "roster", str(path), "--point", POINT, "--json")
    dry = json.loads(exchange.cli(*arguments, "--dry-run", key=desk, expect=2))
    assert (dry["created"], dry["refused"], dry["dryRun"]) == (12, 1, True), dry
    report = json.loads(exchange.cli(*arguments, "--errors", str(errors), key=desk, expect=2))
    assert (report["created"], report["unverified"], report["refused"]) == (12, 1, 1), report
    again = json.loads(exchange.cli(*arguments, key=desk, expect=2))
    assert (again["created"], again["unchanged"]) == (0, 13), again
    assert [note["code"] for note in report["refusals"]] == ["row.consent"], report
    assert [note["code"] for note in report["unverifiedRows"]] == ["row.citizen_id_numeric"], report
    reasons = [[str(cell.value) for cell in row if cell.value] for row in
               openpyxl.load_workbook(errors).worksheets[0].iter_rows()]
    for code, result in (("row.consent", "退回"), ("row.citizen_id_numeric", "待核")):
        assert sum(code in row and result in row for row in reasons) == 1, reasons
    return desk


def vacancy(exchange, factory):
    body = {"terms": {
        "title": "电子装配工", "trainable": True, "headcount": 6,
        "duties": "在流水线上装配电子产品", "conditions": "能适应倒班", "park": "chenzhou-hitech",
        "pay": {"unit": "MONTH", "baseYuan": 2000, "totalFromYuan": 5000, "totalToYuan": 7000},
        "neededBy": "2098-12-01", "validUntil": "2098-12-31T00:00:00Z", "urgent": True,
    }}
    key = ["Idempotency-Key: from-curl"]
    first = exchange.must("POST", "/v1/vacancies", factory, body, key)
    assert exchange.must("POST", "/v1/vacancies", factory, body, key) == first, "the same answer"
    body["terms"]["headcount"] = 7
    status, problem = exchange.curl("POST", "/v1/vacancies", factory, body, key)
    assert (status, problem["code"]) == (422, "idempotency.key_reused"), problem
    status, problem = exchange.curl("POST", "/v1/vacancies", factory, {"terms": {"colour": 1}},
                                    ["Accept-Language: zh-CN"])
    assert (status, problem["code"], problem["pointer"]) == (400, "body.unknown_field",
                                                             "/terms/colour"), problem
    return first["id"]


def demand(exchange, factory, folder):
    """A personnel department's own sheet: two header rows, merged cells, days
    that are days, and columns that no advert may have."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "用工需求"
    sheet.append(["企业用工需求表"])
    sheet.merge_cells("A1:J1")
    sheet.append(["序号", "园区", "岗位", "人数", None, "年龄", "工资", "食宿", "到岗时间", "联系电话"])
    sheet.append([None, None, None, "男", "女"])
    sheet.merge_cells("D2:E2")
    for column in "ABCFGHIJ":
        sheet.merge_cells(f"{column}2:{column}3")
    day = datetime.date(2098, 12, 1)
    sheet.append([1, "高新区", "普工", 20, 10, "18-45周岁", "5000-7000元/月", "包吃住", day,
                  19900000001])
    sheet.append([2, None, "质检员", None, 5, "不限", 22, "包吃", "2098年12月5日", 19900000001])
    sheet.append([3, None, "仓管", "若干", None, None, "面议", None, day, 19900000001])
    sheet.merge_cells("B4:B6")
    sheet.append(["合计", None, None, 20, 15])
    path = folder / "demand.xlsx"
    book.save(path)
    errors = folder / "demand-errors.xlsx"
    arguments = ("vacancy", "import", str(path), "--valid-until", "2098-12-31 18:00", "--json")
    dry = json.loads(exchange.cli(*arguments, "--dry-run", key=factory, expect=2))
    assert (dry["created"], dry["refused"]) == (2, 1), dry
    report = json.loads(exchange.cli(*arguments, "--errors", str(errors), key=factory, expect=2))
    assert (report["created"], report["refused"]) == (2, 1), report
    assert report["droppedColumns"] == ["联系电话"], report
    assert {note["code"] for note in report["refusals"]} == {"demand.headcount", "demand.pay"}
    again = json.loads(exchange.cli(*arguments, key=factory, expect=2))
    assert (again["created"], again["unchanged"]) == (0, 2), again
    first = exchange.must("GET", f"/v1/vacancies/{report['vacancies'][0]['id']}", factory)
    terms = first["terms"]
    assert (terms["headcount"], terms["neededBy"]) == (30, "2098-12-01"), terms
    assert terms["conditions"] == "年满18周岁，身体健康，能胜任岗位工作", terms
    assert "19900000001" not in json.dumps(first), first
    back = openpyxl.load_workbook(errors)["用工需求"]
    codes = str(back.cell(6, back.max_column - 1).value)
    assert codes == "demand.headcount; demand.pay", list(back.values)


def travellers(exchange, desk, wanted, group, names, folder):
    """A dispatch roster by another program: five of its people travel already."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "一车"
    sheet.append(["某镇输送花名册"])
    sheet.merge_cells("A1:E1")
    sheet.append(["序号", "姓名", "身份证号", "手机", "出发日期"])
    for number, name in enumerate([*names, "测试无名"], 1):
        sheet.append([number, name, None, 19900000000, datetime.datetime(2098, 12, 1, 8, 30)])
    sheet.append(["车牌号：湘L00001", None, "核载：49人", None, "驾驶员：测试司机 19900000001"])
    path, errors = folder / "travellers.xlsx", folder / "travellers-errors.xlsx"
    book.save(path)
    arguments = ("dispatch", "import", str(path), "--vacancy", wanted, "--json")
    dry = json.loads(exchange.cli(*arguments, "--dry-run", key=desk, expect=2))
    report = json.loads(exchange.cli(*arguments, "--errors", str(errors), key=desk, expect=2))
    for one in (dry, report):
        ends = [one[end] for end in ("listed", "unchanged", "refused", "leftOutRows", "rows")]
        assert ends == [1, 5, 1, 1, 8], one
    assert [note["code"] for note in report["refusals"]] == ["manifest.nobody_of_this_name"], report
    assert [(one["outcome"], one["dispatch"]) for one in report["groups"]] == [("joined", group)]
    # The group was opened without a departure; the roster's is a time in Excel's own form.
    told = {note["code"] for note in report["warnings"] if note["row"] == 0}
    assert "manifest.group_stays" in told and "manifest.departure_hour" not in told, told
    back = openpyxl.load_workbook(errors)["一车"]
    assert "manifest.nobody_of_this_name" in [cell.value for cell in back[9]], list(back.values)


def live(exchange, desk, folder):
    """One vacancy from posting to the last seat, through curl alone."""
    factory_id = credit_code(FACTORY_PREFIX)
    exchange.cli("party", "add", factory_id, "--kind", "enterprise", "--name", "外部测试厂")
    exchange.must("POST", "/v1/agreements", exchange.operator, {
        "party": factory_id, "until": "2099-01-01T00:00:00Z",
        "scope": {"classes": ["VACANCIES", "DISPATCHES"], "purpose": "RECRUITMENT"}})
    factory = key_of(exchange, factory_id)
    wanted = vacancy(exchange, factory)
    deadline = time.monotonic() + PATIENCE
    while True:
        signals = exchange.must("GET", f"/v1/signals?vacancy={wanted}", desk)["items"]
        if signals:
            break
        assert time.monotonic() < deadline, "no signal was raised"
        time.sleep(0.05)
    signal = exchange.must("GET", f"/v1/signals/{signals[0]['id']}", desk)
    assert signal["candidates"][0]["name"].startswith("测试"), signal
    cards = [candidate["card"] for candidate in signal["candidates"]][:6]
    exchange.must("POST", f"/v1/signals/{signal['id']}/answer", desk,
                  {"calls": [{"card": card, "outcome": "WILLING"} for card in cards]})
    exchange.must("POST", f"/v1/signals/{signal['id']}/answer", desk,
                  {"commit": {"cards": cards, "complete": True}})
    group = exchange.must("POST", "/v1/dispatches", desk, {
        "vacancy": wanted, "mode": "COACH", "manifest": cards[:5],
        "vehicle": {"plate": "湘L00001", "seats": 49, "carrier": "客运"}})["id"]
    names = [candidate["name"] for candidate in signal["candidates"]][:6]
    travellers(exchange, desk, wanted, group, names, folder)
    path = f"/v1/dispatches/{group}/events"
    exchange.must("POST", path, factory, {"move": "ACCEPTED"})
    status, problem = exchange.curl("POST", path, factory, {"move": "DECLINED"})
    assert (status, problem["params"]["state"]) == (409, "accepted"), problem
    exchange.must("POST", path, desk, {"people": {"cards": cards, "to": "BOARDED"}})
    exchange.must("POST", path, desk, {"move": "DEPARTED"})
    exchange.must("POST", path, factory, {"move": "ARRIVED"})
    exchange.must("POST", path, factory, {"people": {
        "cards": cards, "to": "ONBOARDED", "evidence": "ENTERPRISE_LIST"}})
    exchange.must("POST", path, factory, {"move": "CLOSED"})
    shown = exchange.must("GET", f"/v1/vacancies/{wanted}", factory)
    assert shown["state"] == "filled" and shown["ledger"]["onboarded"]["value"] == 6, shown
    events = exchange.must("GET", shown["ledger"]["onboarded"]["events"], factory)["items"]
    assert sum(event["change"] for event in events) == 6, events
    history = exchange.must("GET", f"/v1/dispatches/{group}/history", desk)["items"]
    assert history[0]["type"] == "DispatchOpened" and history[-1]["type"] == "DispatchMoved"
    demand(exchange, factory, folder)


def city(exchange, folder):
    """A partner city with the credentials that it was issued, and the clients
    of NATS for Python and for Node: it posts, and consumes what others post."""
    exchange.cli("party", "add", CITY, "--kind", "city", "--name", "外部测试市")
    exchange.must("POST", "/v1/agreements", exchange.operator, {
        "party": CITY, "until": "2099-01-01T00:00:00Z",
        "scope": {"classes": ["VACANCIES", "DISPATCHES"], "purpose": "COOPERATION"}})
    creds, body = folder / "city.creds", folder / "vacancy.json"
    issued = json.loads(exchange.cli(
        "credential", "issue", CITY, "--person", "staff-1", "--role", "clerk",
        "--out", str(folder / "city.key"), "--creds", str(creds), "--json"))
    assert "PRIVATE" not in json.dumps(issued) and "SU" in creds.read_text(), issued
    terms = {
        "title": "电子装配工", "trainable": True, "headcount": 30, "duties": "装配",
        "conditions": "能适应倒班", "place": "440306", "urgent": False,
        "pay": {"unit": "MONTH", "baseYuan": 2500, "totalFromYuan": 5500, "totalToYuan": 7000},
        "neededBy": "2098-12-01", "validUntil": "2098-12-31T00:00:00Z"}
    body.write_text(json.dumps({"terms": terms}))
    for name in ("city.mjs", "feed.mjs", "webhook.mjs"):
        shutil.copy(HERE / name, folder)
    subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix",
                    str(folder), "@nats-io/transport-node@3.4.0", "@nats-io/jetstream@3.4.0",
                    "standardwebhooks@1.0.0"],
                   check=True)
    arguments = [exchange.broker, str(creds), issued["inboxPrefix"], str(body)]
    clients = [
        [sys.executable, str(HERE / "city.py"), *arguments, str(folder / "python.json")],
        ["node", str(folder / "city.mjs"), *arguments, str(folder / "node.json")]]
    factory = key_of(exchange, credit_code(FACTORY_PREFIX))
    there = wanted(exchange, factory)
    told = together(clients)
    posted = told[0]["posted"]
    assert posted["status"] == 201 and posted == told[1]["posted"], told
    shown = exchange.must("GET", f"/v1/vacancies/{posted['id']}", exchange.operator)
    assert shown["enterprise"] == CITY and shown["terms"]["headcount"] == 30, shown
    agree(told, there)
    assert len({one["subscription"] for one in told}) == 2, told

    # While nobody consumes, one vacancy is withdrawn and two are posted; what
    # the consumers give out first goes to a run that crashes.
    exchange.must("POST", f"/v1/vacancies/{there[0]}/withdraw", factory)
    terms = dict(terms, place="431003", park="chenzhou-hitech")
    for number in (1, 2):
        exchange.must("POST", "/v1/vacancies", factory, {"terms": dict(terms, headcount=number)})
        if number == 1:
            asyncio.run(crash(*arguments[:3], [one["subscription"] for one in told]))
    now = wanted(exchange, factory)
    assert there[0] not in now and len(now) == len(there) + 1, (there, now)
    over_http = [sys.executable, str(HERE / "feed_http.py"), exchange.origin,
                 told[0]["subscription"], str(folder / "http.json")]
    key = (folder / "city.key").read_text().strip()
    told = together([*clients, over_http], GONGQIAO_KEY=key)
    agree(told, now)
    assert told[0]["posted"] == posted, "the same request has the same answer"
    assert posted["id"] not in told[0]["held"], "what is its own does not come back"
    told = protobuf(exchange, folder, creds, issued["inboxPrefix"])
    assert told["digest_verified"] and told["held"] == now and told["headcount"] > 0, (told, now)
    curl(exchange, folder)


def protobuf(exchange, folder, creds, inbox):
    """A feed in protobuf, by classes that protoc makes of `proto/`."""
    protos, generated = HERE.parents[1] / "proto", folder / "generated"
    generated.mkdir()
    subprocess.run([sys.executable, "-m", "grpc_tools.protoc", "-I", str(protos),
                    f"--python_out={generated}",
                    *map(str, sorted(protos.glob("gongqiao/v1/*.proto")))], check=True)
    key = (folder / "city.key").read_text().strip()
    subscription = exchange.must("POST", "/v1/subscriptions", key,
                                 {"kind": "VACANCY", "format": "PROTOBUF"})["id"]
    [told] = together([[sys.executable, str(HERE / "feed_protobuf.py"), exchange.origin,
                        exchange.broker, str(creds), inbox, subscription]],
                      GONGQIAO_KEY=key, PYTHONPATH=str(generated))
    return told


def curl(exchange, folder):
    """A feed with curl and jq alone."""
    [told] = together([["bash", str(HERE / "feed.sh")]], GONGQIAO_URL=exchange.origin,
                      GONGQIAO_KEY=(folder / "city.key").read_text().strip())
    assert told["resumed"] and told["pages"] > 2, told


def standards(exchange, folder):
    """The documents, and the program by them, for each kind of party."""
    document = documents.openapi(exchange, folder)
    documents.asyncapi(exchange, folder)
    cases = documents.fuzz(exchange, folder, document, {
        "operator": exchange.operator,
        "enterprise": key_of(exchange, credit_code(FACTORY_PREFIX)),
        "point": key_of(exchange, POINT),
        "city": key_of(exchange, CITY),
        "steward": (exchange.data / "keys" / "steward.key").read_text().strip(),
        "matcher": (exchange.data / "keys" / "matcher.key").read_text().strip()})
    print(f"foreign clients: OpenAPI and AsyncAPI valid, {cases} cases of schemathesis: ok")


def webhooks(exchange, folder):
    """An enterprise has its feed sent to receivers in Node and in Python."""
    factory = key_of(exchange, credit_code(FACTORY_PREFIX))
    opened = exchange.cli("subscription", "open", "--kind", "vacancy", "--json", key=factory)
    subscription = json.loads(opened)["id"]
    receivers = {
        "hmac": ["node", str(folder / "webhook.mjs"), str(folder / "webhook.json")],
        "ed25519": [sys.executable, str(HERE / "webhook.py")]}
    digests = set()
    for signing, command in receivers.items():
        receiver = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            url = json.loads(receiver.stdout.readline())["url"]
            added = json.loads(exchange.cli(
                "webhook", "add", subscription, "--to", url, "--signing", signing, "--json",
                key=factory))
            receiver.stdin.write(added.get("key", added.get("publicKey")) + "\n")
            receiver.stdin.flush()
            told = {"held": None}
            while told["held"] != wanted(exchange, factory):
                # The digest of each minute at the latest; until then it is empty.
                told = json.loads(receiver.stdout.readline())
            digests.add(told["digest"])
            test = json.loads(exchange.cli("webhook", "test", added["id"], "--json", key=factory))
            assert (test["outcome"], test["status"]) == ("delivered", 204), test
        finally:
            receiver.kill()
            receiver.wait(PATIENCE)
    assert len(digests) == 1, digests


def wanted(exchange, factory):
    """The vacancies of an enterprise that stand open, filled ones too."""
    items = exchange.must("GET", "/v1/vacancies", factory)["items"]
    return sorted(one["id"] for one in items if one["state"] in ("open", "filled"))


def together(commands, **environment):
    """Runs programs side by side; each ends with a line of JSON."""
    def run(command):
        deadline = time.monotonic() + PATIENCE
        while True:
            # Why again: the broker hears of the agreement a moment after it is signed.
            done = subprocess.run(command, env=dict(os.environ, **environment),
                                  capture_output=True, text=True, timeout=3 * PATIENCE)
            if done.returncode == 0:
                return json.loads(done.stdout.splitlines()[-1])
            assert time.monotonic() < deadline, (command, done.stderr)

    with concurrent.futures.ThreadPoolExecutor() as pool:
        return list(pool.map(run, commands))


def agree(told, there):
    for one in told:
        assert one["digest_verified"] is True and one["held"] == there, (one, there)
    assert len({one["digest"] for one in told}) == 1, told


async def crash(url, creds, inbox, subscriptions):
    """Takes an event of each feed and is gone without a word."""
    connection = await nats.connect(url, user_credentials=creds, inbox_prefix=inbox.encode())
    for subscription in subscriptions:
        context = connection.jetstream(domain="gq")
        feed = await context.pull_subscribe_bind(consumer="feed", stream=f"FEED_{subscription}")
        [message] = await feed.fetch(1, timeout=PATIENCE)
        assert message.headers["ce-type"] == "gongqiao.v1.FeedRemoved", message.headers
    await connection.close()


def page(program, data):
    """The demonstration's page in a browser."""
    demo = subprocess.Popen(
        [program, "demo", "--workers", "8000", "--listen", "127.0.0.1:0", "--data-dir", str(data),
         "--lang", "en"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        address = None
        for line in demo.stderr:
            found = re.search(r"page: (http://[^#]+)/#key=(\S+)", line)
            address = found.groups() if found else address
            if "the story is told" in line:
                break
        assert address, "no page was named"
        origin, key = address
        seats = {"120", "80"}
        for expected in sorted(seats):
            subprocess.run([sys.executable, str(HERE.parent / "console" / "console.py"),
                            "--origin", origin, "--onboarded", expected],
                           env=dict(os.environ, GONGQIAO_KEY=key), check=True)
    finally:
        demo.terminate()
        demo.wait(PATIENCE)


def main():
    program = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        exchange = Exchange(program, folder / "data")
        try:
            exchange.cli("party", "add", POINT, "--kind", "service-point", "--name", "外部测试服务点")
            live(exchange, roster(exchange, folder), folder)
            print("foreign clients: spreadsheet and curl: ok")
            city(exchange, folder)
            print("foreign clients: NATS in Python and Node, feeds over both and HTTP: ok")
            webhooks(exchange, folder)
            print("foreign clients: webhooks in Node and Python: ok")
            standards(exchange, folder)
        finally:
            exchange.stop()
        page(program, folder / "demo")
        desk = [sys.executable, str(HERE.parent / "console" / "desk.py"), program]
        subprocess.run(desk, check=True)
        print("foreign clients: browser: ok")


if __name__ == "__main__":
    main()
