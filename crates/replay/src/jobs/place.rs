//! Where in a stream a moment lies.

use gongqiao_stream::{Connection, Original, StreamError, last_original, original_from};
use time::OffsetDateTime;

use super::{run::happened, source::Source};

/// The last message of a source.
pub(crate) async fn last(
    connection: &Connection,
    source: &Source,
) -> Result<Option<Original>, StreamError> {
    last_original(connection, &source.stream, source.pattern()).await
}

/// The last sequence of a source whose message happened before `time`; 0 for
/// none. It is found by halving from the same places whatever the stream's
/// length, so that a moment gives the same place later, too, even where clocks
/// of gates differ by some milliseconds.
pub(crate) async fn last_before(
    connection: &Connection,
    source: &Source,
    time: OffsetDateTime,
) -> Result<u64, StreamError> {
    let Some(last) = last(connection, source).await? else { return Ok(0) };
    let mut place = 0;
    let mut step = 1_u64 << last.sequence.ilog2();
    while step > 0 {
        let here = place + step;
        if here <= last.sequence {
            let found = original_from(connection, &source.stream, source.pattern(), here).await?;
            if found.is_some_and(|message| happened(&message) < time) {
                place = here;
            }
        }
        step /= 2;
    }
    Ok(place)
}
