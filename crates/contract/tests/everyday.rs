//! What everyday titles lead to, measured on lists of their own.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "a test's helpers")]
use gongqiao_contract::codes::{OccupationCode, Occupations, map_title};

/// The list that the alias table was improved by.
static TITLES: &str = include_str!("data/everyday-300.csv");
/// A list that it was not improved by.
static UNSEEN: &str = include_str!("data/everyday-unseen.csv");
/// More codes than this are no answer.
const AT_MOST: usize = 3;

fn titles(list: &'static str) -> impl Iterator<Item = (&'static str, OccupationCode)> {
    let rows = list.lines().filter(|line| !line.starts_with('#')).skip(1);
    rows.map(|row| {
        let (title, code) = row.rsplit_once(',').expect("a title and a code");
        (title, code.parse().expect(row))
    })
}

/// How many of a list reach their code, and what became of the others.
fn measure(list: &'static str) -> (usize, usize, String) {
    let all = titles(list).count();
    let missed: Vec<String> = titles(list)
        .filter_map(|(title, code)| {
            assert!(Occupations::table().get(code).is_some(), "{title}: there is no {code}");
            let found = map_title(title).codes;
            let reached = found.len() <= AT_MOST && found.contains(&code);
            (!reached).then(|| format!("{title}: {code} is not in {found:?}"))
        })
        .collect();
    let (reached, missed) = (all - missed.len(), missed.join("\n"));
    println!("{reached} of {all}; missed:\n{missed}");
    (reached, all, missed)
}

#[test]
fn nineteen_of_twenty_everyday_titles_reach_the_code_that_a_clerk_would_choose() {
    let (reached, all, missed) = measure(TITLES);
    assert_eq!(all, 300);
    assert!(reached * 100 >= all * 95, "only {reached} of {all}:\n{missed}");
}

#[test]
fn every_second_title_that_nobody_foresaw_does_too() {
    let (reached, all, missed) = measure(UNSEEN);
    assert_eq!(all, 120);
    assert!(reached * 100 >= all * 55, "only {reached} of {all}:\n{missed}");
}

#[test]
fn what_is_no_title_leads_nowhere() {
    for text in [
        "无",
        "没有",
        "不详",
        "女",
        "男",
        "在家",
        "在家待业",
        "本科",
        "初中毕业",
        "身体健康",
        "残疾",
        "不愿意",
        "不愿外出",
        "已外出",
        "看情况",
        "待定",
        "随时",
        "双抢后",
        "低保户",
        "郴州市",
        "桂阳县",
        "党员",
        "已婚",
        "3000元以上",
        "13800000001",
        "2021-07-20",
        "工",
        "员",
        "师傅",
        "女工",
        "急招",
        "生病",
        "照顾",
        "老人",
        "学生",
        "退休",
    ] {
        let found = map_title(text);
        assert!(found.codes.is_empty(), "{text}: {:?}", found.codes);
    }
}
