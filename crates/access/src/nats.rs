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
use gongqiao_domain::{City, entity::Party, feed::Sight};
use gongqiao_stream::broker::claims::Rights;
use time::OffsetDateTime;

/// The accounts that parties of one kind share.
const ENTERPRISES: &str = "enterprises";
const POINTS: &str = "points";

/// A service of the broker itself that a partner city needs for its feeds.
#[derive(Debug, Clone, Copy)]
pub struct FeedService {
    /// Its subject, with `*` for the stream.
    pub subject: &'static str,
    /// What our own account has in its place, with `$1` for the stream.
    pub mapped_to: Option<&'static str>,
    /// One request has many answers.
    pub streams: bool,
}

/// What a durable consumer of a feed is read with: asked for messages and for
/// itself, and told that a message is taken. Of these subjects alone, and never
/// of more of the broker's own.
///
/// Why by the name of a domain (`gq`), which every client can be given: under
/// the plain names the broker answers for the city's own account as well, that
/// it has no streams, and whichever answer is faster counts.
pub const FEEDS: [FeedService; 3] = [
    FeedService {
        subject: "$JS.gq.API.CONSUMER.MSG.NEXT.*.feed",
        mapped_to: Some("$JS.API.CONSUMER.MSG.NEXT.$1.feed"),
        streams: true,
    },
    FeedService {
        subject: "$JS.gq.API.CONSUMER.INFO.*.feed",
        mapped_to: Some("$JS.API.CONSUMER.INFO.$1.feed"),
        streams: false,
    },
    FeedService { subject: "$JS.ACK.*.feed.>", mapped_to: None, streams: false },
];

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
        Kind::City => {
            let mut all = vec!["out.>".to_owned(), own];
            all.extend(FEEDS.iter().map(|one| one.subject.to_owned()));
            all
        }
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
        return BTreeMap::from([("signals", None), ("dispatches", None), ("subscriptions", None)]);
    }
    // Why without an end: what a subscription may tell its agreement says.
    let mut classes: BTreeMap<&str, Option<OffsetDateTime>> =
        BTreeMap::from([("subscriptions", None)]);
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

/// The streams of a city's feeds, each with the moment at which it ends, if it
/// is open, and otherwise with none.
pub fn feeds<'a>(
    city: &'a City,
    party: &'a Party,
    now: OffsetDateTime,
) -> impl Iterator<Item = (String, Option<OffsetDateTime>)> + 'a {
    let all = party.subscriptions.values().filter(|_| party.has_feed_streams());
    all.map(move |one| {
        let agreement = one.agreement.as_ref().and_then(|id| city.agreement(id));
        let open = Sight::of(city, one, now).is_ok();
        (subject::feed_stream(&one.id), agreement.filter(|_| open).map(|agreement| agreement.until))
    })
}

/// The subject of one kind of what a party says, and its name in the account
/// of a city.
pub fn subjects(party: &PartyId, class: &str) -> (String, String) {
    (subject::intake(party, class), format!("out.{class}.>"))
}
