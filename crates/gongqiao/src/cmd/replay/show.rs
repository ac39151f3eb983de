//! Replays as they are told.

use gongqiao_contract::{view, words::Sort};

use crate::{
    cmd::{
        session::Session,
        words::{state, word},
    },
    output::{Output, cell, coloured, minutes, when},
};

pub(super) fn said(output: &Output, progress: &view::ReplayProgress) -> String {
    let mut text = format!("{} {}", progress.events, output.say("events", "条"));
    if let Some(rate) = progress.per_second {
        text.push_str(&format!(", {rate:.0}/s"));
    }
    if let Some(left) = progress.seconds_left {
        text.push_str(&format!(", {left:.0} s {}", output.say("left", "剩余")));
    }
    if let Some(trouble) = &progress.trouble {
        text.push_str(&format!(", {}: {trouble}", output.say("tries again", "重试中")));
    }
    text
}

pub(super) fn plan(session: &Session, plan: &view::ReplayPlan) -> anyhow::Result<()> {
    session.output.show(plan, || {
        let output = &session.output;
        let types = plan.types.iter().map(|(name, count)| format!("{name} {count}"));
        let types: Vec<String> = types.collect();
        let ends = plan.ends.iter().map(|end| format!("#{} {}", end.sequence, end.time));
        let ends: Vec<String> = ends.collect();
        let complete = match plan.complete {
            true => output.say("all of it", "完整"),
            false => output.say("up to the last that is named", "仅统计至所示末条"),
        };
        output.details(vec![
            (("Would send", "将发送"), cell(plan.events)),
            (("Bytes", "字节"), cell(plan.bytes)),
            (("First and last", "首末"), cell(ends.join("\n"))),
            (("Types", "类型"), cell(types.join("\n"))),
            (("Counted", "统计"), cell(complete)),
        ])
    })
}

pub(super) async fn list(session: &Session) -> anyhow::Result<()> {
    let all: Vec<view::Replay> = session.get("/v1/replays").await?;
    session.output.show(&all, || {
        let headings = [
            ("Replay", "重放任务"),
            ("State", "状态"),
            ("Source", "来源"),
            ("Target", "去向"),
            ("Events", "条数"),
            ("Done", "进度"),
            ("Ordered", "下达时间"),
            ("By", "经办人"),
        ];
        let rows = all.iter().map(|job| {
            let first = job.acts.first();
            vec![
                cell(&job.id),
                state(&session.output, Sort::ReplayState, &job.state),
                cell(&job.source),
                cell(word(&session.output, Sort::ReplayTarget, &job.target)),
                cell(job.progress.events),
                cell(format!("{:.0}%", job.progress.share * 100.0)),
                first.map_or_else(|| cell("-"), |act| when(&act.at)),
                cell(first.map_or("-", |act| act.person.as_str())),
            ]
        });
        session.output.table(&headings, rows.collect())
    })
}

pub(super) fn shown(session: &Session, job: &view::Replay) -> anyhow::Result<()> {
    session.output.show(job, || {
        let output = &session.output;
        let acts = job.acts.iter().map(|act| {
            let word = word(output, Sort::ReplayAct, &act.act);
            format!("{} {word} {} {}", minutes(&act.at), act.party, act.person)
        });
        let acts: Vec<String> = acts.collect();
        let progress = match &job.progress.failure {
            Some(code) => coloured("failed", code),
            None => cell(said(output, &job.progress)),
        };
        let mut lines = vec![
            (("Replay", "重放任务"), cell(&job.id)),
            (("State", "状态"), state(output, Sort::ReplayState, &job.state)),
            (("Source", "来源"), cell(format!("{} #{} … #{}", job.source, job.first, job.last))),
            (("Purpose", "用途"), cell(word(output, Sort::ReplayPurpose, &job.purpose))),
            (("Target", "去向"), cell(word(output, Sort::ReplayTarget, &job.target))),
            (("Progress", "进度"), progress),
            (("What was done", "办理记录"), cell(acts.join("\n"))),
        ];
        let rest = [
            (("For", "接收单位"), job.party.as_ref().map(ToString::to_string)),
            (("Webhook", "回调"), job.webhook.as_ref().map(ToString::to_string)),
            (("Reference", "文号"), job.reference.clone()),
            (("Subject", "主题"), job.subject.clone()),
            (("Fetch it with", "获取方式"), fetched(job)),
        ];
        lines.extend(rest.into_iter().filter_map(|(name, text)| Some((name, cell(text?)))));
        output.details(lines)
    })
}

fn fetched(job: &view::Replay) -> Option<String> {
    job.file.as_ref().or(job.events.as_ref())?;
    Some(format!("gongqiao replay fetch {}", job.id))
}
