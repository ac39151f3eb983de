//! What the door over NATS could not process, and what operators do about it
//! and about what other services parked: look, edit a copy, try again through
//! all checks, give up.

mod redrive;
mod scan;

use bytes::Bytes;
use gongqiao_access::parked::{Entry, Particulars, reason_of};
use gongqiao_contract::{
    Code, Kind, Lang, Refusal,
    id::{ParkedId, PartyId},
    subject,
    view::EditParked,
    wire::{self, parked_deed::Value as Deed},
};
use gongqiao_domain::decide::Speaker;
use gongqiao_stream::Request;

pub(crate) use redrive::{Done, redrive, would};
pub(crate) use scan::{Bounds, MOST, scan};

use crate::{
    Gate,
    intake::{self, Said},
};

/// The service that parks what comes over NATS.
pub(crate) const INTAKE: &str = "intake";
/// The service that tells notices.
pub(crate) const NOTIFY: &str = "notify";
/// The longest reason, in characters.
const LONGEST_WHY: usize = 500;

/// Parks what was refused, if nobody learns of it, or if it was not
/// understood. Whatever a rule refuses has its answer, and that is all.
pub(crate) async fn keep(gate: &Gate, request: &Request, refusal: &Refusal) {
    if !is_kept(request.is_waited_for(), refusal.code) {
        return;
    }
    let header = |(name, value): &(String, String)| wire::ParkedHeader {
        name: name.clone(),
        value: value.clone(),
    };
    let (reason, pointer) = reason_of(refusal);
    let message = wire::Parked {
        service: INTAKE.to_owned(),
        subject: request.subject.clone(),
        headers: request.headers.iter().map(header).collect(),
        payload: request.payload.clone(),
        party: sender(&request.subject).map(|party| party.to_string()).unwrap_or_default(),
        user: request.user.clone().unwrap_or_default(),
        reason,
        pointer,
        attempts: 1,
        answered: request.is_waited_for(),
        ..wire::Parked::default()
    };
    if let Err(e) = gate.lot.park(message).await {
        tracing::error!(
            code = e.code.as_str(),
            reason = refusal.code.as_str(),
            "intake.not_parked"
        );
    }
}

fn is_kept(answered: bool, code: Code) -> bool {
    let not_understood =
        matches!(code.kind(), Kind::Malformed | Kind::Media | Kind::TooLarge | Kind::Internal)
            && code != Code::IdempotencyShape;
    let stranger = matches!(
        code,
        Code::NatsSubject
            | Code::NatsUser
            | Code::AuthUnknown
            | Code::AuthRevoked
            | Code::AuthExpired
    );
    // Why never for a quota: whoever floods the door would flood what is parked.
    code != Code::AuthTooMany && (!answered || not_understood || stranger)
}

/// The party in a subject of the intake, whatever else it says.
fn sender(subject: &str) -> Option<PartyId> {
    subject.strip_prefix("gq.v1.in.")?.split('.').next()?.parse().ok()
}

/// A header of a parked message.
fn header<'a>(message: &'a wire::Parked, name: &str) -> Option<&'a str> {
    let mut headers = message.headers.iter();
    headers.find(|header| header.name.eq_ignore_ascii_case(name)).map(|h| h.value.as_str())
}

/// What a parked message of the intake says.
fn said(message: &wire::Parked) -> Said<'_> {
    Said { body: &message.payload, media: header(message, "Content-Type") }
}

/// What a parked message says by its type, where it can be read.
pub(crate) fn decoded(message: &wire::Parked) -> Option<serde_json::Value> {
    if message.service != INTAKE {
        return serde_json::from_slice(&message.payload).ok();
    }
    let (_, tokens) = subject::parse_intake(&message.subject)?;
    intake::decoded(&tokens, said(message)).ok()
}

/// Whether the body of a message is missing since it was larger than is kept.
pub(crate) fn is_without_body(message: &wire::Parked) -> bool {
    message.payload.is_empty() && message.size > 0
}

/// The refusal of a message that can't be tried or edited at all.
fn usable(message: &wire::Parked) -> Result<(), Refusal> {
    if message.reason == Code::ParkedUnreadable.as_str() {
        return Err(Code::ParkedUnreadable.into());
    }
    if is_without_body(message) {
        return Err(Refusal::new(Code::ParkedWithoutBody).with("bytes", message.size));
    }
    Ok(())
}

/// A reason, which must be given.
pub(crate) fn reasoned(why: &str) -> Result<&str, Refusal> {
    let why = why.trim();
    if why.is_empty() {
        return Err(Refusal::new(Code::FieldRequired).at("/why"));
    }
    if why.chars().count() > LONGEST_WHY {
        return Err(Refusal::new(Code::FieldTooLong).with("max", LONGEST_WHY).at("/why"));
    }
    Ok(why)
}

/// Parks an edited copy, which names what it is a copy of, and says its id.
pub(crate) async fn edit(
    gate: &Gate,
    speaker: &Speaker,
    entry: &Entry,
    ask: &EditParked,
) -> Result<ParkedId, Refusal> {
    let why = reasoned(&ask.why)?;
    let message = copy(entry, ask)?;
    let id = gate.lot.park(message).await?;
    let particulars = Particulars { why, copy: Some(&id), ..Particulars::default() };
    gate.lot.record(speaker, &entry.id, Deed::Edited, particulars).await?;
    Ok(id)
}

fn copy(entry: &Entry, ask: &EditParked) -> Result<wire::Parked, Refusal> {
    let original = &entry.message;
    if original.reason == Code::ParkedUnreadable.as_str() {
        return Err(Code::ParkedUnreadable.into());
    }
    if original.service != INTAKE {
        return Err(Code::ParkedEffect.into());
    }
    let subject = match &ask.subject {
        Some(tail) => {
            let party = sender(&original.subject).ok_or_else(intake::unknown)?;
            format!("gq.v1.in.{party}.{tail}")
        }
        None => original.subject.clone(),
    };
    let (_, tokens) =
        subject::parse_intake(&subject).ok_or_else(|| intake::unknown().at("/subject"))?;
    let body =
        if ask.message.is_null() { Bytes::new() } else { Bytes::from(ask.message.to_string()) };
    let json = "application/json";
    // Why beneath: there the message stands in this request.
    let beneath = |refusal: Refusal| {
        let place = format!("/message{}", refusal.pointer.as_deref().unwrap_or_default());
        refusal.at(place)
    };
    intake::decoded(&tokens, Said { body: &body, media: Some(json) }).map_err(beneath)?;
    let mut headers = original.headers.clone();
    headers.retain(|header| !header.name.eq_ignore_ascii_case("Content-Type"));
    headers.push(wire::ParkedHeader { name: "Content-Type".to_owned(), value: json.to_owned() });
    Ok(wire::Parked {
        subject,
        headers,
        payload: body,
        attempts: 0,
        id: String::new(),
        copy_of: root(entry).to_owned(),
        ..original.clone()
    })
}

/// The id of what came, of which this may be a copy.
fn root(entry: &Entry) -> &str {
    match entry.message.copy_of.as_str() {
        "" => entry.id.as_str(),
        original => original,
    }
}

/// Gives one message up.
pub(crate) async fn discard(
    gate: &Gate,
    speaker: &Speaker,
    entry: &Entry,
    why: &str,
) -> Result<(), Refusal> {
    let particulars = Particulars { why, code: &entry.message.reason, ..Particulars::default() };
    gate.lot.record(speaker, &entry.id, Deed::Discarded, particulars).await?;
    gate.lot.remove(entry).await
}

/// The words of a reason, with a dot for each value: the values themselves are
/// kept nowhere.
pub(crate) fn words(reason: &str, lang: Lang) -> String {
    let code = Code::ALL.iter().find(|code| code.as_str() == reason);
    let template = code.map_or("", |code| code.template(lang));
    let mut parts = template.split('{');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + "…" + part.split_once('}').map_or("", |(_, rest)| rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_rule_refuses_is_kept_only_when_nobody_hears_of_it() {
        for (answered, code, kept) in [
            (true, Code::VacancyFull, false),
            (false, Code::VacancyFull, true),
            (true, Code::AgreementNone, false),
            (false, Code::AgreementNone, true),
            (true, Code::BodyMalformed, true),
            (true, Code::BodyTooLarge, true),
            (true, Code::NatsSubject, true),
            (true, Code::AuthRevoked, true),
            (true, Code::Internal, true),
            (true, Code::BrokerUnavailable, false),
            (false, Code::BrokerUnavailable, true),
            (true, Code::IdempotencyShape, false),
            (true, Code::AuthTooMany, false),
            (false, Code::AuthTooMany, false),
        ] {
            assert_eq!(is_kept(answered, code), kept, "{code:?}, answered: {answered}");
        }
    }

    #[test]
    fn words_of_a_reason_hold_no_values() {
        assert_eq!(words("vacancy.not_open", Lang::En), "The vacancy is ….");
        assert_eq!(words("no.such", Lang::En), "");
    }
}
