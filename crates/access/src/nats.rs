//! Who may say what over NATS: each partner city has an account of its own,
//! enterprises share one and service points another, in which each user has
//! rights of its own. What an account may say is what the agreements in force
//! open (the steward tells the broker); who says it the broker writes into the
//! subject.

use std::collections::BTreeMap;

use gongqiao_contract::{
    id::{KeyId, PartyId},
    subject,
    wire::{data_class::Value as Class, party_kind::Value as Kind},
};
use gongqiao_domain::{City, entity::Party};
use gongqiao_stream::broker::claims::Rights;
use time::OffsetDateTime;

/// The accounts that parties of one kind share.
const ENTERPRISES: &str = "enterprises";
const POINTS: &str = "points";

/// The account of a party; `None` for those who have none.
pub fn account_of(party: &Party) -> Option<String> {
    match party.kind() {
        Kind::City => Some(party.id.to_string()),
        Kind::Enterprise => Some(ENTERPRISES.to_owned()),
        Kind::ServicePoint => Some(POINTS.to_owned()),
        _ => None,
    }
}

/// The inbox under which a user is answered, and nobody else can listen.
pub fn inbox(key: &KeyId) -> String {
    format!("_INBOX_{key}")
}

/// What a party's user may do in its account. `out.` is a city's own name for
/// what is said here: the broker puts the city into it.
pub fn rights(party: &Party, key: &KeyId, until: Option<OffsetDateTime>) -> Rights {
    let own = format!("gq.v1.in.{}.>", party.id);
    let publish = match party.kind() {
        Kind::City => vec!["out.>".to_owned(), own],
        _ => vec![own],
    };
    Rights {
        publish,
        subscribe: vec![format!("{}.>", inbox(key))],
        until: until.map(OffsetDateTime::unix_timestamp),
    }
}

/// What a party may say now, each with the moment from which on it may not: by
/// the agreements in force; of a service point, while it takes part.
pub fn may_say(
    city: &City,
    party: &Party,
    now: OffsetDateTime,
) -> BTreeMap<&'static str, Option<OffsetDateTime>> {
    if party.revoked {
        return BTreeMap::new();
    }
    if party.kind() == Kind::ServicePoint {
        return BTreeMap::from([("signals", None), ("dispatches", None)]);
    }
    let mut classes: BTreeMap<&str, Option<OffsetDateTime>> = BTreeMap::new();
    for agreement in city.agreements_in_force(&party.id, now) {
        for (class, token) in [(Class::Vacancies, "vacancies"), (Class::Dispatches, "dispatches")] {
            if agreement.opens(class) {
                let until = classes.entry(token).or_default();
                *until = (*until).max(Some(agreement.until));
            }
        }
    }
    classes
}

/// The subject of one kind of what a party says, and its name in the account
/// of a city.
pub fn subjects(party: &PartyId, class: &str) -> (String, String) {
    (subject::intake(party, class), format!("out.{class}.>"))
}
