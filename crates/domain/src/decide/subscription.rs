//! Subscriptions: opened and closed by whoever is told, or for it by the bureau.

use gongqiao_contract::{
    Code, Refusal,
    id::{PartyId, SubscriptionId},
    subject::Entity,
    wire::{
        self, FeedFilter, fact::Body, feed_detail::Value as Detail, feed_format::Value as Format,
        feed_kind::Value as FeedKind, party_kind::Value as Kind,
    },
};

use super::{Context, Decision, agreement, writable};
use crate::{
    entity::{Party, Subscription, class_of},
    feed::Sight,
};

/// Feeds that one party may have at once: each is written anew for it.
pub const MAX_SUBSCRIPTIONS: usize = 16;

pub(super) fn open(cx: &Context<'_>, ask: &wire::OpenSubscription) -> Result<Decision, Refusal> {
    let id = whose(cx, &ask.party)?;
    let party = writable(cx.draft.party(&id), Code::PartyNotFound)?;
    if party.revoked {
        return Err(Code::PartyRevoked.into());
    }
    let kind = FeedKind::try_from(ask.kind).unwrap_or_default();
    if kind == FeedKind::Unspecified {
        return Err(Refusal::new(Code::FieldRequired).at("/kind"));
    }
    may_have(party, kind)?;
    let filter = ask.filter.clone().unwrap_or_default();
    check_filter(&filter)?;
    if kind == FeedKind::Supply {
        check_supply(&filter)?;
    }
    let detail = detail(kind, ask.detail)?;
    let open = party.subscriptions.values().filter(|one| is_open(cx, one)).count();
    if open >= MAX_SUBSCRIPTIONS {
        return Err(Refusal::new(Code::SubscriptionMany).with("max", MAX_SUBSCRIPTIONS));
    }
    let class = class_of(kind, detail == Detail::Card, party.kind());
    let agreement = class.map(|class| cx.agreement_for(&id, class, None)).transpose()?;
    let subscription = SubscriptionId::from_uuid(cx.fresh);
    let format = Format::try_from(ask.format).unwrap_or_default();
    let format = if format == Format::Unspecified { Format::Json } else { format };
    let event = Body::SubscriptionOpened(wire::SubscriptionOpened {
        subscription: subscription.to_string(),
        party: id.to_string(),
        agreement: agreement.map(|one| one.id.to_string()).unwrap_or_default(),
        kind: kind as i32,
        format: format as i32,
        filter: Some(filter),
        detail: detail as i32,
    });
    let decision = Decision::of(subscription, vec![(Entity::Party(id), event)]);
    Ok(match agreement {
        Some(agreement) => decision.under(&agreement.id),
        None => decision,
    })
}

pub(super) fn close(cx: &Context<'_>, id: &SubscriptionId) -> Result<Decision, Refusal> {
    let missing = || Refusal::new(Code::SubscriptionNotFound);
    let owner = cx.city.index.party_of_subscription.get(id).ok_or_else(missing)?;
    if !cx.speaker.is_operator() && cx.speaker.party != *owner {
        return Err(missing());
    }
    let party = writable(cx.draft.party(owner), Code::PartyNotFound)?;
    let subscription = party.subscriptions.get(id).ok_or_else(missing)?;
    if subscription.closed_at.is_some() {
        return Err(Code::SubscriptionOver.into());
    }
    let event = Body::SubscriptionClosed(wire::SubscriptionClosed {
        subscription: id.to_string(),
        party: owner.to_string(),
    });
    Ok(Decision::of(id, vec![(Entity::Party(owner.clone()), event)]))
}

/// Whether it still counts: it was not closed, nor did its agreement end.
fn is_open(cx: &Context<'_>, one: &Subscription) -> bool {
    Sight::of(cx.city, one, cx.now).is_ok()
}

/// For whom it is opened: the speaker, or whom the bureau names.
fn whose(cx: &Context<'_>, named: &str) -> Result<PartyId, Refusal> {
    if named.is_empty() {
        return Ok(cx.speaker.party.clone());
    }
    let party: PartyId =
        named.parse().map_err(|_| Refusal::new(Code::PartyNotFound).at("/party"))?;
    if party != cx.speaker.party && !cx.speaker.is_operator() {
        return Err(Refusal::new(Code::AuthNotYours).at("/party"));
    }
    Ok(party)
}

/// Which kinds of feed a kind of party may have.
fn may_have(party: &Party, kind: FeedKind) -> Result<(), Refusal> {
    let may = match party.kind() {
        Kind::City => {
            matches!(kind, FeedKind::Supply | FeedKind::Vacancy | FeedKind::Dispatch)
        }
        Kind::Enterprise => matches!(kind, FeedKind::Vacancy | FeedKind::Dispatch),
        Kind::ServicePoint => matches!(kind, FeedKind::Signal | FeedKind::Dispatch),
        _ => false,
    };
    if may {
        return Ok(());
    }
    let kind = kind.as_str_name().to_lowercase();
    Err(Refusal::new(Code::SubscriptionKind).with("kind", kind).at("/kind"))
}

/// How much is told of each person: only of supply is there a choice.
fn detail(kind: FeedKind, asked: i32) -> Result<Detail, Refusal> {
    match (kind, Detail::try_from(asked).unwrap_or_default()) {
        (FeedKind::Supply, Detail::Card) => Ok(Detail::Card),
        (FeedKind::Supply, _) => Ok(Detail::Aggregate),
        (_, Detail::Unspecified) => Ok(Detail::Unspecified),
        _ => {
            let why = "only supply has a level of detail";
            Err(Refusal::new(Code::FieldInvalid).with("why", why).at("/detail"))
        }
    }
}

/// Supply has nothing that is urgent, and no other side.
fn check_supply(filter: &FeedFilter) -> Result<(), Refusal> {
    let pointer = match filter {
        FeedFilter { urgent: true, .. } => "/filter/urgent",
        FeedFilter { counterpart, .. } if !counterpart.is_empty() => "/filter/counterpart",
        _ => return Ok(()),
    };
    let why = "supply can't be filtered by this";
    Err(Refusal::new(Code::FieldInvalid).with("why", why).at(pointer))
}

fn check_filter(filter: &FeedFilter) -> Result<(), Refusal> {
    agreement::check_divisions(&filter.divisions, "/filter/divisions")?;
    agreement::check_occupations(&filter.occupations, "/filter/occupations")?;
    if filter.level > 5 {
        let range = Refusal::new(Code::FieldRange).with("min", 1).with("max", 5);
        return Err(range.at("/filter/level"));
    }
    for (day, pointer) in [(&filter.from, "/filter/from"), (&filter.until, "/filter/until")] {
        if !day.is_empty() {
            crate::terms::day(pointer, day)?;
        }
    }
    if !filter.until.is_empty() && filter.until < filter.from {
        let why = "the last day lies before the first";
        return Err(Refusal::new(Code::FieldInvalid).with("why", why).at("/filter/until"));
    }
    if !filter.counterpart.is_empty() && filter.counterpart.parse::<PartyId>().is_err() {
        return Err(Refusal::new(Code::PartyNotFound).at("/filter/counterpart"));
    }
    Ok(())
}
