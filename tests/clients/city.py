"""A partner city over NATS, with nats-py and the .creds that it was issued.

    python city.py nats://127.0.0.1:4222 city.creds _INBOX_key VACANCY.json

Publishes a vacancy and prints the receipt: the sequence under which it
stands in the log, or the refusal's code and what to do about it.
"""
import asyncio
import json
import sys

import nats


async def main(url, creds, inbox, body):
    connection = await nats.connect(
        url, user_credentials=creds, inbox_prefix=inbox.encode(), allow_reconnect=False)
    # The same id again is the same request: whoever gets no answer sends it again.
    headers = {"Nats-Msg-Id": "order-1", "Content-Type": "application/json"}
    answer = await connection.request("out.vacancies.post", body, timeout=10, headers=headers)
    print(json.dumps({"status": int(answer.headers["Gq-Status"]), **json.loads(answer.data)}))
    await connection.drain()


if __name__ == "__main__":
    url, creds, inbox, path = sys.argv[1:]
    with open(path, "rb") as file:
        asyncio.run(main(url, creds, inbox, file.read()))
