//! The grammar of subjects. An entity's subject contains only what never
//! changes about it, and every subject is built and read here.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    codes::DivisionCode,
    id::{
        AgreementId, CardId, CaseId, CommandId, DispatchId, ParkedId, PartyId, ReplayId, SignalId,
        SubscriptionId, VacancyId, check_token,
    },
};

/// The stream of facts.
pub const FACTS: &str = "FACTS";
/// The stream of cards, last value per card.
pub const REGISTER: &str = "REGISTER";
/// The stream of accesses and other acts to be answered for.
pub const AUDIT: &str = "AUDIT";
/// The stream of what could not be processed, until somebody mends it.
pub const PARKED: &str = "PARKED";

/// Subjects that FACTS takes.
pub const FACTS_SUBJECTS: [&str; 8] = [
    "gq.v1.party.>",
    "gq.v1.agreement.>",
    "gq.v1.vacancy.>",
    "gq.v1.signal.>",
    "gq.v1.placement.>",
    "gq.v1.dispatch.>",
    "gq.v1.case.>",
    "gq.v1.receipt.>",
];
/// Subjects that REGISTER takes.
pub const REGISTER_SUBJECTS: [&str; 1] = ["gq.v1.card.>"];
/// Subjects that AUDIT takes.
pub const AUDIT_SUBJECTS: [&str; 1] = ["gq.v1.audit.>"];
/// Subjects that PARKED takes.
pub const PARKED_SUBJECTS: [&str; 1] = ["gq.v1.parked.>"];

/// The city that owns what stands under its subjects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cell {
    city: DivisionCode,
}

impl Cell {
    /// The cell of a prefecture or county, by its six-digit code.
    pub fn new(city: DivisionCode) -> Self {
        Self { city }
    }

    /// Its division.
    pub fn city(&self) -> DivisionCode {
        self.city
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let city = self.city.to_string();
        write!(f, "{}.{city}", &city[..2])
    }
}

/// Whatever has a subject of its own in FACTS or REGISTER.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Entity {
    /// A body that takes part.
    Party(PartyId),
    /// What permits the rest.
    Agreement(AgreementId),
    /// A demand, under its enterprise.
    Vacancy {
        /// Whose it is.
        enterprise: PartyId,
        /// Its id.
        vacancy: VacancyId,
    },
    /// What one point is asked for one vacancy.
    Signal(SignalId),
    /// One person's way through posts.
    Placement(CardId),
    /// One group, under the division it travels to.
    Dispatch {
        /// Six-digit division of the destination.
        to: DivisionCode,
        /// Its id.
        dispatch: DispatchId,
    },
    /// What must be followed up, asked or settled about one person.
    Case(CaseId),
    /// The answer to one command.
    Receipt {
        /// Who asked.
        party: PartyId,
        /// Hash of the Idempotency-Key.
        command: CommandId,
    },
    /// One person's card, in REGISTER.
    Card(CardId),
}

impl Entity {
    /// The subject under which `cell` keeps it.
    pub fn subject(&self, cell: &Cell) -> String {
        match self {
            Self::Party(id) => format!("gq.v1.party.{cell}.{id}"),
            Self::Agreement(id) => format!("gq.v1.agreement.{cell}.{id}"),
            Self::Vacancy { enterprise, vacancy } => {
                format!("gq.v1.vacancy.{cell}.{enterprise}.{vacancy}")
            }
            Self::Signal(id) => format!("gq.v1.signal.{cell}.{}.{}", id.point, id.vacancy),
            Self::Placement(card) => format!("gq.v1.placement.{cell}.{card}"),
            Self::Dispatch { to, dispatch } => {
                format!("gq.v1.dispatch.{cell}.{}.{dispatch}", Cell::new(*to))
            }
            Self::Case(id) => format!("gq.v1.case.{cell}.{id}"),
            Self::Receipt { party, command } => format!("gq.v1.receipt.{cell}.{party}.{command}"),
            Self::Card(card) => format!("gq.v1.card.{cell}.{card}"),
        }
    }

    /// Reads a subject back; `None` for one of another grammar.
    pub fn parse(subject: &str) -> Option<Self> {
        let mut tokens = subject.split('.');
        if tokens.next()? != "gq" || tokens.next()? != "v1" {
            return None;
        }
        let kind = tokens.next()?;
        let _province = tokens.next()?;
        let _city = tokens.next()?;
        let rest: Vec<&str> = tokens.collect();
        if rest.iter().any(|token| check_token(token).is_err()) {
            return None;
        }
        Some(match (kind, rest.as_slice()) {
            ("party", [id]) => Self::Party(id.parse().ok()?),
            ("agreement", [id]) => Self::Agreement(id.parse().ok()?),
            ("vacancy", [enterprise, id]) => {
                Self::Vacancy { enterprise: enterprise.parse().ok()?, vacancy: id.parse().ok()? }
            }
            ("signal", [point, id]) => {
                Self::Signal(SignalId { point: point.parse().ok()?, vacancy: id.parse().ok()? })
            }
            ("placement", [id]) => Self::Placement(id.parse().ok()?),
            ("dispatch", [_, to, id]) => {
                Self::Dispatch { to: to.parse().ok()?, dispatch: id.parse().ok()? }
            }
            ("case", [id]) => Self::Case(id.parse().ok()?),
            ("receipt", [party, id]) => {
                Self::Receipt { party: party.parse().ok()?, command: id.parse().ok()? }
            }
            ("card", [id]) => Self::Card(id.parse().ok()?),
            _ => return None,
        })
    }
}

/// What parties say over NATS, under a subject into which the broker puts who
/// says it: `gq.v1.in.<party>.<class>.…`.
pub const INTAKE: &str = "gq.v1.in.>";

/// All that `party` may say of one kind.
pub fn intake(party: &PartyId, class: &str) -> String {
    format!("gq.v1.in.{party}.{class}.>")
}

/// The party that says something, and what about: the tokens behind it.
pub fn parse_intake(subject: &str) -> Option<(PartyId, Vec<&str>)> {
    let mut rest = subject.strip_prefix("gq.v1.in.")?.split('.');
    let party = rest.next()?.parse().ok()?;
    let rest: Vec<&str> = rest.collect();
    rest.iter().all(|token| check_token(token).is_ok()).then_some((party, rest))
}

/// The form of the name of a stream that [`feed_stream`] makes.
pub const FEED_STREAM_FORM: &str = "FEED_{subscription}";

/// The form of the subjects that [`feed`] makes.
pub const FEED_FORM: &str = "gq.v1.feed.{subscription}.{kind}.{key}";

/// The token in the subject of what a feed says about itself.
pub const FEED_CONTROL: &str = "control";

/// The stream that holds the feed of a subscription, of a partner city.
pub fn feed_stream(subscription: &SubscriptionId) -> String {
    format!("FEED_{subscription}")
}

/// The durable consumer of a partner city's feed; every such stream has one.
pub const FEED_CONSUMER: &str = "feed";

/// The domain by which a partner city's client finds it.
pub const FEED_DOMAIN: &str = "gq";

/// The stream that the feeds of all other parties share.
pub const FEED_SHARED: &str = "FEED_SHARED";

/// Everything in the feed of a subscription.
pub fn feed_all(subscription: &SubscriptionId) -> String {
    format!("gq.v1.feed.{subscription}.>")
}

/// One item of a feed, or one of its own words (`control`): `kind` and `key`
/// are tokens.
pub fn feed(subscription: &SubscriptionId, kind: &str, key: &str) -> String {
    format!("gq.v1.feed.{subscription}.{kind}.{key}")
}

/// The subscription, kind and key that a subject of a feed names.
pub fn parse_feed(subject: &str) -> Option<(SubscriptionId, &str, &str)> {
    let mut tokens = subject.strip_prefix("gq.v1.feed.")?.split('.');
    let (subscription, kind, key) = (tokens.next()?, tokens.next()?, tokens.next()?);
    tokens.next().is_none().then_some(())?;
    Some((subscription.parse().ok()?, kind, key))
}

/// The stream of what is replayed.
pub const REPLAY: &str = "REPLAY";

/// Every subject of [`REPLAY`].
pub const REPLAY_ALL: &str = "gq.v1.replay.>";

/// All that a job replays.
pub fn replay_all(job: &ReplayId) -> String {
    format!("gq.v1.replay.{job}.>")
}

/// Where a job repeats what stood on `original`.
pub fn replay(job: &ReplayId, original: &str) -> String {
    format!("gq.v1.replay.{job}.{}", original.strip_prefix("gq.v1.").unwrap_or(original))
}

/// The subject of the records about a replay of `cell`.
pub fn audit_replay(cell: &Cell, job: &ReplayId) -> String {
    format!("gq.v1.audit.{cell}.replay.{job}")
}

/// The records about all replays of `cell`.
pub fn audit_replays(cell: &Cell) -> String {
    format!("gq.v1.audit.{cell}.replay.*")
}

/// The subject of an access record about `cell`'s people.
pub fn audit_access(cell: &Cell) -> String {
    format!("gq.v1.audit.{cell}.access")
}

/// Where `service` keeps one message that it could not process.
pub fn parked(service: &str, id: &ParkedId) -> String {
    format!("gq.v1.parked.{service}.{id}")
}

/// Whose a subject of PARKED is, and its id.
pub fn parse_parked(subject: &str) -> Option<(&str, ParkedId)> {
    let (service, id) = subject.strip_prefix("gq.v1.parked.")?.split_once('.')?;
    Some((service, id.parse().ok()?))
}

/// The subject of what was done about one parked message.
pub fn audit_parked(cell: &Cell, id: &ParkedId) -> String {
    format!("gq.v1.audit.{cell}.parked.{id}")
}

/// Where whoever tells notices is asked to tell a parked one again.
pub const REDRIVE_NOTIFY: &str = "gq.v1.redrive.notify";
