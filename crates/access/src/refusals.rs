//! Attempts that were refused for want of permission, for the operator to look
//! at. The latest are kept in memory and are gone with the process; each has a
//! line in the log, and that is where all of them are.

use std::collections::VecDeque;

use axum::{Json, extract::State};
use gongqiao_contract::{
    Code, Kind, Refusal,
    id::{KeyId, PartyId},
    view::{Page, RefusedAttempt},
};
use gongqiao_shell::beijing::rfc3339;
use parking_lot::Mutex;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Api, Caller, Problem, key};

/// Lines that are kept.
const KEPT: usize = 1_000;
/// Characters of a path or subject that are kept.
const LONGEST_PATH: usize = 200;

/// Whose key was presented, as far as the log knows it. It may have been
/// guessed: who speaks only [`Caller`] says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Presented {
    /// The public half.
    pub key: Option<KeyId>,
    /// The party to which it was issued.
    pub party: Option<PartyId>,
    /// Staff number of the person to whom it was issued.
    pub person: Option<String>,
}

impl Presented {
    /// Of an API key as it was sent.
    pub fn by_token(api: &Api, token: &str) -> Self {
        let Some((id, _)) = key::split(token) else { return Self::default() };
        let city = api.live.city();
        let party = city.index.party_of_key.get(&id).and_then(|party| city.party(party));
        let person = party.and_then(|party| party.credentials.get(&id)).map(|c| c.person.clone());
        Self {
            party: party.map(|party| party.id.clone()),
            person,
            // Why: what stands in the place of an id may be a secret.
            key: (party.is_some() || key::is_minted(&id)).then_some(id),
        }
    }

    /// The party as it stands in a log.
    pub fn party(&self) -> Option<&str> {
        self.party.as_ref().map(PartyId::as_str)
    }

    /// The key as it stands in a log.
    pub fn key(&self) -> Option<&str> {
        self.key.as_ref().map(KeyId::as_str)
    }

    /// Of a user of the broker, of whom the broker says that it is this
    /// party's.
    pub fn by_nats_user(api: &Api, party: PartyId, user: Option<&str>) -> Self {
        let city = api.live.city();
        let credential = user.and_then(|user| city.party(&party)?.credential_of(user));
        let (key, person) = credential.map(|(id, c)| (id.clone(), c.person.clone())).unzip();
        Self { key, party: Some(party), person }
    }
}

/// Where an attempt was made.
#[derive(Debug, Clone, Copy)]
pub enum Door<'a> {
    /// The HTTP API.
    Http {
        /// Its method.
        method: &'a str,
        /// Its path, without the query.
        path: &'a str,
    },
    /// The broker.
    Nats {
        /// The subject.
        subject: &'a str,
    },
}

/// The latest refused attempts of this process, the oldest first.
#[derive(Debug, Default)]
pub struct Refusals(Mutex<VecDeque<RefusedAttempt>>);

impl Refusals {
    /// Whether a refusal is for want of permission.
    pub fn concern(code: Code) -> bool {
        matches!(code.kind(), Kind::Unauthenticated | Kind::Forbidden | Kind::TooMany)
    }

    /// Keeps an attempt that was refused `at`, if that was for want of
    /// permission.
    pub fn note(&self, at: time::OffsetDateTime, door: Door<'_>, by: Presented, code: Code) {
        if !Self::concern(code) {
            return;
        }
        let at = rfc3339(at);
        let (door, method, path) = match door {
            Door::Http { method, path } => ("http", Some(method.to_owned()), path),
            Door::Nats { subject } => ("nats", None, subject),
        };
        let attempt = RefusedAttempt {
            last_at: at.clone(),
            first_at: at,
            count: 1,
            party: by.party,
            person: by.person,
            key: by.key,
            door: door.to_owned(),
            method,
            path: printable(path),
            code: code.as_str().to_owned(),
        };
        let mut kept = self.0.lock();
        match kept.back_mut().filter(|last| is_same(last, &attempt)) {
            Some(last) => {
                last.count += 1;
                last.last_at = attempt.last_at;
            }
            None => {
                if kept.len() == KEPT {
                    kept.pop_front();
                }
                kept.push_back(attempt);
            }
        }
    }

    /// The attempts that are kept, the latest first.
    pub fn latest(&self) -> Vec<RefusedAttempt> {
        self.0.lock().iter().rev().cloned().collect()
    }
}

fn is_same(one: &RefusedAttempt, other: &RefusedAttempt) -> bool {
    let who = |a: &RefusedAttempt| (a.party.clone(), a.key.clone());
    let what = |a: &RefusedAttempt| (a.method.clone(), a.path.clone(), a.code.clone());
    who(one) == who(other) && what(one) == what(other)
}

/// A path or subject as it may be kept and logged: without control characters,
/// without an API key that somebody put into it, and not longer than is of use.
pub fn printable(path: &str) -> String {
    let (path, key) = match path.split_once(key::PREFIX) {
        Some((before, _)) => (before, "gqk_…"),
        None => (path, ""),
    };
    let mut shown = String::new();
    for c in path.chars().take(LONGEST_PATH) {
        if c.is_control() { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown + key
}

/// `GET /v1/refusals`: of the process that answers.
pub fn router(api: Api) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(list)).with_state(api)
}

/// Attempts that were refused for want of permission, the latest first. For the
/// bureau; of the process that answers.
#[utoipa::path(
    get,
    path = "/v1/refusals",
    tag = "operation",
    responses((status = 200, body = Page<RefusedAttempt>)),
    extensions(("x-refusals" = json!([Code::AuthKind]))),
)]
async fn list(
    State(api): State<Api>,
    Caller(speaker): Caller,
) -> Result<Json<Page<RefusedAttempt>>, Problem> {
    if !speaker.is_operator() {
        return Err(Refusal::new(Code::AuthKind).with("needed", "operator").into());
    }
    let position = api.live.city().position;
    Ok(Json(Page { items: api.refusals.latest(), next_page_token: None, position }))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOON: time::OffsetDateTime = datetime!(2027-07-16 12:00 UTC);

    fn tried(refusals: &Refusals, path: &str, code: Code) {
        let by = Presented { party: "431021001001".parse().ok(), ..Presented::default() };
        refusals.note(NOON, Door::Http { method: "GET", path }, by, code);
    }

    #[test]
    fn the_same_attempt_in_a_row_is_one_line_and_the_latest_stands_first() {
        let refusals = Refusals::default();
        tried(&refusals, "/v1/a", Code::AuthRole);
        let by = Presented { party: "431021001001".parse().ok(), ..Presented::default() };
        let later = NOON + time::Duration::minutes(1);
        refusals.note(later, Door::Http { method: "GET", path: "/v1/a" }, by, Code::AuthRole);
        tried(&refusals, "/v1/b", Code::AuthRole);
        tried(&refusals, "/v1/a", Code::AuthNotYours);
        let latest = refusals.latest();
        let lines: Vec<_> = latest.iter().map(|a| (a.path.as_str(), a.count)).collect();
        assert_eq!(lines, [("/v1/a", 1), ("/v1/b", 1), ("/v1/a", 2)]);
        assert_eq!(latest[2].first_at, "2027-07-16T12:00:00Z");
        assert_eq!(latest[2].last_at, "2027-07-16T12:01:00Z");
    }

    #[test]
    fn only_what_lacks_permission_is_kept() {
        let refusals = Refusals::default();
        for code in Code::ALL {
            tried(&refusals, "/v1/a", *code);
        }
        let kept = refusals.latest();
        assert!(kept.iter().any(|one| one.code == "auth.too_many"));
        assert!(kept.iter().any(|one| one.code == "auth.missing"));
        assert!(kept.iter().any(|one| one.code == "agreement.none"));
        assert!(!kept.iter().any(|one| one.code == "vacancy.not_found"));
        assert!(!kept.iter().any(|one| one.code == "field.required"));
    }

    #[test]
    fn no_more_than_a_thousand_lines_are_kept() {
        let refusals = Refusals::default();
        for n in 0..1_500 {
            tried(&refusals, &format!("/v1/{n}"), Code::AuthRole);
        }
        let latest = refusals.latest();
        assert_eq!((latest.len(), latest[0].path.as_str()), (1_000, "/v1/1499"));
    }

    #[test]
    fn a_path_is_shortened_and_shows_neither_control_characters_nor_keys() {
        for (path, shown) in [
            ("/v1/a", "/v1/a"),
            ("a\r\n\u{1b}[31m村", "a\\r\\n\\u{1b}[31m村"),
            ("/v1/gqk_000000000000_planted/x", "/v1/gqk_…"),
        ] {
            assert_eq!(printable(path), shown);
        }
        assert_eq!(printable(&"x".repeat(500)).chars().count(), 200);
    }
}
