//! A vacancy as schema.org's JobPosting, in JSON-LD: what search engines and
//! other exchanges read. What is not known is left out.

use gongqiao_contract::{
    codes::{OccupationCode, Occupations, Park},
    view,
    wire::{Pay, VacancyTerms, pay_unit::Value as PayUnit, shift::Value as Shift},
};
use serde_json::{Map, Value, json};

use crate::show;

/// The media type of JSON-LD.
pub(crate) const MEDIA: &str = "application/ld+json";

/// The code system of occupations.
const CODE_SET: &str = "中华人民共和国职业分类大典（2022年版）";

/// The posting of a vacancy.
pub(crate) fn of(vacancy: &view::Vacancy) -> Value {
    let terms = &vacancy.terms;
    let valid_through = terms.valid_until.as_ref().map(|at| json!(at));
    let organisation = json!({
        "@type": "Organization",
        "name": vacancy.enterprise_name,
        "identifier": vacancy.enterprise,
    });
    let fields = [
        ("@context", Some(json!("https://schema.org"))),
        ("@type", Some(json!("JobPosting"))),
        ("identifier", Some(identifier(vacancy.id.as_str()))),
        ("title", text(&terms.title)),
        ("description", text(&description(terms))),
        ("responsibilities", text(&terms.duties)),
        ("qualifications", text(&terms.conditions)),
        ("datePosted", text(&vacancy.posted_at)),
        ("validThrough", valid_through),
        ("jobStartDate", text(&terms.needed_by)),
        ("hiringOrganization", Some(organisation)),
        ("jobLocation", Some(json!({ "@type": "Place", "address": address(terms) }))),
        ("totalJobOpenings", Some(json!(vacancy.free_seats))),
        ("occupationalCategory", occupations(terms)),
        ("employmentType", terms.eight_hour_day.then(|| json!("FULL_TIME"))),
        ("workHours", work_hours(terms.shift()).map(Value::from)),
        ("baseSalary", terms.pay.as_ref().and_then(base_salary)),
        ("estimatedSalary", terms.pay.as_ref().and_then(altogether)),
        ("jobBenefits", text(&benefits(terms))),
        ("experienceRequirements", terms.trainable.then(|| json!("no requirements"))),
    ];
    let known = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(known.collect())
}

fn text(value: &str) -> Option<Value> {
    let value = value.trim();
    (!value.is_empty()).then(|| value.into())
}

fn identifier(id: &str) -> Value {
    json!({ "@type": "PropertyValue", "name": "gongqiao", "value": id })
}

fn description(terms: &VacancyTerms) -> String {
    let parts = [terms.duties.trim(), terms.conditions.trim()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

/// The province as the region; what lies below as the locality.
fn address(terms: &VacancyTerms) -> Value {
    let chain = terms.place.parse().map(show::chain).unwrap_or_default();
    let park = Park::get(&terms.park).map_or("", |park| park.name);
    let street = [park, terms.address.trim()].into_iter().filter(|part| !part.is_empty());
    let street = street.collect::<Vec<_>>().join(" ");
    let (region, locality) = match chain.split_first() {
        Some((region, below)) => (region.clone(), below.concat()),
        None => (String::new(), String::new()),
    };
    let fields = [
        ("@type", Some(json!("PostalAddress"))),
        ("addressCountry", Some(json!("CN"))),
        ("addressRegion", text(&region)),
        ("addressLocality", text(&locality)),
        ("streetAddress", text(&street)),
    ];
    let known = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(known.collect::<Map<_, _>>())
}

fn occupations(terms: &VacancyTerms) -> Option<Value> {
    let category = |text: &String| {
        let code: OccupationCode = text.parse().ok()?;
        let name = &Occupations::table().get(code)?.name;
        Some(json!({
            "@type": "CategoryCode", "codeValue": text, "name": name, "inCodeSet": CODE_SET,
        }))
    };
    let all: Vec<Value> = terms.occupations.iter().filter_map(category).collect();
    (!all.is_empty()).then(|| all.into())
}

fn work_hours(shift: Shift) -> Option<&'static str> {
    Some(match shift {
        Shift::Unspecified => return None,
        Shift::DayTo1730 => "08:00-17:30",
        Shift::DayTo1900 => "08:00-19:00",
        Shift::DayTo2000 => "08:00-20:00",
        Shift::Rotating => "两班倒",
    })
}

/// What is paid whatever happens (底薪): by the month, or by the hour where the
/// pay is stated so.
fn base_salary(pay: &Pay) -> Option<Value> {
    let (unit, yuan) = match pay.unit() {
        PayUnit::Hour if pay.hourly_yuan > 0 => ("HOUR", pay.hourly_yuan),
        _ => ("MONTH", pay.base_yuan),
    };
    (yuan > 0).then(|| amount(json!({ "value": yuan }), unit))
}

/// What workers take home altogether (综合工资).
fn altogether(pay: &Pay) -> Option<Value> {
    let (from, to) = (pay.total_from_yuan, pay.total_to_yuan);
    let range = json!({ "minValue": if from > 0 { from } else { to }, "maxValue": to });
    (to > 0).then(|| amount(range, "MONTH"))
}

fn amount(mut value: Value, unit: &str) -> Value {
    value["@type"] = json!("QuantitativeValue");
    value["unitText"] = json!(unit);
    json!({ "@type": "MonetaryAmount", "currency": "CNY", "value": value })
}

fn benefits(terms: &VacancyTerms) -> String {
    let offers = [
        (terms.social_insurance, "五险一金"),
        (terms.meals, "提供工作餐"),
        (terms.dormitory, "提供宿舍"),
        (terms.shuttle_bus, "班车接送"),
        (terms.seniority_bonus, "工龄奖"),
    ];
    let offered = offers.into_iter().filter(|(offered, _)| *offered);
    offered.map(|(_, words)| words).collect::<Vec<_>>().join("；")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn vacancy(terms: Value) -> view::Vacancy {
        view::Vacancy {
            id: "vac_1".parse().unwrap(),
            enterprise: "91431000MA4PTESTX1".parse().unwrap(),
            enterprise_name: "测试电子厂".into(),
            agreement: "agr_1".parse().unwrap(),
            state: "open".into(),
            terms: serde_json::from_value(terms).unwrap(),
            posted_at: "2026-11-01T00:00:00Z".into(),
            free_seats: 12,
            service_points_involved: 0,
            ledger: BTreeMap::new(),
            read_only: false,
            position: 1,
        }
    }

    #[test]
    fn a_vacancy_is_told_with_all_that_is_known_of_it() {
        let posting = of(&vacancy(json!({
            "title": "电子装配工", "occupations": ["6-25-04-07"], "trainable": true,
            "headcount": 30, "duties": "在流水线上装配电子产品", "conditions": "能适应倒班",
            "place": "431003", "park": "chenzhou-hitech", "address": "林邑大道",
            "pay": { "unit": "MONTH", "baseYuan": 2000, "totalFromYuan": 5000, "totalToYuan": 7000 },
            "shift": "DAY_TO_1900", "neededBy": "2026-12-01",
            "validUntil": "2026-12-31T00:00:00Z", "dormitory": true, "socialInsurance": true,
            "eightHourDay": true,
        })));
        insta::assert_json_snapshot!(posting);
    }

    /// What schema.org says that a property of a type may hold.
    fn fits(name: &str, value: &Value) -> bool {
        let of_type = |wanted: &str| value["@type"] == wanted;
        let is_day = |text: &str| text.len() >= 10 && text.as_bytes()[4] == b'-';
        match name {
            "@context" => value == "https://schema.org",
            "@type" => value == "JobPosting",
            "identifier" => of_type("PropertyValue") && value["value"].is_string(),
            "datePosted" | "validThrough" | "jobStartDate" => value.as_str().is_some_and(is_day),
            "hiringOrganization" => of_type("Organization") && value["name"].is_string(),
            "jobLocation" => of_type("Place") && value["address"]["@type"] == "PostalAddress",
            "totalJobOpenings" => value.is_u64(),
            "occupationalCategory" => value.as_array().is_some_and(|all| {
                all.iter().all(|one| one["@type"] == "CategoryCode" && one["name"].is_string())
            }),
            "baseSalary" | "estimatedSalary" => {
                let amount = &value["value"];
                let range = amount["minValue"].as_u64() <= amount["maxValue"].as_u64();
                of_type("MonetaryAmount")
                    && value["currency"] == "CNY"
                    && amount["@type"] == "QuantitativeValue"
                    && ["HOUR", "MONTH"].contains(&amount["unitText"].as_str().unwrap())
                    && (amount["value"].is_u64() || range)
            }
            "employmentType" => value == "FULL_TIME",
            "title"
            | "description"
            | "responsibilities"
            | "qualifications"
            | "workHours"
            | "jobBenefits"
            | "experienceRequirements" => value.as_str().is_some_and(|text| !text.is_empty()),
            _ => false,
        }
    }

    #[test]
    fn each_property_is_one_of_job_posting_and_holds_what_it_may() {
        let full = json!({
            "title": "质检员", "occupations": ["6-25-04-07"], "trainable": true, "headcount": 2,
            "duties": "检验", "conditions": "视力良好", "place": "440306",
            "pay": { "unit": "HOUR", "hourlyYuan": 22, "totalToYuan": 6000 },
            "shift": "ROTATING", "neededBy": "2026-12-01", "validUntil": "2026-12-31T00:00:00Z",
            "meals": true, "eightHourDay": true,
        });
        let posting = of(&vacancy(full));
        for (name, value) in posting.as_object().unwrap() {
            assert!(fits(name, value), "{name}: {value}");
        }
        assert_eq!(posting["baseSalary"]["value"]["unitText"], "HOUR");
        assert_eq!(posting["jobLocation"]["address"]["addressRegion"], "广东省");
        assert_eq!(posting.as_object().unwrap().len(), 20);
    }

    #[test]
    fn what_is_not_known_is_not_said() {
        let posting = of(&vacancy(json!({ "title": "普工", "headcount": 1 })));
        let names: Vec<&String> = posting.as_object().unwrap().keys().collect();
        let expected = [
            "@context",
            "@type",
            "datePosted",
            "hiringOrganization",
            "identifier",
            "jobLocation",
            "title",
            "totalJobOpenings",
        ];
        assert_eq!(names, expected);
    }
}
