use axum::{Json, extract::State};
use gongqiao_access::{Caller, Problem, Query};
use gongqiao_contract::{Code, Refusal, codes::DivisionCode, view, wire::travel_mode};
use gongqiao_domain::{
    City,
    arrivals::expected,
    entity::{Dispatch, dispatch_state_name},
};
use gongqiao_shell::beijing::{self, rfc3339};
use serde::Deserialize;
use time::{Duration, OffsetDateTime};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Board, show::name_of};

/// How far ahead is looked where nothing else is asked for, and at most.
const AHEAD: Duration = Duration::hours(24);
const FARTHEST: Duration = Duration::days(7);
/// Most groups of one answer.
const MOST: usize = 1_000;

pub(super) fn routes() -> OpenApiRouter<Board> {
    OpenApiRouter::new().routes(routes!(arrivals))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Window {
    /// The first moment, as RFC 3339 or `YYYY-MM-DD HH:MM` in Beijing time; now
    /// if it is left out.
    from: Option<String>,
    /// The first moment after; a day after `from` if it is left out, and seven
    /// days after it at most.
    until: Option<String>,
    /// Instead of `until`: so many hours after `from`, 168 at most.
    hours: Option<u32>,
    min_sequence: Option<u64>,
}

/// Groups that are to arrive, by time of arrival: who receives them prepares.
#[utoipa::path(
    get,
    path = "/v1/arrivals",
    tag = "dispatches",
    params(Window),
    responses((status = 200, body = view::Arrivals)),
)]
async fn arrivals(
    State(board): State<Board>,
    Caller(speaker): Caller,
    Query(window): Query<Window>,
) -> Result<Json<view::Arrivals>, Problem> {
    board.api.at_least(window.min_sequence).await?;
    let now = board.api.clock.now();
    let (from, until) = window.bounds(now)?;
    let city = board.api.live.city();
    let all = expected(&city, &speaker, &(from..until), now);
    Ok(Json(view::Arrivals {
        from: rfc3339(from),
        until: rfc3339(until),
        more: all.len() > MOST,
        items: all.iter().take(MOST).map(|(at, one)| shown(&city, one, *at)).collect(),
        position: city.position,
    }))
}

impl Window {
    fn bounds(self, now: OffsetDateTime) -> Result<(OffsetDateTime, OffsetDateTime), Refusal> {
        let refused = |why: &str| Refusal::new(Code::RequestQuery).with("why", why);
        let time = |text: Option<String>| {
            let time = text.map(|text| beijing::parse(&text)).transpose();
            time.map_err(|_| {
                refused("from and until are RFC 3339, or YYYY-MM-DD HH:MM in Beijing time")
            })
        };
        let from = time(self.from)?.unwrap_or(now);
        let until = match (time(self.until)?, self.hours) {
            (Some(_), Some(_)) => return Err(refused("until or hours, not both")),
            (Some(until), None) => Some(until),
            (None, hours) => {
                from.checked_add(hours.map_or(AHEAD, |hours| Duration::hours(hours.into())))
            }
        };
        match until {
            Some(until) if from < until && until - from <= FARTHEST => Ok((from, until)),
            _ => Err(refused("until lies after from, by seven days at most")),
        }
    }
}

fn shown(city: &City, dispatch: &Dispatch, expected_at: OffsetDateTime) -> view::Arrival {
    let opened = &dispatch.opened;
    let mode = travel_mode::Value::try_from(opened.mode).unwrap_or_default();
    let plate = opened.vehicle.as_ref().map(|vehicle| vehicle.plate.clone());
    let from = city.party(&dispatch.point).and_then(|point| point.division);
    let from = from.and_then(DivisionCode::county);
    view::Arrival {
        dispatch: dispatch.id.clone(),
        vacancy: dispatch.vacancy.clone(),
        expected_at: rfc3339(expected_at),
        from: from.map(|county| county.to_string()).unwrap_or_default(),
        to: dispatch.to.to_string(),
        people: dispatch.riding(),
        state: dispatch_state_name(dispatch.state()).to_owned(),
        mode: mode.as_str_name().to_owned(),
        plate: plate.filter(|plate| !plate.is_empty()),
        departed_at: dispatch.departed_at.map(rfc3339),
        enterprise: dispatch.enterprise.clone(),
        enterprise_name: name_of(city, dispatch.enterprise.as_str()),
        point: dispatch.point.clone(),
        point_name: name_of(city, dispatch.point.as_str()),
    }
}
