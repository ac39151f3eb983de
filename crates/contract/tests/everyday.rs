//! What everyday titles lead to, measured on a list of its own.
use gongqiao_contract::codes::{OccupationCode, map_title};

static TITLES: &str = include_str!("data/everyday-300.csv");
/// More codes than this are no answer.
const AT_MOST: usize = 3;

fn titles() -> impl Iterator<Item = (&'static str, OccupationCode)> {
    let rows = TITLES.lines().filter(|line| !line.starts_with('#')).skip(1);
    rows.map(|row| {
        let (title, code) = row.rsplit_once(',').expect("a title and a code");
        (title, code.parse().expect(row))
    })
}

#[test]
fn nineteen_of_twenty_everyday_titles_reach_the_code_that_a_clerk_would_choose() {
    let all = titles().count();
    assert_eq!(all, 300);
    let missed: Vec<String> = titles()
        .filter_map(|(title, code)| {
            let found = map_title(title).codes;
            let reached = found.len() <= AT_MOST && found.contains(&code);
            (!reached).then(|| format!("{title}: {code} is not in {found:?}"))
        })
        .collect();
    let reached = all - missed.len();
    let missed = missed.join("\n");
    println!("{reached} of {all}; missed:\n{missed}");
    assert!(reached * 100 >= all * 95, "only {reached} of {all}:\n{missed}");
}
