//! `verify`: whether the present follows from the log.

use std::process::ExitCode;

use gongqiao_contract::{
    view::{Parted, PastEvent, Verdict},
    words::Sort,
};

use super::{session::Session, words::word};
use crate::output::{Output, cell, exit, minutes};

/// Has the exchange compare itself with its log, and says what came out.
pub(crate) async fn run(session: &Session) -> anyhow::Result<ExitCode> {
    let verdict: Verdict = session.get("/v1/verify").await?;
    session.output.show(&verdict, || text(&session.output, &verdict))?;
    Ok(if verdict.agree { ExitCode::SUCCESS } else { ExitCode::from(exit::FAILED) })
}

fn text(output: &Output, verdict: &Verdict) -> String {
    let position = verdict.position;
    let mut said = match (verdict.agree, &verdict.first) {
        (true, _) => output.say("agrees with the log", "与日志一致").to_owned(),
        (false, Some(event)) => format!(
            "{}: {}",
            output.say("parts from the log at", "与日志不一致，始于"),
            event_text(output, event)
        ),
        (false, None) => output
            .say("parts from the log; no event explains it", "与日志不一致，没有事件可以解释")
            .to_owned(),
    };
    let none = output.say("none that fits", "无可用快照");
    let snapshot = verdict.snapshot.map_or_else(|| none.to_owned(), |at| at.to_string());
    said.push_str(&format!(
        "\n{}: {position}\n{}: {snapshot}",
        output.say("log and live city up to", "日志与当前状态至序号"),
        output.say("snapshot on disk", "磁盘快照序号"),
    ));
    if let Some(first) = &verdict.first_not_understood {
        said.push_str(&format!(
            "\n{}: {}; {}: {} {}",
            output.say("facts that this version does not understand", "本版本无法解读的事件"),
            verdict.not_understood_count,
            output.say("the first", "首个"),
            first.sequence,
            first.subject,
        ));
    }
    if !verdict.agree {
        said.push_str(&format!("\n\n{}", table(output, verdict)));
    }
    said
}

fn table(output: &Output, verdict: &Verdict) -> String {
    let headings = [
        ("Copy", "副本"),
        ("Of", "项目"),
        ("At", "字段"),
        ("Event", "事件"),
        ("Right before it", "此前正确"),
    ];
    let row = |one: &Parted| {
        let copy = match one.copy.as_str() {
            "live" => output.say("live", "当前状态"),
            "snapshot" => output.say("snapshot", "快照"),
            other => other,
        };
        let event = one.event.as_ref().map(|event| event_text(output, event));
        let explained =
            if one.explained { output.say("yes", "是") } else { output.say("no", "否") };
        vec![
            cell(copy),
            cell(&one.of),
            cell(one.paths.join("\n")),
            cell(event.unwrap_or_default()),
            cell(explained),
        ]
    };
    let table = output.table(&headings, verdict.parted.iter().map(row).collect());
    match verdict.parted_count.saturating_sub(verdict.parted.len() as u64) {
        0 => table,
        more => format!("{table}\n… {more} {}", output.say("more", "项未列出")),
    }
}

fn event_text(output: &Output, event: &PastEvent) -> String {
    let at = event.recorded_at.as_deref().map(minutes).unwrap_or_default();
    let kind = word(output, Sort::Event, &event.kind);
    format!("{} {at} {kind} ({})", event.sequence, event.subject)
}
