//! What is asked for, made into what can be done: which stream, from where to
//! where, for whom; and what of it that one may have.

use gongqiao_contract::{
    Code, Refusal,
    event::NAMES,
    id::{WebhookId, check_token},
    moment::Moment,
    subject,
    wire::{
        self, ReplayStarted, party_kind::Value as PartyKind, replay_format::Value as Format,
        replay_purpose::Value as Purpose, replay_target::Value as Target,
    },
};
use gongqiao_domain::{City, entity::Subscription, feed::Sight};
use gongqiao_stream::{Connection, Original, StreamError, last_original, original_from};
use time::OffsetDateTime;

use super::{Workshop, run::happened, source::Source};
use crate::place::{Search, place_at};

/// Makes an order of what is asked.
///
/// # Errors
/// The refusal names what can't be done, and where it stands.
pub(crate) async fn of(
    workshop: &Workshop,
    ask: &wire::StartReplay,
) -> Result<ReplayStarted, Refusal> {
    if ask.purpose() == Purpose::Unspecified {
        return Err(Refusal::new(Code::FieldRequired).at("/purpose"));
    }
    if !ask.reference.is_empty() {
        check_token(&ask.reference).map_err(|_| invalid(TOKEN).at("/reference"))?;
    }
    let (times, per_second) = pace(ask)?;
    let name = if ask.source.is_empty() { subject::FACTS } else { &ask.source };
    let feed = feed(workshop, name)?;
    let source = source(workshop, name);
    let filter = filter(ask, &source)?;
    let (party, target) = recipient(workshop, ask, feed.as_ref())?;
    let (first, last) = range(workshop, ask, &source).await?;
    let format = match ask.format() {
        Format::Unspecified => Format::Jsonl,
        format => format,
    };
    let order = ReplayStarted {
        source: name.to_owned(),
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
    may_read(workshop, &order, &mut Vec::new())?;
    Ok(order)
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

/// The subscription whose feed is named as source, if it is not a stream.
fn feed(workshop: &Workshop, source: &str) -> Result<Option<Subscription>, Refusal> {
    let refused =
        |why: &'static str| Err(Refusal::new(Code::ReplaySource).with("why", why).at("/source"));
    match source {
        subject::FACTS | subject::AUDIT => Ok(None),
        subject::REGISTER => refused("REGISTER keeps the last of each card, and no past"),
        id => match subscription(&workshop.live.city(), id) {
            Some(found) => Ok(Some(found.clone())),
            None => refused("FACTS, AUDIT, or the id of a subscription"),
        },
    }
}

fn subscription<'a>(city: &'a City, id: &str) -> Option<&'a Subscription> {
    city.subscription(&id.parse().ok()?)
}

/// The source of this name.
pub(crate) fn source(workshop: &Workshop, name: &str) -> Source {
    match name {
        subject::FACTS => Source::facts(),
        subject::AUDIT => Source::audit(),
        id => {
            let city = workshop.live.city();
            let owner = subscription(&city, id).and_then(|one| city.party(&one.party));
            let is_city = owner.is_some_and(|party| party.kind() == PartyKind::City);
            // Why so: what is no id was refused, and nothing is stored under it.
            let none = || Source { stream: subject::FEED_SHARED.into(), subjects: id.into() };
            id.parse().map_or_else(|_| none(), |id| Source::feed(&id, is_city))
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
    feed: Option<&Subscription>,
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
    let is_ours = ask.webhook.is_empty() && ask.party.is_empty();
    if is_ours {
        return Ok((String::new(), target));
    }
    // Why: what was told before somebody was erased must not be told again.
    if feed.is_some_and(Subscription::shows_cards) {
        return refused(
            "a feed of cards tells of people; its snapshot has those who may be told of now",
            "/source",
        );
    }
    let city = workshop.live.city();
    if target == Target::Webhook {
        let id: Option<WebhookId> = ask.webhook.parse().ok();
        let hook = id.and_then(|id| city.webhook(&id));
        let pair = hook.zip(feed).filter(|(hook, feed)| hook.subscription == feed.id);
        let Some((hook, feed)) = pair else {
            return refused("the webhook sends another feed than is replayed", "/webhook");
        };
        if hook.disabled.is_some() {
            return Err(Refusal::new(Code::WebhookDisabled).at("/webhook"));
        }
        return Ok((feed.party.to_string(), target));
    }
    if feed.is_none_or(|feed| feed.party.as_str() != ask.party) {
        return refused(
            "a party is replayed its own feed; name its subscription as source",
            "/party",
        );
    }
    if target != Target::Reader {
        return refused("a party reads its replay itself; leave the target out", "/target");
    }
    Ok((ask.party.clone(), target))
}

/// The sequences between the moments that are asked for: what happened at the
/// first or later, and before the second; a sequence counts itself.
async fn range(
    workshop: &Workshop,
    ask: &wire::StartReplay,
    source: &Source,
) -> Result<(u64, u64), Refusal> {
    let (reader, now) = (&workshop.writer, workshop.clock.now());
    let head = last_original(reader, &source.stream, source.pattern())
        .await
        .map_err(|e| unreachable(&e))?;
    let head = head.map_or(0, |message| message.sequence);
    let first = match moment(&ask.from, "/from")? {
        None => 1,
        Some(Moment::Sequence(sequence)) => sequence.max(1),
        Some(moment) => before(workshop, source, head, moment.time(now)).await? + 1,
    };
    let last = match moment(&ask.until, "/until")? {
        None => head,
        Some(Moment::Sequence(sequence)) => sequence.min(head),
        Some(moment) => before(workshop, source, head, moment.time(now)).await?,
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

/// The last sequence up to `head` that happened before a time.
async fn before(
    workshop: &Workshop,
    source: &Source,
    head: u64,
    time: Option<OffsetDateTime>,
) -> Result<u64, Refusal> {
    let Some(time) = time else { return Ok(0) };
    let reader = &workshop.writer;
    let found = match source.is_facts() {
        true => place_at(reader, time - time::Duration::NANOSECOND).await,
        false => last_before(reader, source, head, time).await,
    };
    found.map_err(|e| unreachable(&e))
}

async fn last_before(
    reader: &Connection,
    source: &Source,
    head: u64,
    time: OffsetDateTime,
) -> Result<u64, StreamError> {
    let mut search = Search::new(head);
    while let Some(probe) = search.probe() {
        let found = original_from(reader, &source.stream, source.pattern(), probe).await?;
        if found.is_some_and(|message| happened(&message) < time) {
            search.place = probe;
        }
    }
    Ok(search.place)
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
    let feed = subscription(&city, &order.source).ok_or(Code::SubscriptionNotFound)?;
    let sight = Sight::of(&city, feed, workshop.clock.now());
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
