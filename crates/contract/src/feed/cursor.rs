//! A place in a feed: `epoch.sequence`. Within an epoch the sequence has no
//! gaps; a new epoch begins with everything anew.

use std::{fmt, str::FromStr};

/// A place in a feed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// Which writing of the feed.
    pub epoch: u64,
    /// Which event in it; the first one is 1, and 0 is before it.
    pub sequence: u64,
}

/// Not of the form `epoch.sequence`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoCursor;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch, self.sequence)
    }
}

impl FromStr for Cursor {
    type Err = NoCursor;

    fn from_str(text: &str) -> Result<Self, NoCursor> {
        // Why: u64 takes a sign, and one cursor would be written in two ways.
        let digits = |text: &str| {
            let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| text.parse().ok()).flatten().ok_or(NoCursor)
        };
        let (epoch, sequence) = text.split_once('.').ok_or(NoCursor)?;
        Ok(Self { epoch: digits(epoch)?, sequence: digits(sequence)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_nothing_else_is_one() {
        let cursor = Cursor { epoch: 7, sequence: 41 };
        assert_eq!("7.41".parse(), Ok(cursor));
        assert_eq!(cursor.to_string(), "7.41");
        for bad in
            ["", "7", "7.", ".41", "7.41.1", "+7.41", "7.-1", "7,41", "99999999999999999999.1"]
        {
            assert_eq!(bad.parse::<Cursor>(), Err(NoCursor), "{bad}");
        }
    }
}
