//! Availability in clerks' words: 随时, and the seasons of country life
//! (双抢后, 过完中秋) with the day that a dated table gives them.

use std::sync::LazyLock;

use time::{Date, Duration, macros::format_description};

use super::{
    division::DivisionCode,
    text::{half_width, is_blank, parts, rows},
};

static SEASONS: &str = include_str!("../../data/seasons.csv");
static WORDS: &str = include_str!("../../data/season-words.csv");
static TABLE: LazyLock<Table> = LazyLock::new(Table::read);

/// A season that ended at most so long ago is the one that is meant: rosters
/// are older than their import. Whoever then waits for the next one is only
/// called too early; the other way round somebody free is never called.
const GRACE: Duration = Duration::days(90);
/// Longer texts are prose.
const LONGEST: usize = 30;

const AT_ONCE: [&str; 27] = [
    "随时",
    "随时随地",
    "随叫随到",
    "任何时候",
    "任何时间",
    "立即",
    "立刻",
    "即刻",
    "即时",
    "即日",
    "即日起",
    "马上",
    "尽快",
    "现在",
    "现在起",
    "目前",
    "当前",
    "今天",
    "今日",
    "长期",
    "长年",
    "常年",
    "全年",
    "不限",
    "时间不限",
    "都可以",
    "均可",
];
/// Before the season, without a meaning of their own.
const BEFORE: [&str; 15] = [
    "要等", "得等", "需等", "等到", "等", "待", "大概", "大约", "预计", "估计", "可能", "最早",
    "应该", "要", "需",
];
/// Behind the season, without a meaning of their own.
const BEHIND: [&str; 28] = [
    "才可以",
    "才能",
    "可以",
    "才",
    "可",
    "能",
    "再说",
    "再",
    "左右",
    "外出",
    "出去",
    "出门",
    "出发",
    "动身",
    "务工",
    "打工",
    "就业",
    "上班",
    "上岗",
    "到岗",
    "进厂",
    "走",
    "去",
    "来",
    "都行",
    "就行",
    "就",
    "的",
];
/// Before a season that has to end first.
const UNTIL_BEFORE: [&str; 8] = ["过完", "过了", "忙完", "忙过", "做完", "搞完", "干完", "出了"];
/// Behind a season that has to end first, the longest first.
const UNTIL_BEHIND: [&str; 21] = [
    "结束以后",
    "结束之后",
    "过了以后",
    "结束后",
    "完成后",
    "忙完后",
    "过完后",
    "以后",
    "之后",
    "过后",
    "完后",
    "结束",
    "完成",
    "忙完",
    "过完",
    "做完",
    "搞完",
    "收完",
    "完了",
    "完",
    "后",
];

/// From when somebody can go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// Now, and at any time.
    AtOnce,
    /// Once a season is over.
    After(Season),
}

/// One edition of a season: 双抢 of 2021.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Season {
    /// The table's word for it.
    pub term: &'static str,
    /// Its year.
    pub year: i32,
    /// The first day on which somebody is free who waits for it.
    pub from: Date,
    /// Where this day holds; `None` for the whole country.
    pub region: Option<DivisionCode>,
    /// How the day is found, in Chinese.
    pub why: &'static str,
}

impl Availability {
    /// The first day on which somebody can go; `today` for at once.
    pub fn day(self, today: Date) -> Date {
        match self {
            Self::AtOnce => today,
            Self::After(season) => season.from,
        }
    }
}

/// What a text says of availability, as seen on `today`; `None` where it says
/// nothing that we know. Of a season's editions the nearest counts, with
/// three months of grace for one that has passed; 今年, 明年 or a number names
/// the year.
pub fn resolve(text: &str, today: Date) -> Option<Availability> {
    let text: String =
        text.chars().filter(|&c| !is_blank(c) && !is_mark(c)).map(half_width).collect();
    if text.is_empty() || text.chars().count() > LONGEST {
        return None;
    }
    let (year, rest) = year_of(&text, today);
    let forms = forms(rest);
    if year.is_none() && forms.iter().any(|form| AT_ONCE.contains(form)) {
        return Some(Availability::AtOnce);
    }
    let seasons = forms.iter().find_map(|form| TABLE.meant_by(form))?;
    nearest(seasons, year, today).map(Availability::After)
}

fn is_mark(c: char) -> bool {
    c != '.' && (c.is_ascii_punctuation() || "，。、！；：“”‘’（）《》【】…".contains(c))
}

/// The year that a text begins with, and the rest.
fn year_of(text: &str, today: Date) -> (Option<i32>, &str) {
    let named = [("今年", 0), ("明年", 1)];
    let named = named.into_iter().find_map(|(word, ahead)| {
        text.strip_prefix(word).map(|rest| (Some(today.year() + ahead), rest))
    });
    let numbered = || {
        let (number, rest) = text.split_once('年')?;
        let year = match number.len() {
            2 => 2000 + number.parse::<i32>().ok()?,
            4 => number.parse().ok()?,
            _ => return None,
        };
        Some((Some(year), rest))
    };
    named.or_else(numbered).unwrap_or((None, text))
}

/// A text, and what is left of it without the words that say nothing.
fn forms(text: &str) -> Vec<&str> {
    let mut forms = vec![text];
    let mut at = 0;
    while let Some(&form) = forms.get(at) {
        let shorter = BEFORE.iter().filter_map(|word| form.strip_prefix(word));
        let shorter = shorter.chain(BEHIND.iter().filter_map(|word| form.strip_suffix(word)));
        for shorter in shorter {
            if !shorter.is_empty() && !forms.contains(&shorter) {
                forms.push(shorter);
            }
        }
        at += 1;
    }
    forms
}

fn nearest(mut seasons: Vec<Season>, year: Option<i32>, today: Date) -> Option<Season> {
    if let Some(year) = year {
        seasons.retain(|season| season.year == year);
        seasons.sort_by_key(|season| (season.from - today).abs());
        return seasons.first().copied();
    }
    seasons.retain(|season| season.from >= today - GRACE);
    seasons.into_iter().min_by_key(|season| (season.from - today).abs())
}

struct Table {
    words: Vec<Meaning>,
    seasons: Vec<Season>,
}

/// A word, and the terms that it means.
struct Meaning {
    word: &'static str,
    after: &'static str,
    alone: &'static str,
}

impl Table {
    fn read() -> Self {
        let words = rows::<3>(WORDS).flat_map(|[words, after, alone]| {
            parts(words).map(move |word| Meaning { word, after, alone })
        });
        Self { words: words.collect(), seasons: rows(SEASONS).filter_map(Season::read).collect() }
    }

    /// The editions of what a form means, if it means anything.
    fn meant_by(&self, form: &str) -> Option<Vec<Season>> {
        let terms = self.words.iter().find_map(|meaning| {
            let terms = if form == meaning.word || form.strip_suffix('节') == Some(meaning.word) {
                meaning.alone
            } else if is_end_of(form, meaning.word) {
                meaning.after
            } else {
                ""
            };
            (!terms.is_empty()).then_some(terms)
        })?;
        let named = |season: &&Season| parts(terms).any(|term| term == season.term);
        Some(self.seasons.iter().filter(named).copied().collect())
    }
}

/// Whether a form says that what the word means has to end first.
fn is_end_of(form: &str, word: &str) -> bool {
    let before = UNTIL_BEFORE.iter().find_map(|until| form.strip_prefix(until));
    let Some(rest) = before.unwrap_or(form).strip_prefix(word) else { return false };
    match rest.strip_prefix('节').unwrap_or(rest) {
        "" => before.is_some(),
        rest => UNTIL_BEHIND.contains(&rest),
    }
}

impl Season {
    fn read([term, region, year, from, why]: [&'static str; 5]) -> Option<Self> {
        let region = if region.is_empty() { None } else { Some(region.parse().ok()?) };
        let from = Date::parse(from, format_description!("[year]-[month]-[day]")).ok()?;
        Some(Self { term, year: year.parse().ok()?, from, region, why })
    }
}

#[cfg(test)]
mod tests;
