use gongqiao_contract::{Code, Moment, Refusal, subject, view::Place};
use gongqiao_shell::beijing::rfc3339;
use gongqiao_stream::{Connection, StreamName, read, transaction_of};
use time::OffsetDateTime;

use super::unreachable;
use crate::place::{place_at, recorded_at};

/// A place of the log, and the time from which it is seen: agreements are in
/// force or not by that.
pub(super) struct Found {
    pub(super) place: Place,
    pub(super) seen_from: OffsetDateTime,
}

/// Finds a moment in the log: the end of the transaction in which it lies.
pub(super) async fn find(
    connection: &Connection,
    moment: Moment,
    now: OffsetDateTime,
) -> Result<Found, Refusal> {
    let time = moment.time(now);
    let sequence = match (moment, time) {
        (Moment::Sequence(sequence), _) => within(connection, sequence).await?,
        (_, Some(time)) => place_at(connection, time).await.map_err(unreachable)?,
        (_, None) => 0,
    };
    let whole = transaction_of(connection, subject::FACTS, sequence).await;
    let position = *whole.map_err(unreachable)?.end();
    let recorded = recorded(connection, position).await?;
    let next = recorded_next(connection, position + 1).await?;
    let place = Place {
        asked: time.map_or_else(|| moment.to_string(), rfc3339),
        position,
        moved_from: (position != sequence).then_some(sequence),
        recorded_at: recorded.map(rfc3339),
        next_at: next.map(rfc3339),
    };
    // Why: what lies ahead has not been decided yet.
    let seen_from = time.map_or_else(|| recorded.unwrap_or(now), |time| time.min(now));
    Ok(Found { place, seen_from })
}

async fn within(connection: &Connection, sequence: u64) -> Result<u64, Refusal> {
    let head = read::head(connection, StreamName::Facts).await.map_err(unreachable)?;
    if sequence > head {
        return Err(Refusal::new(Code::ReadAhead).with("head", head));
    }
    Ok(sequence)
}

async fn recorded(
    connection: &Connection,
    sequence: u64,
) -> Result<Option<OffsetDateTime>, Refusal> {
    if sequence == 0 {
        return Ok(None);
    }
    let message = read::at(connection, StreamName::Facts, sequence).await.map_err(unreachable)?;
    Ok(message.as_ref().and_then(recorded_at))
}

/// When the first event from `sequence` on was recorded of which that can be
/// read.
async fn recorded_next(
    connection: &Connection,
    mut sequence: u64,
) -> Result<Option<OffsetDateTime>, Refusal> {
    loop {
        let message = read::at(connection, StreamName::Facts, sequence).await;
        let Some(message) = message.map_err(unreachable)? else { return Ok(None) };
        if let Some(at) = recorded_at(&message) {
            return Ok(Some(at));
        }
        sequence += 1;
    }
}
