// A partner city over NATS, with the npm clients and the .creds that it was
// issued:
//
//   node city.mjs nats://127.0.0.1:4222 city.creds _INBOX_key VACANCY.json STATE.json
//
// Publishes a vacancy, subscribes to everybody else's, takes in what comes
// until a digest confirms it, and prints one line: the receipts and what it
// holds. What it holds stands in STATE.json; started again, also after a crash,
// it goes on.
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { jetstream } from "@nats-io/jetstream";
import { connect, credsAuthenticator, headers } from "@nats-io/transport-node";
import { Early, Held } from "./feed.mjs";

const [url, creds, inboxPrefix, path, state] = process.argv.slice(2);
const connection = await connect({
  servers: url,
  authenticator: credsAuthenticator(readFileSync(creds)),
  inboxPrefix,
});

async function ask(subject, body, mark) {
  // The same id again is the same request: whoever gets no answer sends it again.
  const head = headers();
  head.set("Nats-Msg-Id", mark);
  head.set("Content-Type", "application/json");
  const answer = await connection.request(subject, body, { timeout: 10_000, headers: head });
  return { status: Number(answer.headers.get("Gq-Status")), ...answer.json() };
}

// Found under the domain gq. It is made a moment after the subscription.
async function consumer(subscription) {
  const context = jetstream(connection, { domain: "gq" });
  for (let tries = 1; ; tries++) {
    try {
      return await context.consumers.get(`FEED_${subscription}`, "feed");
    } catch (error) {
      if (tries === 100) throw error; // the agreement is at an end, or the subscription closed
      await sleep(100);
    }
  }
}

// Takes in events until a digest that is the last one there is.
async function follow(feed, held) {
  for (;;) {
    for await (const message of await feed.fetch({ max_messages: 100, expires: 8_000 })) {
      const head = (name) => message.headers.get(name);
      let confirmed;
      try {
        confirmed = held.take(head("ce-id"), head("ce-type"), head("ce-subject"), message.string());
      } catch (error) {
        if (!(error instanceof Early)) throw error;
        // Those before it were given to a run that crashed, and come again
        // within half a minute; this one has to wait for them.
        message.nak(1_000);
        continue;
      }
      held.save(); // before the ack: what was not saved comes again
      message.ack();
      if (held.closed) throw new Error("the feed is closed: nothing may be kept of it");
      if (confirmed && message.info.pending === 0) return;
    }
  }
}

const held = new Held(state);
const posted = await ask("out.vacancies.post", readFileSync(path), "order-1");
if (held.subscription === null) {
  held.save();
  const opened = await ask("out.subscriptions.open", '{"kind":"VACANCY"}', held.mark);
  if (opened.status !== 201) throw new Error(JSON.stringify(opened));
  held.subscription = opened.id;
  held.save();
}
await follow(await consumer(held.subscription), held);
console.log(JSON.stringify({
  posted, subscription: held.subscription, held: Object.keys(held.items).sort(),
  digest: held.digest(), digest_verified: true,
}));
await connection.drain();
