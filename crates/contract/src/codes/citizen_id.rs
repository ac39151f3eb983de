//! Citizen ID numbers (公民身份号码), GB 11643-1999: six digits of the division
//! where the number was first given, eight of the birth date, three serial
//! digits, one check character.

use std::{fmt, sync::LazyLock};

use time::{Date, Month};
use zeroize::{Zeroize, Zeroizing};

use super::{
    division_tables::Divisions,
    text::{half_width, is_blank},
};
use crate::Code;

const LENGTH: usize = 18;
/// Division and birth date.
const START: usize = 14;
/// The form used until 1999: two digits of the year, no check character.
const OLD_LENGTH: usize = 15;
/// Serial numbers of the old form from which on people were born before 1900
/// (GB 11643-1989).
const OLD_CENTENARIANS: &[u8] = b"996";
const WEIGHTS: [u32; LENGTH - 1] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// The check character for each weighted sum modulo 11. Read from left to
/// right it is also the cycle in which a test ID's check character follows
/// the right one.
const CHECKS: [u8; 11] = *b"10X98765432";
/// First two digits of residents of Hong Kong, Macao and Taiwan, which hold
/// numbers of the same standard since 2018 and stand outside the national table.
const OUTSIDE_TABLE: [&str; 3] = ["81", "82", "83"];
/// Nobody who can work was born before.
const EARLIEST_BIRTH_YEAR: i32 = 1900;

/// Which check character is right: a cell takes real people or test people,
/// never both, so that no real person gets into a demo and no invented one
/// into a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdRule {
    /// As GB 11643 has it.
    Real,
    /// The one that follows it in the cycle 1→0→X→9→8→7→6→5→4→3→2→1.
    Test,
}

/// A citizen ID whose shape and check character were verified.
///
/// Neither `Display` nor `Debug` shows it, and its memory is wiped on drop.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CitizenId([u8; LENGTH]);

/// The fourteen digits with which an ID begins, where they can be right: the
/// division, and the date of birth. What is left of a damaged ID.
///
/// Neither `Display` nor `Debug` shows them, and their memory is wiped on drop.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdStart([u8; START]);

/// A citizen ID and what had to be done to read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The ID in its canonical form.
    pub id: CitizenId,
    /// Whether the text differed from it: spaces, full-width characters, a
    /// lower-case x, a leading apostrophe.
    pub normalised: bool,
}

/// Why a text is not a citizen ID. Carries nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum CitizenIdError {
    /// Not eighteen characters.
    #[error("a citizen ID has 18 characters")]
    Length,
    /// Something else than digits, with X as the last at most.
    #[error("a citizen ID has 17 digits and a digit or X")]
    Characters,
    /// No province has these first digits.
    #[error("the citizen ID names no province")]
    Region,
    /// No day of the calendar since 1900.
    #[error("the citizen ID holds no possible birth date")]
    BirthDate,
    /// The check character fits neither rule.
    #[error("the citizen ID's check character is wrong")]
    CheckCharacter,
    /// It may be a real person's, where only test IDs are taken.
    #[error("a real citizen ID where only test IDs are taken")]
    RealIdInTestMode,
    /// An invented one, where only real ones are taken.
    #[error("a test ID where only real citizen IDs are taken")]
    TestIdInRealMode,
}

impl CitizenIdError {
    /// The stable code that a user sees.
    pub fn code(self) -> Code {
        match self {
            Self::Length => Code::RowIdLength,
            Self::Characters => Code::RowIdCharacters,
            Self::Region => Code::RowIdRegion,
            Self::BirthDate => Code::RowIdBirth,
            Self::CheckCharacter => Code::RowIdCheck,
            Self::RealIdInTestMode => Code::RowIdReal,
            Self::TestIdInRealMode => Code::RowIdTest,
        }
    }
}

impl CitizenId {
    /// Reads an ID as a cell holds it.
    ///
    /// # Errors
    /// The first fault in the order length, characters, region, birth date,
    /// check character.
    pub fn parse(text: &str, rule: IdRule) -> Result<Self, CitizenIdError> {
        Self::read(text, rule).map(|reading| reading.id)
    }

    /// Like [`CitizenId::parse`], and says whether the text was normalised.
    ///
    /// # Errors
    /// As [`CitizenId::parse`].
    pub fn read(text: &str, rule: IdRule) -> Result<Reading, CitizenIdError> {
        let digits = canonical(text)?;
        if !digits[..LENGTH - 1].iter().all(u8::is_ascii_digit)
            || !(digits[LENGTH - 1].is_ascii_digit() || digits[LENGTH - 1] == b'X')
        {
            return Err(CitizenIdError::Characters);
        }
        if !known_province(&digits[..2]) {
            return Err(CitizenIdError::Region);
        }
        birth_date(&*digits).ok_or(CitizenIdError::BirthDate)?;
        check(&digits, rule)?;
        let normalised = text.as_bytes() != digits.as_slice();
        Ok(Reading { id: Self(*digits), normalised })
    }

    /// Reads an ID of the old form, fifteen digits, and gives it the form of
    /// today: the century and the check character, which by the test rule is a
    /// test ID's.
    ///
    /// # Errors
    /// As [`CitizenId::parse`]. An old ID has no check character, so it can't
    /// be told whether somebody exists who holds it.
    pub fn from_old(text: &str, rule: IdRule) -> Result<Self, CitizenIdError> {
        let old = text.as_bytes();
        if old.len() != OLD_LENGTH {
            return Err(CitizenIdError::Length);
        }
        if !old.iter().all(u8::is_ascii_digit) {
            return Err(CitizenIdError::Characters);
        }
        if &old[12..] >= OLD_CENTENARIANS {
            return Err(CitizenIdError::BirthDate);
        }
        let mut digits = Zeroizing::new([0; LENGTH]);
        digits[..6].copy_from_slice(&old[..6]);
        digits[6..8].copy_from_slice(b"19");
        digits[8..LENGTH - 1].copy_from_slice(&old[6..]);
        digits[LENGTH - 1] = check_character(&digits[..LENGTH - 1], rule);
        Self::parse(std::str::from_utf8(&*digits).unwrap_or_default(), rule)
    }

    /// Makes a test ID: `region` six digits, `serial` 0 to 999.
    ///
    /// # Errors
    /// As [`CitizenId::parse`], for a region, year or serial that doesn't fit.
    pub fn test_id(region: &str, birth: Date, serial: u16) -> Result<Self, CitizenIdError> {
        let (year, month, day) = birth.to_calendar_date();
        let mut text = format!("{region}{year:04}{:02}{day:02}{serial:03}", u8::from(month));
        if text.len() != LENGTH - 1 {
            return Err(CitizenIdError::Length);
        }
        if !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(CitizenIdError::Characters);
        }
        text.push(char::from(check_character(text.as_bytes(), IdRule::Test)));
        Self::parse(&text, IdRule::Test)
    }

    /// The number itself. Whoever calls this takes care of where it goes.
    pub fn expose(&self) -> &str {
        // Why: the bytes are ASCII by construction, so the default is never taken.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The birth date that the number holds.
    pub fn birth_date(&self) -> Date {
        // Why: verified when the number was read, so the minimum is never taken.
        birth_date(&self.0).unwrap_or(Date::MIN)
    }

    /// Whether it was given to a man: the last serial digit is odd.
    pub fn is_male(&self) -> bool {
        self.0[LENGTH - 2] % 2 == 1
    }

    /// The division and birth date with which it begins.
    pub fn start(&self) -> IdStart {
        let mut start = [0; START];
        start.copy_from_slice(&self.0[..START]);
        IdStart(start)
    }
}

impl IdStart {
    /// The first fourteen characters of `text`, if they are digits that name
    /// a province and a day on which somebody can be born.
    pub fn read(text: &str) -> Option<Self> {
        let start: [u8; START] = text.as_bytes().get(..START)?.try_into().ok()?;
        let is_right = start.iter().all(u8::is_ascii_digit)
            && known_province(&start[..2])
            && birth_date(&start).is_some();
        is_right.then_some(Self(start))
    }

    /// The digits. Whoever calls this takes care of where they go.
    pub fn expose(&self) -> &str {
        // Why: ASCII digits by construction.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The birth date in them.
    pub fn birth_date(&self) -> Date {
        // Why: verified when they were read.
        birth_date(&self.0).unwrap_or(Date::MIN)
    }
}

impl fmt::Debug for IdStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdStart(…)")
    }
}

impl Drop for IdStart {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for CitizenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CitizenId(…)")
    }
}

impl Drop for CitizenId {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// The eighteen characters meant by the text.
fn canonical(text: &str) -> Result<Zeroizing<[u8; LENGTH]>, CitizenIdError> {
    // Why: most are as they should be, and are copied as they are.
    if let Ok(digits) = <[u8; LENGTH]>::try_from(text.as_bytes())
        && digits.iter().all(|byte| byte.is_ascii_digit() || *byte == b'X')
    {
        return Ok(Zeroizing::new(digits));
    }
    let text = text.trim_matches(is_blank);
    let text = text.strip_prefix(['\'', '’', '‘', '＇', '`']).unwrap_or(text);
    let mut digits = Zeroizing::new([0; LENGTH]);
    let mut length = 0;
    let mut foreign = false;
    for c in text.chars().filter(|&c| !is_blank(c)).map(half_width) {
        let byte = u8::try_from(c).unwrap_or(b'?').to_ascii_uppercase();
        foreign |= !(byte.is_ascii_digit() || byte == b'X');
        if let Some(slot) = digits.get_mut(length) {
            *slot = byte;
        }
        length += 1;
    }
    match (length, foreign) {
        (LENGTH, false) => Ok(digits),
        (LENGTH, true) => Err(CitizenIdError::Characters),
        _ => Err(CitizenIdError::Length),
    }
}

/// The first two digits that some province has.
static PROVINCES: LazyLock<[bool; 100]> = LazyLock::new(|| {
    std::array::from_fn(|number| {
        let prefix = format!("{number:02}");
        OUTSIDE_TABLE.contains(&prefix.as_str())
            || prefix.parse().is_ok_and(|code| Divisions::table().get(code).is_some())
    })
});

fn known_province(prefix: &[u8]) -> bool {
    match prefix {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => {
            PROVINCES[usize::from(tens - b'0') * 10 + usize::from(ones - b'0')]
        }
        _ => false,
    }
}

/// The date in the seventh to fourteenth of at least fourteen digits.
fn birth_date(digits: &[u8]) -> Option<Date> {
    let number = |from: usize, to: usize| {
        digits[from..to].iter().fold(0_u16, |sum, d| sum * 10 + u16::from(d - b'0'))
    };
    let month = Month::try_from(u8::try_from(number(10, 12)).ok()?).ok()?;
    let day = u8::try_from(number(12, 14)).ok()?;
    Date::from_calendar_date(i32::from(number(6, 10)), month, day)
        .ok()
        .filter(|date| date.year() >= EARLIEST_BIRTH_YEAR)
}

/// The check character of seventeen digits.
fn check_character(digits: &[u8], rule: IdRule) -> u8 {
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(d, weight)| u32::from(d - b'0') * weight).sum();
    let step = match rule {
        IdRule::Real => 0,
        IdRule::Test => 1,
    };
    CHECKS[(sum as usize + step) % CHECKS.len()]
}

fn check(digits: &[u8; LENGTH], rule: IdRule) -> Result<(), CitizenIdError> {
    let (body, last) = (&digits[..LENGTH - 1], digits[LENGTH - 1]);
    let fits = |rule| check_character(body, rule) == last;
    match rule {
        rule if fits(rule) => Ok(()),
        IdRule::Real if fits(IdRule::Test) => Err(CitizenIdError::TestIdInRealMode),
        IdRule::Test if fits(IdRule::Real) => Err(CitizenIdError::RealIdInTestMode),
        _ => Err(CitizenIdError::CheckCharacter),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::date;

    use super::*;

    /// The standard's own example, of nobody.
    const EXAMPLE: &str = "11010519491231002X";

    #[track_caller]
    fn check(text: &str, rule: IdRule, expected: Result<(), CitizenIdError>) {
        assert_eq!(CitizenId::parse(text, rule).map(|_| ()), expected);
    }

    fn test_id() -> impl Strategy<Value = CitizenId> {
        (0..11_usize, 0..45_000_i32, 0..1000_u16).prop_map(|(county, days, serial)| {
            let prefecture = "431000".parse().unwrap();
            let counties: Vec<_> = Divisions::table().counties_of(prefecture).collect();
            let birth = date!(1900 - 01 - 01) + time::Duration::days(days.into());
            CitizenId::test_id(&counties[county].code.to_string(), birth, serial).unwrap()
        })
    }

    #[test]
    fn the_standards_example_is_real() {
        check(EXAMPLE, IdRule::Real, Ok(()));
        check(EXAMPLE, IdRule::Test, Err(CitizenIdError::RealIdInTestMode));
        let id = CitizenId::parse(EXAMPLE, IdRule::Real).unwrap();
        assert_eq!(id.birth_date(), date!(1949 - 12 - 31));
        assert_eq!(id.expose(), EXAMPLE);
    }

    #[test]
    fn the_test_character_follows_in_the_cycle() {
        check("110105194912310029", IdRule::Test, Ok(()));
        check("110105194912310029", IdRule::Real, Err(CitizenIdError::TestIdInRealMode));
    }

    #[test]
    fn what_a_cell_does_to_an_id_is_undone_and_reported() {
        let plain = CitizenId::read(EXAMPLE, IdRule::Real).unwrap();
        assert!(!plain.normalised);
        for text in [
            " 110105 19491231 002X ",
            "１１０１０５１９４９１２３１００２Ｘ",
            "11010519491231002x",
            "'11010519491231002X",
            "’ 110105　19491231002ｘ\u{feff}",
        ] {
            let reading = CitizenId::read(text, IdRule::Real).unwrap();
            assert_eq!((reading.id, reading.normalised), (plain.id.clone(), true));
        }
    }

    #[test]
    fn each_fault_has_its_kind() {
        use CitizenIdError::{BirthDate, Characters, CheckCharacter, Length, Region};
        for (text, kind) in [
            ("", Length),
            ("110105491231002", Length),
            ("11010519491231002X0", Length),
            ("汉", Length),
            ("11010519491231002Y", Characters),
            ("1101051949123100XX", Characters),
            ("11010519491231汉02X", Characters),
            ("000000000000000000", Region),
            ("000000194912310000", Region),
            ("990105194912310024", Region),
            ("110105194902310024", BirthDate),
            ("110105194913010024", BirthDate),
            ("110105194900000024", BirthDate),
            ("110105190002290024", BirthDate),
            ("110105189912310024", BirthDate),
            ("110105194912310024", CheckCharacter),
        ] {
            check(text, IdRule::Real, Err(kind));
            check(text, IdRule::Test, Err(kind));
        }
    }

    #[test]
    fn an_old_id_gets_century_and_check_character() {
        let id = CitizenId::from_old("110105491231002", IdRule::Real).unwrap();
        assert_eq!(id.expose(), EXAMPLE);
        let id = CitizenId::from_old("110105491231002", IdRule::Test).unwrap();
        assert_eq!(id.expose(), "110105194912310029");
        use CitizenIdError::{BirthDate, Characters, Length, Region};
        for (text, kind) in [
            ("", Length),
            ("11010549123100", Length),
            ("11010549123100X", Characters),
            ("990105491231002", Region),
            ("110105490231002", BirthDate),
            ("110105491231996", BirthDate),
        ] {
            assert_eq!(CitizenId::from_old(text, IdRule::Test), Err(kind), "{text}");
        }
    }

    #[test]
    fn the_start_of_a_damaged_id_is_read_where_it_can_be_right() {
        let id = CitizenId::parse(EXAMPLE, IdRule::Real).unwrap();
        for text in ["11010519491231", "110105194912310000", "11010519491231汉"] {
            let start = IdStart::read(text).unwrap();
            assert_eq!((&start, start.birth_date()), (&id.start(), date!(1949 - 12 - 31)));
        }
        for text in ["", "1101051949123", "11010519490231", "00000019491231", "1101051949123汉"] {
            assert_eq!(IdStart::read(text), None, "{text}");
        }
        assert_eq!(format!("{:?}", id.start()), "IdStart(…)");
        assert!(!id.is_male() && id.start().expose() == "11010519491231");
    }

    #[test]
    fn faults_have_different_codes() {
        use CitizenIdError::*;
        let all = [
            Length,
            Characters,
            Region,
            BirthDate,
            CheckCharacter,
            RealIdInTestMode,
            TestIdInRealMode,
        ];
        let codes: std::collections::HashSet<_> = all.iter().map(|e| e.code().as_str()).collect();
        assert_eq!(codes.len(), all.len());
    }

    #[test]
    fn debug_shows_nothing() {
        let reading = CitizenId::read(EXAMPLE, IdRule::Real).unwrap();
        assert_eq!(format!("{:?}", reading.id), "CitizenId(…)");
        assert!(!format!("{reading:?}").contains("1949"));
    }

    #[test]
    fn a_test_id_is_made_only_from_parts_that_fit() {
        let birth = date!(1990 - 02 - 28);
        assert_eq!(CitizenId::test_id("431021", birth, 7).unwrap().birth_date(), birth);
        assert_eq!(CitizenId::test_id("431021", birth, 1000), Err(CitizenIdError::Length));
        assert_eq!(CitizenId::test_id("43102", birth, 1), Err(CitizenIdError::Length));
        assert_eq!(CitizenId::test_id("43102a", birth, 1), Err(CitizenIdError::Characters));
        assert_eq!(CitizenId::test_id("993102", birth, 1), Err(CitizenIdError::Region));
    }

    proptest! {
        #[test]
        fn a_made_id_reads_as_itself_and_never_as_real(id in test_id()) {
            prop_assert_eq!(CitizenId::parse(id.expose(), IdRule::Test), Ok(id.clone()));
            prop_assert_eq!(
                CitizenId::parse(id.expose(), IdRule::Real),
                Err(CitizenIdError::TestIdInRealMode)
            );
        }

        #[test]
        fn a_real_id_is_never_a_test_id(id in test_id()) {
            let mut digits = id.0;
            digits[17] = check_character(&digits[..17], IdRule::Real);
            let real = String::from_utf8(digits.to_vec()).unwrap();
            prop_assert!(CitizenId::parse(&real, IdRule::Real).is_ok());
            prop_assert_eq!(
                CitizenId::parse(&real, IdRule::Test),
                Err(CitizenIdError::RealIdInTestMode)
            );
        }

        #[test]
        fn a_changed_digit_is_caught(id in test_id(), at in 0..17_usize, by in 1..10_u8) {
            let mut digits = id.0;
            digits[at] = b'0' + (digits[at] - b'0' + by) % 10;
            let changed = String::from_utf8(digits.to_vec()).unwrap();
            prop_assert!(CitizenId::parse(&changed, IdRule::Test).is_err());
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,24}") {
            let read = CitizenId::parse(&text, IdRule::Test);
            prop_assert!(read.is_err() || text.chars().count() >= LENGTH);
        }
    }
}
