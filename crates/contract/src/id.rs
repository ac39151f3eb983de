//! Identifiers, parsed once at the edge. Each is a subject token.

use std::{borrow::Borrow, fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};
use utoipa::openapi::{Object, RefOr, Schema, Type};
use uuid::Uuid;

/// A string is not a token: one to 64 of `A-Z a-z 0-9 _ -`. Says what was
/// expected instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {0}")]
pub struct NotAToken(&'static str);

/// Any token at all.
const TOKEN: &str = "1 to 64 of A-Z a-z 0-9 _ -";

/// Checks that `text` may stand as one token of a subject. What is allowed
/// is narrower than what NATS allows: no dot, wildcard, space or control
/// character can get into a subject through it.
pub fn check_token(text: &str) -> Result<(), NotAToken> {
    let fits = (1..=64).contains(&text.len());
    let clean = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if fits && clean { Ok(()) } else { Err(NotAToken(TOKEN)) }
}

macro_rules! token_id {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $example:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The token as it stands in subjects and JSON.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl FromStr for $name {
            type Err = NotAToken;
            fn from_str(text: &str) -> Result<Self, NotAToken> {
                check_token(text).map_err(|_| NotAToken($expected))?;
                Ok(Self(text.into()))
            }
        }
        impl TryFrom<String> for $name {
            type Error = NotAToken;
            fn try_from(text: String) -> Result<Self, NotAToken> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.as_ref().to_owned()
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
        token_schema!($name, "^[A-Za-z0-9_-]{1,64}$", $expected, $example);
    };
}

/// The schema of an id.
macro_rules! token_schema {
    ($name:ident, $pattern:literal, $described:expr, $example:literal) => {
        impl utoipa::PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let text = Object::builder().schema_type(Type::String);
                text.pattern(Some($pattern))
                    .description(Some($described))
                    .examples([$example])
                    .into()
            }
        }
        impl utoipa::ToSchema for $name {}
    };
}

token_id!(
    /// A body that takes part; its public code (division, GB 32100), or the
    /// name of one of our services.
    PartyId,
    "a party's code: 12 digits of a service point, 6 of a city, 18 characters of an enterprise (单位代码)",
    "431021001001"
);
token_id!(
    /// A worker card: random, so that it tells nothing of the person.
    CardId,
    "a card's id, as card_… (人员卡编号)",
    "card_0f8fad5bd9cb469fa16570867728950e"
);
token_id!(
    /// A demand for people.
    VacancyId,
    "a vacancy's id, as vac_… (需求编号)",
    "vac_019ab2f0c3d47e51a6f2c8b09d1e4f73"
);
token_id!(
    /// What permits the rest.
    AgreementId,
    "an agreement's id, as agr_… (协议编号)",
    "agr_019ab2f0c3d47e51a6f2c8b09d1e4f73"
);
token_id!(
    /// What a party has itself told of.
    SubscriptionId,
    "a subscription's id, as sub_… (订阅编号)",
    "sub_019ab2f0c3d47e51a6f2c8b09d1e4f73"
);
token_id!(
    /// Where a feed is sent to.
    WebhookId,
    "a webhook's id, as wh_… (回调编号)",
    "wh_019ab2f0c3d47e51a6f2c8b09d1e4f73"
);
token_id!(
    /// One replay.
    ReplayId,
    "a replay's id, as rpl_… (重放编号)",
    "rpl_019ab2f0c3d47e51a6f2c8b09d1e4f73"
);
token_id!(
    /// One group on the way.
    DispatchId,
    "a dispatch's id, as dsp_… (派遣编号)",
    "dsp_019ab2f0c3d47e51a6f2c8b09d1e4f73"
);
token_id!(
    /// Something to be followed up, asked or settled about one person.
    CaseId,
    "a case's id, as case_… or visit_… (事项编号)",
    "case_019ab2f0c3d47e51a6f2c8b09d1e4f73"
);
token_id!(
    /// A message that could not be processed.
    ParkedId,
    "a parked message's id, as prk_… (搁置消息编号)",
    "prk_019ab2f0c3d47e51a6f2c8b09d1e4f73"
);
token_id!(
    /// The public half of an API key.
    KeyId,
    "a key's id: what stands between the first two underscores (密钥编号)",
    "5a083b6669db"
);
token_id!(
    /// Hash of a party and its Idempotency-Key.
    CommandId,
    "1 to 64 of A-Z a-z 0-9 _ -",
    "a1b2c3"
);

impl PartyId {
    /// Our own bureau in every cell.
    pub const OPERATOR: &'static str = "operator";
}

impl CardId {
    /// Makes an id out of 16 random bytes.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
        Self(format!("card_{}", id.simple()).into())
    }
}

macro_rules! timed_id {
    ($name:ident, $prefix:literal) => {
        impl $name {
            /// Makes an id out of a UUIDv7.
            pub fn from_uuid(id: Uuid) -> Self {
                Self(format!(concat!($prefix, "_{}"), id.simple()).into())
            }
        }
    };
}
timed_id!(VacancyId, "vac");
timed_id!(AgreementId, "agr");
timed_id!(SubscriptionId, "sub");
timed_id!(WebhookId, "wh");
timed_id!(ReplayId, "rpl");
timed_id!(DispatchId, "dsp");
timed_id!(CaseId, "case");
timed_id!(ParkedId, "prk");

impl CaseId {
    /// The one visit of that day after that onboarding: whoever asks for it,
    /// and however often, it is the same case.
    pub fn follow_up(onboarding: u64, day: u32) -> Self {
        Self(format!("visit_{onboarding}_{day}").into())
    }
}

/// Why: most who get it wrong leave out the point's code.
const SIGNAL: NotAToken = NotAToken(
    "a signal's id: the point's code, a dash, the vacancy's id, as 431021102205-vac_… (任务编号)",
);

/// What one service point is asked for one vacancy. Written as
/// `<point>-<vacancy>`, which reads back without doubt since a point's id
/// holds no dash.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SignalId {
    /// The service point.
    pub point: PartyId,
    /// The vacancy.
    pub vacancy: VacancyId,
}

token_schema!(
    SignalId,
    "^[A-Za-z0-9_]{1,64}-[A-Za-z0-9_-]{1,64}$",
    SIGNAL.0,
    "431021001001-vac_019ab2f0c3d47e51a6f2c8b09d1e4f73"
);

impl FromStr for SignalId {
    type Err = NotAToken;
    fn from_str(text: &str) -> Result<Self, NotAToken> {
        let (point, vacancy) = text.split_once('-').ok_or(SIGNAL)?;
        let parts = (point.parse(), vacancy.parse());
        let (Ok(point), Ok(vacancy)) = parts else { return Err(SIGNAL) };
        Ok(Self { point, vacancy })
    }
}
impl TryFrom<String> for SignalId {
    type Error = NotAToken;
    fn try_from(text: String) -> Result<Self, NotAToken> {
        text.parse()
    }
}
impl From<SignalId> for String {
    fn from(id: SignalId) -> String {
        id.to_string()
    }
}
impl fmt::Display for SignalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.point, self.vacancy)
    }
}
impl fmt::Debug for SignalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_token_refuses_whatever_could_break_a_subject() {
        for bad in ["", ".", "a.b", "*", ">", "a b", "a\r\nb", "a\0", "名", &"x".repeat(65)] {
            assert!(bad.parse::<PartyId>().is_err(), "{bad:?} was taken");
        }
        assert!("x".repeat(64).parse::<PartyId>().is_ok());
    }

    proptest! {
        #[test]
        fn a_token_is_taken_exactly_when_its_alphabet_and_length_fit(text in "\\PC{0,70}") {
            let fits = !text.is_empty() && text.len() <= 64
                && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
            prop_assert_eq!(text.parse::<VacancyId>().is_ok(), fits);
        }

        #[test]
        fn a_signal_id_reads_back(point in "[0-9]{12}", vacancy in "[a-z0-9_-]{1,50}") {
            let id = SignalId { point: point.parse().unwrap(), vacancy: vacancy.parse().unwrap() };
            prop_assert_eq!(id.to_string().parse::<SignalId>().unwrap(), id);
        }
    }
}
