//! What the enterprise offers: shift, board and lodging, insurance, and who
//! signs the contract. What no field holds exactly is kept as text.

use gongqiao_contract::{
    refusal::Code,
    wire::{VacancyTerms, contract_with::Value as With, shift::Value as Shift},
};

use super::{Column, cell::Cells};
use crate::text::plain;

/// Words of "no".
const NO: [&str; 12] = [
    "无",
    "否",
    "没有",
    "不提供",
    "不包",
    "不含",
    "不缴",
    "不购买",
    "自理",
    "暂无",
    "不交",
    "不买",
];
/// Words of "yes", where the header asks.
const YES: [&str; 9] = ["是", "有", "提供", "包", "含", "√", "✓", "可", "可以"];

/// Fills in what is offered; returns the texts that no field holds.
pub(super) fn read(cells: &mut Cells<'_>, terms: &mut VacancyTerms) -> Vec<String> {
    let mut kept = Vec::new();
    shift(cells, terms, &mut kept);
    board(cells, terms, &mut kept);
    insurance(cells, terms, &mut kept);
    contract(cells, terms, &mut kept);
    bus(cells, terms, &mut kept);
    kept
}

/// Keeps a text, and says so.
fn keep(cells: &mut Cells<'_>, column: Column, text: &str, kept: &mut Vec<String>) {
    cells.warn(column, Code::DemandText);
    kept.push(format!("{}：{text}", column.header()));
}

fn has(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

/// The four menus have hours; a 长白班 without hours is none of them.
fn shift(cells: &mut Cells<'_>, terms: &mut VacancyTerms, kept: &mut Vec<String>) {
    let written = cells.text(Column::Shift);
    let text = plain(&written);
    if text.is_empty() {
        return;
    }
    terms.eight_hour_day = has(&text, &["8小时", "八小时"]) && !has(&text, &["8小时以外", "加班"]);
    let ends = |words: &[&str]| has(&text, words);
    let shift = if has(&text, &["倒", "轮班", "白夜班", "两班", "三班", "夜班", "翻班"])
    {
        Shift::Rotating
    } else if ends(&["-17:30", "至17:30", "到17:30", "~17:30", "—17:30"]) {
        Shift::DayTo1730
    } else if ends(&["-19:00", "至19:00", "到19:00", "~19:00", "—19:00"]) {
        Shift::DayTo1900
    } else if ends(&["-20:00", "至20:00", "到20:00", "~20:00", "—20:00"]) {
        Shift::DayTo2000
    } else {
        Shift::Unspecified
    };
    terms.set_shift(shift);
    let exact = matches!(
        text.as_str(),
        "两班倒" | "倒班" | "白夜班" | "白夜班轮换" | "8:00-17:30" | "8:00-19:00" | "8:00-20:00"
    );
    if !exact {
        keep(cells, Column::Shift, &written, kept);
    }
}

fn board(cells: &mut Cells<'_>, terms: &mut VacancyTerms, kept: &mut Vec<String>) {
    let written = cells.text(Column::Board);
    let text = plain(&written);
    if text.is_empty() || NO.contains(&text.as_str()) || text == "不包吃住" || text == "不包食宿"
    {
        return;
    }
    let no_meals =
        has(&text, &["不包吃", "不含餐", "餐费自理", "伙食自理", "吃自理", "不包餐", "不提供餐"]);
    let no_lodging =
        has(&text, &["不包住", "不提供住宿", "住宿自理", "住自理", "不含住", "无宿舍"]);
    let both = YES.contains(&text.as_str())
        || has(
            &text,
            &[
                "包吃住",
                "包吃包住",
                "食宿全包",
                "包食宿",
                "免费食宿",
                "提供食宿",
                "免费吃住",
                "提供吃住",
                "吃住全包",
                "管吃住",
                "管吃管住",
                "吃住免费",
                "包吃、住",
            ],
        );
    terms.meals = !no_meals
        && (both
            || has(
                &text,
                &[
                    "包吃",
                    "包餐",
                    "工作餐",
                    "免费餐",
                    "提供餐",
                    "管吃",
                    "包三餐",
                    "包两餐",
                    "包中餐",
                    "提供伙食",
                    "免费午餐",
                ],
            ));
    terms.dormitory = !no_lodging
        && (both || has(&text, &["包住", "宿舍", "提供住宿", "免费住", "管住", "有住宿"]));
    let exact = both && text.chars().count() <= 4
        || matches!(text.as_str(), "包住" | "包吃" | "提供住宿" | "包住不包吃" | "包吃不包住");
    if !exact {
        keep(cells, Column::Board, &written, kept);
    }
}

/// The field stands for all of 五险一金; five insurances alone are text.
fn insurance(cells: &mut Cells<'_>, terms: &mut VacancyTerms, kept: &mut Vec<String>) {
    let written = cells.text(Column::Insurance);
    let text = plain(&written);
    if text.is_empty() || NO.contains(&text.as_str()) {
        return;
    }
    let asked =
        plain(cells.header(Column::Insurance)).contains("五险一金") && YES.contains(&text.as_str());
    let denied = has(&text, &["不缴", "不购", "无五险", "不买", "没有", "转正", "试用期后", "满"]);
    terms.social_insurance = !denied
        && (asked
            || has(
                &text,
                &["五险一金", "六险一金", "五险和公积金", "五险及公积金", "五险+公积金"],
            ));
    if !(terms.social_insurance && text.chars().count() <= 7) {
        keep(cells, Column::Insurance, &written, kept);
    }
}

fn contract(cells: &mut Cells<'_>, terms: &mut VacancyTerms, kept: &mut Vec<String>) {
    let written = cells.text(Column::Contract);
    let text = plain(&written);
    if text.is_empty() {
        return;
    }
    let direct = has(
        &text,
        &["直签", "直招", "厂家签", "企业签", "正式工", "合同工", "与企业签", "劳动合同"],
    );
    let agency = has(&text, &["派遣", "外包", "中介", "劳务公司"]);
    match (direct, agency) {
        (true, false) => terms.set_contract_with(With::Enterprise),
        (false, true) => terms.set_contract_with(With::Agency),
        _ => keep(cells, Column::Contract, &written, kept),
    }
}

fn bus(cells: &mut Cells<'_>, terms: &mut VacancyTerms, kept: &mut Vec<String>) {
    let written = cells.text(Column::Bus);
    let text = plain(&written);
    if text.is_empty() || NO.contains(&text.as_str()) {
        return;
    }
    terms.shuttle_bus =
        YES.contains(&text.as_str()) || has(&text, &["接送", "班车", "大巴", "包车"]);
    if !(terms.shuttle_bus && text.chars().count() <= 4) {
        keep(cells, Column::Bus, &written, kept);
    }
}
