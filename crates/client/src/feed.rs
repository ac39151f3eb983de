//! A subscriber by the rules that are documented for anybody: what it holds
//! after each event, and whether that is what it should.

use std::collections::BTreeMap;

use gongqiao_contract::feed::{Cursor, Digest};
use serde::Serialize;
use serde_json::Value;

/// What a subscriber of a feed in JSON holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Held {
    /// The last event that was taken.
    pub cursor: Cursor,
    /// The items: each its data, in canonical JSON.
    pub items: BTreeMap<String, String>,
    /// Digests that were compared.
    pub compared: u64,
    /// The feed said that it is closed.
    pub closed: bool,
    digest: Digest,
}

/// Why a subscriber does not hold what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Amiss {
    /// It is no event of a feed.
    #[error("not an event of a feed in JSON")]
    Unreadable,
    /// An event is missing.
    #[error("an event is missing before {0}")]
    Gap(String),
    /// The feed holds something else.
    #[error("at {at} the digest should be {said}, and is {own}")]
    Digest {
        /// Where.
        at: String,
        /// What the feed says.
        said: String,
        /// What follows from the items held.
        own: String,
    },
}

impl Amiss {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable => "feed.unreadable",
            Self::Gap(_) => "feed.gap",
            Self::Digest { .. } => "feed.digest",
        }
    }
}

impl Held {
    /// Takes in a CloudEvent. One that was taken before changes nothing.
    ///
    /// # Errors
    /// What is amiss; nothing is taken in then.
    pub fn take(&mut self, event: &Value) -> Result<(), Amiss> {
        let text = |name: &str| event[name].as_str().ok_or(Amiss::Unreadable);
        let cursor: Cursor = text("id")?.parse().map_err(|_| Amiss::Unreadable)?;
        if cursor <= self.cursor {
            return Ok(());
        }
        let is_new = cursor.epoch > self.cursor.epoch;
        let next = if is_new { 1 } else { self.cursor.sequence + 1 };
        let (kind, key) = (text("type")?, text("subject")?);
        // Why not of an end: what stands before it may be read no more.
        if cursor.sequence != next && kind != "gongqiao.v1.FeedClosed" {
            return Err(Amiss::Gap(cursor.to_string()));
        }
        if kind == "gongqiao.v1.FeedDigest" {
            let said = event["data"]["digest"].as_str().unwrap_or_default();
            // Why: what was held in another epoch does not count in this one.
            let nothing = Self::default();
            if is_new { &nothing } else { &*self }.compare(cursor, said)?;
        }
        if is_new {
            *self = Self { compared: self.compared, ..Self::default() };
        }
        self.cursor = cursor;
        match kind {
            "gongqiao.v1.FeedDigest" => self.compared += 1,
            "gongqiao.v1.FeedRemoved" => self.remove(key),
            "gongqiao.v1.FeedClosed" => {
                *self = Self { cursor, compared: self.compared, closed: true, ..Self::default() };
            }
            _ => self.set(key, event.get("data").ok_or(Amiss::Unreadable)?),
        }
        Ok(())
    }

    /// Takes in an item of a snapshot.
    ///
    /// # Errors
    /// It has another form.
    pub fn take_item(&mut self, item: &Value) -> Result<(), Amiss> {
        let key = item["key"].as_str().ok_or(Amiss::Unreadable)?;
        self.set(key, item.get("data").ok_or(Amiss::Unreadable)?);
        Ok(())
    }

    /// Compares what is held with what the feed says of itself.
    ///
    /// # Errors
    /// They differ.
    pub fn compare(&self, at: Cursor, said: &str) -> Result<(), Amiss> {
        let own = self.digest.to_string();
        if own == said {
            return Ok(());
        }
        Err(Amiss::Digest { at: at.to_string(), said: said.to_owned(), own })
    }

    fn set(&mut self, key: &str, data: &Value) {
        self.remove(key);
        // Why canonical: names of a value are in order, and no spaces are written.
        let data = data.to_string();
        self.digest.add(key, data.as_bytes());
        self.items.insert(key.to_owned(), data);
    }

    fn remove(&mut self, key: &str) {
        if let Some(before) = self.items.remove(key) {
            self.digest.remove(key, before.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(id: &str, key: &str) -> Value {
        json!({ "id": id, "type": "gongqiao.v1.VacancyItem", "subject": key, "data": { "b": 1, "a": "工" } })
    }

    #[test]
    fn a_repeat_changes_nothing_a_gap_is_seen_and_a_new_epoch_drops_everything() {
        let mut held = Held::default();
        held.take(&set("5.1", "x")).unwrap();
        let before = held.clone();
        held.take(&set("5.1", "y")).unwrap();
        assert_eq!(held, before);
        assert_eq!(held.items["x"], r#"{"a":"工","b":1}"#);
        assert_eq!(held.take(&set("5.3", "y")), Err(Amiss::Gap("5.3".into())));
        assert_eq!(held.take(&set("6.2", "y")), Err(Amiss::Gap("6.2".into())));
        held.take(&set("6.1", "y")).unwrap();
        assert_eq!(held.items.keys().collect::<Vec<_>>(), ["y"]);
    }

    #[test]
    fn an_epoch_that_begins_with_nothing_is_no_difference() {
        let mut held = Held::default();
        held.take(&set("5.1", "x")).unwrap();
        let zero = "0".repeat(64);
        let event = json!({ "id": "6.1", "type": "gongqiao.v1.FeedDigest", "subject": "digest", "data": { "digest": zero } });
        held.take(&event).unwrap();
        assert!(held.items.is_empty());
        assert_eq!(held.compared, 1);
    }

    #[test]
    fn a_digest_that_differs_is_seen() {
        let mut held = Held::default();
        held.take(&set("5.1", "x")).unwrap();
        let said = |digest: &str| json!({ "id": "5.2", "type": "gongqiao.v1.FeedDigest", "subject": "digest", "data": { "digest": digest } });
        let refused = held.take(&said(&"0".repeat(64))).unwrap_err();
        assert_eq!(refused.code(), "feed.digest");
        let right = held.digest.to_string();
        held.take(&said(&right)).unwrap();
        assert_eq!(held.compared, 1);
    }
}
