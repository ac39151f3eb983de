// The AsyncAPI document by the official parser: node asyncapi.mjs DOCUMENT.json
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[2], "utf8"));
const errors = diagnostics.filter((one) => one.severity === 0);
for (const one of errors) console.error(one.path.join("/"), one.message);
if (errors.length || !document) process.exit(1);
const channels = document.channels().all();
console.log(JSON.stringify({
  version: document.version(),
  channels: channels.length,
  operations: document.operations().all().length,
  messages: document.components().messages().all().length,
}));
