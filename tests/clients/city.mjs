// A partner city over NATS, with the npm client and the .creds that it was
// issued:
//
//   node city.mjs nats://127.0.0.1:4222 city.creds _INBOX_key VACANCY.json
//
// Publishes a vacancy and prints the receipt.
import { readFileSync } from "node:fs";
import { connect, credsAuthenticator, headers } from "@nats-io/transport-node";

const [url, creds, inboxPrefix, path] = process.argv.slice(2);
const connection = await connect({
  servers: url,
  authenticator: credsAuthenticator(readFileSync(creds)),
  inboxPrefix,
});
// The same id again is the same request: whoever gets no answer sends it again.
const head = headers();
head.set("Nats-Msg-Id", "order-1");
head.set("Content-Type", "application/json");
const options = { timeout: 10_000, headers: head };
const answer = await connection.request("out.vacancies.post", readFileSync(path), options);
console.log(JSON.stringify({ status: Number(answer.headers.get("Gq-Status")), ...answer.json() }));
await connection.drain();
