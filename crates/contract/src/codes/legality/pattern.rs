//! The small pattern language of the phrase table, and its matcher.

use std::{collections::HashMap, collections::HashSet, ops::Range};

use super::{Category, ages};
use crate::{
    Words,
    codes::{
        Divisions,
        text::{half_width, is_blank, lines, parts},
    },
};

static TABLE: &str = include_str!("../../../data/job-advert-prohibitions.csv");
/// Names that say nothing of where a place is.
const NAMELESS: [&str; 7] =
    ["市辖区", "县", "城区", "郊区", "矿区", "省直辖县级行政区划", "自治区直辖县级行政区划"];
/// What a place's name may lose, longest first.
const SUFFIXES: [&str; 10] =
    ["特别行政区", "自治区", "自治州", "自治县", "地区", "省", "市", "县", "区", "盟"];
/// The class whose words are cut out of 湘西土家族苗族自治州.
const PEOPLE: &str = "people";
const RANGE_MARKS: &str = "-~—–～至到";
const SEPARATORS: &str = ":,、/;-·|\"'“”*()[]【】";

/// A text made comparable: half-width, capitals, without blanks within a line.
pub(super) struct Text {
    chars: Vec<char>,
    /// The bytes of each character in the original.
    origin: Vec<Range<usize>>,
    /// Length of the longest place name at each character, 0 for none.
    places: Vec<usize>,
}

/// The phrase table.
pub(super) struct Rules {
    lawful: Vec<Vec<Token>>,
    unlawful: Vec<Rule>,
    proposals: HashMap<Category, Words>,
    places: HashSet<Box<[char]>>,
    longest_place: usize,
}

struct Rule {
    category: Category,
    tokens: Vec<Token>,
    not_after: Vec<Vec<char>>,
    not_before: Vec<Vec<char>>,
}

enum Token {
    Literal(Vec<char>),
    /// Words, the longest first.
    Class {
        words: Vec<Vec<char>>,
        optional: bool,
    },
    Number,
    Separators,
    Place,
    /// An age that no law sets.
    Age,
    /// A range of them.
    Ages,
}

type Classes = HashMap<&'static str, Vec<Vec<char>>>;

impl Text {
    pub(super) fn new(text: &str, rules: &Rules) -> Self {
        let (mut chars, mut origin) = (Vec::new(), Vec::new());
        for (at, c) in text.char_indices() {
            if c == '\n' || !is_blank(c) {
                chars.push(comparable(c));
                origin.push(at..at + c.len_utf8());
            }
        }
        let places = (0..chars.len()).map(|at| rules.place_at(&chars[at..])).collect();
        Self { chars, origin, places }
    }

    pub(super) fn len(&self) -> usize {
        self.chars.len()
    }

    /// The bytes of the original that a range of characters stands for.
    pub(super) fn bytes(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.origin.get(range.start).map_or(0, |origin| origin.start);
        let end = self.origin.get(range.end.saturating_sub(1)).map_or(start, |origin| origin.end);
        start..end
    }
}

impl Rules {
    pub(super) fn read() -> Self {
        let mut classes = Classes::new();
        let mut lawful = Vec::new();
        let mut unlawful = Vec::new();
        let mut proposals = HashMap::new();
        for line in lines(TABLE).skip(1) {
            let mut cells = line.split(',').map(str::trim);
            let mut cell = || cells.next().unwrap_or_default();
            let (kind, value, third, fourth) = (cell(), cell(), cell(), cell());
            match kind {
                "class" => {
                    let mut words: Vec<_> = parts(third).map(characters).collect();
                    words.sort_by_key(|word| usize::MAX - word.len());
                    classes.insert(value, words);
                }
                "lawful" => lawful.extend(tokens(value, &classes)),
                "proposal" => proposals.extend(proposal(line)),
                _ => unlawful.extend(Category::from_code(kind).and_then(|category| {
                    Some(Rule {
                        category,
                        tokens: tokens(value, &classes)?,
                        not_after: guard(third, &classes)?,
                        not_before: guard(fourth, &classes)?,
                    })
                })),
            }
        }
        let places = place_names(classes.get(PEOPLE).map_or(&[], Vec::as_slice));
        let longest_place = places.iter().map(|name| name.len()).max().unwrap_or_default();
        Self { lawful, unlawful, proposals, places, longest_place }
    }

    /// The longest phrase from here on that hides what is in it.
    pub(super) fn lawful_at(&self, text: &Text, at: usize) -> Option<Range<usize>> {
        let ends = self.lawful.iter().filter_map(|tokens| end_of(tokens, text, at));
        ends.max().map(|end| at..end)
    }

    /// The unlawful phrases that begin here.
    pub(super) fn unlawful_at<'a>(
        &'a self,
        text: &'a Text,
        at: usize,
    ) -> impl Iterator<Item = (Category, Range<usize>)> + 'a {
        self.unlawful.iter().filter_map(move |rule| {
            let end = end_of(&rule.tokens, text, at)?;
            let (before, behind) = (&text.chars[..at], &text.chars[end..]);
            let guarded = rule.not_after.iter().any(|word| before.ends_with(word))
                || rule.not_before.iter().any(|word| behind.starts_with(word));
            (!guarded).then_some((rule.category, at..end))
        })
    }

    /// What a lawful advert says instead, with `{min}` for the least age.
    pub(super) fn proposal(&self, category: Category) -> Option<&Words> {
        self.proposals.get(&category)
    }

    fn place_at(&self, chars: &[char]) -> usize {
        (2..=self.longest_place.min(chars.len()))
            .rev()
            .find(|&length| self.places.contains(&chars[..length]))
            .unwrap_or_default()
    }
}

/// Where the tokens end if they match from `at` on. Each takes all it can:
/// no way back, so that 女装 can't be read as 女 by trying a shorter word.
fn end_of(tokens: &[Token], text: &Text, at: usize) -> Option<usize> {
    let mut end = at;
    for token in tokens {
        let rest = text.chars.get(end..)?;
        end += match token {
            Token::Literal(literal) => rest.starts_with(literal).then_some(literal.len())?,
            Token::Class { words, optional } => {
                match words.iter().find(|word| rest.starts_with(word)) {
                    Some(word) => word.len(),
                    None if *optional => 0,
                    None => return None,
                }
            }
            Token::Number => number_length(rest)?,
            Token::Separators => rest.iter().take_while(|c| SEPARATORS.contains(**c)).count(),
            Token::Age => ages::age_length(rest)?,
            Token::Ages => ages::range_length(rest)?,
            Token::Place => text.places.get(end).copied().filter(|length| *length > 0)?,
        };
    }
    (end > at).then_some(end)
}

fn number_length(rest: &[char]) -> Option<usize> {
    let digits = |from: usize| rest[from..].iter().take_while(|c| c.is_ascii_digit()).count();
    let first = digits(0);
    if first == 0 {
        return None;
    }
    let marks = rest[first..].iter().take_while(|c| RANGE_MARKS.contains(**c)).count();
    match if marks == 0 { 0 } else { digits(first + marks) } {
        0 => Some(first),
        second => Some(first + marks + second),
    }
}

fn comparable(c: char) -> char {
    half_width(c).to_ascii_uppercase()
}

fn characters(word: &str) -> Vec<char> {
    word.chars().map(comparable).collect()
}

/// The tokens of a pattern; nothing if it names a class that there isn't.
fn tokens(pattern: &str, classes: &Classes) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = pattern;
    while let Some((literal, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        rest = after;
        if !literal.is_empty() {
            tokens.push(Token::Literal(characters(literal)));
        }
        tokens.push(match name {
            "n" => Token::Number,
            "sep" => Token::Separators,
            "place" => Token::Place,
            "limit-age" => Token::Age,
            "ages" => Token::Ages,
            _ => {
                let class = name.trim_end_matches('?');
                Token::Class { words: classes.get(class)?.clone(), optional: class != name }
            }
        });
    }
    if !rest.is_empty() {
        tokens.push(Token::Literal(characters(rest)));
    }
    (!tokens.is_empty()).then_some(tokens)
}

/// A row of a proposal; the English may hold commas.
fn proposal(line: &str) -> Option<(Category, Words)> {
    let mut cells = line.splitn(4, ',').skip(1);
    let category = Category::from_code(cells.next()?)?;
    Some((category, Words { zh: cells.next()?.to_owned(), en: cells.next()?.to_owned() }))
}

/// The words of the classes named, joined by `+`.
fn guard(names: &str, classes: &Classes) -> Option<Vec<Vec<char>>> {
    let names = names.split('+').filter(|name| !name.is_empty());
    names.map(|name| classes.get(name).cloned()).collect::<Option<Vec<_>>>().map(|all| all.concat())
}

/// Every division's name, long and short (湖南省, 湖南).
fn place_names(people: &[Vec<char>]) -> HashSet<Box<[char]>> {
    let national = Divisions::table().all().iter().filter(|d| d.code.township().is_none());
    let names = national.map(|division| division.name).filter(|name| !NAMELESS.contains(name));
    names
        .flat_map(|name| [characters(name), short_name(name, people)])
        .filter(|name| name.len() >= 2)
        .map(Vec::into_boxed_slice)
        .collect()
}

fn short_name(name: &str, people: &[Vec<char>]) -> Vec<char> {
    let stem = SUFFIXES.iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
    let mut stem = characters(stem);
    let of_people = (2..stem.len()).find(|&at| people.iter().any(|p| stem[at..].starts_with(p)));
    stem.truncate(of_people.unwrap_or(stem.len()));
    stem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_of_the_table_is_read() {
        let rules = Rules::read();
        let of_kind = |wanted: fn(&str) -> bool| {
            lines(TABLE).skip(1).filter(|line| wanted(line.split(',').next().unwrap())).count()
        };
        assert_eq!(rules.lawful.len(), of_kind(|kind| kind == "lawful"));
        assert_eq!(
            rules.unlawful.len(),
            of_kind(|kind| !matches!(kind, "lawful" | "class" | "proposal"))
        );
        for category in Category::ALL {
            assert!(rules.unlawful.iter().any(|rule| rule.category == category), "{category:?}");
            let proposal = rules.proposal(category).expect("a proposal");
            assert!(!proposal.zh.is_empty() && !proposal.en.is_empty(), "{category:?}");
        }
    }

    #[test]
    fn places_have_long_and_short_names() {
        let places = Rules::read().places;
        for name in
            ["湖南省", "湖南", "广西", "新疆", "恩施", "桂阳县", "桂阳", "内蒙古", "大兴安岭"]
        {
            assert!(places.contains(characters(name).as_slice()), "{name}");
        }
        for name in ["城区", "市辖区", "县"] {
            assert!(!places.contains(characters(name).as_slice()), "{name}");
        }
    }

    #[test]
    fn numbers_and_their_ranges_are_taken_whole() {
        for (text, length) in [("18-45岁", 5), ("18至45", 5), ("50名", 2), ("18-岁", 2)] {
            assert_eq!(number_length(&characters(text)), Some(length));
        }
        assert_eq!(number_length(&characters("岁")), None);
    }
}
