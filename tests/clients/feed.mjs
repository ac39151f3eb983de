// What a subscriber of a feed holds, by the rules that every feed keeps, and a
// small JSON file in which it outlives a crash.
import { createHash, randomUUID } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";

// An event is missing before this one.
export class Early extends Error {}

export class Held {
  mark = `feed-${randomUUID()}`; // under which the subscription is asked for
  subscription = null;
  cursor = [0, 0];
  items = {};
  closed = false;

  constructor(path) {
    this.path = path;
    if (existsSync(path)) Object.assign(this, JSON.parse(readFileSync(path, "utf8")));
  }

  // In place of the file before, so that there always is a whole one.
  save() {
    const { mark, subscription, cursor, items } = this;
    const file = openSync(`${this.path}.new`, "w");
    writeSync(file, JSON.stringify({ mark, subscription, cursor, items }));
    fsyncSync(file);
    closeSync(file);
    renameSync(`${this.path}.new`, this.path);
  }

  // Sum modulo 2^256 of SHA-256(key, line feed, data) over all items.
  digest() {
    const sum = Object.entries(this.items)
      .map(([key, data]) => createHash("sha256").update(`${key}\n${data}`).digest("hex"))
      .reduce((sum, leaf) => sum + BigInt(`0x${leaf}`), 0n);
    return BigInt.asUintN(256, sum).toString(16).padStart(64, "0");
  }

  // Takes in an event, its data as text; true if it was a digest, and ours.
  take(id, type, key, data) {
    const [epoch, sequence] = id.split(".").map(Number);
    const [lastEpoch, last] = this.cursor;
    if (epoch < lastEpoch || (epoch === lastEpoch && sequence <= last)) return false; // it came again
    const ends = type.endsWith(".FeedClosed"); // nothing before it may be read any more
    if (!ends && sequence !== (epoch === lastEpoch ? last + 1 : 1)) throw new Early(id);
    if (epoch > lastEpoch) this.items = {};
    this.cursor = [epoch, sequence];
    switch (type.split(".").pop()) {
      case "FeedDigest":
        if (JSON.parse(data).digest !== this.digest()) throw new Error("we hold something else: start anew");
        return true;
      case "FeedClosed":
        this.items = {};
        this.closed = true;
        return false;
      case "FeedRemoved":
        delete this.items[key];
        return false;
      default:
        this.items[key] = data;
        return false;
    }
  }
}
