//! The terms of a vacancy as flags.

use clap::{Args, ValueEnum};
use gongqiao_contract::{
    Lang,
    id::PartyId,
    wire::{self, VacancyTerms, pay_unit, shift},
    words::Sort,
};
use gongqiao_domain::entity::{instant, timestamp};
use gongqiao_shell::beijing;
use time::OffsetDateTime;

use crate::{
    cmd::{input, words::word},
    output::Output,
};

/// Flags of `vacancy post`. What the law asks of every advert is required.
#[derive(Debug, Args)]
#[command(mut_args(needed))]
pub(crate) struct PostArgs {
    /// For whom; only an operator may post for another.
    #[arg(long, value_name = "CODE", conflicts_with = "file")]
    enterprise: Option<PartyId>,
    #[command(flatten)]
    terms: TermsArgs,
}

fn needed(arg: clap::Arg) -> clap::Arg {
    match arg.get_id().as_str() {
        "title" | "headcount" | "duties" | "conditions" | "base_yuan" | "needed_by"
        | "valid_until" => arg.required_unless_present("file"),
        _ => arg,
    }
}

/// What a vacancy asks and offers. Flags that are left out change nothing.
#[derive(Debug, Args)]
#[group(id = "terms", multiple = true, conflicts_with = "file")]
pub(crate) struct TermsArgs {
    /// The employer's own words for the post (岗位名称).
    #[arg(long)]
    title: Option<String>,
    /// How many people (人数).
    #[arg(long, value_name = "N")]
    headcount: Option<u32>,
    /// What is to be done (工作内容).
    #[arg(long)]
    duties: Option<String>,
    /// What is asked of people (招聘条件).
    #[arg(long)]
    conditions: Option<String>,
    /// Occupation codes of the 2022 classification; by default those that the
    /// title means (工种代码).
    #[arg(long = "occupation", value_name = "CODE", value_delimiter = ',')]
    occupations: Option<Vec<String>>,
    /// Learned on the job (可培训上岗).
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    trainable: Option<bool>,
    /// Lowest skill level, 1 (senior technician) to 5 (junior); 0 for none (技能等级).
    #[arg(long)]
    level: Option<u32>,
    /// Division of the workplace; not needed with --park (工作地区划).
    #[arg(long, value_name = "CODE")]
    place: Option<String>,
    /// Industrial park of the workplace (园区).
    #[arg(long)]
    park: Option<String>,
    /// Street and number (地址).
    #[arg(long)]
    address: Option<String>,
    /// What pay is counted by; a new vacancy's default is month (计薪方式).
    #[arg(long, value_name = "UNIT")]
    pay_unit: Option<PayUnit>,
    /// What is paid whatever happens, in yuan (底薪).
    #[arg(long, value_name = "YUAN")]
    base_yuan: Option<u32>,
    /// What is taken home altogether, at least (综合工资下限).
    #[arg(long, value_name = "YUAN")]
    total_from_yuan: Option<u32>,
    /// What is taken home altogether, at most (综合工资上限).
    #[arg(long, value_name = "YUAN")]
    total_to_yuan: Option<u32>,
    /// Pattern of shifts (班次).
    #[arg(long)]
    shift: Option<Shift>,
    /// Day on which people are needed at work (到岗日期).
    #[arg(long, value_name = "YYYY-MM-DD")]
    needed_by: Option<String>,
    /// Until when the vacancy stands (有效期至).
    #[arg(long, value_name = "TIME", value_parser = input::time)]
    valid_until: Option<OffsetDateTime>,
    /// At once (紧急).
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    urgent: Option<bool>,
    /// A bus fetches people (班车).
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    shuttle_bus: Option<bool>,
    /// A bed is offered (住宿).
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    dormitory: Option<bool>,
    /// Meals are offered (餐食).
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    meals: Option<bool>,
    /// Five insurances and the housing fund (五险一金).
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    social_insurance: Option<bool>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PayUnit {
    /// 月薪
    Month,
    /// 时薪
    Hour,
    /// 计件
    Piece,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shift {
    /// 8:00-17:30
    #[value(name = "day-to-1730")]
    DayTo1730,
    /// 8:00-19:00
    #[value(name = "day-to-1900")]
    DayTo1900,
    /// 8:00-20:00
    #[value(name = "day-to-2000")]
    DayTo2000,
    /// Day and night in rotation (两班倒)
    Rotating,
}

impl From<PostArgs> for wire::PostVacancy {
    fn from(args: PostArgs) -> Self {
        let month = wire::Pay { unit: pay_unit::Value::Month as i32, ..wire::Pay::default() };
        let blank = VacancyTerms { pay: Some(month), ..VacancyTerms::default() };
        Self {
            enterprise: args.enterprise.map(String::from).unwrap_or_default(),
            terms: Some(args.terms.over(blank)),
        }
    }
}

impl TermsArgs {
    /// `terms` with whatever the flags say put over it.
    pub(super) fn over(self, mut terms: VacancyTerms) -> VacancyTerms {
        // Why: a new title means new occupations, unless they are named; and
        // a new park means a new county.
        if self.title.is_some() && self.occupations.is_none() {
            terms.occupations.clear();
        }
        if self.park.is_some() && self.place.is_none() {
            terms.place.clear();
        }
        let mut pay = terms.pay.take().unwrap_or_default();
        put(&mut pay.unit, self.pay_unit.map(|unit| pay_unit::Value::from(unit) as i32));
        put(&mut pay.base_yuan, self.base_yuan);
        put(&mut pay.total_from_yuan, self.total_from_yuan);
        put(&mut pay.total_to_yuan, self.total_to_yuan);
        terms.pay = Some(pay);
        put(&mut terms.title, self.title);
        put(&mut terms.headcount, self.headcount);
        put(&mut terms.duties, self.duties);
        put(&mut terms.conditions, self.conditions);
        put(&mut terms.occupations, self.occupations);
        put(&mut terms.trainable, self.trainable);
        put(&mut terms.level, self.level);
        put(&mut terms.place, self.place);
        put(&mut terms.park, self.park);
        put(&mut terms.address, self.address);
        put(&mut terms.shift, self.shift.map(|shift| shift::Value::from(shift) as i32));
        put(&mut terms.needed_by, self.needed_by);
        put(&mut terms.valid_until, self.valid_until.map(|at| Some(timestamp(at))));
        put(&mut terms.urgent, self.urgent);
        put(&mut terms.shuttle_bus, self.shuttle_bus);
        put(&mut terms.dormitory, self.dormitory);
        put(&mut terms.meals, self.meals);
        put(&mut terms.social_insurance, self.social_insurance);
        terms
    }
}

fn put<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

impl From<PayUnit> for pay_unit::Value {
    fn from(unit: PayUnit) -> Self {
        match unit {
            PayUnit::Month => Self::Month,
            PayUnit::Hour => Self::Hour,
            PayUnit::Piece => Self::Piece,
        }
    }
}

impl From<Shift> for shift::Value {
    fn from(shift: Shift) -> Self {
        match shift {
            Shift::DayTo1730 => Self::DayTo1730,
            Shift::DayTo1900 => Self::DayTo1900,
            Shift::DayTo2000 => Self::DayTo2000,
            Shift::Rotating => Self::Rotating,
        }
    }
}

/// Pay as people read it, as in `3000 yuan a month, 4500-6500 in all`.
pub(super) fn pay_text(output: &Output, pay: Option<&wire::Pay>) -> String {
    let Some(pay) = pay else { return String::new() };
    let unit = word(output, Sort::PayUnit, pay.unit().as_str_name());
    let base = format!("{} {unit}", pay.base_yuan);
    match (pay.total_to_yuan, output.lang) {
        (0, _) => base,
        (to, Lang::En) => format!("{base}, {}-{to} in all", pay.total_from_yuan),
        (to, Lang::Zh) => format!("{base}，综合 {}-{to}", pay.total_from_yuan),
    }
}

/// The pattern of shifts.
pub(super) fn shift_text(output: &Output, terms: &VacancyTerms) -> String {
    match terms.shift() {
        shift::Value::Unspecified => String::new(),
        shift => word(output, Sort::Shift, shift.as_str_name()),
    }
}

/// What is provided beside the pay.
pub(super) fn provided_text(output: &Output, terms: &VacancyTerms) -> String {
    let all = [
        (terms.dormitory, "dormitory", "宿舍"),
        (terms.meals, "meals", "餐食"),
        (terms.shuttle_bus, "shuttle bus", "班车"),
        (terms.social_insurance, "five insurances and housing fund", "五险一金"),
    ];
    let provided = all.into_iter().filter(|(is, ..)| *is).map(|(_, en, zh)| output.say(en, zh));
    provided.collect::<Vec<_>>().join(output.say(", ", "、"))
}

/// Until when the vacancy stands, in Beijing.
pub(super) fn valid_until_text(terms: &VacancyTerms) -> String {
    terms.valid_until.as_ref().map(|at| beijing::minutes(instant(at))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Flags {
        #[arg(long)]
        file: Option<String>,
        #[command(flatten)]
        terms: TermsArgs,
    }

    fn over(flags: &[&str], terms: VacancyTerms) -> VacancyTerms {
        let words = std::iter::once("x").chain(flags.iter().copied());
        Flags::try_parse_from(words).unwrap().terms.over(terms)
    }

    #[test]
    fn flags_change_what_they_name_and_nothing_else() {
        let old = VacancyTerms {
            title: "装配工".to_owned(),
            occupations: vec!["6-25-04-07".to_owned()],
            headcount: 100,
            urgent: true,
            dormitory: true,
            pay: Some(wire::Pay { base_yuan: 3000, payday: 15, ..wire::Pay::default() }),
            ..VacancyTerms::default()
        };
        let new =
            over(&["--headcount", "120", "--urgent=false", "--base-yuan", "3200"], old.clone());
        let expected = VacancyTerms {
            headcount: 120,
            urgent: false,
            pay: Some(wire::Pay { base_yuan: 3200, payday: 15, ..wire::Pay::default() }),
            ..old.clone()
        };
        assert_eq!(new, expected);
        assert_eq!(over(&[], old.clone()), old);
    }

    #[test]
    fn a_new_title_is_mapped_anew_unless_its_occupations_are_named() {
        let old = VacancyTerms { occupations: vec!["a".to_owned()], ..VacancyTerms::default() };
        assert!(over(&["--title", "护理员"], old.clone()).occupations.is_empty());
        let named = over(&["--title", "护理员", "--occupation", "4-10-01-05"], old);
        assert_eq!(named.occupations, ["4-10-01-05"]);
    }
}
