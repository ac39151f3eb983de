//! What a clerk copies into the village's chat group: the post, its terms and
//! where to say yes by when. Nothing about any person.

use std::fmt::Write as _;

use gongqiao_contract::{
    Lang,
    codes::Park,
    wire::{
        ArrivalBatch, Pay, VacancyTerms, contract_with::Value as Contract,
        pay_unit::Value as PayUnit, shift::Value as Shift,
    },
};
use gongqiao_domain::{
    City,
    entity::{Signal, VacancyState},
    terms,
};
use gongqiao_shell::beijing;
use time::OffsetDateTime;

use crate::show;

/// What is told of one vacancy at one point.
pub(crate) struct Notice<'a> {
    pub(crate) terms: &'a VacancyTerms,
    pub(crate) enterprise: &'a str,
    pub(crate) point: &'a str,
    /// Until when an answer is waited for; nothing once it has passed.
    pub(crate) respond_by: Option<OffsetDateTime>,
    /// Whoever says yes now waits for a seat.
    pub(crate) full: bool,
}

/// The text for a signal; nothing when the vacancy no longer stands.
pub(crate) fn of(city: &City, signal: &Signal, lang: Lang) -> Option<String> {
    let vacancy = city.vacancy(&signal.id.vacancy)?;
    let notice = Notice {
        terms: &vacancy.terms,
        enterprise: &show::name_of(city, vacancy.enterprise.as_str()),
        point: &show::name_of(city, signal.id.point.as_str()),
        respond_by: Some(signal.respond_by).filter(|_| signal.is_open()),
        full: vacancy.free_seats() == 0,
    };
    (vacancy.state == VacancyState::Open).then(|| notice.text(lang))
}

impl Notice<'_> {
    pub(crate) fn text(&self, lang: Lang) -> String {
        let zh = lang == Lang::Zh;
        let t = self.terms;
        let mut lines = vec![self.headline(zh)];
        let mut line = |label: (&str, &str), value: String| {
            if !value.is_empty() {
                lines.push(if zh {
                    format!("{}：{value}", label.0)
                } else {
                    format!("{}: {value}", label.1)
                });
            }
        };
        line(("地点", "Place"), place(t, zh));
        line(("工资", "Pay"), t.pay.as_ref().map(|pay| wages(pay, zh)).unwrap_or_default());
        let deductions = t.pay.as_ref().map(|pay| pay.deductions.trim().to_owned());
        line(("扣款", "Deductions"), deductions.unwrap_or_default());
        line(("班次", "Shift"), shift(t.shift(), zh));
        line(("食宿", "Food and lodging"), keep(t, zh));
        line(("保险", "Insurance"), insurance(t, zh).to_owned());
        line(("合同", "Contract"), contract(t.contract_with(), zh).to_owned());
        line(("至少工作", "Minimum stay"), stay(t.minimum_stay_days, zh));
        line(("到岗", "Needed"), needed(t, zh));
        line(("报名", "Say yes"), self.sign_up(zh));
        lines.join("\n")
    }

    fn headline(&self, zh: bool) -> String {
        let Self { terms: t, enterprise, .. } = self;
        let (title, n) = (&t.title, t.headcount);
        if zh {
            let urgent = if t.urgent { "【急招】" } else { "【招工】" };
            let trainable = if t.trainable { "（可培训上岗）" } else { "" };
            format!("{urgent}{enterprise} 招 {title} {n} 人{trainable}")
        } else {
            let urgent = if t.urgent { "Urgent: " } else { "" };
            let trainable = if t.trainable { ", trained on the job" } else { "" };
            format!("{urgent}{enterprise} wants {n} people: {title}{trainable}")
        }
    }

    fn sign_up(&self, zh: bool) -> String {
        let Self { point, full, .. } = self;
        let by = self.respond_by.map(beijing::minutes);
        if zh {
            let by = by.map(|by| format!("{by} 前")).unwrap_or_default();
            let waits = if *full { "（名额已满，可登记候补）" } else { "" };
            format!("{by}到{point}登记{waits}")
        } else {
            let by = by.map(|by| format!(", by {by} Beijing time")).unwrap_or_default();
            let waits = if *full { " (all seats are taken: a place on the list)" } else { "" };
            format!("at {point}{by}{waits}")
        }
    }
}

fn place(t: &VacancyTerms, zh: bool) -> String {
    let names = t.place.parse().map(show::chain).unwrap_or_default();
    let park = Park::get(&t.park).map_or("", |park| park.name);
    let joint = if zh { "" } else { " " };
    let parts = [names.join(joint), park.to_owned(), t.address.trim().to_owned()];
    let mut told = String::new();
    for part in parts.into_iter().filter(|part| !part.is_empty()) {
        // Why: an address often says the park again.
        if !told.contains(&part) {
            let space = if told.is_empty() { "" } else { " " };
            let _ = write!(told, "{space}{part}");
        }
    }
    told
}

fn wages(pay: &Pay, zh: bool) -> String {
    let mut parts = Vec::new();
    let Pay { base_yuan: base, total_from_yuan: from, total_to_yuan: to, .. } = *pay;
    parts.push(if zh {
        format!("底薪 {base} 元/月")
    } else {
        format!("base {base} yuan a month")
    });
    if to > 0 {
        let range = if from == to || from == 0 { to.to_string() } else { format!("{from}-{to}") };
        parts.push(if zh {
            format!("综合 {range} 元/月")
        } else {
            format!("{range} yuan a month altogether")
        });
    }
    if pay.hourly_yuan > 0 {
        let hourly = pay.hourly_yuan;
        parts.push(if zh {
            format!("{hourly} 元/小时")
        } else {
            format!("{hourly} yuan an hour")
        });
    }
    if pay.unit() == PayUnit::Piece {
        parts.push(if zh { "计件".to_owned() } else { "by the piece".to_owned() });
    }
    if pay.payday > 0 {
        let day = pay.payday;
        parts.push(if zh {
            format!("每月 {day} 日发放")
        } else {
            format!("paid on day {day} of the month")
        });
    }
    parts.join(if zh { "，" } else { ", " })
}

fn shift(shift: Shift, zh: bool) -> String {
    let hours = match shift {
        Shift::Unspecified => return String::new(),
        Shift::DayTo1730 => "8:00-17:30",
        Shift::DayTo1900 => "8:00-19:00",
        Shift::DayTo2000 => "8:00-20:00",
        Shift::Rotating => {
            return if zh { "两班倒" } else { "day and night in turn" }.to_owned();
        }
    };
    if zh { format!("白班 {hours}") } else { hours.to_owned() }
}

/// Food, lodging and the bus, as far as they are offered.
fn keep(t: &VacancyTerms, zh: bool) -> String {
    let offers = [
        (t.meals, "提供工作餐", "meals"),
        (t.dormitory, "提供宿舍", "dormitory"),
        (t.shuttle_bus, "班车接送", "shuttle bus"),
    ];
    let offered = offers.into_iter().filter(|(offered, ..)| *offered);
    let words: Vec<&str> = offered.map(|(_, in_zh, en)| if zh { in_zh } else { en }).collect();
    match words.is_empty() {
        true if zh => "自理".to_owned(),
        true => "none offered".to_owned(),
        false => words.join(if zh { "、" } else { ", " }),
    }
}

/// Why also where there is none: people must not take silence for a yes.
fn insurance(t: &VacancyTerms, zh: bool) -> &'static str {
    match (t.social_insurance, zh) {
        (true, true) => "五险一金",
        (true, false) => "five insurances and housing fund",
        (false, true) => "未注明，请先问清",
        (false, false) => "not stated; ask first",
    }
}

fn contract(with: Contract, zh: bool) -> &'static str {
    match (with, zh) {
        (Contract::Enterprise, true) => "企业直签",
        (Contract::Enterprise, false) => "with the enterprise itself",
        (Contract::Agency, true) => "劳务派遣",
        (Contract::Agency, false) => "with an agency",
        (Contract::Unspecified, true) => "未注明，请先问清",
        (Contract::Unspecified, false) => "not stated; ask first",
    }
}

fn stay(days: u32, zh: bool) -> String {
    match (days, zh) {
        (0, _) => String::new(),
        (days, true) => format!("{days} 天"),
        (days, false) => format!("{days} days"),
    }
}

fn needed(t: &VacancyTerms, zh: bool) -> String {
    if t.batches.is_empty() {
        let day = date(&t.needed_by, zh);
        return if zh { format!("{day}前") } else { format!("by {day}") };
    }
    let wave = |batch: &ArrivalBatch| {
        let (day, n) = (date(&batch.date, zh), batch.headcount);
        if zh { format!("{day} {n} 人") } else { format!("{n} on {day}") }
    };
    let waves: Vec<String> = t.batches.iter().map(wave).collect();
    waves.join(if zh { "，" } else { ", " })
}

fn date(text: &str, zh: bool) -> String {
    let Ok(day) = terms::day("", text) else { return text.to_owned() };
    if zh {
        format!("{} 年 {} 月 {} 日", day.year(), u8::from(day.month()), day.day())
    } else {
        format!("{} {} {}", day.day(), day.month(), day.year())
    }
}

#[cfg(test)]
mod tests;
