//! The people with whom a service point travels, by name. Each look at names is
//! recorded.

use std::collections::{BTreeMap, BTreeSet};

use gongqiao_contract::{
    id::{CardId, DispatchId, VacancyId},
    view::{Page, Placement, Traveller},
    words::Sort,
};

use super::{
    session::Session,
    words::{state, word},
};
use crate::output::{cell, when};

/// Everybody of a group; nobody for whoever is no part of it.
pub(super) async fn of_dispatch(
    session: &Session,
    id: &DispatchId,
) -> anyhow::Result<Vec<Traveller>> {
    let path = format!("/v1/dispatches/{id}/people");
    // Why: they come whole, and this path takes no paging.
    let answer = session.client.get::<Page<Traveller>>(&path).await;
    session.if_ours(answer.map(|page| page.items))
}

/// A point's own people who have a seat of a vacancy.
pub(super) async fn of_vacancy(
    session: &Session,
    id: &VacancyId,
) -> anyhow::Result<Vec<Traveller>> {
    let answer = session.client.list(&format!("/v1/vacancies/{id}/people")).await;
    session.if_ours(answer)
}

/// Names of those in these placements that the speaker serves: by their groups,
/// or where there is none yet by their vacancies.
pub(super) async fn names(
    session: &Session,
    placements: &[Placement],
) -> anyhow::Result<BTreeMap<CardId, String>> {
    let mut names = BTreeMap::new();
    let mut keep = |people: Vec<Traveller>| {
        names.extend(people.into_iter().filter_map(|one| Some((one.card, one.name?))));
    };
    let groups: BTreeSet<&DispatchId> =
        placements.iter().filter_map(|one| one.dispatch.as_ref()).collect();
    for group in groups {
        keep(of_dispatch(session, group).await?);
    }
    let alone = placements.iter().filter(|one| one.dispatch.is_none());
    let vacancies: BTreeSet<&VacancyId> = alone.map(|one| &one.vacancy).collect();
    for vacancy in vacancies {
        keep(of_vacancy(session, vacancy).await?);
    }
    Ok(names)
}

/// `vacancy people`: who has a seat, with which group, until when.
pub(super) async fn promised(session: &Session, id: &VacancyId) -> anyhow::Result<()> {
    let people: Vec<Traveller> = session.list(&format!("/v1/vacancies/{id}/people")).await?;
    session.output.show(&people, || {
        let headings = [
            ("Name", "姓名"),
            ("Phone", "电话"),
            ("State", "状态"),
            ("Minor", "未成年工"),
            ("Dispatch", "派遣"),
            ("Held until", "锁定至"),
            ("Point", "服务点"),
            ("Card", "人员卡"),
        ];
        let output = &session.output;
        let rows = people.iter().map(|one| {
            let dispatch = one.dispatch.as_ref().map(ToString::to_string);
            vec![
                cell(one.name.as_deref().unwrap_or_default()),
                cell(one.phone.as_deref().unwrap_or_default()),
                state(output, Sort::PlacementState, &one.state),
                cell(if one.minor { output.say("yes", "是") } else { "" }),
                cell(dispatch.unwrap_or_default()),
                when(one.expires_at.as_deref().unwrap_or_default()),
                cell(&one.point_name),
                cell(&one.card),
            ]
        });
        let table = output.table(&headings, rows.collect());
        match counted(session, people.iter().map(|one| one.state.as_str())) {
            counts if counts.is_empty() => table,
            counts => format!("{table}\n\n{counts}"),
        }
    })
}

/// How many are in which state, as `on board 12, no-show 1`.
pub(super) fn counted<'a>(session: &Session, states: impl Iterator<Item = &'a str>) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for state in states {
        *counts.entry(state).or_default() += 1;
    }
    let said = |(state, people): (&str, usize)| {
        format!("{} {people}", word(&session.output, Sort::PlacementState, state))
    };
    // Why: in the order of the way, as the table of words has them.
    let known = Sort::PlacementState.table().iter().map(|(code, ..)| *code);
    let counts: Vec<String> =
        known.filter_map(|code| counts.get_key_value(code)).map(|(s, n)| said((s, *n))).collect();
    counts.join(session.output.say(", ", "，"))
}
