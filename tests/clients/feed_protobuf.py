"""A feed in protobuf, over NATS and over HTTP, with classes made of `proto/`:

    python -m grpc_tools.protoc -I proto --python_out=GENERATED proto/gongqiao/v1/*.proto
    GONGQIAO_KEY=gqk_… PYTHONPATH=GENERATED python feed_protobuf.py \\
        http://127.0.0.1:8420 nats://127.0.0.1:4222 CITY.creds INBOX_PREFIX SUBSCRIPTION

Reads the events until a digest confirms what it holds, the same ones from the
pages of HTTP, and prints it.
"""
import asyncio
import base64
import hashlib
import json
import os
import sys
import urllib.request

import nats
from gongqiao.v1 import feed_pb2

ORIGIN, URL, CREDS, INBOX, SUBSCRIPTION = sys.argv[1:]


def digest(items):
    """Sum modulo 2^256 of SHA-256(key, line feed, data) over all items."""
    leaves = (hashlib.sha256(f"{key}\n".encode() + data).hexdigest() for key, data in items.items())
    return f"{sum(int(leaf, 16) for leaf in leaves) % 2**256:064x}"


def take(items, kind, key, data):
    """Takes in one event; True if it was a digest, and ours."""
    message = getattr(feed_pb2, kind.removeprefix("gongqiao.v1."))
    told = message.FromString(data)
    if message is feed_pb2.FeedDigest:
        assert (told.items, told.digest) == (len(items), digest(items)), "we hold something else"
        return True
    if message is feed_pb2.FeedRemoved:
        items.pop(key, None)
    elif message is feed_pb2.FeedClosed:
        sys.exit("the feed is closed: nothing may be kept of it")
    else:
        items[key] = data
    return False


async def over_nats():
    connection = await nats.connect(URL, user_credentials=CREDS, inbox_prefix=INBOX.encode())
    context = connection.jetstream(domain="gq")
    feed = await context.pull_subscribe_bind(consumer="feed", stream=f"FEED_{SUBSCRIPTION}")
    items, confirmed = {}, False
    while not confirmed:
        try:
            messages = await feed.fetch(100, timeout=8)
        except asyncio.TimeoutError:  # nothing has happened; a digest comes every minute
            continue
        for message in messages:
            assert message.headers["content-type"] == "application/protobuf", message.headers
            confirmed = take(items, message.headers["ce-type"], message.headers["ce-subject"],
                             message.data)
            await message.ack()
    await connection.close()
    return items


def over_http():
    headers = {"Authorization": f"Bearer {os.environ['GONGQIAO_KEY']}"}
    items, cursor, more = {}, None, True
    while more:
        path = f"/v1/feeds/{SUBSCRIPTION}/events" + (f"?after={cursor}" if cursor else "")
        request = urllib.request.Request(ORIGIN + path, headers=headers)
        page = json.load(urllib.request.urlopen(request, timeout=60))
        for one in page["events"]:
            take(items, one["type"], one["subject"], base64.b64decode(one["data_base64"]))
        cursor, more = page["next"], page["more"]
    return items


held = asyncio.run(over_nats())
assert digest(over_http()) == digest(held), "HTTP tells something else"
vacancies = [feed_pb2.VacancyItem.FromString(data) for data in held.values()]
print(json.dumps({"held": sorted(one.vacancy for one in vacancies), "digest_verified": True,
                  "headcount": sum(one.terms.headcount for one in vacancies)}))
