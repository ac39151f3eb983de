//! Occupation codes of the Classification of Occupations (职业分类大典):
//! N-NN-NN-NN for main group, middle group, small group, occupation.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::text::half_width;

const SMALL: u32 = 100;
const MIDDLE: u32 = 10_000;
const MAIN: u32 = 1_000_000;

/// An occupation or a group of them, as one number of seven digits. Says
/// nothing of whether it exists; [`super::Occupations`] does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OccupationCode(u32);

/// How two occupations are related. Greater is nearer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// Not by the classification.
    None,
    /// The same N-NN: the same kind of industry.
    SameMiddleGroup,
    /// The same N-NN-NN: the same kind of work.
    SameSmallGroup,
    /// The very same.
    Same,
}

/// A text is not an occupation code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("an occupation code is N-NN-NN-NN, or N, N-NN, N-NN-NN for a group")]
pub struct OccupationError;

impl OccupationError {
    /// The stable code of the fault.
    pub fn code(self) -> &'static str {
        "occupation.shape"
    }
}

impl OccupationCode {
    /// Whether this is `group` or in it. A code without trailing 00 is a
    /// group of its own.
    pub fn in_group(self, group: Self) -> bool {
        let span = match group.0 {
            code if code % SMALL != 0 => 1,
            code if code % MIDDLE != 0 => SMALL,
            code if code % MAIN != 0 => MIDDLE,
            _ => MAIN,
        };
        self.0 / span == group.0 / span
    }

    /// The middle group (N-NN) it is in, or is; a main group stays what it is.
    #[must_use]
    pub fn middle_group(self) -> Self {
        Self(self.0 / MIDDLE * MIDDLE)
    }

    /// How two codes are related. Arithmetic alone: made for the loops over
    /// every card.
    pub fn relation(self, other: Self) -> Relation {
        let same = |span: u32, above: u32| {
            self.0 / span == other.0 / span && !(self.0 / span).is_multiple_of(above / span)
        };
        if self == other {
            Relation::Same
        } else if same(SMALL, MIDDLE) {
            Relation::SameSmallGroup
        } else if same(MIDDLE, MAIN) {
            Relation::SameMiddleGroup
        } else {
            Relation::None
        }
    }
}

impl FromStr for OccupationCode {
    type Err = OccupationError;

    /// Reads N-NN-NN-NN; of a group also N, N-NN and N-NN-NN.
    fn from_str(text: &str) -> Result<Self, OccupationError> {
        let text: String = text.trim().chars().map(half_width).collect();
        let mut number = 0;
        let mut parts = 0;
        for (at, part) in text.split('-').enumerate() {
            let width = if at == 0 { 1 } else { 2 };
            if at > 3 || part.len() != width || !part.bytes().all(|b| b.is_ascii_digit()) {
                return Err(OccupationError);
            }
            number = number * 100 + part.parse::<u32>().map_err(|_| OccupationError)?;
            parts = at;
        }
        number *= [MAIN, MIDDLE, SMALL, 1][parts];
        if number < MAIN { Err(OccupationError) } else { Ok(Self(number)) }
    }
}

impl TryFrom<String> for OccupationCode {
    type Error = OccupationError;

    fn try_from(text: String) -> Result<Self, OccupationError> {
        text.parse()
    }
}

impl From<OccupationCode> for String {
    fn from(code: OccupationCode) -> Self {
        code.to_string()
    }
}

impl fmt::Display for OccupationCode {
    /// Always N-NN-NN-NN, groups with 00.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |span: u32| self.0 / span % 100;
        write!(f, "{}-{:02}-{:02}-{:02}", self.0 / MAIN, part(MIDDLE), part(SMALL), part(1))
    }
}

impl fmt::Debug for OccupationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(text: &str) -> OccupationCode {
        text.parse().unwrap()
    }

    #[test]
    fn every_code_lies_in_its_middle_group() {
        for (text, group) in
            [("6-25-04-07", "6-25"), ("6-25-04", "6-25"), ("6-25", "6-25"), ("6", "6")]
        {
            assert_eq!(code(text).middle_group(), code(group), "{text}");
        }
    }

    #[test]
    fn groups_are_read_short_and_long() {
        for (text, canonical) in [
            ("6-25-04-07", "6-25-04-07"),
            ("6-25-04", "6-25-04-00"),
            ("6-25-00-00", "6-25-00-00"),
            ("6-25", "6-25-00-00"),
            ("6", "6-00-00-00"),
            ("１-00", "1-00-00-00"),
        ] {
            assert_eq!(code(text).to_string(), canonical);
        }
        for text in
            ["", "62", "0-01-01-01", "6-2-04-07", "6-25-04-07-01", "6250407", "x-25", "6-25-"]
        {
            assert_eq!(text.parse::<OccupationCode>(), Err(OccupationError), "{text}");
        }
    }

    #[test]
    fn relation_follows_the_groups() {
        for (a, b, expected) in [
            ("6-25-04-07", "6-25-04-07", Relation::Same),
            ("6-25-04-07", "6-25-04-08", Relation::SameSmallGroup),
            ("6-25-04-07", "6-25-04", Relation::SameSmallGroup),
            ("6-25-04-07", "6-25-01-01", Relation::SameMiddleGroup),
            ("6-25-04-07", "6-25", Relation::SameMiddleGroup),
            ("6-25-04-07", "6-26-01-00", Relation::None),
            ("6-25-04-07", "6", Relation::None),
            ("6", "6", Relation::Same),
            ("6", "4", Relation::None),
        ] {
            assert_eq!(code(a).relation(code(b)), expected, "{a} {b}");
            assert_eq!(code(b).relation(code(a)), expected, "{b} {a}");
        }
    }

    proptest! {
        #[test]
        fn a_code_reads_back(text in "[1-8]-[0-9]{2}-[0-9]{2}-[0-9]{2}") {
            prop_assert_eq!(code(&text).to_string(), text);
        }

        #[test]
        fn a_code_is_in_each_of_its_groups(text in "[1-8]-[1-9]{2}-[1-9]{2}-[1-9]{2}") {
            for length in [1, 4, 7, 10] {
                prop_assert!(code(&text).in_group(code(&text[..length])));
                prop_assert_eq!(code(&text[..length]).in_group(code(&text)), length == 10);
            }
        }
    }
}
