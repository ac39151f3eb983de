//! Trying again what was parked. A message of the intake goes through all
//! checks as whoever sent it, under a mark by which it is known again: so a
//! second time does nothing, be it that we died after the first, that an edited
//! copy was taken, or that the sender has sent it anew.

use std::time::Duration;

use gongqiao_access::{
    auth,
    parked::{Entry, Particulars, Tried, TryAgain},
};
use gongqiao_contract::{
    Code, Kind, Refusal,
    subject::{self, REDRIVE_NOTIFY},
    wire::parked_deed::Value as Deed,
};
use gongqiao_domain::decide::Speaker;
use gongqiao_stream::ask;

use super::{INTAKE, NOTIFY, header, root, said, usable};
use crate::{
    Gate,
    commit::{Idempotency, Submission},
    intake, receipt,
};

/// How long a receiver of notices may take, with all that lies between.
const PATIENCE: Duration = Duration::from_secs(25);

/// What came of a message.
#[derive(Debug, Clone, Default)]
pub(crate) struct Done {
    /// Place in FACTS of what came of it.
    pub(crate) sequence: Option<u64>,
    /// The entity that came out of it.
    pub(crate) entity: Option<String>,
}

/// Tries a message again on behalf of `speaker`, who is recorded with why; and
/// takes it out if it was processed, or else keeps it with the new reason.
pub(crate) async fn redrive(
    gate: &Gate,
    speaker: &Speaker,
    entry: &Entry,
    why: &str,
) -> Result<Done, Refusal> {
    let asked = Particulars { why, ..Particulars::default() };
    gate.lot.record(speaker, &entry.id, Deed::Redriven, asked).await?;
    match again(gate, entry, false).await {
        Ok(done) => {
            let sequence = done.sequence.unwrap_or_default();
            let came = Particulars { sequence, ..Particulars::default() };
            gate.lot.record(speaker, &entry.id, Deed::Accepted, came).await?;
            gate.lot.remove(entry).await?;
            Ok(done)
        }
        Err(refusal) => {
            let code = refusal.code.as_str();
            let refused = Particulars { code, ..Particulars::default() };
            gate.lot.record(speaker, &entry.id, Deed::Refused, refused).await?;
            // Why: that it could not be tried says nothing about the message.
            if refusal.code.kind() != Kind::Unavailable {
                gate.lot.refused_again(entry, &refusal).await?;
            }
            Err(refusal)
        }
    }
}

/// What a message would be answered now. Nothing is stored.
pub(crate) async fn would(gate: &Gate, entry: &Entry) -> Result<Done, Refusal> {
    again(gate, entry, true).await
}

async fn again(gate: &Gate, entry: &Entry, dry_run: bool) -> Result<Done, Refusal> {
    usable(&entry.message)?;
    match entry.message.service.as_str() {
        INTAKE => of_intake(gate, entry, dry_run).await,
        _ => of_notify(gate, entry, dry_run).await,
    }
}

async fn of_intake(gate: &Gate, entry: &Entry, dry_run: bool) -> Result<Done, Refusal> {
    let message = &entry.message;
    let (party, tokens) = subject::parse_intake(&message.subject).ok_or_else(intake::unknown)?;
    if message.user.is_empty() {
        return Err(Code::NatsUser.into());
    }
    let speaker = auth::who_said(&gate.api, &party, &message.user)?;
    let mark = mark(&speaker, entry)?;
    if dry_run {
        if let Some(before) = gate.committer.done_before(&mark).await? {
            return Ok(Done { sequence: Some(before.sequence), entity: Some(before.entity) });
        }
        let (command, ages) = intake::command(gate, &speaker, &tokens, said(message)).await?;
        gate.committer.would(&Submission { speaker, command, idempotency: None, ages })?;
        return Ok(Done::default());
    }
    let done = intake::carry_out(gate, speaker, &tokens, said(message), Some(mark)).await?;
    Ok(Done { sequence: Some(done.sequence), entity: Some(done.entity) })
}

/// The sender's own mark, where there is one, so that what was sent anew since
/// is known again; or else the id of what came, which all copies share.
fn mark(speaker: &Speaker, entry: &Entry) -> Result<Idempotency, Refusal> {
    let (subject, body) = (&entry.message.subject, &entry.message.payload);
    let own = header(&entry.message, "Nats-Msg-Id");
    let own = own.and_then(|id| receipt::idempotency(&speaker.party, id, subject, body).ok());
    own.map_or_else(|| receipt::idempotency(&speaker.party, root(entry), subject, body), Ok)
}

async fn of_notify(gate: &Gate, entry: &Entry, dry_run: bool) -> Result<Done, Refusal> {
    let nobody = || Refusal::new(Code::ParkedNobody).with("service", NOTIFY);
    let request = TryAgain { id: entry.id.clone(), dry_run };
    let request = serde_json::to_vec(&request).map_err(|_| Refusal::new(Code::Internal))?;
    let answer = ask(gate.api.live.connection(), REDRIVE_NOTIFY, request.into(), PATIENCE).await;
    let answer = answer.map_err(|_| nobody())?;
    let Tried { code, why } = serde_json::from_slice(&answer).map_err(|_| nobody())?;
    let Some(code) = code else { return Ok(Done::default()) };
    let known = Code::ALL.iter().copied().find(|one| one.as_str() == code);
    let refusal = Refusal::new(known.unwrap_or(Code::Internal));
    Err(refusal.with("service", NOTIFY).with("why", why))
}
