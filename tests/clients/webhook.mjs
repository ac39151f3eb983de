// A receiver of a webhook, with Node's own server and the library of Standard
// Webhooks.
//
//     node webhook.mjs STATE.json
//
// Says its address on the first line, reads the secret (whsec_…) from the first
// line of its input, and then says what it holds whenever a digest confirms it.
// Started again with the same file, it knows what it has taken already.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { Webhook } from "standardwebhooks";
import { Early, Held } from "./feed.mjs";

const held = new Held(process.argv[2]);
let webhook = null;

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  response.statusCode = take(Buffer.concat(chunks).toString(), request.headers);
  response.end();
});

// 204 once it is saved, or was before; anything else, and it comes again.
function take(body, headers) {
  let event;
  try {
    event = webhook.verify(body, headers); // the signature, and that it is fresh
  } catch {
    return 401;
  }
  if (event.type === "gongqiao.v1.WebhookTest") return 204;
  if (event.type === "gongqiao.v1.FeedGone") return 501; // take event.data.snapshot, then go on
  try {
    const is_digest = held.take(event.id, event.type, event.subject, JSON.stringify(event.data));
    held.save();
    if (is_digest) say({ held: Object.keys(held.items).sort(), digest: held.digest() });
    return 204;
  } catch (error) {
    return error instanceof Early ? 425 : 500;
  }
}

const say = (line) => console.log(JSON.stringify(line));

createInterface({ input: process.stdin }).once("line", (secret) => {
  webhook = new Webhook(secret);
});
server.listen(0, "127.0.0.1", () => say({ url: `http://127.0.0.1:${server.address().port}/` }));
