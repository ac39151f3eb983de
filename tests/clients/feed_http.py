"""A feed over plain HTTP, with nothing but Python's own library.

    GONGQIAO_KEY=gqk_… python feed_http.py http://127.0.0.1:8420 SUBSCRIPTION STATE.json

Takes the snapshot, then the events after it in pages, then what comes, until a
digest confirms it; prints what it holds. Started again, it goes on where it was.
"""
import json
import os
import sys
import urllib.error
import urllib.request

from feed import Held

ORIGIN, SUBSCRIPTION, STATE = sys.argv[1:]
FEED = f"/v1/feeds/{SUBSCRIPTION}"


def get(path, accept="application/json"):
    headers = {"Authorization": f"Bearer {os.environ['GONGQIAO_KEY']}", "Accept": accept}
    request = urllib.request.Request(ORIGIN + path, headers=headers)
    return urllib.request.urlopen(request, timeout=60)


def canonical(data):
    """As RFC 8785 writes it, and as it stands in the feed."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def snapshot(held):
    path = f"{FEED}/snapshot"
    held.items.clear()
    while path:
        page = json.load(get(path))
        held.items.update({item["key"]: canonical(item["data"]) for item in page["items"]})
        token = page.get("next_page_token")
        path = token and f"{FEED}/snapshot?page_token={token}"
    held.cursor = tuple(int(part) for part in page["manifest"]["cursor"].split("."))
    assert page["manifest"]["digest"] == held.digest(), "these are not all pages"


def events(held):
    """Pages while there are any, and then a stream that stays open."""
    more = True
    while more:
        page = json.load(get(f"{FEED}/events?after={held.cursor[0]}.{held.cursor[1]}"))
        yield from page["events"]
        more = page["more"]
    stream = get(f"{FEED}/events?after={held.cursor[0]}.{held.cursor[1]}", "text/event-stream")
    name = None
    for line in stream:  # `: heartbeat` every 15 seconds
        field, _, value = line.decode().rstrip("\n").partition(": ")
        if field == "event":
            name = value
        elif field == "data" and name not in ("caught-up", "resync"):
            yield json.loads(value)


def follow(held):
    for one in events(held):
        confirmed = held.take(one["id"], one["type"], one["subject"], canonical(one["data"]))
        held.save()
        if held.closed:
            sys.exit("the feed is closed: nothing may be kept of it")
        if confirmed:
            return True
    return False  # the connection ended: once more


held, confirmed = Held(STATE), False
while not confirmed:
    try:
        if held.cursor == (0, 0):
            snapshot(held)
        confirmed = follow(held)
    except urllib.error.HTTPError as error:
        if error.code != 410:
            raise
        held.cursor = (0, 0)  # kept no longer, or a new epoch: begin with the snapshot
print(json.dumps({"held": sorted(held.items), "digest": held.digest(), "digest_verified": True}))
