//! Division codes: GB/T 2260 (six digits: province, prefecture, county, two
//! each) and the statistical codes below them (twelve digits: three more for
//! the township, three for the village).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

const VILLAGE: u64 = 1;
const TOWNSHIP: u64 = 1_000;
const COUNTY: u64 = 1_000_000;
const PREFECTURE: u64 = 100_000_000;
const PROVINCE: u64 = 10_000_000_000;
/// The prefecture digits of counties that stand directly under a province
/// (省直辖县级行政区划): neighbours in the code, not on the map.
const DIRECTLY_ADMINISTERED: u64 = 90;

/// A division of any level, as one number: its digits, filled up to twelve.
/// Says nothing of whether the division exists; [`super::Divisions`] does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DivisionCode(u64);

/// How far down a code goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DivisionLevel {
    /// 省级, two digits.
    Province,
    /// 地级, four digits.
    Prefecture,
    /// 县级, six digits.
    County,
    /// 乡级, nine digits.
    Township,
    /// 村级, twelve digits.
    Village,
}

/// How near two divisions are in the tree: the lowest division that both are
/// in, as far as their codes tell. Greater is nearer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Closeness {
    /// Different provinces.
    Elsewhere,
    /// The same province. Also counties that a province administers directly.
    SameProvince,
    /// The same prefecture city.
    SamePrefecture,
    /// The same county.
    SameCounty,
    /// The same township.
    SameTownship,
    /// The same village.
    SameVillage,
}

/// A text is not a division code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum DivisionError {
    /// Not two, six or twelve digits.
    #[error("a division code has 2, 6 or 12 digits")]
    Shape,
    /// A lower part without the one above it, or no province.
    #[error("a division code can't have a part without the one above it")]
    Gap,
}

impl DivisionError {
    /// The stable code of the fault.
    pub fn code(self) -> &'static str {
        match self {
            Self::Shape => "division.shape",
            Self::Gap => "division.gap",
        }
    }
}

impl DivisionCode {
    /// The level, by the digits. Prefectures without counties (东莞) have
    /// townships directly below.
    pub fn level(self) -> DivisionLevel {
        match self.0 {
            code if code % TOWNSHIP != 0 => DivisionLevel::Village,
            code if code % COUNTY != 0 => DivisionLevel::Township,
            code if code % PREFECTURE != 0 => DivisionLevel::County,
            code if code % PROVINCE != 0 => DivisionLevel::Prefecture,
            _ => DivisionLevel::Province,
        }
    }

    /// The division directly above; nothing for a province.
    pub fn parent(self) -> Option<Self> {
        match self.level() {
            DivisionLevel::Village => Some(self.cut(TOWNSHIP)),
            DivisionLevel::Township => Some(self.cut(COUNTY)),
            DivisionLevel::County => Some(self.cut(PREFECTURE)),
            DivisionLevel::Prefecture => Some(self.cut(PROVINCE)),
            DivisionLevel::Province => None,
        }
    }

    /// The province it is in, or is.
    pub fn province(self) -> Self {
        self.cut(PROVINCE)
    }

    /// The prefecture it is in, or is; nothing for a province.
    pub fn prefecture(self) -> Option<Self> {
        (self.level() >= DivisionLevel::Prefecture).then(|| self.cut(PREFECTURE))
    }

    /// The county it is in, or is; nothing above the counties, and for
    /// townships directly under a prefecture.
    pub fn county(self) -> Option<Self> {
        (self.level() >= DivisionLevel::County && self.cut(COUNTY) != self.cut(PREFECTURE))
            .then(|| self.cut(COUNTY))
    }

    /// The township it is in, or is; nothing above the townships.
    pub fn township(self) -> Option<Self> {
        (self.level() >= DivisionLevel::Township).then(|| self.cut(TOWNSHIP))
    }

    /// Whether `other` is this division or lies in it.
    pub fn contains(self, other: Self) -> bool {
        let span = self.span();
        self.0 / span == other.0 / span
    }

    /// How near two divisions are. Arithmetic alone: made for the loops over
    /// every card.
    pub fn closeness(self, other: Self) -> Closeness {
        let same = |unit: u64| self.0 / unit == other.0 / unit;
        let both = |unit| !self.0.is_multiple_of(unit) && !other.0.is_multiple_of(unit);
        if !same(PROVINCE) {
            Closeness::Elsewhere
        } else if !same(PREFECTURE) || !both(PROVINCE) {
            Closeness::SameProvince
        } else if !same(COUNTY) || !both(PREFECTURE) {
            if self.0 / PREFECTURE % 100 == DIRECTLY_ADMINISTERED {
                Closeness::SameProvince
            } else {
                Closeness::SamePrefecture
            }
        } else if !same(TOWNSHIP) || !both(COUNTY) {
            // Why: digits 00 for the county mean a township right under its prefecture.
            if (self.0 / COUNTY).is_multiple_of(100) {
                Closeness::SamePrefecture
            } else {
                Closeness::SameCounty
            }
        } else if !same(VILLAGE) || !both(TOWNSHIP) {
            Closeness::SameTownship
        } else {
            Closeness::SameVillage
        }
    }

    /// The codes from this one to the last one in it.
    pub(super) fn range(self) -> std::ops::RangeInclusive<Self> {
        self..=Self(self.0 + self.span() - 1)
    }

    fn span(self) -> u64 {
        match self.level() {
            DivisionLevel::Province => PROVINCE,
            DivisionLevel::Prefecture => PREFECTURE,
            DivisionLevel::County => COUNTY,
            DivisionLevel::Township => TOWNSHIP,
            DivisionLevel::Village => VILLAGE,
        }
    }

    fn cut(self, unit: u64) -> Self {
        Self(self.0 / unit * unit)
    }
}

impl FromStr for DivisionCode {
    type Err = DivisionError;

    fn from_str(text: &str) -> Result<Self, DivisionError> {
        if !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(DivisionError::Shape);
        }
        let unit = match text.len() {
            2 => PROVINCE,
            6 => COUNTY,
            12 => VILLAGE,
            _ => return Err(DivisionError::Shape),
        };
        let code = text.parse::<u64>().map_err(|_| DivisionError::Shape)? * unit;
        let part = |unit: u64, below: u64| code % below / unit;
        let (prefecture, county) = (part(PREFECTURE, PROVINCE), part(COUNTY, PREFECTURE));
        let (township, village) = (part(TOWNSHIP, COUNTY), part(VILLAGE, TOWNSHIP));
        let gap = code / PROVINCE == 0
            || (prefecture == 0 && (county != 0 || township != 0))
            || (township == 0 && village != 0);
        if gap { Err(DivisionError::Gap) } else { Ok(Self(code)) }
    }
}

impl TryFrom<String> for DivisionCode {
    type Error = DivisionError;

    fn try_from(text: String) -> Result<Self, DivisionError> {
        text.parse()
    }
}

impl From<DivisionCode> for String {
    fn from(code: DivisionCode) -> Self {
        code.to_string()
    }
}

impl fmt::Display for DivisionCode {
    /// Six digits down to the county, twelve below.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.level() <= DivisionLevel::County {
            write!(f, "{:06}", self.0 / COUNTY)
        } else {
            write!(f, "{:012}", self.0)
        }
    }
}

impl fmt::Debug for DivisionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(text: &str) -> DivisionCode {
        text.parse().unwrap()
    }

    #[test]
    fn a_code_has_one_canonical_form() {
        for (text, canonical, level) in [
            ("43", "430000", DivisionLevel::Province),
            ("430000", "430000", DivisionLevel::Province),
            ("431000", "431000", DivisionLevel::Prefecture),
            ("431021", "431021", DivisionLevel::County),
            ("431021000000", "431021", DivisionLevel::County),
            ("431021101000", "431021101000", DivisionLevel::Township),
            ("431021101200", "431021101200", DivisionLevel::Village),
            ("441900003000", "441900003000", DivisionLevel::Township),
        ] {
            assert_eq!((code(text).to_string().as_str(), code(text).level()), (canonical, level));
        }
    }

    #[test]
    fn what_is_not_a_code_is_refused() {
        for text in
            ["", "4", "431", "43102", "4310211", "4310210000000", "43102x", "４３", "-4", "+43102"]
        {
            assert_eq!(text.parse::<DivisionCode>(), Err(DivisionError::Shape), "{text}");
        }
        for text in ["00", "001000", "430021", "430000001000", "431021000001"] {
            assert_eq!(text.parse::<DivisionCode>(), Err(DivisionError::Gap), "{text}");
        }
    }

    #[test]
    fn parts_above_are_found() {
        let village = code("431021101200");
        assert_eq!(village.township(), Some(code("431021101000")));
        assert_eq!(village.county(), Some(code("431021")));
        assert_eq!(village.prefecture(), Some(code("431000")));
        assert_eq!(village.province(), code("43"));
        assert_eq!(code("431000").county(), None);
        assert_eq!(code("43").prefecture(), None);
        assert_eq!(code("441900003000").county(), None);
        assert_eq!(code("441900003000").parent(), Some(code("441900")));
    }

    #[test]
    fn closeness_is_the_lowest_division_shared() {
        for (a, b, expected) in [
            ("431021101200", "431021101200", Closeness::SameVillage),
            ("431021101200", "431021101201", Closeness::SameTownship),
            ("431021101200", "431021101000", Closeness::SameTownship),
            ("431021101200", "431021102200", Closeness::SameCounty),
            ("431021101200", "431021", Closeness::SameCounty),
            ("431021", "431021", Closeness::SameCounty),
            ("431021101200", "431025101200", Closeness::SamePrefecture),
            ("431021101200", "431000", Closeness::SamePrefecture),
            ("431021101200", "430102", Closeness::SameProvince),
            ("431021101200", "43", Closeness::SameProvince),
            ("43", "43", Closeness::SameProvince),
            ("431021101200", "320614", Closeness::Elsewhere),
            ("441900003000", "441900004000", Closeness::SamePrefecture),
            ("441900003000", "441900003000", Closeness::SameTownship),
            ("469001", "469002", Closeness::SameProvince),
            ("469001", "469001", Closeness::SameCounty),
        ] {
            assert_eq!(code(a).closeness(code(b)), expected, "{a} {b}");
            assert_eq!(code(b).closeness(code(a)), expected, "{b} {a}");
        }
    }

    fn any_code() -> impl Strategy<Value = DivisionCode> {
        "(43|32)(10(0[0-3]00[12]00[0-2]|0[0-3]|00)|06(00|14))".prop_filter_map(
            "not a code",
            |text| match text.len() {
                13 => text[..12].parse().ok(),
                _ => text.parse().ok(),
            },
        )
    }

    proptest! {
        #[test]
        fn a_code_reads_back(a in any_code()) {
            prop_assert_eq!(code(&a.to_string()), a);
        }

        #[test]
        fn contains_agrees_with_the_way_up(a in any_code(), b in any_code()) {
            let above = std::iter::successors(Some(b), |code| code.parent());
            prop_assert_eq!(a.contains(b), above.into_iter().any(|code| code == a));
        }

        #[test]
        fn what_is_nearer_shares_more(a in any_code(), b in any_code(), c in any_code()) {
            let weakest = a.closeness(b).min(b.closeness(c));
            prop_assert!(a.closeness(c) >= weakest);
        }
    }
}
