"""What a subscriber of a feed holds, by the rules that every feed keeps, and a
small JSON file in which it outlives a crash."""
import hashlib
import json
import os
import uuid


class Early(Exception):
    """An event is missing before this one."""


class Held:
    def __init__(self, path):
        self.path = path
        self.subscription, self.cursor, self.items, self.closed = None, (0, 0), {}, False
        self.mark = f"feed-{uuid.uuid4()}"  # under which the subscription is asked for
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                state = json.load(file)
            self.mark, self.subscription = state["mark"], state["subscription"]
            self.cursor, self.items = tuple(state["cursor"]), state["items"]

    def save(self):
        """In place of the file before, so that there always is a whole one."""
        state = {"mark": self.mark, "subscription": self.subscription, "cursor": self.cursor,
                 "items": self.items}
        with open(self.path + ".new", "w", encoding="utf-8") as file:
            json.dump(state, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        os.replace(self.path + ".new", self.path)

    def digest(self):
        """Sum modulo 2^256 of SHA-256(key, line feed, data) over all items."""
        leaves = (hashlib.sha256(f"{key}\n{data}".encode()) for key, data in self.items.items())
        return f"{sum(int(leaf.hexdigest(), 16) for leaf in leaves) % 2**256:064x}"

    def take(self, cursor, kind, key, data):
        """Takes in an event, its data as text; True if it was a digest, and ours."""
        epoch, sequence = cursor = tuple(int(part) for part in cursor.split("."))
        if cursor <= self.cursor:
            return False  # it came again
        ends = kind.endswith(".FeedClosed")  # nothing before it may be read any more
        if not ends and sequence != (self.cursor[1] + 1 if epoch == self.cursor[0] else 1):
            raise Early(cursor)
        if epoch > self.cursor[0]:
            self.items.clear()
        self.cursor, self.closed = cursor, ends
        if kind.endswith(".FeedDigest"):
            assert json.loads(data)["digest"] == self.digest(), "we hold something else: start anew"
            return True
        if self.closed:
            self.items.clear()
        elif kind.endswith(".FeedRemoved"):
            self.items.pop(key, None)
        else:
            self.items[key] = data
        return False
