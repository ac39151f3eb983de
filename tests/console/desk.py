#!/usr/bin/env python3
"""Lives a clerk's week on the page, with a real browser against the real
program: key in, take in a roster, work a call list, commit, open a coach,
call the roll, correct a slip, depart; the factory accepts, takes over and
onboards; the clerk visits afterwards. Besides: nothing personal in addresses
and titles, every control named and reached by keyboard, no scrolling to the
side at 390 px, both languages.

    desk.py PROGRAM [--pictures FOLDER]

Drives the browser of browser.py. Ends with 0 and a closing line, or with 1
and the reason.
"""

import argparse
import os
import re
import sys

from browser import ENTER, ESCAPE, SPACE, TAB, Failed, browser, check
from stage import NEIGHBOUR, POINT, Stage, roster, test_id

NAMES = ["测试甲", "测试乙", "测试丙", "测试丁", "测试戊", "测试己", "测试庚", "测试辛", "测试壬"]
LATE = "测试丑"
NEIGHBOURS = ["测试寅", "测试卯", "测试辰", "测试巳"]
ALL = "入册;推荐;提供"
PHONE = "199000000"


def people():
    """Nine who may be proposed, one of them sixteen; one who may not; one without consent."""
    rows = [(name, test_id("431021", "19850307", n + 1), f"{PHONE}{n + 10}", ALL)
            for n, name in enumerate(NAMES)]
    rows[2] = (NAMES[2], test_id("431021", "20050301", 3), rows[2][2], ALL)
    rows.append(("测试癸", test_id("431021", "19900101", 50), f"{PHONE}60", "入册"))
    rows.append(("测试子", test_id("431021", "19900101", 51), f"{PHONE}61", "推荐"))
    return rows


class Desk:
    """Somebody at the page."""

    def __init__(self, page, stage, pictures):
        self.page, self.stage, self.pictures = page, stage, pictures
        self.shots = 0

    def picture(self, name):
        if self.pictures:
            self.shots += 1
            self.page.picture(os.path.join(self.pictures, f"{self.shots:02d}-{name}.png"))

    def enter(self, key, first):
        """Types the key as a clerk does, and sees the first tab."""
        page = self.page
        if page.run("return !document.getElementById('forget').hidden"):
            page.click("#forget")
        page.wait("the page asks for a key", "!document.getElementById('key-form').hidden")
        page.type("#key", key)
        page.keys(ENTER)
        page.wait(f"{first} is shown", "document.querySelector(`[data-tab=\"${a[0]}\"][aria-current]`) !== null", first)
        page.wait("the page is caught up", "['live', 'quiet'].includes(document.getElementById('link').dataset.state)")

    def tab(self, name):
        self.page.click(f'[data-tab="{name}"]')
        self.page.wait(f"{name} is shown", "document.querySelector(`[data-tab=\"${a[0]}\"][aria-current]`) !== null", name)

    def confirm(self):
        """Says yes in the dialog, and waits until it is done."""
        self.page.wait("the dialog asks", "document.getElementById('ask').open")
        self.page.click("#ask-yes")
        self.page.wait("the dialog is done",
                       "!document.getElementById('ask').open || document.getElementById('ask-problem').textContent")
        problem = self.page.text("#ask-problem")
        check(not problem or not self.page.run("return document.getElementById('ask').open"),
              f"the dialog has no objection{': ' + problem if problem else ''}")

    def discreet(self, where):
        """Nothing about a person, and no key, where others could read it."""
        told = self.page.run("return [location.href, document.title, JSON.stringify({ ...localStorage })].join(' ')")
        leaks = [one for one in [*NAMES, *NEIGHBOURS, LATE, PHONE, "gqk_"] if one in told]
        check(not leaks, f"{where}: nothing personal in address, title or what is kept")

    def fits(self, where):
        """No scrolling to the side, in both languages, on a telephone and a desk."""
        page = self.page
        for width in (390, 1280):
            page.resize(width, 844)
            for language in ("en", "zh-CN"):
                page.run("document.getElementById('language').click()")
                page.wait("the language changes", "document.documentElement.lang === a[0]", language)
                page.wait("it is drawn", "document.querySelector('#desk h1, #ledgers-title')?.textContent.length > 0"
                          " && !document.querySelector('#desk h1')?.textContent.match(/…$/)")
                wide = page.run("""return [...document.querySelectorAll('body *')].filter((one) => {
                    const box = one.getBoundingClientRect();
                    return one.checkVisibility() && !one.closest('.scroll, .visually-hidden, .skip')
                        && box.width > 0 && box.right > document.documentElement.clientWidth + 1;
                  }).map((one) => `${one.tagName}.${one.className}`).slice(0, 5)""")
                over = page.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
                check(over <= 0 and not wide, f"{where}: {language} fits {width} px {wide or ''}")
        page.resize(390, 844)

    def named(self, where):
        """Every control has a name for a screen reader, and is large enough for a finger."""
        nodes = self.page.command("Accessibility.getFullAXTree")["nodes"]
        roles = {"button", "link", "textbox", "searchbox", "checkbox", "radio", "combobox", "DisclosureTriangle"}
        found = [node for node in nodes if not node.get("ignored") and node.get("role", {}).get("value") in roles]
        nameless = [node["role"]["value"] for node in found if not node.get("name", {}).get("value", "").strip()]
        check(found and not nameless, f"{where}: all {len(found)} controls have a name {nameless or ''}")
        small = self.page.run("""return [...document.querySelectorAll(
              '#desk button, #desk a.item, #desk a.phone, #tabs a, #desk summary, #desk .pills label')]
            .filter((one) => one.checkVisibility() && !one.matches('.state, .back'))
            .map((one) => [one.textContent, one.getBoundingClientRect().height])
            .filter(([, height]) => height < 35.5).map(([text]) => text)""")
        check(not small, f"{where}: all of them are large enough {small or ''}")

    def by_keyboard(self, where):
        """Tab comes to every control, one after the other."""
        page = self.page
        page.run("""document.activeElement?.blur(); scrollTo(0, 0);
            window.reached = new Set(); window.onto = (event) => window.reached.add(event.target);
            document.addEventListener('focusin', window.onto)""")
        wanted = page.run("""window.wanted = [...document.querySelectorAll('a[href], button, input, select, textarea, summary')]
            .filter((one) => one.checkVisibility() && !one.disabled && !(one.type === 'radio'
              && [...document.getElementsByName(one.name)].some((other) => other.checked) && !one.checked));
            return window.wanted.length""")
        # A field for date and time takes a Tab for each of its parts.
        parts = 8 * page.count("[type='datetime-local']")
        page.keys(*[TAB] * (wanted + parts + 12))
        missed = page.run("""document.removeEventListener('focusin', window.onto);
            return window.wanted.filter((one) => !window.reached.has(one) && one.isConnected)
              .map((one) => one.outerHTML.slice(0, 80))""")
        check(wanted > 3 and not missed, f"{where}: Tab comes to all {wanted} controls {missed or ''}")

    def looked_at(self, where):
        self.picture(where)
        self.discreet(where)
        self.named(where)
        self.by_keyboard(where)
        self.fits(where)


def takes_in_a_roster(desk):
    page, stage = desk.page, desk.stage
    desk.tab("roster")
    # A file that is no roster, dropped onto the page.
    page.run("""const data = new DataTransfer(); data.items.add(new File(['%PDF-1.7'], '通知.pdf'));
        document.querySelector('.drop').dispatchEvent(new DragEvent('drop', { dataTransfer: data, cancelable: true }))""")
    page.wait("it is refused", "document.querySelector('.line[data-state=\"failed\"]') !== null")
    check(page.text('.line[data-state="failed"] span').startswith("未保存："), "what is no roster is refused, with the reason")
    page.type("#roster-file", stage.file("名册.csv", roster(people())))
    page.wait("the preview is there", "document.querySelector('[data-act=\"take-in\"]') !== null")
    told = lambda name: page.text(f'[data-report="{name}"] dd')
    check((told("rows"), told("created"), told("refused")) == ("11", "10", "1"), "the preview counts ten people and one refusal")
    check(stage.get("/v1/indicators")["cards"] == 0, "a preview takes nothing in")
    check("同意" in page.text(".report"), "the refused row says why")
    desk.looked_at("roster")
    if not page.count('[data-act="take-in"]'):
        # Why: another language begins the page anew, and the file with it.
        page.type("#roster-file", stage.file("名册.csv", roster(people())))
    page.click('[data-act="take-in"]')
    page.wait("it is taken in", "document.querySelector('.line[data-state=\"saved\"]') !== null")
    check(stage.get("/v1/indicators")["cards"] == 10, "ten people are in the register")


def is_asked(desk, factory):
    """A factory wants four people; the clerk sees it on the to-do."""
    page, stage = desk.page, desk.stage
    desk.tab("todo")
    vacancy = stage.vacancy(factory, 4)
    page.wait("the signal is on the to-do", "document.querySelector('#desk [data-signal]') !== null", seconds=60)
    item = page.text("#desk [data-signal]")
    check("电子装配工" in item and "待办理" in item and "还剩" in item, "it says what, and until when")
    check(re.search(r"(今天|明天|\d\d-\d\d) \d\d:\d\d", item) is not None, "the deadline is a day and a time")
    check(page.text('[data-count="signals"] b') == "1", "it is counted on top")
    check("电子装配工" in page.text(".next"), "it is what is due next")
    desk.looked_at("todo")
    page.run("document.querySelector('#desk [data-signal]').focus()")
    page.keys(ENTER)
    page.wait("the call list is there", "document.querySelectorAll('#desk .person').length > 0")
    return vacancy


def cards(page):
    """Whose card is whose."""
    return page.run("""return Object.fromEntries([...document.querySelectorAll('#desk .person[data-card]')]
        .map((one) => [one.querySelector('strong').textContent, one.dataset.card]))""")


def says(desk, card, outcome):
    desk.page.click(f'[data-card="{card}"] [data-outcome="{outcome}"]')
    desk.page.wait(f"{outcome} is saved",
                   "document.querySelector(`[data-card=\"${a[0]}\"] .line[data-state=\"saved\"]`) !== null"
                   " && document.querySelector(`[data-card=\"${a[0]}\"] [data-outcome=\"${a[1]}\"][aria-pressed=\"true\"]`) !== null",
                   card, outcome)


def phones(desk, vacancy):
    page, stage = desk.page, desk.stage
    known = cards(page)
    check(set(known) <= set(NAMES) and len(known) >= 4, f"{len(known)} candidates are named")
    first = page.run("return document.querySelector('#desk .person .phone').getAttribute('href')")
    check(re.fullmatch(rf"tel:{PHONE}\d\d", first) is not None, "a number is called with a tap")
    check("可培训上岗" in page.text("#desk .reasons"), "each says why it was proposed")
    minors = page.run("return [...document.querySelectorAll('[data-flag=\"minor\"]')].map((one) => one.closest('.person').querySelector('strong').textContent)")
    check(minors == [NAMES[2]], "who is sixteen is marked")
    page.run("for (const fold of document.querySelectorAll('#desk details')) fold.open = true")
    text = page.run("return document.querySelector('#desk textarea').value")
    check("电子装配工" in text and not any(name in text for name in NAMES), "the text to forward is about the post alone")
    page.click('[data-act="copy"]')
    page.wait("it is copied", "document.querySelector('.copy [role=\"status\"]').textContent === '已复制，可粘贴到群里'")
    check(page.count('[data-why="unfit.consent"]') == 1, "somebody is left out, and why is said")
    desk.looked_at("calls")
    page.wait("the list is there again", "document.querySelectorAll('#desk .person').length > 3")
    names = list(known)
    for name in names[:2]:
        says(desk, known[name], "WILLING")
    # By keyboard: the third says yes.
    page.run("document.querySelector(`[data-card=\"${arguments[0]}\"] [data-outcome=\"WILLING\"]`).focus()", known[names[2]])
    page.keys(SPACE)
    page.wait("it is saved", "document.querySelector(`[data-card=\"${a[0]}\"] .line[data-state=\"saved\"]`) !== null", known[names[2]])
    says(desk, known[names[3]], "UNDECIDED")
    signal = f"{POINT}-{vacancy}"
    said = {one["card"]: one.get("outcome") for one in stage.get(f"/v1/signals/{signal}")["candidates"]}
    check([said[known[name]] for name in names[:4]] == ["WILLING"] * 3 + ["UNDECIDED"], "each word is in the log at once")
    return known, names


def auditor_only_reads(desk, auditor, clerk):
    """Whoever audits sees the list, and can say nothing in it."""
    page = desk.page
    desk.enter(auditor, "todo")
    page.click("#desk [data-signal]")
    page.wait("the call list is there", "document.querySelectorAll('#desk .person').length > 0")
    can = page.count("#desk [data-outcome]:not(.person), #desk [data-act='walk-in'], #desk [data-act='decline']:not([hidden])")
    check(can == 0 and not page.run("return document.querySelector('[data-act=\"commit\"]').checkVisibility()"),
          "an auditor sees the call list and can do nothing with it")
    desk.enter(clerk, "todo")
    page.click("#desk [data-signal]")
    page.wait("the call list is there", "document.querySelectorAll('#desk [data-outcome=\"WILLING\"]').length > 0")


def loses_the_link(desk, known, names):
    """What could not be sent is said, and sent again."""
    page = desk.page
    page.complaints()
    card = known[names[3]]
    page.command("Network.enable")
    page.command("Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=0, uploadThroughput=0)
    page.click(f'[data-card="{card}"] [data-outcome="WILLING"]')
    page.wait("it says that it is not saved",
              "document.querySelector(`[data-card=\"${a[0]}\"] .line[data-state=\"failed\"] button`) !== null", card)
    check(page.run("return document.querySelector(`[data-card=\"${arguments[0]}\"] [aria-pressed=\"true\"]`).dataset.outcome", card)
          == "UNDECIDED", "what is not saved is not shown as said")
    desk.picture("link-lost")
    page.command("Network.emulateNetworkConditions", offline=False, latency=0, downloadThroughput=-1, uploadThroughput=-1)
    page.click(f'[data-card="{card}"] .line button')
    page.wait("it is saved", "document.querySelector(`[data-card=\"${a[0]}\"] .line[data-state=\"saved\"]`) !== null", card)
    page.wait("the link is back", "['live', 'quiet'].includes(document.getElementById('link').dataset.state)")
    lost = [one for one in page.complaints() if "ERR_INTERNET_DISCONNECTED" not in one["message"]]
    check(not lost, "the browser complains of nothing but the lost link")


def has_a_walk_in(desk, known, clerk):
    """Somebody came to the desk who was not proposed, and is in the register since this morning."""
    page, stage = desk.page, desk.stage
    page.wait("nobody came yet", "document.querySelector('[data-flag=\"walkIn\"]') === null")
    stage.upload(POINT, clerk, roster([(LATE, test_id("431021", "19850307", 40), f"{PHONE}40", ALL)]))
    page.click('[data-act="walk-in"]')
    page.wait("the register is read", "document.querySelector('#ask .hint').textContent.includes('11')")
    page.type("#ask input", list(known)[0])
    page.wait("somebody is found", "document.querySelector('#ask .find-row') !== null")
    check(page.run("return document.querySelector('#ask .find-row input').disabled"), "who is on the list is not added twice")
    page.keys(ESCAPE)
    page.wait("Escape closes the dialog", "!document.getElementById('ask').open")
    page.click('[data-act="walk-in"]')
    page.type("#ask input", LATE)
    page.wait("the one is found", "document.querySelectorAll('#ask .find-row').length === 1")
    desk.picture("walk-in")
    page.click("#ask .find-row")
    desk.confirm()
    page.wait("the walk-in is on the list", "[...document.querySelectorAll('[data-flag=\"walkIn\"]')].length === 1"
              " && document.querySelector('.person:has([data-flag=\"walkIn\"]) .line[data-state=\"saved\"]') !== null")
    check(page.count(".person:has([data-flag='walkIn']) [data-outcome='WILLING'][aria-pressed='true']") == 1,
          "a walk-in is on the list, and willing")


def commits(desk, vacancy, willing):
    page, stage = desk.page, desk.stage
    page.wait("the button counts", "document.querySelector('[data-act=\"commit\"]').textContent.includes(a[0])", f" {willing} ")
    page.click('[data-act="commit"]')
    page.wait("the dialog asks", "document.getElementById('ask').open")
    asked = page.text("#ask-body")
    check("还剩 4 个名额" in asked, "the dialog says how many seats are left")
    check((f"{willing - 4} 人将进入候补" in asked) == (willing > 4), "and who will have to wait")
    desk.picture("commit")
    desk.confirm()
    page.wait("the answer is told", "document.querySelector('.result:not([hidden]) a.main') !== null")
    told = page.text(".result")
    check("已承诺 4 人" in told and (f"{willing - 4} 人进入候补" in told) == (willing > 4), f"it tells: {told}")
    shown = stage.get(f"/v1/vacancies/{vacancy}")["ledger"]
    check((shown["committed"]["value"], shown["standby"]["value"]) == (4, willing - 4), "the ledger says so, too")
    page.wait("they are marked", "document.querySelectorAll('[data-flag=\"promised\"]').length === 4")
    check(page.count("[data-waits]") == willing - 4, "who waits is listed")
    desk.looked_at("committed")
    page.call("POST", "/refresh")
    page.wait("the list is there again", "document.querySelectorAll('[data-flag=\"promised\"]').length === 4")
    check(True, "the same page comes again after a reload")


def opens_a_coach(desk, vacancy):
    page = desk.page
    desk.tab("todo")
    page.click("#desk [data-loose]")
    page.wait("the form is there", "document.querySelector('[data-act=\"open\"]') !== null")
    check(page.count("#desk .checks input:checked") == 4, "the four committed people are on the form")
    desk.looked_at("leave")
    page.wait("the form is there", "document.querySelector('[data-act=\"open\"]') !== null")
    page.type('#desk [name="plate"]', "湘L00001")
    page.type('#desk [name="seats"]', "49")
    page.run("document.querySelector('#desk details').open = true")
    page.type('#desk [name="driver0Name"]', "测试司机")
    page.type('#desk [name="driver0Phone"]', f"{PHONE}99")
    page.click('[data-act="open"]')
    page.wait("the dispatch is shown", "document.querySelector('.steps [aria-current]')?.textContent === '待接收'")
    check(page.count("#desk .person") == 4, "four people travel")
    desk.discreet("dispatch")
    return page.run("return decodeURIComponent(location.hash.split('/').pop())")


def factory_accepts(desk, key, dispatch):
    page = desk.page
    desk.enter(key, "ledgers")
    page.wait("the ledger is there", "document.querySelector('[data-vacancy]') !== null")
    desk.tab("todo")
    page.click(f'[data-dispatch="{dispatch}"]')
    page.wait("the dispatch is shown", "document.querySelector('[data-act=\"accept\"]') !== null")
    check(not any(name in page.text("#desk") for name in NAMES), "before the acceptance the factory sees no name")
    desk.looked_at("factory")
    page.wait("the dispatch is shown", "document.querySelector('[data-act=\"accept\"]') !== null")
    page.click('[data-act="accept"]')
    desk.confirm()
    page.wait("it is accepted", "document.querySelector('.steps [aria-current]')?.textContent === '企业已接收'")


def tap(desk, card, to, state):
    desk.page.click(f'[data-card="{card}"] [data-to="{to}"]')
    desk.page.wait(f"{to} is shown", "document.querySelector(`[data-card=\"${a[0]}\"]`)?.dataset.state === a[1]", card, state)


def waiting_for(page, to):
    """The cards of those who may be recorded so, in the order of the page."""
    return page.run("return [...document.querySelectorAll(`#desk [data-to=\"${arguments[0]}\"]`)].map((one) => one.closest('.person').dataset.card)", to)


def hands_on_the_manifest(desk):
    """The carrier gets its workbook."""
    page, stage = desk.page, desk.stage
    folder = stage.place("downloads")
    page.command("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
    page.click("#desk .trip > div > .fold summary")
    page.click('[data-manifest="carrier"]')
    file = stage.until("the workbook", lambda: [one for one in folder.glob("*.xlsx") if one.read_bytes()[:2] == b"PK"])
    check([one.name for one in file] == ["承运单位名单.xlsx"], "the manifest for the carrier is a workbook")


def calls_the_roll(desk, key, dispatch):
    page, stage = desk.page, desk.stage
    desk.enter(key, "todo")
    page.click(f'[data-dispatch="{dispatch}"]')
    page.wait("the roll is there", "document.querySelectorAll('#desk [data-to=\"BOARDED\"]').length === 4")
    check(page.run("return document.querySelector('[data-act=\"depart\"]').disabled"), "nobody departs before the roll is called")
    desk.looked_at("roll")
    page.wait("the roll is there", "document.querySelectorAll('#desk [data-to=\"BOARDED\"]').length === 4")
    hands_on_the_manifest(desk)
    order = waiting_for(page, "BOARDED")
    tap(desk, order[0], "BOARDED", "boarded")
    tap(desk, order[1], "NO_SHOW", "no_show")
    tap(desk, order[2], "DECLINED", "declined")
    # A slip of the finger: the second had been there all along.
    page.click(f'[data-card="{order[1]}"] [data-act="correct"]')
    page.wait("the dialog asks", "document.getElementById('ask').open")
    desk.picture("correct")
    desk.confirm()
    page.wait("it is corrected", "document.querySelector(`[data-card=\"${a[0]}\"]`)?.dataset.state === 'boarded'", order[1])
    page.click('[data-act="refuse"]')
    page.wait("the dialog asks", "document.getElementById('ask').open")
    page.run("const who = document.querySelector('#ask select'); who.value = arguments[0]", order[3])
    desk.picture("refuse")
    desk.confirm()
    page.wait("nobody is left to call", "document.querySelector('[data-act=\"depart\"]')?.disabled === false")
    page.click('[data-act="depart"]')
    page.wait("the dialog asks", "document.getElementById('ask').open")
    check("随车 2 人" in page.text("#ask-body") and "本人放弃 1" in page.text("#ask-body"), "it says who goes and who stays")
    desk.confirm()
    page.wait("it has left", "document.querySelector('.steps [aria-current]')?.textContent === '已发车'")
    shown = stage.get(f"/v1/dispatches/{dispatch}")
    check(sorted(one["state"] for one in shown["manifest"]) == ["boarded", "boarded", "declined", "released"],
          "the log says the same of all four")


def factory_onboards(desk, key, dispatch, vacancy):
    page, stage = desk.page, desk.stage
    desk.enter(key, "ledgers")
    desk.tab("travel")
    page.click(f'[data-dispatch="{dispatch}"]')
    page.click('[data-act="arrive"]')
    desk.confirm()
    page.wait("people are to be onboarded", "document.querySelectorAll('#desk [data-to=\"ONBOARDED\"]').length === 2")
    named = [name for name in NAMES if name in page.text("#desk")]
    check(len(named) == 2, "the factory is told the names of those who consented")
    desk.looked_at("onboarding")
    page.wait("people are to be onboarded", "document.querySelectorAll('#desk [data-to=\"ONBOARDED\"]').length === 2")
    order = waiting_for(page, "ONBOARDED")
    tap(desk, order[0], "ONBOARDED", "onboarded")
    tap(desk, order[1], "NOT_HIRED", "not_hired")
    page.wait("it may be closed", "document.querySelector('[data-act=\"close\"]')?.disabled === false")
    page.click('[data-act="close"]')
    desk.confirm()
    page.wait("it is closed", "document.querySelector('.steps [aria-current]')?.textContent === '已办结'")
    ledger = stage.get(f"/v1/vacancies/{vacancy}")["ledger"]
    check((ledger["onboarded"]["value"], ledger["notHired"]["value"]) == (1, 1), "one is at work, one was not hired")


def asks_for_a_correction(desk, factory, clerk, dispatch, vacancy):
    """An hour later the other side must agree, and is shown about whom it is."""
    page, stage = desk.page, desk.stage
    stage.later("2021-07-12 10:00")
    card = page.run("return document.querySelector('.person[data-state=\"not_hired\"]').dataset.card")
    name = next(name for name, one in cards(page).items() if one == card)
    page.click(f'[data-card="{card}"] [data-act="correct"]')
    page.wait("the dialog asks", "document.getElementById('ask').open")
    desk.confirm()
    page.wait("it waits for the other side", "document.querySelector('.action-bar .line')?.textContent.includes('等对方同意')")
    desk.enter(clerk, "todo")
    page.wait("the question is there", "document.querySelector('#desk .question') !== null")
    check(page.text('[data-count="questions"] b') == "1", "the question is counted")
    check(name not in page.text("#desk"), "nobody is named in passing")
    page.click("#desk .question button")
    page.wait("the dialog asks", "document.getElementById('ask').open")
    check(name in page.text("#ask-body"), "whoever answers is told about whom it is")
    desk.picture("question")
    desk.confirm()
    page.wait("the question is answered", "document.querySelector('#desk .question') === null")
    ledger = stage.get(f"/v1/vacancies/{vacancy}")["ledger"]
    told = [ledger[figure]["value"] for figure in ("onboarded", "notHired", "corrected")]
    check(told == [2, 0, 2], f"two are at work after all, and two records were corrected: {told}")


def visits(desk, key):
    page, stage = desk.page, desk.stage
    stage.later("2021-07-16 09:00")
    desk.tab("visits")
    page.wait("two visits are due", "document.querySelectorAll('#desk [data-case] .phone').length === 2", seconds=60)
    check("第 3 日" in page.text("#desk [data-case]"), "it is the visit of the third day")
    page.click("#desk [data-case] summary")
    page.wait("the form is there", "document.querySelector('#desk form.visit [name=\"paidOnTime\"]') !== null")
    desk.looked_at("visits")
    page.wait("the visits are there", "document.querySelectorAll('#desk [data-case] .phone').length === 2")
    page.click("#desk [data-case] summary")
    page.click('#desk form.visit [name="atWork"][value="YES"]')
    page.click('#desk form.visit [name="paidOnTime"][value="NO"]')
    page.type("#desk form.visit textarea", "测试备注")
    page.click("#desk form.visit button[type=submit]")
    page.wait("a grievance is offered", "document.getElementById('ask').open")
    check(page.run("return document.querySelector('#ask select').value") == "WAGES", "unpaid wages are offered as a grievance")
    desk.confirm()
    page.wait("the grievance is listed", "document.querySelector('#desk [data-act=\"hand-on\"]') !== null", seconds=60)
    page.wait("the visit is done", "document.querySelectorAll('#desk [data-case]:has(summary)').length === 1")
    desk.picture("grievance")
    kinds = sorted((one["kind"], one["state"]) for one in stage.get("/v1/cases")["items"])
    wanted = [("CORRECTION", "agreed"), ("FOLLOW_UP", "done"), ("FOLLOW_UP", "open"), ("GRIEVANCE", "open")]
    check(kinds == wanted, f"the log has the visit and the grievance: {kinds}")


def shares_a_coach(desk, factory, clerk, neighbour):
    """People of a neighbour come along, and a small group of its own is merged into the coach."""
    page, stage = desk.page, desk.stage
    rows = [(name, test_id("431021", "19880101", n + 1), f"{PHONE}{n + 70}", ALL)
            for n, name in enumerate(NEIGHBOURS)]
    stage.upload(NEIGHBOUR, neighbour, roster(rows, NEIGHBOUR))
    vacancy = stage.vacancy(factory, 20)
    own = stage.commit(vacancy, POINT, clerk, 2)
    stage.commit(vacancy, NEIGHBOUR, neighbour, 4)
    host = stage.coach(vacancy, clerk, own, "2021-07-17T08:00:00+08:00")
    desk.enter(neighbour, "todo")
    page.click("#desk [data-loose]")
    page.wait("another coach is offered", "document.querySelectorAll('#desk [name=\"host\"]').length === 2")
    page.click(f'#desk [name="host"][value="{host}"]')
    page.run("[...document.querySelectorAll('#desk .checks input')].slice(2).forEach((one) => one.click())")
    desk.looked_at("join")
    page.wait("it says what will be", "document.querySelector('[data-act=\"open\"]').textContent === '随车同行（2 人）'")
    page.click('[data-act="open"]')
    page.wait("they travel along", "document.querySelectorAll('#desk .person').length === 4")
    shown = page.text("#desk")
    named = [name for name in [*NEIGHBOURS, *NAMES] if name in shown]
    check(len(named) == 2 and set(named) <= set(NEIGHBOURS), "a desk sees its own people by name, and the others as cards")
    left = [one["card"] for one in stage.get("/v1/placements?state=held", neighbour)["items"] if "dispatch" not in one]
    guest = stage.coach(vacancy, neighbour, left, "2021-07-17T08:30:00+08:00")
    desk.tab("todo")
    page.wait("a merge is proposed", "document.querySelector(`[data-dispatch=\"${a[0]}\"] [data-state=\"waits\"]`)?.textContent === '可合车'", guest)
    page.click(f'[data-dispatch="{guest}"]')
    page.wait("it says with whom", "document.querySelector('.proposal')?.textContent.includes('测试一村劳务服务点')")
    desk.picture("merge")
    page.click('[data-act="merge"]')
    desk.confirm()
    page.wait("they travel with the other group", "document.querySelectorAll('#desk .person').length === 6")
    shown = stage.get(f"/v1/dispatches/{host}")
    check(len(shown["manifest"]) == 6, "six people of two villages share one coach")


def live(desk):
    page, stage = desk.page, desk.stage
    clerk = stage.point(POINT, "测试一村劳务服务点")
    neighbour = stage.point(NEIGHBOUR, "测试二村劳务服务点")
    factory = stage.factory("测试电子厂")
    page.resize(390, 844)
    page.call("POST", "/url", {"url": stage.origin + "/"}, patience=60)
    desk.enter(clerk, "todo")
    check("测试一村劳务服务点" in page.text("#who"), "the page knows who is there")
    takes_in_a_roster(desk)
    vacancy = is_asked(desk, factory)
    known, names = phones(desk, vacancy)
    auditor_only_reads(desk, stage.key_of(POINT, "AUDITOR"), clerk)
    loses_the_link(desk, known, names)
    has_a_walk_in(desk, known, clerk)
    commits(desk, vacancy, 5)
    dispatch = opens_a_coach(desk, vacancy)
    factory_accepts(desk, factory, dispatch)
    calls_the_roll(desk, clerk, dispatch)
    factory_onboards(desk, factory, dispatch, vacancy)
    asks_for_a_correction(desk, factory, clerk, dispatch, vacancy)
    visits(desk, clerk)
    shares_a_coach(desk, factory, clerk, neighbour)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", help="the path of gongqiao")
    parser.add_argument("--pictures", help="a folder for pictures of what was seen")
    given = parser.parse_args()
    if given.pictures:
        os.makedirs(given.pictures, exist_ok=True)
    try:
        stage = Stage(given.program)
        try:
            with browser() as page:
                desk = Desk(page, stage, given.pictures)
                try:
                    live(desk)
                except Failed:
                    desk.picture("failed")
                    raise
                complaints = page.complaints()
                for one in complaints:
                    print(one["level"], re.sub(r"gqk_[\w-]+", "…", one["message"]), file=sys.stderr)
                check(not complaints, "the browser has no complaint")
        finally:
            stage.stop()
    except Failed as failed:
        print("FAILED:", re.sub(r"gqk_[\w-]+", "…", str(failed)), file=sys.stderr)
        return 1
    print("desk: 1 passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
