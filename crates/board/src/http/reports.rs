use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use gongqiao_access::{Caller, Problem, Query, page::PageQuery};
use gongqiao_contract::{Code, Lang, Refusal, codes::DivisionCode, view};
use gongqiao_domain::report::{Measure, Part, Period, Reach};
use gongqiao_roster::{Book, workbook};
use gongqiao_shell::beijing;
use serde::Deserialize;
use time::{Date, macros::format_description};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Board,
    events::read_events,
    report::{self, book},
};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

pub(super) fn routes() -> OpenApiRouter<Board> {
    OpenApiRouter::new().routes(routes!(cooperation)).routes(routes!(month)).routes(routes!(events))
}

/// The form of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum Form {
    Json,
    Xlsx,
}

impl Form {
    /// What the query says, or else what the headers ask for.
    fn wanted(named: Option<Self>, headers: &HeaderMap) -> Self {
        let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
        let by_header =
            if accept.is_some_and(|a| a.contains(XLSX)) { Self::Xlsx } else { Self::Json };
        named.unwrap_or(by_header)
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct MonthQuery {
    #[param(inline)]
    format: Option<Form>,
    min_sequence: Option<u64>,
}

/// A month's report, as JSON or a workbook.
#[utoipa::path(
    get,
    path = "/v1/reports/{period}",
    tag = "reports",
    params(MonthQuery),
    responses((status = 200, content(
        (view::Report = "application/json"),
        (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ))),
    extensions(("x-refusals" = json!([Code::RequestId]))),
)]
async fn month(
    State(board): State<Board>,
    Caller(speaker): Caller,
    Path(period): Path<String>,
    Query(query): Query<MonthQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    board.api.at_least(query.min_sequence).await?;
    let period = parse(&period)?;
    let live = &board.api.live;
    if Form::wanted(query.format, &headers) == Form::Json {
        let report = report::month(&live.city(), &speaker, period, lang(&headers));
        return Ok(Json(report).into_response());
    }
    let book = book::month(&live.city(), live.cell().city(), &speaker, period);
    Ok(file(&format!("report-{period}.xlsx"), &book)?)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct CooperationQuery {
    from: Option<String>,
    to: Option<String>,
    #[param(inline)]
    format: Option<Form>,
    min_sequence: Option<u64>,
}

/// The cooperation ledger; without days, that of this year so far.
#[utoipa::path(
    get,
    path = "/v1/reports/cooperation",
    tag = "reports",
    params(CooperationQuery),
    responses((status = 200, content(
        (view::Cooperation = "application/json"),
        (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ))),
)]
async fn cooperation(
    State(board): State<Board>,
    Caller(speaker): Caller,
    Query(query): Query<CooperationQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    board.api.at_least(query.min_sequence).await?;
    let today = beijing::date(board.api.clock.now());
    let new_year = today.replace_ordinal(1).unwrap_or(today);
    let days = (
        day("from", query.from.as_deref())?.unwrap_or(new_year),
        day("to", query.to.as_deref())?.unwrap_or(today),
    );
    let report = report::cooperation(&board.api.live.city(), &speaker, days, lang(&headers));
    if Form::wanted(query.format, &headers) == Form::Json {
        return Ok(Json(report).into_response());
    }
    let name = format!("cooperation-{}-{}.xlsx", report.from, report.to);
    Ok(file(&name, &book::cooperation(&report))?)
}

/// What a number takes in: of lines, those that fit.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct EventsQuery {
    county: Option<String>,
    #[param(inline)]
    reach: Option<Reach>,
    #[param(inline)]
    measure: Option<Measure>,
    #[param(inline)]
    part: Option<Part>,
    #[param(inline)]
    count: Option<What>,
    page_size: Option<usize>,
    page_token: Option<String>,
    min_sequence: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum What {
    Times,
    People,
}

/// The events behind a number, each with what it adds to it.
#[utoipa::path(
    get,
    path = "/v1/reports/{period}/events",
    tag = "reports",
    params(EventsQuery),
    responses((status = 200, body = view::Page<view::Event>)),
    extensions(("x-refusals" = json!([Code::RequestId, Code::BrokerUnavailable]))),
)]
async fn events(
    State(board): State<Board>,
    Caller(speaker): Caller,
    Path(period): Path<String>,
    Query(query): Query<EventsQuery>,
) -> Result<Json<view::Page<view::Event>>, Problem> {
    board.api.at_least(query.min_sequence).await?;
    let page =
        PageQuery { page_size: query.page_size, page_token: query.page_token, min_sequence: None };
    let period = parse(&period)?;
    let county = query.county.as_deref().map(division).transpose()?;
    let part = query.part.unwrap_or(Part::Month);
    let found = {
        let city = board.api.live.city();
        let wanted = city.report.lines().iter().filter(|line| {
            part.takes(line, period)
                && county.is_none_or(|one| line.county == one)
                && query.reach.is_none_or(|one| line.reach == one)
                && query.measure.is_none_or(|one| line.measure == one)
                && report::sees(&speaker, line)
        });
        // Why: one event counts for everybody on board of a coach.
        let mut changes: BTreeMap<u64, i64> = BTreeMap::new();
        for line in wanted {
            let people = query.count == Some(What::People);
            *changes.entry(line.sequence).or_default() +=
                if people { line.people } else { line.times };
        }
        changes.retain(|_, change| *change != 0);
        let changes = changes.into_iter().map(|(at, change)| (at, (at, Some(change))));
        page.take(city.position, changes)?
    };
    let items = read_events(&board.api.live, &speaker, found.items).await?;
    Ok(Json(view::Page { items, next_page_token: found.next_page_token, position: found.position }))
}

fn parse(period: &str) -> Result<Period, Refusal> {
    period.parse().map_err(|()| Refusal::new(Code::RequestId))
}

fn division(text: &str) -> Result<DivisionCode, Refusal> {
    let why = "county is a code of six digits";
    text.parse().map_err(|_| Refusal::new(Code::RequestQuery).with("why", why))
}

fn day(name: &str, text: Option<&str>) -> Result<Option<Date>, Refusal> {
    let form = format_description!("[year]-[month]-[day]");
    let wrong =
        |_| Refusal::new(Code::RequestQuery).with("why", format!("{name} is a day, YYYY-MM-DD"));
    text.map(|text| Date::parse(text, form).map_err(wrong)).transpose()
}

fn lang(headers: &HeaderMap) -> Lang {
    let text = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    text.map(Lang::from_accept).unwrap_or_default()
}

fn file(name: &str, book: &Book) -> Result<Response, Refusal> {
    let bytes = workbook(book).map_err(|e| {
        tracing::error!(error = %e, "board.workbook");
        Refusal::new(Code::Internal)
    })?;
    let mut response = ([(header::CONTENT_TYPE, XLSX)], bytes).into_response();
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}
