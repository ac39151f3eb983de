//! `dispatch show --history`.

use gongqiao_contract::{
    id::DispatchId,
    view::{Followed, StoryEvent},
    words::Sort,
};

use crate::{
    cmd::{
        event::{content, named},
        session::Session,
        words::word,
    },
    output::{Output, cell, minutes},
};

/// Shows every event of a group, and what followed from it.
pub(super) async fn show(session: &Session, id: &DispatchId) -> anyhow::Result<()> {
    let story: Vec<StoryEvent> = session.list(&format!("/v1/dispatches/{id}/story")).await?;
    session.output.show(&story, || {
        let chapters: Vec<String> = story.iter().map(|one| chapter(&session.output, one)).collect();
        chapters.join("\n\n")
    })
}

fn chapter(output: &Output, one: &StoryEvent) -> String {
    let text = |pointer: &str| one.event.fact.pointer(pointer).and_then(|text| text.as_str());
    let party = text("/actor/party").map(|party| named(output, &one.names, party));
    let who = [party.as_deref(), text("/actor/person")];
    let when = text("/recordedAt").map(minutes).unwrap_or_default();
    let ce = one.headers.iter().filter(|(name, _)| name.starts_with("ce-"));
    let ce: Vec<String> = ce.map(|(name, value)| format!("{name}: {value}")).collect();
    let transaction = match (one.transaction_first, one.transaction_last) {
        (first, last) if first == last => first.to_string(),
        (first, last) => format!("{first}–{last}"),
    };
    let receipt = one.receipt.as_ref().map(|one| one.sequence.to_string());
    let mut lines = vec![
        (("Event", "事件"), cell(word(output, Sort::Event, &one.event.kind))),
        (("Sequence", "序号"), cell(one.event.sequence)),
        (("When", "时间"), cell(when)),
        (("Who", "办理单位"), cell(who.into_iter().flatten().collect::<Vec<_>>().join(" "))),
        (("Content", "内容"), cell(content(output, &one.event, &one.names))),
        (("Agreement", "协议"), cell(&one.agreement)),
        (("Transaction", "事务"), cell(transaction)),
        (("Receipt", "回执"), cell(receipt.as_deref().unwrap_or("–"))),
        (("Headers", "消息头"), cell(ce.join("\n"))),
    ];
    for (how, name) in [("transaction", ("With it", "同一事务")), ("later", ("Thereupon", "随后"))]
    {
        let followed = counted(output, one, how);
        if !followed.is_empty() {
            lines.push((name, cell(followed.join("\n"))));
        }
    }
    output.details(lines)
}

/// What followed in one way, each kind of event once: `13 person moved on × 12`.
fn counted(output: &Output, one: &StoryEvent, how: &str) -> Vec<String> {
    let mut kinds: Vec<(&Followed, usize)> = Vec::new();
    for followed in one.follows.iter().filter(|followed| followed.how == how) {
        match kinds.iter_mut().find(|(first, _)| first.event.kind == followed.event.kind) {
            Some((_, times)) => *times += 1,
            None => kinds.push((followed, 1)),
        }
    }
    let said = |(first, times): (&Followed, usize)| {
        let kind = word(output, Sort::Event, &first.event.kind);
        let sequence = first.event.sequence;
        match times {
            1 => format!("{sequence} {kind}: {}", content(output, &first.event, &one.names)),
            _ => format!("{sequence} {kind} × {times}"),
        }
    };
    kinds.into_iter().map(said).collect()
}
