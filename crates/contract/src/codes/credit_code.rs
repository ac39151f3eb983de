//! Unified social credit codes (统一社会信用代码), GB 32100-2015: two characters
//! for who registered it and what it is, six digits of the registering
//! division, nine characters of the organisation, one check character.

use std::{fmt, str::FromStr};

use super::text::{half_width, is_blank};

const LENGTH: usize = 18;
/// Digits and letters without I, O, S, V and Z.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// A credit code whose check character was verified.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CreditCode([u8; LENGTH]);

/// Why a text is not a credit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum CreditCodeError {
    /// Not eighteen characters (seventeen to make one from).
    #[error("a credit code has 18 characters")]
    Length,
    /// A character outside the alphabet, or a letter in the division.
    #[error("a credit code has digits and letters without I, O, S, V, Z; digits only at 3 to 8")]
    Characters,
    /// The last character doesn't follow from the others.
    #[error("the credit code's check character is wrong")]
    CheckCharacter,
}

impl CreditCodeError {
    /// The stable code of the fault.
    pub fn code(self) -> &'static str {
        match self {
            Self::Length => "credit_code.length",
            Self::Characters => "credit_code.characters",
            Self::CheckCharacter => "credit_code.check",
        }
    }
}

impl CreditCode {
    /// Reads a code as people type it: spaces, lower case and full-width
    /// characters are taken.
    ///
    /// # Errors
    /// The first fault in the order length, characters, check character.
    pub fn parse(text: &str) -> Result<Self, CreditCodeError> {
        let code = canonical::<LENGTH>(text)?;
        if check_character(&code[..LENGTH - 1])? == code[LENGTH - 1] {
            Ok(Self(code))
        } else {
            value(code[LENGTH - 1])?;
            Err(CreditCodeError::CheckCharacter)
        }
    }

    /// Completes seventeen characters with their check character.
    ///
    /// # Errors
    /// For another length or characters outside the alphabet.
    pub fn make(prefix17: &str) -> Result<Self, CreditCodeError> {
        let prefix = canonical::<{ LENGTH - 1 }>(prefix17)?;
        let mut code = [check_character(&prefix)?; LENGTH];
        code[..LENGTH - 1].copy_from_slice(&prefix);
        Ok(Self(code))
    }

    /// The eighteen characters.
    pub fn as_str(&self) -> &str {
        // Why: the bytes are ASCII by construction, so the default is never taken.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for CreditCode {
    type Err = CreditCodeError;

    fn from_str(text: &str) -> Result<Self, CreditCodeError> {
        Self::parse(text)
    }
}

impl fmt::Display for CreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for CreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn canonical<const N: usize>(text: &str) -> Result<[u8; N], CreditCodeError> {
    let mut code = [0; N];
    let mut length = 0;
    for c in text.chars().filter(|&c| !is_blank(c)).map(half_width) {
        if let Some(slot) = code.get_mut(length) {
            *slot = u8::try_from(c).unwrap_or(b'?').to_ascii_uppercase();
        }
        length += 1;
    }
    if length == N { Ok(code) } else { Err(CreditCodeError::Length) }
}

fn value(character: u8) -> Result<usize, CreditCodeError> {
    ALPHABET.iter().position(|&a| a == character).ok_or(CreditCodeError::Characters)
}

/// Weights are the powers of 3 modulo 31.
fn check_character(prefix: &[u8]) -> Result<u8, CreditCodeError> {
    if !prefix[2..8].iter().all(u8::is_ascii_digit) {
        return Err(CreditCodeError::Characters);
    }
    let mut weight = 1;
    let mut sum = 0;
    for &character in prefix {
        sum += value(character)? * weight;
        weight = weight * 3 % 31;
    }
    Ok(ALPHABET[(31 - sum % 31) % 31])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EXAMPLE: &str = "91350100M000100Y43";

    #[test]
    fn the_standards_example_passes_in_every_spelling() {
        let code = CreditCode::parse(EXAMPLE).unwrap();
        assert_eq!(code.as_str(), EXAMPLE);
        for text in
            ["91350100m000100y43", " 9135 0100 M000100Y43 ", "９１３５０１００Ｍ０００１００Ｙ４３"]
        {
            assert_eq!(CreditCode::parse(text), Ok(code));
        }
    }

    #[test]
    fn each_fault_has_its_kind() {
        for (text, kind) in [
            ("", CreditCodeError::Length),
            ("91350100M000100Y4", CreditCodeError::Length),
            ("91350100M000100Y433", CreditCodeError::Length),
            ("91350100I000100Y43", CreditCodeError::Characters),
            ("91350100M000100Y4Z", CreditCodeError::Characters),
            ("913501A0M000100Y43", CreditCodeError::Characters),
            ("91350100汉000100Y43", CreditCodeError::Characters),
            ("91350100M000100Y44", CreditCodeError::CheckCharacter),
        ] {
            assert_eq!(CreditCode::parse(text), Err(kind), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_made_code_reads_as_itself(prefix in "9[1-3][0-9]{6}[0-9A-HJ-NPQRTUWXY]{9}") {
            let code = CreditCode::make(&prefix).unwrap();
            prop_assert!(code.as_str().starts_with(&prefix));
            prop_assert_eq!(CreditCode::parse(code.as_str()), Ok(code));
        }

        #[test]
        fn a_changed_character_is_caught(
            prefix in "9[1-3][0-9]{6}[0-9A-HJ-NPQRTUWXY]{9}", at in 0..18_usize, by in 1..31_usize,
        ) {
            let mut code = CreditCode::make(&prefix).unwrap().0;
            code[at] = ALPHABET[(value(code[at]).unwrap() + by) % 31];
            let changed = String::from_utf8(code.to_vec()).unwrap();
            prop_assert!(CreditCode::parse(&changed).is_err());
        }
    }
}
