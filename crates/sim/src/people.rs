//! The people, each a pure function of the seed and the person's number.
//! Nobody is real: the IDs carry test check characters, and the telephone
//! numbers a country code that no country has.

use gongqiao_contract::{
    codes::{CitizenId, DivisionCode, Divisions},
    wire::call_outcome::Value as Outcome,
};
use time::{Date, Duration, macros::date};

use crate::{
    SimError,
    points::{Point, number},
    random::{Drawn, Lot, draw},
};

/// The oldest turns sixty on the day after the people are needed.
const OLDEST: Date = date!(1961 - 07 - 21);
/// The youngest turned sixteen on the day on which the week begins.
const YOUNGEST: Date = date!(2005 - 07 - 12);
/// Serial numbers of one division and day.
const SERIALS: u64 = 1_000;
/// Steps through all birthdays and serials of a county without coming twice
/// to one: a prime that does not divide their number. The millionth prime.
const STRIDE: u64 = 15_485_863;

/// No country has the code 999 (list annexed to ITU-T E.164).
const NOWHERE: &str = "+999";

const SURNAMES: [&str; 60] = [
    "李", "王", "张", "刘", "陈", "杨", "黄", "周", "吴", "邓", "何", "谢", "罗", "曹", "肖", "彭",
    "曾", "欧阳", "雷", "谭", "唐", "胡", "朱", "廖", "欧", "蒋", "段", "邝", "侯", "钟", "郭",
    "徐", "林", "骆", "颜", "首", "尹", "袁", "史", "文", "龙", "贺", "范", "孙", "马", "高", "梁",
    "宋", "郑", "韩", "冯", "董", "萧", "程", "龚", "吕", "苏", "卢", "丁", "魏",
];
const SYLLABLES: [&str; 48] = [
    "伟", "芳", "秀", "英", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛",
    "明", "超", "兰", "霞", "平", "刚", "桂", "文", "辉", "玲", "红", "建", "国", "华", "春", "梅",
    "小", "云", "志", "海", "燕", "林", "雪", "荣", "爱", "玉", "萍", "金", "凤", "洁", "琴", "新",
];

/// What people have learnt, in the words that clerks write down. A village
/// has one of these trades more than the others.
pub(crate) const TRADES: [&[&str]; 10] = [
    &["电子装配工", "插件工", "焊锡工", "SMT操作员"],
    &["仪器仪表装配工", "仪表装配工"],
    &["平车工", "缝纫工", "裁剪", "烫工"],
    &["电焊工", "CNC操作员", "冲床工", "铣工"],
    &["养老护理员", "家政服务员", "育婴员"],
    &["中式烹调师", "西式面点师"],
    &["泥工", "木工", "水电工"],
    &["叉车工", "仓管员", "搬运工"],
    &["普工", "操作工", "包装工"],
    &["打工"],
];
const LEVELS: [&str; 4] = ["初级工", "初级工", "中级工", "高级工"];

/// One invented person, as a row of a roster.
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) citizen_id: CitizenId,
    pub(crate) phone: String,
    pub(crate) home: DivisionCode,
    /// Titles with levels, separated by semicolons.
    pub(crate) occupations: String,
    /// Yuan a month; 0 for no expectation.
    pub(crate) wage_yuan: u32,
    /// Nothing for at once.
    pub(crate) available_from: Option<Date>,
    /// Names of divisions, separated by semicolons.
    pub(crate) destinations: &'static str,
    /// As the template has them, separated by semicolons.
    pub(crate) consents: &'static str,
}

/// The people of a point, in the order of its roster.
pub(crate) fn of_point(seed: u64, point: &Point) -> impl Iterator<Item = Result<Person, SimError>> {
    let township = point.code.township().unwrap_or(point.code);
    let villages: Vec<DivisionCode> =
        Divisions::table().villages_of(township).map(|village| village.code).collect();
    let (first, people, point) = (point.first, point.people, point.clone());
    (first..first + people).map(move |who| person(seed, &point, &villages, who))
}

/// The number of the person who has this telephone.
pub(crate) fn who_has(phone: &str) -> Option<u64> {
    phone.strip_prefix(NOWHERE)?.parse().ok()
}

/// What the person says when the clerk calls about this post.
pub(crate) fn says(seed: u64, who: u64, post: usize) -> Outcome {
    if draw(seed, Lot::Willing, who, post as u64).percent(55) {
        return Outcome::Willing;
    }
    match draw(seed, Lot::Said, who, post as u64).below(100) {
        0..40 => Outcome::Unwilling,
        40..75 => Outcome::NoAnswer,
        75..90 => Outcome::Undecided,
        _ => Outcome::Away,
    }
}

/// Whether the person jumps in when somebody misses the coach.
pub(crate) fn stands_by(seed: u64, who: u64) -> bool {
    draw(seed, Lot::Standby, who, 0).percent(60)
}

fn person(
    seed: u64,
    point: &Point,
    villages: &[DivisionCode],
    who: u64,
) -> Result<Person, SimError> {
    let lot = |lot| draw(seed, lot, who, 0);
    Ok(Person {
        name: name(lot(Lot::Name)),
        citizen_id: citizen_id(seed, point, who)?,
        phone: format!("{NOWHERE}{who:09}"),
        home: home(lot(Lot::Home), point, villages),
        occupations: occupations(point, &lot),
        wage_yuan: wage(lot(Lot::Wage)),
        available_from: available(lot(Lot::Available), lot(Lot::AvailableDay)),
        destinations: destinations(lot(Lot::Destination)),
        consents: consents(lot(Lot::Consent)),
    })
}

fn name(lot: Drawn) -> String {
    let (surnames, syllables) = (SURNAMES.len() as u64, SYLLABLES.len() as u64);
    // Why: two more than there are, so that some names have one syllable only.
    let n = lot.below(surnames * syllables * (syllables + 2));
    let pick = |list: &[&'static str], n: u64| {
        usize::try_from(n).ok().and_then(|n| list.get(n).copied()).unwrap_or_default()
    };
    let rest = n / surnames;
    let (one, two) = (rest % syllables, rest / syllables);
    format!("{}{}{}", pick(&SURNAMES, n % surnames), pick(&SYLLABLES, one), pick(&SYLLABLES, two))
}

fn citizen_id(seed: u64, point: &Point, who: u64) -> Result<CitizenId, SimError> {
    let county = point.code.county().ok_or(SimError::Table("county of a village"))?;
    let days = u64::try_from((YOUNGEST - OLDEST).whole_days()).unwrap_or(1);
    let ids = days * SERIALS;
    let offset = draw(seed, Lot::Birth, number(county), 0).below(ids);
    let place = (u128::from(who - point.county_first) * u128::from(STRIDE) + u128::from(offset))
        % u128::from(ids);
    let place = u64::try_from(place).unwrap_or_default();
    let day = i64::try_from(place / SERIALS).unwrap_or_default();
    let serial = u16::try_from(place % SERIALS).unwrap_or_default();
    let birth = OLDEST.checked_add(Duration::days(day)).unwrap_or(OLDEST);
    Ok(CitizenId::test_id(&county.to_string(), birth, serial)?)
}

/// Most live in the point's own village, some in another of the township.
fn home(lot: Drawn, point: &Point, villages: &[DivisionCode]) -> DivisionCode {
    let near = lot.below(villages.len() as u64 * 6);
    usize::try_from(near).ok().and_then(|n| villages.get(n)).copied().unwrap_or(point.code)
}

fn occupations(point: &Point, lot: &impl Fn(Lot) -> Drawn) -> String {
    let trade = lot(Lot::Trade);
    // Why: nine in twenty follow the village's trade, the others any.
    let index = if trade.percent(45) { point.trade } else { lot(Lot::Seat).index(TRADES.len()) };
    let titles = TRADES.get(index).copied().unwrap_or_default();
    let mut text = lot(Lot::Title).one_of(titles).unwrap_or("普工").to_owned();
    let level = lot(Lot::Level);
    if index < 8 && level.percent(40) {
        text.push('：');
        text.push_str(LEVELS[usize::try_from(level.value() % 4).unwrap_or_default()]);
    }
    if index != 8 && lot(Lot::SecondTitle).percent(25) {
        text.push_str(";普工");
    }
    text
}

/// Hundreds from 2,800 to 6,000, the lower ones oftener; one in twenty asks
/// for nothing.
fn wage(lot: Drawn) -> u32 {
    let n = lot.below(1_100);
    if n < 55 {
        return 0;
    }
    let step = (n - 55) * (n - 55) / 33_000;
    2_800 + 100 * u32::try_from(step).unwrap_or_default().min(32)
}

fn available(lot: Drawn, day: Drawn) -> Option<Date> {
    let from = |first: Date, days: u64| {
        first.checked_add(Duration::days(i64::try_from(day.below(days)).unwrap_or_default()))
    };
    match lot.below(100) {
        0..60 => None,
        60..82 => from(date!(2021 - 07 - 10), 11),
        _ => from(date!(2021 - 07 - 21), 70),
    }
}

fn destinations(lot: Drawn) -> &'static str {
    match lot.below(100) {
        0..33 => "不限",
        33..60 => "郴州市",
        60..70 => "郴州市;广东省",
        70..92 => "广东省",
        92..97 => "海门区;江苏省",
        _ => "浙江省;福建省",
    }
}

fn consents(lot: Drawn) -> &'static str {
    match lot.below(100) {
        0..4 => "入册",
        4..30 => "入册;推荐",
        _ => "入册;推荐;提供",
    }
}

#[cfg(test)]
mod tests;
