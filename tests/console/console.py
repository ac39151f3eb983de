#!/usr/bin/env python3
"""Looks at the first web page as a person would, with a real browser.

Opens the page of a running gongqiao with an API key, waits until the ledger
of a vacancy shows the number of people onboarded that is expected, opens that
number, and checks that its events are listed and add up to it. Also looked
at: the key leaves the address bar, the page changes its language, fits a
narrow screen, works by keyboard, and the browser has no complaint (an
inline script, a refused style, a failed import).

Drives the browser of browser.py. Ends with 0 and a closing line, or with 1 and the reason.

    console.py --origin http://127.0.0.1:8420 --key-file KEY --onboarded 120 [--vacancy ID]

The key may also stand in GONGQIAO_KEY; it is never printed.
"""

import argparse
import os
import re
import sys

from browser import ENTER, ESCAPE, Failed, browser, check

LOOPBACK = re.compile(r"^https?://(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:\d+)?$")


def open_page(page, origin, key):
    page.resize(1280, 900)
    page.call("POST", "/url", {"url": f"{origin}/#key={key}"}, patience=60)
    page.wait("the page shows ledgers", "document.querySelector('[data-vacancy]') !== null", seconds=60)
    address = page.run("return location.href")
    check(key not in address and "#" not in address, "the key has left the address bar")
    check(page.run("return document.documentElement.lang") == "zh-CN", "Chinese comes first")
    state = page.wait("the page says that it is live",
                      "['live', 'quiet'].includes(document.getElementById('link').dataset.state)"
                      " && document.getElementById('link-word').textContent")
    check(state in ("已追平", "无变化"), f"the page says {state}")


def ledger_fills(page, vacancy, onboarded, seconds):
    figure = "[data-figure=\"onboarded\"][data-value=\"" + str(onboarded) + "\"]"
    card = f"[data-vacancy=\"{vacancy}\"] " if vacancy else ""
    selector = card + figure
    page.wait(f"a ledger with {onboarded} onboarded", "document.querySelector(a[0]) !== null",
              selector, seconds=seconds)
    text = page.run("return document.querySelector(arguments[0]).querySelector('.value').textContent", selector)
    check(text.replace(",", "") == str(onboarded), f"a ledger shows {onboarded} onboarded")
    return selector


def events_are_listed(page, selector, onboarded):
    # By keyboard: the figure is a button that Enter opens and Escape closes.
    page.run("document.querySelector(arguments[0]).focus()", selector)
    page.keys(ENTER)
    page.wait("the events are listed", "document.querySelector('#panel[open] #events > .event') !== null")
    while page.run("return !document.getElementById('panel-more').hidden"):
        before = page.run("return document.getElementById('events').children.length")
        page.run("document.getElementById('panel-more').click()")
        page.wait("more events are listed", "document.getElementById('events').children.length > a[0]", before)
    events = page.run("""return [...document.querySelectorAll('#events > .event')].map((one) => ({
        at: one.querySelector('time').textContent, name: one.querySelector('strong').textContent,
        change: Number(one.querySelector('.change').textContent.replace('\u2212', '-')),
        who: one.querySelector('.who').textContent, sequence: Number(one.dataset.sequence) }))""")
    check(len(events) > 0, f"{len(events)} events are listed")
    check(sum(one["change"] for one in events) == onboarded, f"they add up to {onboarded}")
    check(all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", one["at"]) for one in events), "each has its time")
    check(all(one["who"] and re.search(r"[\u4e00-\u9fff]", one["name"]) for one in events),
          "each says in Chinese what happened, and who did it")
    numbers = [one["sequence"] for one in events]
    check(numbers == sorted(set(numbers)), "they stand in the order of the log")
    page.keys(ESCAPE)
    page.wait("the panel closes", "!document.getElementById('panel').open")
    check(page.run("return document.activeElement === document.querySelector(arguments[0])", selector),
          "the focus is back on the number")


def languages_and_widths(page):
    for width in (1280, 360):
        page.resize(width, 900)
        for language in ("en", "zh-CN"):
            page.run("document.getElementById('language').click()")
            page.wait("the language changes", "document.documentElement.lang === a[0]", language)
            page.wait("the lists are there", "document.querySelector('.card') !== null"
                      " && document.querySelector('.card > details[open]:not([data-read])') === null")
            over = page.run("return document.documentElement.scrollWidth - innerWidth")
            check(over <= 0, f"{language} fits {width} px")


def asked():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--origin", required=True, help="as http://127.0.0.1:8420")
    parser.add_argument("--key-file", help="file with the API key; otherwise GONGQIAO_KEY")
    parser.add_argument("--onboarded", type=int, required=True, help="the number to wait for")
    parser.add_argument("--vacancy", default="", help="the vacancy's id; otherwise any")
    parser.add_argument("--seconds", type=float, default=120, help="how long to wait for the number")
    parser.add_argument("--picture", help="where to put a picture of the page at its end")
    given = parser.parse_args()
    given.origin = given.origin.rstrip("/")
    if not LOOPBACK.match(given.origin):
        parser.error("--origin must be on this machine")
    if given.vacancy and not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", given.vacancy):
        parser.error("--vacancy is no id")
    if given.key_file:
        with open(given.key_file, encoding="utf-8") as file:
            given.key = file.read().strip()
    else:
        given.key = os.environ.get("GONGQIAO_KEY", "")
    if not given.key.startswith("gqk_"):
        parser.error("no API key: give --key-file or GONGQIAO_KEY")
    return given


def main():
    given = asked()
    try:
        with browser() as page:
            try:
                open_page(page, given.origin, given.key)
                selector = ledger_fills(page, given.vacancy, given.onboarded, given.seconds)
                events_are_listed(page, selector, given.onboarded)
                languages_and_widths(page)
                complaints = page.complaints()
                for one in complaints:
                    print(one["level"], one["message"].replace(given.key, "…"), file=sys.stderr)
                check(not complaints, "the browser has no complaint")
            finally:
                if given.picture:
                    page.resize(1280, 1400)
                    page.picture(given.picture)
    except Failed as failed:
        print(f"FAILED: {str(failed).replace(given.key, '…')}", file=sys.stderr)
        return 1
    print("console: 1 passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
