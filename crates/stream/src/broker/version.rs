//! The version of a `nats-server` program.

use std::fmt;

use serde::{Serialize, Serializer};

/// The oldest server that this software runs on.
///
/// Why: atomic batches (ADR-50) came with 2.12, and 2.10.20 to 2.10.22 lost whole streams when killed; 2.15 is the
/// line on which the durability and the transactions were tried.
pub const NEEDED_VERSION: ServerVersion = ServerVersion { major: 2, minor: 15, patch: 0 };

/// The three numbers of a server's version; a pre-release suffix is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServerVersion {
    /// The first number.
    pub major: u32,
    /// The second number.
    pub minor: u32,
    /// The third number.
    pub patch: u32,
}

impl ServerVersion {
    /// Reads what `nats-server --version` prints (`nats-server: v2.15.1`), or the bare version.
    pub fn parse(text: &str) -> Option<Self> {
        let bare = text.trim().rsplit([' ', ':']).next()?.trim_start_matches('v');
        let (numbers, _) = bare.split_once(['-', '+']).unwrap_or((bare, ""));
        let mut parts = numbers.split('.').map(|part| part.parse().ok());
        let version = Self { major: parts.next()??, minor: parts.next()??, patch: parts.next()?? };
        parts.next().is_none().then_some(version)
    }

    /// Whether this server is new enough for us.
    pub fn is_enough(self) -> bool {
        self >= NEEDED_VERSION
    }
}

impl fmt::Display for ServerVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl Serialize for ServerVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<(u32, u32, u32)>) {
        let expected = expected.map(|(major, minor, patch)| ServerVersion { major, minor, patch });
        assert_eq!(ServerVersion::parse(text), expected, "{text:?}");
    }

    #[test]
    fn version_is_read_from_what_the_program_prints() {
        check("nats-server: v2.15.1\n", Some((2, 15, 1)));
        check("nats-server: v2.9.10", Some((2, 9, 10)));
        check("2.15.0-RC.2", Some((2, 15, 0)));
        check("v2.15", None);
        check("2.15.1.4", None);
        check("hello", None);
        check("", None);
    }

    #[test]
    fn versions_are_ordered_by_number_not_by_text() {
        assert!(!ServerVersion { major: 2, minor: 9, patch: 10 }.is_enough());
        assert!(!ServerVersion { major: 2, minor: 14, patch: 99 }.is_enough());
        assert!(ServerVersion { major: 2, minor: 15, patch: 0 }.is_enough());
        assert!(ServerVersion { major: 3, minor: 0, patch: 0 }.is_enough());
    }
}
