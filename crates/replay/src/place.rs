//! Where in the log a time lies.

use gongqiao_contract::wire;
use gongqiao_stream::{Connection, Message, StreamError, StreamName, read};
use prost::Message as _;
use time::OffsetDateTime;

/// The last sequence of FACTS that was recorded at `time` or before, by what
/// the events say of themselves (`recorded_at`), not by when the broker stored
/// them; 0 if all came later.
///
/// # Errors
/// The log can't be reached.
pub async fn place_at(connection: &Connection, time: OffsetDateTime) -> Result<u64, StreamError> {
    let head = read::head(connection, StreamName::Facts).await?;
    let mut search = Search::new(head);
    while let Some(probe) = search.probe() {
        if recorded_by(connection, search.place, probe, time).await? {
            search.place = probe;
        }
    }
    Ok(search.place)
}

/// A search for the last place that lies before a moment, which goes bit by bit
/// from the highest power of two down, as far as the stream reaches: some twenty
/// single reads of a log of a million. Why not by halving: clocks of several
/// gates may differ by a little, so the times need not ascend, and halving would
/// find another place as the log grows. Which places are looked at here depends
/// on the moment alone.
pub(crate) struct Search {
    head: u64,
    bit: u64,
    /// The furthest place that is known to lie before it; 0 for none.
    pub(crate) place: u64,
}

impl Search {
    pub(crate) fn new(head: u64) -> Self {
        Self { head, bit: 1 << (u64::BITS - 1), place: 0 }
    }

    /// The place to look at next: if it lies before the moment, it is the `place`.
    pub(crate) fn probe(&mut self) -> Option<u64> {
        while self.bit > 0 {
            // Why: the two never share a bit, so this is their sum.
            let probe = self.place | self.bit;
            self.bit >>= 1;
            if probe <= self.head {
                return Some(probe);
            }
        }
        None
    }
}

/// Whether the event at `probe` was recorded by `time`. One that can't be read
/// is as old as the last before it that can; with none above `known`, of which
/// it is known already, it is.
async fn recorded_by(
    connection: &Connection,
    known: u64,
    probe: u64,
    time: OffsetDateTime,
) -> Result<bool, StreamError> {
    for sequence in (known + 1..=probe).rev() {
        let message = read::at(connection, StreamName::Facts, sequence).await?;
        if let Some(at) = message.as_ref().and_then(recorded_at) {
            return Ok(at <= time);
        }
    }
    Ok(true)
}

/// When the gate recorded a fact; `None` if it can't be read.
pub fn recorded_at(message: &Message) -> Option<OffsetDateTime> {
    let at = wire::Fact::decode(message.payload.clone()).ok()?.recorded_at?;
    let nanos = u32::try_from(at.nanos).ok()?;
    let seconds = OffsetDateTime::from_unix_timestamp(at.seconds).ok()?;
    seconds.replace_nanosecond(nanos).ok()
}
