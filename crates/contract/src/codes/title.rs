//! From a title as people write it to occupation codes. Nothing is refused
//! for not being mapped: the raw text is kept beside, and no codes are an answer.

mod compound;

use super::{
    occupation::OccupationCode,
    occupation_tables::{Occupations, key},
    skill::SkillLevel,
};

/// How a title was understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum How {
    /// It is, or holds, a code.
    Code,
    /// It is the name of an occupation or group.
    Exact,
    /// Our own table of everyday titles has it.
    EverydayAlias,
    /// The classification's aliases have it.
    Alias,
    /// Only after trimming, or only parts of it.
    Part,
    /// Not at all.
    None,
}

/// What a title leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TitleMatch {
    /// The codes, the likeliest first; one title may mean several.
    pub codes: Vec<OccupationCode>,
    /// How they were found.
    pub how: How,
}

/// What stands between several titles in one cell.
const BETWEEN: [char; 12] = ['、', '/', ',', ';', '。', '|', '+', '&', '\\', '或', '及', '和'];
/// Titles longer than this are prose.
const LONGEST: usize = 200;

/// Maps a title to codes. In this order: a code in the text; a name of the
/// classification; our everyday titles, which know better where both do
/// (组装工 is a main group there); the classification's aliases; the same
/// again for what is left without advertising, for the parts of a title
/// (手机 + 装配工), and for those of a cell with several.
pub fn map_title(title: &str) -> TitleMatch {
    let title: String = key(title).chars().take(LONGEST).collect();
    if let Some(found) = by_code(&title).or_else(|| whole(&title)) {
        return found;
    }
    let bare = without_level(&without_brackets(&title));
    let mut codes = Vec::new();
    for part in several(&bare) {
        for code in compound::understood(part.trim_matches(is_mark)) {
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
    }
    let how = if codes.is_empty() { How::None } else { How::Part };
    TitleMatch { codes, how }
}

fn by_code(title: &str) -> Option<TitleMatch> {
    let table = Occupations::table();
    let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    let code = title.match_indices('-').find_map(|(at, _)| {
        let (from, to) = (at.checked_sub(1)?, at + 9);
        let bytes = title.as_bytes();
        if from.checked_sub(1).is_some_and(|before| is_digit(bytes.get(before)))
            || is_digit(bytes.get(to))
        {
            return None;
        }
        let code = title.get(from..to)?.parse().ok()?;
        table.get(code).map(|occupation| occupation.code)
    })?;
    Some(TitleMatch { codes: vec![code], how: How::Code })
}

fn whole(title: &str) -> Option<TitleMatch> {
    let table = Occupations::table();
    let (codes, how) = table
        .by_name(title)
        .map(|codes| (codes, How::Exact))
        .or_else(|| table.by_everyday_title(title).map(|codes| (codes, How::EverydayAlias)))
        .or_else(|| table.by_alias(title).map(|codes| (codes, How::Alias)))?;
    Some(TitleMatch { codes: codes.to_vec(), how })
}

/// The titles of a cell that holds several, or the one that it holds.
fn several(title: &str) -> impl Iterator<Item = &str> {
    let whole = compound::is_known(title.trim_matches(is_mark));
    let between = move |c: char| !whole && BETWEEN.contains(&c);
    title.split(between).filter(|part| !part.is_empty())
}

fn is_mark(c: char) -> bool {
    c.is_ascii_punctuation() || "。“”‘’《》…—·".contains(c)
}

/// The title without the level behind it (焊工:三级).
fn without_level(title: &str) -> String {
    match title.rsplit_once(':') {
        Some((bare, level)) if level.parse::<SkillLevel>().is_ok() => bare.to_owned(),
        _ => title.to_owned(),
    }
}

/// The title without what stands in brackets; as it is where nothing else is.
fn without_brackets(title: &str) -> String {
    let mut depth = 0_usize;
    let mut bare = String::with_capacity(title.len());
    for c in title.chars() {
        match c {
            '(' | '[' | '【' | '{' => depth += 1,
            ')' | ']' | '】' | '}' => depth = depth.saturating_sub(1),
            _ if depth == 0 => bare.push(c),
            _ => {}
        }
    }
    if bare.is_empty() { title.to_owned() } else { bare }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(title: &str, codes: &[&str], how: How) {
        let found = map_title(title);
        let found_codes: Vec<String> = found.codes.iter().map(ToString::to_string).collect();
        assert_eq!(
            (found_codes.iter().map(String::as_str).collect::<Vec<_>>(), found.how),
            (codes.to_vec(), how),
            "{title}"
        );
    }

    #[test]
    fn titles_of_the_page_are_mapped() {
        use How::{EverydayAlias, Exact};
        for (title, codes, how) in [
            ("养老护理员", &["4-10-01-05"][..], Exact),
            ("家政服务员", &["4-10-01-06"], Exact),
            ("育婴员", &["4-10-01-03"], EverydayAlias),
            ("育婴师", &["4-10-01-03"], EverydayAlias),
            ("加工中心操作工", &["6-18-01-07"], EverydayAlias),
            ("电子仪器仪表装配工", &["6-25-04-07", "6-26-01-00"], EverydayAlias),
            ("西式面点师", &["4-03-02-04"], Exact),
            ("公共营养师", &["4-14-02-01"], EverydayAlias),
            ("讲解员", &["4-13-01-03"], Exact),
            ("人工智能", &["2-02-38-01"], EverydayAlias),
            ("大数据", &["2-02-38-03"], EverydayAlias),
            ("云计算", &["2-02-38-04"], EverydayAlias),
        ] {
            check(title, codes, how);
        }
    }

    #[test]
    fn titles_of_the_field_are_mapped() {
        for title in ["装配工", "电子厂", "打工", "泥工", "仓管", "SMT", "普工", "操作工", "组装工"]
        {
            assert_eq!(map_title(title).how, How::EverydayAlias, "{title}");
        }
        check("仓管", &["4-02-06-01"], How::EverydayAlias);
        check("smt", &["6-25-04-07"], How::EverydayAlias);
        check("ＳＭＴ", &["6-25-04-07"], How::EverydayAlias);
        check("泥工", &["6-29-01-01"], How::EverydayAlias);
    }

    #[test]
    fn a_code_wins_with_or_without_text() {
        check("6-25-04-07", &["6-25-04-07"], How::Code);
        check("电子设备装接工（6-25-04-07）", &["6-25-04-07"], How::Code);
        check("６－２５－０４－０７ 普工", &["6-25-04-07"], How::Code);
        check("电话 0735-25-04-07", &[], How::None);
        check("9-99-99-99", &[], How::None);
    }

    #[test]
    fn aliases_of_the_classification_are_used() {
        check("起重工", &["6-30-05-02"], How::Exact);
        check("占卜师", &[], How::None);
        check("无人机飞手", &["4-02-04-06"], How::Alias);
    }

    #[test]
    fn trimming_is_cautious() {
        for (title, codes) in [
            ("急招电焊工", &["6-18-02-04"][..]),
            ("诚聘：普工（长白班，包吃住）", &["6-00-00-00"]),
            ("电焊师傅", &["6-18-02-04"]),
            ("保洁人员", &["4-09-08-01"]),
            ("缝纫工人", &["6-05-01-03"]),
            ("普工若干名", &["6-00-00-00"]),
            ("男普工", &["6-00-00-00"]),
            ("【急招】普工", &["6-00-00-00"]),
            ("（电焊工）", &["6-18-02-04"]),
            ("急招熟练车工", &["6-18-01-01"]),
            ("女工", &[]),
            ("工", &[]),
            ("急招", &[]),
            ("", &[]),
        ] {
            let how = if codes.is_empty() { How::None } else { How::Part };
            check(title, codes, how);
        }
    }

    #[test]
    fn a_cell_with_several_titles_means_all_of_them() {
        check("普工、电焊／打零工", &["6-00-00-00", "6-18-02-04", "8-00-00-00"], How::Part);
        check("电工,某某活", &["6-31-01-03"], How::Part);
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "\\PC{0,60}") {
            let found = map_title(&text);
            prop_assert_eq!(found.codes.is_empty(), found.how == How::None);
            let table = Occupations::table();
            prop_assert!(found.codes.iter().all(|&code| table.get(code).is_some()));
        }
    }
}
