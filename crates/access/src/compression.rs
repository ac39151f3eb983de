//! Answers made smaller on their way: gzip or zstd, as the caller takes it.
//!
//! Only for doors that say so. Where text that one party chooses stands beside
//! what another may not see (a name, a number, a key that is shown once), the
//! length of what was compressed tells of the secret: whoever can have the
//! answer asked for again and again, and watches the wire, guesses it letter
//! by letter (BREACH). So nothing that names people, opens notes or makes keys
//! is compressed; lists of posts, groups and ledgers, feeds and documents are.

use tower_http::{
    CompressionLevel,
    compression::{
        CompressionLayer, Predicate,
        predicate::{And, NotForContentType, SizeAbove},
    },
};

/// Bytes below which it is not worth it.
const SMALLEST: u16 = 1_024;

/// What is compressed: nothing small, no stream of events, whose pieces would
/// wait for one another, and no workbook, which is compressed as it is.
type Worth = And<And<SizeAbove, NotForContentType>, NotForContentType>;

/// The layer for whatever may be compressed.
pub fn layer() -> CompressionLayer<Worth> {
    let workbook = "application/vnd.openxmlformats";
    let worth = SizeAbove::new(SMALLEST)
        .and(NotForContentType::SSE)
        .and(NotForContentType::const_new(workbook));
    // Why: it is done for each answer anew.
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(worth)
}
