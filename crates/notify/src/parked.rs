//! What could not be told: how it is parked, and how it is told again when an
//! operator asks for it.

use std::{convert::Infallible, sync::Arc};

use futures::StreamExt as _;
use gongqiao_access::parked::{Tried, TryAgain};
use gongqiao_contract::{
    Code, SCHEMA,
    subject::REDRIVE_NOTIFY,
    wire::{self, Fact},
};
use gongqiao_stream::{Connection, Message, requests};
use prost::Message as _;
use tokio_util::sync::CancellationToken;

use crate::{
    Notifier,
    adapter::{Adapter, NotTaken},
    compose::notices,
    notice::Notice,
};

/// As this service is called where it parks.
const SERVICE: &str = "notify";
/// The media type of a parked notice; a fact has another.
const NOTICE: &str = "application/json";
const FACT: &str = "application/protobuf";

/// A notice that nobody took, under an id that is always the same; `None` only
/// if it can't be written down.
pub(crate) fn notice(notice: &Notice) -> Option<wire::Parked> {
    Some(wire::Parked {
        id: format!("prk_{}", notice.id),
        payload: serde_json::to_vec(notice).ok()?.into(),
        party: notice.to.to_string(),
        sequence: notice.sequence,
        ..parked(Code::NoticeNotTaken, NOTICE)
    })
}

/// An event of which nobody knows whom to tell.
pub(crate) fn fact(message: &Message, reason: Code) -> Option<wire::Parked> {
    Some(wire::Parked {
        id: format!("prk_fact_{}", message.sequence),
        subject: message.subject.clone(),
        payload: message.payload.clone(),
        sequence: message.sequence,
        ..parked(reason, FACT)
    })
}

fn parked(reason: Code, media: &str) -> wire::Parked {
    let media = wire::ParkedHeader { name: "Content-Type".to_owned(), value: media.to_owned() };
    wire::Parked {
        service: SERVICE.to_owned(),
        headers: vec![media],
        reason: reason.as_str().to_owned(),
        attempts: 1,
        ..wire::Parked::default()
    }
}

/// Tells again what operators ask for, until `stop`; and never returns.
pub(crate) async fn mend<A: Adapter>(
    notifier: Arc<Notifier<A>>,
    connection: &Connection,
    stop: &CancellationToken,
) -> Infallible {
    let asked = match requests(connection, REDRIVE_NOTIFY, SERVICE).await {
        Ok(asked) => asked,
        Err(e) => {
            // Why it goes on: to tell what happens now matters more.
            tracing::error!(code = e.code(), error = %e, "notify.mend");
            return std::future::pending().await;
        }
    };
    tokio::pin!(asked);
    while let Some(Some(request)) = stop.run_until_cancelled(asked.next()).await {
        let (code, why) = match notifier.again(&request.payload).await {
            Ok(()) => (None, String::new()),
            Err((code, why)) => (Some(code.as_str().to_owned()), why),
        };
        let tried = serde_json::to_vec(&Tried { code, why }).unwrap_or_default();
        if let Err(e) = request.answer(connection, &[], tried.into()).await {
            tracing::warn!(code = e.code(), error = %e, "notify.mend");
        }
    }
    std::future::pending().await
}

/// A code, and what the receiver said.
type No = (Code, String);

impl<A: Adapter> Notifier<A> {
    async fn again(&self, request: &[u8]) -> Result<(), No> {
        let plain = |code: Code| (code, String::new());
        let TryAgain { id, dry_run } =
            serde_json::from_slice(request).map_err(|_| plain(Code::Internal))?;
        let entry = self.lot.get(&id).await.map_err(|refusal| plain(refusal.code))?;
        let entry = entry.ok_or_else(|| plain(Code::ParkedGone))?;
        let to_tell = self.parked_notices(&entry.message).map_err(plain)?;
        if dry_run {
            return Ok(());
        }
        for notice in &to_tell {
            let attempt = u64::from(entry.message.attempts) + 1;
            self.tell_one(notice, attempt).await.map_err(|e| {
                // Why: only a refusal is about this notice.
                let refused = matches!(e, NotTaken::Refused(_));
                let code = if refused { Code::NoticeNotTaken } else { Code::ParkedNobody };
                (code, e.to_string())
            })?;
        }
        Ok(())
    }

    /// What a parked message is about: the notice itself, or all that follow
    /// from an event, if it is understood now.
    fn parked_notices(&self, message: &wire::Parked) -> Result<Vec<Notice>, Code> {
        let media = message.headers.first().map(|header| header.value.as_str());
        if media == Some(NOTICE) {
            let notice = serde_json::from_slice(&message.payload);
            return notice.map(|notice| vec![notice]).map_err(|_| Code::ParkedUnreadable);
        }
        let fact = Fact::decode(message.payload.clone()).map_err(|_| Code::FactUndecodable)?;
        if fact.min_reader > SCHEMA {
            return Err(Code::NewerSchema);
        }
        Ok(notices(&self.live.city(), message.sequence, &fact))
    }
}
