//! What is asked for, made into what can be done: which stream, from where to
//! where, for whom; and what of it that one may have.

use gongqiao_contract::{
    Code, Refusal,
    event::NAMES,
    id::{PartyId, SubscriptionId, WebhookId, check_token},
    moment::Moment,
    subject,
    wire::{
        self, ReplayStarted, party_kind::Value as PartyKind, replay_format::Value as Format,
        replay_purpose::Value as Purpose, replay_target::Value as Target,
    },
};
use gongqiao_domain::feed::Sight;
use gongqiao_stream::{Original, StreamError};
use time::OffsetDateTime;

use super::{
    Workshop,
    place::{last, last_before},
    source::Source,
};
use crate::place::place_at;

/// An order that can be carried out.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) started: ReplayStarted,
}

impl Order {
    /// Makes an order of what is asked.
    ///
    /// # Errors
    /// The refusal names what can't be done, and where it stands.
    pub(crate) async fn of(workshop: &Workshop, ask: &wire::StartReplay) -> Result<Self, Refusal> {
        if ask.purpose() == Purpose::Unspecified {
            return Err(Refusal::new(Code::FieldRequired).at("/purpose"));
        }
        if !ask.reference.is_empty() {
            let token = check_token(&ask.reference);
            token.map_err(|_| invalid(TOKEN).at("/reference"))?;
        }
        let (times, per_second) = pace(ask)?;
        let subscription = subscription(workshop, &ask.source)?;
        let source = match &subscription {
            None if ask.source == subject::AUDIT => Source::audit(),
            None => Source::facts(),
            Some((id, owner)) => feed_of(workshop, id, owner),
        };
        let filter = filter(ask, &source)?;
        let (party, target) = recipient(workshop, ask, subscription.as_ref())?;
        let (first, last) = range(workshop, ask, &source).await?;
        let format = match ask.format() {
            Format::Unspecified => Format::Jsonl,
            format => format,
        };
        let started = ReplayStarted {
            source: if ask.source.is_empty() { subject::FACTS.into() } else { ask.source.clone() },
            first,
            last,
            filter,
            times,
            per_second,
            target: target as i32,
            format: format as i32,
            needs_approval: workshop.approval && !party.is_empty(),
            party,
            webhook: ask.webhook.clone(),
            purpose: ask.purpose,
            reference: ask.reference.clone(),
        };
        let mut none = Vec::new();
        may_read(workshop, &started, &mut none)?;
        Ok(Self { started })
    }
}

const TOKEN: &str = "a file number of 1 to 64 letters, digits, _ or -";

fn invalid(why: &'static str) -> Refusal {
    Refusal::new(Code::FieldInvalid).with("why", why)
}

fn unreachable(e: &StreamError) -> Refusal {
    tracing::warn!(code = e.code(), error = %e, "replay.order");
    Refusal::new(Code::BrokerUnavailable)
}

fn pace(ask: &wire::StartReplay) -> Result<(f64, f64), Refusal> {
    let range = |value: f64, pointer: &str| {
        let refusal = Refusal::new(Code::FieldRange).with("min", "0.001").with("max", 1_000_000);
        let fits = value == 0.0 || (0.001..=1_000_000.0).contains(&value);
        if fits { Ok(value) } else { Err(refusal.at(pointer)) }
    };
    let (times, per_second) = (range(ask.times, "/times")?, range(ask.per_second, "/perSecond")?);
    if times > 0.0 && per_second > 0.0 {
        return Err(invalid("times or perSecond, not both").at("/perSecond"));
    }
    Ok((times, per_second))
}

/// The subscription that is named as source, and whose it is.
fn subscription(
    workshop: &Workshop,
    source: &str,
) -> Result<Option<(SubscriptionId, PartyId)>, Refusal> {
    match source {
        "" | subject::FACTS | subject::AUDIT => Ok(None),
        subject::REGISTER => {
            let why = "REGISTER keeps the last of each card, and no past";
            Err(Refusal::new(Code::ReplaySource).with("why", why).at("/source"))
        }
        id => {
            let city = workshop.live.city();
            let id = id.parse().ok();
            let found = id.and_then(|id: SubscriptionId| {
                let owner = city.subscription(&id)?.party.clone();
                Some((id, owner))
            });
            let why = "FACTS, AUDIT, or the id of a subscription";
            let refusal = Refusal::new(Code::ReplaySource).with("why", why).at("/source");
            found.map(Some).ok_or(refusal)
        }
    }
}

fn feed_of(workshop: &Workshop, id: &SubscriptionId, owner: &PartyId) -> Source {
    let city = workshop.live.city();
    let is_city = city.party(owner).is_some_and(|party| party.kind() == PartyKind::City);
    Source::feed(id, is_city)
}

/// The source that an order names.
pub(crate) fn source_of(workshop: &Workshop, order: &ReplayStarted) -> Source {
    match order.source.as_str() {
        subject::FACTS => Source::facts(),
        subject::AUDIT => Source::audit(),
        id => {
            let found = subscription(workshop, id).ok().flatten();
            // Why so: a subscription never leaves the log, and nothing stands here.
            let none = || Source { stream: subject::FEED_SHARED.into(), subjects: id.into() };
            found.map_or_else(none, |(id, owner)| feed_of(workshop, &id, &owner))
        }
    }
}

fn filter(ask: &wire::StartReplay, source: &Source) -> Result<Option<wire::ReplayFilter>, Refusal> {
    let Some(filter) = ask.filter.clone() else { return Ok(None) };
    if filter == wire::ReplayFilter::default() {
        return Ok(None);
    }
    if !source.is_facts() {
        let why = "only FACTS is filtered; a feed was filtered when it was written";
        return Err(Refusal::new(Code::ReplaySource).with("why", why).at("/filter"));
    }
    for (index, name) in filter.types.iter().enumerate() {
        if !NAMES.contains(&name.as_str()) {
            let refusal = Refusal::new(Code::FieldUnknownCode).with("system", "events");
            return Err(refusal.at(format!("/filter/types/{index}")));
        }
    }
    let lists = [
        ("parties", &filter.parties),
        ("cities", &filter.cities),
        ("counties", &filter.counties),
        ("points", &filter.points),
        ("enterprises", &filter.enterprises),
        ("occupations", &filter.occupations),
        ("vacancies", &filter.vacancies),
        ("dispatches", &filter.dispatches),
        ("cards", &filter.cards),
    ];
    for (list, values) in lists {
        for (index, value) in values.iter().enumerate() {
            let pointer = format!("/filter/{list}/{index}");
            check_token(value).map_err(|_| invalid("a code or an id").at(pointer))?;
        }
    }
    Ok(Some(filter))
}

/// To whom it goes, if not to the operator, and how.
fn recipient(
    workshop: &Workshop,
    ask: &wire::StartReplay,
    subscription: Option<&(SubscriptionId, PartyId)>,
) -> Result<(String, Target), Refusal> {
    let refused = |why: &'static str, pointer: &str| {
        Err(Refusal::new(Code::ReplayTarget).with("why", why).at(pointer))
    };
    let target = match ask.target() {
        Target::Unspecified if !ask.webhook.is_empty() => Target::Webhook,
        Target::Unspecified if !ask.party.is_empty() => Target::Reader,
        Target::Unspecified => Target::File,
        target => target,
    };
    if (target == Target::Webhook) == ask.webhook.is_empty() {
        return refused("a webhook is named for target WEBHOOK, and for no other", "/webhook");
    }
    if target == Target::Webhook {
        let city = workshop.live.city();
        let id: Option<WebhookId> = ask.webhook.parse().ok();
        let hook = id.and_then(|id| city.webhook(&id).cloned());
        let Some((hook, (id, owner))) = hook.zip(subscription) else {
            return refused("the webhook sends another feed than is replayed", "/webhook");
        };
        if hook.subscription != *id {
            return refused("the webhook sends another feed than is replayed", "/webhook");
        }
        if hook.disabled.is_some() {
            return Err(Refusal::new(Code::WebhookDisabled).at("/webhook"));
        }
        drop(city);
        if shows_cards(workshop, &ask.source) {
            return refused(
                "a feed of cards tells of people; its snapshot has those who may be told of now",
                "/source",
            );
        }
        return Ok((owner.to_string(), target));
    }
    if ask.party.is_empty() {
        return Ok((String::new(), target));
    }
    let Some((_, owner)) = subscription.filter(|(_, owner)| owner.as_str() == ask.party) else {
        return refused(
            "a party is replayed its own feed; name its subscription as source",
            "/party",
        );
    };
    if shows_cards(workshop, &ask.source) {
        return refused(
            "a feed of cards tells of people; its snapshot has those who may be told of now",
            "/source",
        );
    }
    if target != Target::Reader {
        return refused("a party reads its replay itself; leave the target out", "/target");
    }
    Ok((owner.to_string(), target))
}

/// Whether a feed tells of single people: what was told before somebody was
/// erased must not be told again.
fn shows_cards(workshop: &Workshop, source: &str) -> bool {
    let city = workshop.live.city();
    let id: Option<SubscriptionId> = source.parse().ok();
    id.and_then(|id| city.subscription(&id).map(|one| one.shows_cards())).unwrap_or_default()
}

/// The sequences between the moments that are asked for: what happened at the
/// first or later, and before the second; a sequence counts itself.
async fn range(
    workshop: &Workshop,
    ask: &wire::StartReplay,
    source: &Source,
) -> Result<(u64, u64), Refusal> {
    let (reader, now) = (&workshop.writer, workshop.clock.now());
    let head = last(reader, source).await.map_err(|e| unreachable(&e))?;
    let head = head.map_or(0, |message| message.sequence);
    let first = match moment(&ask.from, "/from")? {
        None => 1,
        Some(Moment::Sequence(sequence)) => sequence.max(1),
        Some(moment) => before(workshop, source, moment.time(now)).await? + 1,
    };
    let last = match moment(&ask.until, "/until")? {
        None => head,
        Some(Moment::Sequence(sequence)) => sequence.min(head),
        Some(moment) => before(workshop, source, moment.time(now)).await?,
    };
    if first > last {
        let refusal = Refusal::new(Code::ReplayRange);
        return Err(refusal.with("why", format!("{first} … {last}, of {head}")).at("/until"));
    }
    Ok((first, last))
}

fn moment(text: &str, pointer: &'static str) -> Result<Option<Moment>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|refusal: Refusal| refusal.at(pointer))
}

/// The last sequence that happened before a time.
async fn before(
    workshop: &Workshop,
    source: &Source,
    time: Option<OffsetDateTime>,
) -> Result<u64, Refusal> {
    let Some(time) = time else { return Ok(0) };
    let found = match source.is_facts() {
        true => place_at(&workshop.writer, time - time::Duration::NANOSECOND).await,
        false => last_before(&workshop.writer, source, time).await,
    };
    found.map_err(|e| unreachable(&e))
}

/// Whether the one for whom it is may have it now; takes out of `messages` what
/// may be told no more.
///
/// # Errors
/// The agreement is at an end, or the party has left.
pub(crate) fn may_read(
    workshop: &Workshop,
    order: &ReplayStarted,
    messages: &mut Vec<Original>,
) -> Result<(), Refusal> {
    if order.party.is_empty() {
        return Ok(());
    }
    let city = workshop.live.city();
    let id: SubscriptionId =
        order.source.parse().map_err(|_| Refusal::new(Code::SubscriptionNotFound))?;
    let subscription = city.subscription(&id).ok_or(Code::SubscriptionNotFound)?;
    let sight = Sight::of(&city, subscription, workshop.clock.now());
    let sight = sight.map_err(|_| Refusal::new(Code::SubscriptionOver).at("/source"))?;
    // Why: what was written before the agreement came to cover less, and has not
    // been forgotten yet.
    let since = sight.since();
    messages.retain(|message| {
        let as_of = message.header("ce-asof").and_then(|text| text.parse::<u64>().ok());
        as_of.is_none_or(|as_of| as_of >= since)
    });
    Ok(())
}
