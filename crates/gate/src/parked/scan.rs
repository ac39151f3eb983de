//! Going through what is parked, by conditions.

use gongqiao_access::{Lot, parked::Entry};
use gongqiao_contract::{Code, Refusal, wire};
use gongqiao_domain::entity::instant;
use time::OffsetDateTime;

/// Most messages of one request.
pub(crate) const MOST: usize = 500;
/// Messages that are read at once.
const CHUNK: usize = 500;

/// Where a scan begins and ends: what was parked or tried after the one
/// sequence, up to the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) after: u64,
    pub(crate) until: u64,
}

impl Bounds {
    /// All that is parked now. Why with an end: what is tried and refused again
    /// stands behind it, and is not tried a second time.
    pub(crate) async fn now(lot: &Lot) -> Result<Self, Refusal> {
        Ok(Self { after: 0, until: lot.head().await? })
    }

    /// As a token that a caller sends to go on.
    pub(crate) fn token(self) -> String {
        format!("{}-{}", self.after, self.until)
    }

    /// Reads a token back.
    pub(crate) fn parse(token: &str) -> Result<Self, Refusal> {
        let read = || {
            let (after, until) = token.split_once('-')?;
            Some(Self { after: after.parse().ok()?, until: until.parse().ok()? })
        };
        read().ok_or(Refusal::new(Code::RequestPage))
    }
}

/// Up to `most` messages that fit, and where to go on, if there are more.
pub(crate) async fn scan(
    lot: &Lot,
    bounds: Bounds,
    most: usize,
    filter: &wire::ParkedFilter,
) -> Result<(Vec<Entry>, Option<Bounds>), Refusal> {
    let mut found: Vec<Entry> = Vec::new();
    let mut after = bounds.after;
    loop {
        let chunk = lot.some(after + 1, CHUNK).await?;
        let whole = chunk.len() == CHUNK;
        for entry in chunk {
            if entry.sequence > bounds.until {
                return Ok((found, None));
            }
            if fits(&entry.message, filter) {
                if found.len() == most {
                    return Ok((found, Some(Bounds { after, ..bounds })));
                }
                found.push(entry.clone());
            }
            after = entry.sequence;
        }
        if !whole {
            return Ok((found, None));
        }
    }
}

fn fits(message: &wire::Parked, filter: &wire::ParkedFilter) -> bool {
    let same = |wanted: &str, found: &str| wanted.is_empty() || wanted == found;
    let seen = message.first_seen.as_ref().map_or(OffsetDateTime::UNIX_EPOCH, instant);
    same(&filter.service, &message.service)
        && same(&filter.reason, &message.reason)
        && same(&filter.party, &message.party)
        && filter.since.as_ref().is_none_or(|since| seen >= instant(since))
        && filter.until.as_ref().is_none_or(|until| seen < instant(until))
}

#[cfg(test)]
mod tests {
    use gongqiao_domain::entity::timestamp;
    use time::{Duration, macros::datetime};

    use super::*;

    #[test]
    fn a_token_reads_back_and_another_is_refused() {
        let bounds = Bounds { after: 7, until: 41 };
        assert_eq!(Bounds::parse(&bounds.token()).unwrap(), bounds);
        for bad in ["", "7", "7-", "x-1", "7-41-3"] {
            assert_eq!(Bounds::parse(bad).unwrap_err().code, Code::RequestPage, "{bad}");
        }
    }

    #[test]
    fn all_conditions_hold_together() {
        let noon = datetime!(2026-07-01 12:00 UTC);
        let message = wire::Parked {
            service: "intake".into(),
            reason: "body.malformed".into(),
            party: "440300".into(),
            first_seen: Some(timestamp(noon)),
            ..wire::Parked::default()
        };
        let all = wire::ParkedFilter {
            service: "intake".into(),
            reason: "body.malformed".into(),
            party: "440300".into(),
            since: Some(timestamp(noon)),
            until: Some(timestamp(noon + Duration::SECOND)),
        };
        assert!(fits(&message, &all));
        assert!(fits(&message, &wire::ParkedFilter::default()));
        for other in [
            wire::ParkedFilter { service: "notify".into(), ..all.clone() },
            wire::ParkedFilter { reason: "nats.subject".into(), ..all.clone() },
            wire::ParkedFilter { party: "320614".into(), ..all.clone() },
            wire::ParkedFilter { since: Some(timestamp(noon + Duration::SECOND)), ..all.clone() },
            wire::ParkedFilter { until: Some(timestamp(noon)), ..all },
        ] {
            assert!(!fits(&message, &other), "{other:?}");
        }
    }
}
