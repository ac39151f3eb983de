"""A partner city over NATS, with nats-py and the .creds that it was issued.

    python city.py nats://127.0.0.1:4222 city.creds _INBOX_key VACANCY.json STATE.json

Publishes a vacancy, subscribes to everybody else's, takes in what comes until
a digest confirms it, and prints one line: the receipts and what it holds. What
it holds stands in STATE.json; started again, also after a crash, it goes on.
"""
import asyncio
import json
import sys

import nats
from nats.js.errors import APIError

from feed import Early, Held


async def ask(connection, subject, body, mark):
    # The same id again is the same request: whoever gets no answer sends it again.
    headers = {"Nats-Msg-Id": mark, "Content-Type": "application/json"}
    answer = await connection.request(subject, body, timeout=10, headers=headers)
    return {"status": int(answer.headers["Gq-Status"]), **json.loads(answer.data)}


async def consumer(connection, subscription):
    """Found under the domain gq. It is made a moment after the subscription."""
    context, stream = connection.jetstream(domain="gq"), f"FEED_{subscription}"
    for _ in range(100):
        try:
            await context.consumer_info(stream, "feed")
            return await context.pull_subscribe_bind(consumer="feed", stream=stream)
        except APIError:
            await asyncio.sleep(0.1)
    sys.exit("there is no feed: the agreement is at an end, or the subscription closed")


async def follow(feed, held):
    """Takes in events until a digest that is the last one there is."""
    while True:
        try:
            # nats-py says nothing of a consumer that is deleted before this is over.
            messages = await feed.fetch(100, timeout=8)
        except asyncio.TimeoutError:  # nats-py's own is one of these
            continue
        except APIError:
            sys.exit("the consumer is gone: what became of the feed can be read over HTTP")
        for message in messages:
            head = message.headers
            try:
                confirmed = held.take(
                    head["ce-id"], head["ce-type"], head["ce-subject"], message.data.decode())
            except Early:
                # Those before it were given to a run that crashed, and come
                # again within half a minute; this one has to wait for them.
                await message.nak(delay=1)
                continue
            held.save()  # before the ack: what was not saved comes again
            await message.ack()
            if held.closed:
                sys.exit("the feed is closed: nothing may be kept of it")
            if confirmed and message.metadata.num_pending == 0:
                return


async def main(url, creds, inbox, body, state):
    connection = await nats.connect(
        url, user_credentials=creds, inbox_prefix=inbox.encode(), allow_reconnect=False)
    held = Held(state)
    posted = await ask(connection, "out.vacancies.post", body, "order-1")
    if held.subscription is None:
        held.save()
        opened = await ask(connection, "out.subscriptions.open", b'{"kind":"VACANCY"}', held.mark)
        assert opened["status"] == 201, opened
        held.subscription = opened["id"]
        held.save()
    await follow(await consumer(connection, held.subscription), held)
    print(json.dumps({
        "posted": posted, "subscription": held.subscription, "held": sorted(held.items),
        "digest": held.digest(), "digest_verified": True}))
    await connection.flush()  # so that the last ack has gone
    await connection.close()


if __name__ == "__main__":
    url, creds, inbox, path, state = sys.argv[1:]
    with open(path, "rb") as file:
        asyncio.run(main(url, creds, inbox, file.read(), state))
