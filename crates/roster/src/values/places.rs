//! Home villages and destinations: codes, or names as people write them.

use gongqiao_contract::{
    codes::{Division, DivisionCode, DivisionLevel, Divisions},
    refusal::{Code, Refusal},
};

use super::lists::parts;

/// What people put behind a village's name, and the tables do not always.
const VILLAGE_SUFFIXES: [&str; 8] =
    ["社区居民委员会", "社区居委会", "居民委员会", "村民委员会", "村委会", "居委会", "社区", "村"];

/// 户籍村: a village's twelve-digit code, or its name where that is unique in
/// the point's township or, failing that, in its county.
pub(super) fn home(text: &str, point: DivisionCode) -> Result<DivisionCode, Refusal> {
    let table = Divisions::table();
    if let Ok(code) = text.parse::<DivisionCode>() {
        return table
            .resolve(code)
            .map(|resolved| resolved.code)
            .filter(|code| code.level() == DivisionLevel::Village)
            .ok_or_else(|| unknown_in(name_of(point.prefecture().unwrap_or(point))));
    }
    let rings = [point.township(), point.county(), Some(point)];
    rings
        .into_iter()
        .flatten()
        .find_map(|ring| only_village(text, ring))
        .ok_or_else(|| unknown_in(name_of(point.county().unwrap_or(point))))
}

/// The one village of that name in `ring`. The name in full goes before the
/// name without what stands behind it.
fn only_village(text: &str, ring: DivisionCode) -> Option<DivisionCode> {
    let villages = || Divisions::table().villages_of(ring);
    let stem = village_stem(text);
    only(villages().filter(|village| village.name == text))
        .or_else(|| only(villages().filter(|village| village_stem(village.name) == stem)))
}

/// "塘下" of 塘下村民委员会 and of 塘下村村委会. A name that is nothing but a
/// suffix stays.
fn village_stem(name: &str) -> &str {
    let mut stem = name;
    while let Some(shorter) = VILLAGE_SUFFIXES
        .iter()
        .find_map(|suffix| stem.strip_suffix(suffix))
        .filter(|shorter| !shorter.is_empty())
    {
        stem = shorter;
    }
    stem
}

/// The name of a division in which a clerk would look.
fn name_of(division: DivisionCode) -> &'static str {
    Divisions::table().get(division).map_or("?", |division| division.name)
}

/// 意向地区: each once, in the order of the codes; empty for anywhere.
pub(super) fn destinations(text: &str) -> Result<Vec<DivisionCode>, Refusal> {
    if text == ANYWHERE {
        return Ok(Vec::new());
    }
    let mut destinations = Vec::new();
    for part in parts(text) {
        destinations.push(destination(part)?);
    }
    destinations.sort_unstable();
    destinations.dedup();
    Ok(destinations)
}

/// "No limit".
const ANYWHERE: &str = "不限";

fn destination(text: &str) -> Result<DivisionCode, Refusal> {
    let table = Divisions::table();
    let found = match text.parse::<DivisionCode>() {
        Ok(code) => table.resolve(code).map(|resolved| resolved.code),
        Err(_) => destination_named(text),
    };
    found.ok_or_else(|| unknown_in("GB/T 2260"))
}

/// The province of that name, or else the one prefecture, or else the one
/// county (广东省, 郴州市, 海门区).
fn destination_named(text: &str) -> Option<DivisionCode> {
    use DivisionLevel::{County, Prefecture, Province};
    [Province, Prefecture, County].into_iter().find_map(|level| {
        let named = |division: &&Division| division.level == level && division.name == text;
        only(Divisions::table().all().iter().filter(named))
    })
}

fn only<'d>(mut found: impl Iterator<Item = &'d Division>) -> Option<DivisionCode> {
    let first = found.next()?;
    found.next().is_none().then_some(first.code)
}

fn unknown_in(place: &str) -> Refusal {
    Refusal::new(Code::RowDivision).with("where", place)
}
