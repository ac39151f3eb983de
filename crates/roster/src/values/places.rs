//! Home villages and destinations: codes, or names as people write them.

use gongqiao_contract::{
    codes::{Division, DivisionCode, DivisionLevel, Divisions},
    refusal::{Code, Refusal},
};

use super::lists::parts;
use crate::text::plain;

/// What people put behind a village's name, and the tables do not always.
const VILLAGE_SUFFIXES: [&str; 9] = [
    "社区居民委员会",
    "社区居委会",
    "居民委员会",
    "村民委员会",
    "村委会",
    "居委会",
    "行政村",
    "社区",
    "村",
];
const TOWNSHIP_SUFFIXES: [&str; 6] = ["街道办事处", "民族乡", "瑶族乡", "街道", "镇", "乡"];

/// A name in the register's columns, read around a service point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place<'t> {
    /// A code, a village's name, or an address that holds one.
    pub(super) village: &'t str,
    /// The township's name, or nothing.
    pub(super) township: &'t str,
    /// The county's name, or nothing.
    pub(super) county: &'t str,
}

/// The village of a code: one that exists, or that went over into one.
pub(super) fn village_of_code(text: &str) -> Option<DivisionCode> {
    let code = text.parse::<DivisionCode>().ok()?;
    let resolved = Divisions::table().resolve(code)?.code;
    (resolved.level() == DivisionLevel::Village).then_some(resolved)
}

/// 户籍村: a village's twelve-digit code, or its name where that is unique in
/// the township named beside it, in the point's township or, failing that, in
/// the county; or an address that holds the name of such a village.
pub(super) fn home(place: Place<'_>, point: DivisionCode) -> Result<DivisionCode, Refusal> {
    let text = plain(place.village);
    if text.len() > 4 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let around = point.prefecture().unwrap_or(point);
        return village_of_code(&text).ok_or_else(|| unknown_in(name_of(around)));
    }
    let county = county_named(place.county, point).or(point.county());
    let township = township_named(place.township, county.unwrap_or(point));
    // Why: a village of that name in another township is another village.
    let rings = match township {
        Some(township) => [Some(township), None, None],
        None => [point.township(), county, Some(point)],
    };
    let rings = || rings.into_iter().flatten();
    rings()
        .find_map(|ring| only_village(&text, ring))
        .or_else(|| rings().find_map(|ring| village_within(&text, ring)))
        .ok_or_else(|| unknown_in(name_of(county.unwrap_or(point))))
}

fn county_named(text: &str, point: DivisionCode) -> Option<DivisionCode> {
    let (text, prefecture) = (plain(text), point.prefecture()?);
    if text.is_empty() {
        return None;
    }
    let counties = || Divisions::table().counties_of(prefecture);
    only(counties().filter(|county| text.contains(county.name)))
        .or_else(|| only(counties().filter(|county| stem_is(county.name, &text))))
}

fn stem_is(name: &str, text: &str) -> bool {
    name.strip_suffix(['县', '区', '市']).is_some_and(|stem| stem == text)
}

fn township_named(text: &str, county: DivisionCode) -> Option<DivisionCode> {
    let text = plain(text);
    if text.is_empty() {
        return None;
    }
    if let Ok(code) = text.parse::<DivisionCode>() {
        return Divisions::table().resolve(code)?.code.township();
    }
    let townships = || Divisions::table().townships_of(county);
    let stem = without_suffix(&text, &TOWNSHIP_SUFFIXES);
    only(townships().filter(|township| township.name == text)).or_else(|| {
        only(townships().filter(|one| without_suffix(one.name, &TOWNSHIP_SUFFIXES) == stem))
    })
}

/// The one village of that name in `ring`. The name in full goes before the
/// name without what stands behind it.
fn only_village(text: &str, ring: DivisionCode) -> Option<DivisionCode> {
    let villages = || Divisions::table().villages_of(ring);
    let stem = village_stem(text);
    only(villages().filter(|village| village.name == text))
        .or_else(|| only(villages().filter(|village| village_stem(village.name) == stem)))
}

/// The one village in `ring` whose name, with what stands behind it, an
/// address holds: `桂阳县仁义镇下阳村5组`. Its township must not be another
/// than the one that the address names.
fn village_within(text: &str, ring: DivisionCode) -> Option<DivisionCode> {
    let is_named = |village: &&Division| {
        let stem = village_stem(village.name);
        let mut at = text.match_indices(stem).filter(|_| stem.chars().count() >= 2);
        at.any(|(at, _)| {
            let begins =
                at == 0 || text[..at].ends_with(['镇', '乡', '道', '处', '县', '区', '市']);
            let rest = &text[at + stem.len()..];
            begins && ["村", "社区", "居委会", "行政村"].iter().any(|one| rest.starts_with(one))
        })
    };
    let found: Vec<&Division> = Divisions::table().villages_of(ring).filter(is_named).collect();
    let township_fits = |village: &&&Division| {
        let township = village.code.township().and_then(|code| Divisions::table().get(code));
        township.is_some_and(|one| {
            let stem = without_suffix(one.name, &TOWNSHIP_SUFFIXES);
            text.contains(one.name)
                || ["镇", "乡", "街道"]
                    .iter()
                    .any(|suffix| text.contains(&format!("{stem}{suffix}")))
        })
    };
    only(found.iter().copied()).or_else(|| only(found.iter().filter(township_fits).copied()))
}

/// "塘下" of 塘下村民委员会 and of 塘下村村委会. A name that is nothing but a
/// suffix stays.
fn village_stem(name: &str) -> &str {
    without_suffix(name, &VILLAGE_SUFFIXES)
}

fn without_suffix<'n>(name: &'n str, suffixes: &[&str]) -> &'n str {
    let mut stem = name;
    while let Some(shorter) = suffixes
        .iter()
        .find_map(|suffix| stem.strip_suffix(suffix))
        .filter(|shorter| !shorter.is_empty())
    {
        stem = shorter;
    }
    stem
}

/// Is this the village's name, in whatever form?
pub(super) fn is_name_of(text: &str, village: DivisionCode) -> bool {
    let text = plain(text);
    let stem = village_stem(name_of(village));
    village_stem(&text) == stem || text.contains(stem)
}

/// Which of these divisions a place names: by its code, or by the name of a
/// village or, failing that, of a township.
pub(crate) fn named_among(place: &str, divisions: &[DivisionCode]) -> Option<DivisionCode> {
    let text = plain(place);
    let one_of = |level: DivisionLevel, text: &str| {
        let named = divisions.iter().copied().filter(|division| {
            let stem = village_stem(name_of(*division));
            let is_it = stem.chars().count() >= 2 && text.contains(stem);
            division.level() == level && (text == division.to_string() || is_it)
        });
        let mut named = named;
        named.next().filter(|_| named.next().is_none())
    };
    // Why: many a township's seat is a village of the same name.
    let township = one_of(DivisionLevel::Township, &text);
    let rest = township.map_or_else(|| text.clone(), |one| text.replacen(name_of(one), "", 1));
    one_of(DivisionLevel::Village, &rest).or(township)
}

/// The name of a division in which a clerk would look.
pub(super) fn name_of(division: DivisionCode) -> &'static str {
    Divisions::table().get(division).map_or("?", |division| division.name)
}

/// Where people would go, and what there is to look at.
#[derive(Debug, Clone, Default)]
pub(super) struct Destinations {
    /// Each once, in the order of the codes; empty for anywhere.
    pub(super) codes: Vec<DivisionCode>,
    pub(super) notes: Vec<Refusal>,
}

/// "No limit", in the words of forms.
const ANYWHERE: [&str; 14] = [
    "不限",
    "无",
    "均可",
    "都可以",
    "都行",
    "全国",
    "无要求",
    "不限地区",
    "随意",
    "哪里都行",
    "国内",
    "省外",
    "外省",
    "县外",
];
/// Places of which everybody knows what belongs to them.
const REGIONS: [(&[&str], &[&str]); 5] = [
    (
        &["珠三角", "珠江三角洲"],
        &["440100", "440300", "440400", "440600", "440700", "441200", "441300", "441900", "442000"],
    ),
    (&["长三角", "长江三角洲", "江浙沪", "江浙"], &["310000", "320000", "330000", "340000"]),
    (
        &["粤港澳", "大湾区", "粤港澳大湾区"],
        &["440100", "440300", "440400", "440600", "440700", "441200", "441300", "441900", "442000"],
    ),
    (&["沿海", "沿海地区"], &["310000", "320000", "330000", "350000", "370000", "440000"]),
    (&["京津冀"], &["110000", "120000", "130000"]),
];

/// 意向地区, as seen from the point.
pub(super) fn destinations(text: &str, point: DivisionCode) -> Destinations {
    let mut found = Destinations::default();
    let parts =
        parts(text).flat_map(|part| part.split([',', '，', '/', '／', '|', '或', '和', ' ']));
    for part in parts.map(plain).filter(|part| !part.is_empty()) {
        if ANYWHERE.contains(&part.as_str()) {
            return Destinations { codes: Vec::new(), notes: found.notes };
        }
        match destination(&part, point) {
            Some((codes, certain)) => {
                if !certain {
                    let names: Vec<&str> = codes.iter().map(|code| name_of(*code)).collect();
                    let read = Refusal::new(Code::RowDestinationRead);
                    found.notes.push(read.with("where", names.join("、")));
                }
                found.codes.extend(codes);
            }
            None => found.notes.push(Code::RowDestination.into()),
        }
    }
    found.codes.sort_unstable();
    found.codes.dedup();
    found.notes.dedup();
    found
}

/// Divisions, and whether they were named as they are.
fn destination(text: &str, point: DivisionCode) -> Option<(Vec<DivisionCode>, bool)> {
    let table = Divisions::table();
    if let Ok(code) = text.parse::<DivisionCode>() {
        return table.resolve(code).map(|resolved| (vec![resolved.code], true));
    }
    if let Some(code) = destination_named(text) {
        return Some((vec![code], true));
    }
    let near = match text {
        "本地" | "就近" | "附近" | "家门口" | "县内" | "本县" | "区内" | "本区" | "县城"
        | "周边" => point.county(),
        "市内" | "本市" => point.prefecture(),
        "省内" | "本省" => Some(point.province()),
        _ => None,
    };
    if let Some(code) = near {
        return Some((vec![code], false));
    }
    let region = REGIONS.iter().find(|(names, _)| names.contains(&text));
    if let Some((_, codes)) = region {
        return Some((codes.iter().filter_map(|code| code.parse().ok()).collect(), false));
    }
    destination_about(text).map(|code| (vec![code], true))
}

/// The province of that name, or else the one prefecture, or else the one
/// county (广东省, 郴州市, 海门区).
fn destination_named(text: &str) -> Option<DivisionCode> {
    by_level(|division| division.name == text)
}

/// The same without 省, 市, 县 (广东, 深圳), or with a province before it
/// (广东深圳, 广东省东莞市).
fn destination_about(text: &str) -> Option<DivisionCode> {
    let stem_of = |name: &'static str| -> &'static str {
        let suffixes = [
            "壮族自治区",
            "回族自治区",
            "维吾尔自治区",
            "自治区",
            "特别行政区",
            "自治州",
            "地区",
            "省",
            "市",
            "县",
            "区",
        ];
        suffixes.iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name)
    };
    let is_it = |division: &Division| stem_of(division.name) == text && text.chars().count() >= 2;
    by_level(is_it).or_else(|| {
        let table = Divisions::table();
        let provinces = table.all().iter().filter(|one| one.level == DivisionLevel::Province);
        let (province, rest) = provinces.into_iter().find_map(|province| {
            let rest = text
                .strip_prefix(province.name)
                .or_else(|| text.strip_prefix(stem_of(province.name)))?;
            Some((province.code, rest.trim_start_matches('省')))
        })?;
        let below = |division: &&Division| {
            division.level <= DivisionLevel::County
                && province.contains(division.code)
                && (division.name == rest || stem_of(division.name) == rest)
        };
        only(table.all().iter().filter(below))
    })
}

fn by_level(is_it: impl Fn(&Division) -> bool) -> Option<DivisionCode> {
    use DivisionLevel::{County, Prefecture, Province};
    [Province, Prefecture, County].into_iter().find_map(|level| {
        let all = Divisions::table().all().iter();
        only(all.filter(|division| division.level == level && is_it(division)))
    })
}

fn only<'d>(mut found: impl Iterator<Item = &'d Division>) -> Option<DivisionCode> {
    let first = found.next()?;
    found.next().is_none().then_some(first.code)
}

fn unknown_in(place: &str) -> Refusal {
    Refusal::new(Code::RowDivision).with("where", place)
}

#[cfg(test)]
mod tests {
    use super::*;

    const POINT: &str = "431021102000";

    #[track_caller]
    fn check_destinations(text: &str, codes: &[&str], notes: &[Code]) {
        let found = destinations(text, POINT.parse().unwrap());
        let shown: Vec<String> = found.codes.iter().map(ToString::to_string).collect();
        let told: Vec<Code> = found.notes.iter().map(|note| note.code).collect();
        assert_eq!(
            (shown.iter().map(String::as_str).collect::<Vec<_>>().as_slice(), told.as_slice()),
            (codes, notes),
            "{text}"
        );
    }

    #[test]
    fn destinations_are_read_as_people_name_them() {
        check_destinations("广东省;郴州市", &["431000", "440000"], &[]);
        check_destinations("广东、深圳", &["440000", "440300"], &[]);
        check_destinations("广东省东莞市", &["441900"], &[]);
        check_destinations("广东深圳", &["440300"], &[]);
        check_destinations("不限", &[], &[]);
        check_destinations("广东/不限", &[], &[]);
        check_destinations("县内", &["431021"], &[Code::RowDestinationRead]);
        check_destinations("市内", &["431000"], &[Code::RowDestinationRead]);
        check_destinations("省内", &["430000"], &[Code::RowDestinationRead]);
        check_destinations(
            "江浙沪",
            &["310000", "320000", "330000", "340000"],
            &[Code::RowDestinationRead],
        );
        check_destinations("桃花源", &[], &[Code::RowDestination]);
        check_destinations("桃花源;广东", &["440000"], &[Code::RowDestination]);
    }

    #[test]
    fn a_village_is_found_in_an_address_and_in_its_township() {
        let point = POINT.parse().unwrap();
        let find = |village: &str, township: &str, county: &str| {
            home(Place { village, township, county }, point).map(|code| code.to_string()).ok()
        };
        let village = Divisions::table().get("431021102205".parse().unwrap()).unwrap();
        let stem = village_stem(village.name);
        for text in [
            village.name.to_owned(),
            stem.to_owned(),
            format!("{stem} 村"),
            format!("湖南省郴州市桂阳县仁义镇{stem}村5组"),
            format!("仁义镇{stem}村"),
        ] {
            assert_eq!(find(&text, "", ""), Some("431021102205".to_owned()), "{text}");
        }
        let other = Divisions::table().villages_of("431021103000".parse().unwrap()).next().unwrap();
        for township in ["太和镇", "太和", "太和 镇", "431021103000"] {
            assert_eq!(find(other.name, township, "桂阳县"), Some(other.code.to_string()));
        }
        assert_eq!(find("没有这个村", "", ""), None);
        assert_eq!(find("431021102999", "", ""), None);
    }
}
