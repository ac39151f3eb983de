//! One row of a demand sheet to the terms of a vacancy.

use gongqiao_contract::{
    codes::{How, OccupationCode, Occupations, SkillLevel, check_advert, map_title},
    refusal::{Code, Refusal},
    wire::VacancyTerms,
};

use super::{
    Column, DemandContext, DemandNote, Enterprise, cell::Cells, headcount, offer, pay, place,
    texts, when,
};
use crate::{table::Row, template::EXAMPLE_PREFIX, text::plain};

/// Longest title, as the gate has it.
const TITLE_CHARS: usize = 60;
/// Words of "no limit".
const OPEN: [&str; 8] = ["不限", "无", "无要求", "没有要求", "/", "-", "均可", "男女不限"];
/// Words by which a post can be learned on the job.
const LEARNED: [&str; 14] = [
    "可培训",
    "包教",
    "无经验",
    "无需经验",
    "不需经验",
    "不要经验",
    "经验不限",
    "不限经验",
    "生手",
    "新手",
    "有无经验均可",
    "提供培训",
    "岗前培训",
    "带薪培训",
];

/// Is this one of the template's examples?
pub(super) fn is_example(row: &Row<'_, Column>) -> bool {
    let enterprise = row.get(Column::Enterprise).and_then(|value| value.text());
    enterprise.is_some_and(|text| text.trim_start().starts_with(EXAMPLE_PREFIX))
}

type Outcome = (Result<Box<VacancyTerms>, Vec<DemandNote>>, Vec<DemandNote>);

/// Reads every column, so that every problem is found, before it asks whether
/// all could be read.
pub(super) fn read(row: &Row<'_, Column>, context: &DemandContext) -> Outcome {
    let mut cells = Cells::new(row);
    let mut terms = VacancyTerms::default();
    enterprise(&mut cells, context.enterprise.as_ref());
    title(&mut cells, &mut terms);
    terms.headcount = headcount::read(&mut cells).unwrap_or_default();
    let pay = pay::read(&mut cells);
    let mut kept = offer::read(&mut cells, &mut terms);
    if let Some((pay, words)) = pay {
        terms.pay = Some(pay);
        kept.extend(words.into_iter().map(|words| format!("薪酬：{words}")));
    }
    place::read(&mut cells, context, &mut terms);
    // Why: waves are compared with the headcount; without one they say nothing more.
    if terms.headcount > 0 {
        when::needed_by(&mut cells, context, &mut terms);
    }
    when::valid_until(&mut cells, context, &mut terms);
    conditions(&mut cells, &mut terms);
    duties(&mut cells, &mut terms, &kept);
    level(&mut cells, &mut terms);
    urgent(&mut cells, &mut terms);
    trainable(&mut cells, &mut terms);
    let Cells { refusals, warnings, .. } = cells;
    (if refusals.is_empty() { Ok(Box::new(terms)) } else { Err(refusals) }, warnings)
}

/// Nobody posts for another.
fn enterprise(cells: &mut Cells<'_>, sender: Option<&Enterprise>) {
    let Some(sender) = sender else { return };
    let (code, name) =
        (plain(&cells.text(Column::CreditCode)), plain(&cells.text(Column::Enterprise)));
    if !code.is_empty() && !code.eq_ignore_ascii_case(&sender.code) {
        cells.refuse(Column::CreditCode, Code::DemandEnterprise);
    } else if code.is_empty() && !name.is_empty() && !is_same(&name, &plain(&sender.name)) {
        cells.refuse(Column::Enterprise, Code::DemandEnterprise);
    }
}

/// Short names stand for long ones: 炬神电子 for 郴州市炬神电子有限公司.
fn is_same(a: &str, b: &str) -> bool {
    a.contains(b) || b.contains(a)
}

fn title(cells: &mut Cells<'_>, terms: &mut VacancyTerms) {
    let written = cells.text(Column::Title);
    let title = texts::without_contacts(cells, Column::Title, &written);
    if title.is_empty() {
        cells.refuse(Column::Title, Code::RowRequired);
        return;
    }
    if title.chars().count() > TITLE_CHARS {
        cells.refuse(Column::Title, Refusal::new(Code::RowTooLong).with("max", TITLE_CHARS));
    }
    // Why: a title can't do without the words that name the post.
    if let Some(found) = check_advert(&title).first() {
        let refusal = Refusal::new(Code::VacancyUnlawful)
            .with("category", found.category.code())
            .with("found", &title[found.range.clone()])
            .with_words("limit", found.category.words())
            .with_words("proposal", found.proposal.clone());
        cells.refuse(Column::Title, refusal);
    }
    if map_title(&title).how == How::None {
        cells.warn(Column::Title, Code::DemandTitleUnmapped);
    }
    terms.title = title;
}

/// Age, sex, schooling and the rest of what is asked, as far as it is lawful.
fn conditions(cells: &mut Cells<'_>, terms: &mut VacancyTerms) {
    let mut conditions: Vec<String> = Vec::new();
    conditions.extend(asked(cells, Column::Age, "年龄"));
    conditions.extend(asked(cells, Column::Sex, "性别"));
    if let Some(education) = asked(cells, Column::Education, "") {
        conditions.push(if education.contains("学历") {
            education
        } else {
            format!("{education}学历")
        });
    }
    let free = cells.text(Column::Conditions);
    let free =
        if OPEN.contains(&plain(&free).as_str()) { String::new() } else { free.into_owned() };
    let free = texts::lawful(cells, Column::Conditions, &free);
    if !free.is_empty() {
        conditions.push(free);
    }
    if conditions.is_empty() {
        let default = "年满16周岁，身体健康，能胜任岗位工作";
        cells.filled(
            Column::Conditions,
            default,
            format!("at least 16, able to do the work ({default})"),
        );
        conditions.push(default.to_owned());
    }
    terms.conditions = conditions.join("；");
}

/// What a column with one condition asks; of an unlawful limit by age the
/// lawful wording, of other unlawful limits nothing.
fn asked(cells: &mut Cells<'_>, column: Column, about: &str) -> Option<String> {
    let text = cells.text(column);
    let word = plain(&text);
    if word.is_empty() || OPEN.contains(&word.as_str()) || word.contains("不限") {
        return None;
    }
    let text = match word.starts_with(about) {
        true => text.into_owned(),
        false => format!("{about}{text}"),
    };
    if cells.unlawful(column, &text) {
        let lawful = check_advert(&text).into_iter().next().map(|found| found.proposal.zh);
        return lawful.filter(|_| column == Column::Age);
    }
    Some(text)
}

fn duties(cells: &mut Cells<'_>, terms: &mut VacancyTerms, kept: &[String]) {
    let text = cells.text(Column::Duties).into_owned();
    let mut duties = texts::lawful(cells, Column::Duties, &text);
    if duties.is_empty() {
        cells.filled(Column::Duties, terms.title.clone(), terms.title.clone());
        duties.clone_from(&terms.title);
    }
    for text in kept {
        let text = texts::lawful(cells, Column::Duties, text);
        if !text.is_empty() {
            duties.push('；');
            duties.push_str(&text);
        }
    }
    terms.duties = duties;
}

fn level(cells: &mut Cells<'_>, terms: &mut VacancyTerms) {
    let text = cells.text(Column::Level);
    if text.is_empty() || OPEN.contains(&plain(&text).as_str()) {
        return;
    }
    match text.parse::<SkillLevel>() {
        Ok(level) => terms.level = level.number(),
        Err(_) => cells.warn(Column::Level, Code::RowSkill),
    }
}

fn urgent(cells: &mut Cells<'_>, terms: &mut VacancyTerms) {
    let text = plain(&cells.text(Column::Urgent));
    let said = matches!(text.as_str(), "是" | "急" | "紧急" | "急招" | "√" | "加急" | "特急");
    let arrival = plain(&cells.text(Column::Arrival));
    terms.urgent = said
        || terms.title.contains("急招")
        || terms.title.contains("急聘")
        || arrival.contains("急");
}

/// Said in so many words, or by a title that any worker fits (普工).
fn trainable(cells: &mut Cells<'_>, terms: &mut VacancyTerms) {
    let text = plain(&cells.text(Column::Trainable));
    let said_yes =
        matches!(text.as_str(), "是" | "可" | "可以" | "√" | "不限") || has_learned(&text);
    let said_no = matches!(text.as_str(), "否" | "不可" | "不可以");
    let in_words = has_learned(&plain(&terms.conditions)) || has_learned(&plain(&terms.duties));
    terms.trainable = said_yes || in_words;
    if !terms.trainable && !said_no && text.is_empty() && is_for_anybody(&terms.title) {
        terms.trainable = true;
        cells.filled(Column::Trainable, "可培训上岗", "can be learned on the job");
    }
}

fn has_learned(text: &str) -> bool {
    LEARNED.iter().any(|word| text.contains(word))
}

/// Does the title name no occupation, but only "worker"?
fn is_for_anybody(title: &str) -> bool {
    let codes = map_title(title).codes;
    let vague = |code: &OccupationCode| {
        Occupations::table().get(*code).is_some_and(|occupation| occupation.level <= 2)
    };
    !codes.is_empty() && codes.iter().all(vague)
}
