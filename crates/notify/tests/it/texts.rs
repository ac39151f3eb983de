//! Who is told what, in which words.

use std::{collections::BTreeSet, fmt::Write as _};

use gongqiao_contract::{
    SCHEMA,
    wire::{self, fact::Body, party_kind::Value as Kind, visit_outcome},
};
use gongqiao_domain::City;
use gongqiao_notify::{Kind as What, Notice, notices};
use gongqiao_shell::beijing;
use proptest::prelude::*;

use crate::story::{BAIYUN, HIDDEN, HUATANG, LINWU, Story, everything};

fn all(story: &Story) -> Vec<Notice> {
    story.facts.iter().flat_map(|(at, fact)| notices(&story.city, *at, fact)).collect()
}

fn told(story: &Story, sequence: u64) -> Vec<(String, &'static str)> {
    let (at, fact) = &story.facts[sequence as usize - 1];
    let told = notices(&story.city, *at, fact);
    told.into_iter().map(|notice| (notice.to.to_string(), notice.kind.as_str())).collect()
}

#[test]
fn everybody_concerned_is_told_in_both_languages() {
    let story = everything();
    let mut text = String::new();
    for notice in all(&story) {
        let deadline = notice.deadline.map(beijing::minutes).unwrap_or_default();
        writeln!(text, "{} → {} {}", notice.kind.as_str(), notice.to, notice.to_name).unwrap();
        writeln!(text, "  {}\n  {}", notice.text_zh, notice.text_en).unwrap();
        writeln!(text, "  {} {deadline}", notice.link).unwrap();
    }
    insta::assert_snapshot!(text);
}

#[test]
fn no_kind_of_notice_is_left_out() {
    let seen: BTreeSet<What> = all(&everything()).into_iter().map(|notice| notice.kind).collect();
    assert_eq!(seen, What::ALL.iter().copied().collect());
}

#[test]
fn no_text_holds_a_card_a_staff_number_a_plate_or_what_is_sealed() {
    for notice in all(&everything()) {
        let shown = format!("{notice:?}");
        for hidden in HIDDEN {
            assert!(!shown.contains(hidden), "{hidden} in {shown}");
        }
    }
}

#[test]
fn an_id_is_the_same_again_and_no_other_notice_has_it() {
    let story = everything();
    let ids: Vec<String> = all(&story).into_iter().map(|notice| notice.id).collect();
    assert_eq!(ids, all(&story).into_iter().map(|notice| notice.id).collect::<Vec<_>>());
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
}

#[test]
fn the_visits_of_one_day_are_one_message_until_they_are_made() {
    let mut story = everything();
    let tomorrow = time::Duration::days(1);
    let again = story.visit(4, 3, BAIYUN);
    assert!(told(&story, again).is_empty(), "the list has it");
    let other = story.visit(4, 7, BAIYUN);
    assert_eq!(told(&story, other), [(BAIYUN.to_owned(), "follow_up.due")], "of another day");
    story.now += tomorrow;
    let later = story.visit(5, 3, BAIYUN);
    assert_eq!(told(&story, later), [(BAIYUN.to_owned(), "follow_up.due")], "told tomorrow anew");
    let made = wire::FollowUpAttempted {
        case: "visit_5_3".into(),
        day: 3,
        outcome: visit_outcome::Value::Reached as i32,
        ..Default::default()
    };
    story.case(BAIYUN, "visit_5_3", Body::FollowUpAttempted(made));
    let next = story.visit(6, 3, BAIYUN);
    assert_eq!(told(&story, next), [(BAIYUN.to_owned(), "follow_up.due")], "the list was empty");
}

#[test]
fn whoever_does_not_take_part_any_more_is_not_told() {
    let mut story = everything();
    let revoked = wire::PartyRevoked { party: HUATANG.into() };
    let entity = gongqiao_contract::subject::Entity::Party(HUATANG.parse().unwrap());
    story.act("operator", vec![(entity, Body::PartyRevoked(revoked))]);
    let raised = story.raise(HUATANG, 3);
    assert!(told(&story, raised).is_empty());
    let raised = story.raise(LINWU, 8);
    assert_eq!(told(&story, raised).len(), 1, "the control");
}

#[test]
fn an_event_of_a_newer_version_or_about_the_unknown_tells_nobody() {
    let story = everything();
    let (at, fact) = story.facts.iter().find(|(at, _)| !told(&story, *at).is_empty()).unwrap();
    let newer = wire::Fact { min_reader: SCHEMA + 1, ..fact.clone() };
    assert!(notices(&story.city, *at, &newer).is_empty());
    for (at, fact) in &story.facts {
        assert!(notices(&City::default(), *at, fact).is_empty(), "{fact:?}");
    }
}

#[test]
fn a_long_name_is_cut_and_a_broken_line_mended() {
    let mut story = Story::new();
    story.party("431021102299", Kind::ServicePoint, &format!("第一行\r\n{}", "长".repeat(100)));
    story.vacancy(3);
    let raised = story.raise("431021102299", 3);
    let (at, fact) = &story.facts[raised as usize - 1];
    let [notice] = notices(&story.city, *at, fact).try_into().unwrap();
    assert_eq!(notice.to_name, format!("第一行  {}…", "长".repeat(55)));
}

proptest! {
    /// Whatever the log holds, composing ends, and nobody hears of what he did.
    #[test]
    fn any_event_may_meet_any_city(upto in 0_usize..100, which in any::<prop::sample::Index>()) {
        let whole = everything();
        let mut city = City::default();
        for ((at, fact), subject) in whole.facts.iter().zip(&whole.subjects).take(upto) {
            city.apply(*at, subject, &prost::Message::encode_to_vec(fact));
        }
        let (at, fact) = &whole.facts[which.index(whole.facts.len())];
        for notice in notices(&city, *at, fact) {
            let actor = &fact.actor.as_ref().unwrap().party;
            prop_assert_ne!(notice.to.as_str(), actor);
        }
    }
}
