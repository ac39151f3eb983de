//! The city is founded: its bodies join, sign, get their keys, and the points
//! upload their rosters.

use std::{collections::BTreeMap, time::Duration};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use gongqiao_client::{Client, ClientError};
use gongqiao_contract::{
    Code,
    id::PartyId,
    view::Receipt,
    wire::{
        IssueCredential, RegisterParty, Scope, SignAgreement, data_class::Value as Class,
        party_kind::Value as Kind, purpose::Value as Purpose, role,
    },
};
use secrecy::SecretString;
use time::macros::datetime;

use crate::{
    City, Onlooker, Phase, SimConfig, SimError,
    call::{patiently, post},
    points::{CITY, Point},
    roster::{Form, roster},
    week::posting_enterprises,
};

/// Commands under way at once; they share group commits.
const COMMANDS: usize = 64;
/// Rosters under way at once.
const UPLOADS: usize = 12;
/// How long one roster may take.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(600);

/// The bureau's own caller.
#[derive(Clone)]
pub struct Operator {
    /// With an approver's key.
    pub client: Client,
}

/// The founded city, and the keys of those who act in it.
#[derive(Clone)]
pub struct CityHandles {
    /// What was founded.
    pub city: City,
    /// The last sequence that was written; the city can be read from there on.
    pub sequence: u64,
    pub(crate) operator: Client,
    pub(crate) keys: BTreeMap<PartyId, Client>,
}

impl CityHandles {
    /// The caller of a body that has a key.
    pub(crate) fn client(&self, party: &PartyId) -> Result<&Client, SimError> {
        self.keys.get(party).ok_or(SimError::Incomplete("the keys of the city"))
    }
}

/// Founds the city. The order in which its bodies join differs from run to
/// run; nothing else does.
///
/// # Errors
/// [`SimError`], with what was being done.
pub async fn build_city(
    config: &SimConfig,
    operator: &Operator,
    onlooker: &dyn Onlooker,
) -> Result<CityHandles, SimError> {
    let city = City::new(config)?;
    let founding = Founding { seed: config.seed, client: &operator.client, onlooker };
    let joined = founding.parties(parties(&city)).await?;
    let signed = founding.agreements(agreements(&city)).await?;
    let keys = founding.keys(actors(&city)).await?;
    let last = joined.into_iter().chain(signed).map(|receipt| receipt.sequence).max();
    let uploaded = founding.rosters(&city, &keys).await?;
    Ok(CityHandles {
        sequence: uploaded.max(last.unwrap_or_default()),
        operator: operator.client.clone(),
        keys,
        city,
    })
}

fn parties(city: &City) -> Vec<RegisterParty> {
    let points = city.points.iter().map(|point| RegisterParty {
        party: point.id.to_string(),
        kind: Kind::ServicePoint as i32,
        name: point.name.clone(),
        ..RegisterParty::default()
    });
    let enterprises = city.enterprises.iter().map(|enterprise| RegisterParty {
        party: enterprise.id.to_string(),
        kind: Kind::Enterprise as i32,
        name: enterprise.name.clone(),
        division: enterprise.division.map(|code| code.to_string()).unwrap_or_default(),
        park: enterprise.park.unwrap_or_default().to_owned(),
    });
    let partners = city.partners.iter().map(|partner| RegisterParty {
        party: partner.code.to_string(),
        kind: Kind::City as i32,
        name: partner.name.to_owned(),
        ..RegisterParty::default()
    });
    points.chain(enterprises).chain(partners).collect()
}

/// Framework agreements with enterprises, for posts in the city; strategic
/// ones with cities, for posts in theirs. All until the end of 2022.
fn agreements(city: &City) -> Vec<SignAgreement> {
    let until = timestamp(datetime!(2023-01-01 00:00 +8));
    let sign = |party: String, classes: &[Class], division: String, purpose: Purpose| {
        let scope = Scope {
            classes: classes.iter().map(|class| *class as i32).collect(),
            divisions: vec![division],
            occupations: Vec::new(),
            purpose: purpose as i32,
        };
        SignAgreement { party, scope: Some(scope), from: None, until: Some(until) }
    };
    let enterprises = city.enterprises.iter().map(|enterprise| {
        let classes = [Class::Vacancies, Class::Dispatches];
        sign(enterprise.id.to_string(), &classes, CITY.to_owned(), Purpose::Recruitment)
    });
    let partners = city.partners.iter().map(|partner| {
        let classes = [Class::Supply, Class::Vacancies, Class::Dispatches];
        let code = partner.code.to_string();
        sign(code.clone(), &classes, code, Purpose::Cooperation)
    });
    enterprises.chain(partners).collect()
}

/// Every point, for its roster and its answers; the enterprises that post.
fn actors(city: &City) -> Vec<PartyId> {
    let points = city.points.iter().map(|point| point.id.clone());
    let posting = posting_enterprises().filter_map(|index| city.enterprises.get(index));
    points.chain(posting.map(|enterprise| enterprise.id.clone())).collect()
}

struct Founding<'a> {
    seed: u64,
    client: &'a Client,
    onlooker: &'a dyn Onlooker,
}

impl Founding<'_> {
    async fn parties(&self, asks: Vec<RegisterParty>) -> Result<Vec<Receipt>, SimError> {
        let work = asks.into_iter().map(|ask| async move {
            let key = self.key("party", &ask.party);
            post(self.client, "/v1/parties", &ask, &key)
                .await
                .map_err(SimError::call("a body joins"))
        });
        self.all(Phase::Parties, COMMANDS, work.collect()).await
    }

    async fn agreements(&self, asks: Vec<SignAgreement>) -> Result<Vec<Receipt>, SimError> {
        let work = asks.into_iter().map(|ask| async move {
            let key = self.key("agreement", &ask.party);
            post(self.client, "/v1/agreements", &ask, &key)
                .await
                .map_err(SimError::call("an agreement is signed"))
        });
        self.all(Phase::Agreements, COMMANDS, work.collect()).await
    }

    async fn keys(&self, parties: Vec<PartyId>) -> Result<BTreeMap<PartyId, Client>, SimError> {
        let work = parties.into_iter().map(|party| async move {
            let path = format!("/v1/parties/{party}/credentials");
            let ask = IssueCredential {
                person: "staff-1".to_owned(),
                role: role::Value::Clerk as i32,
                expires_at: None,
                nats: false,
            };
            let receipt = patiently(|| self.client.post(&path, &ask, None))
                .await
                .map_err(SimError::call("a key is issued"))?;
            let key = receipt.key.ok_or(SimError::Incomplete("a new key"))?;
            Ok((party, self.client.with_key(SecretString::from(key))))
        });
        let keys = self.all(Phase::Keys, COMMANDS, work.collect()).await?;
        Ok(keys.into_iter().collect())
    }

    /// Returns the last sequence.
    async fn rosters(
        &self,
        city: &City,
        keys: &BTreeMap<PartyId, Client>,
    ) -> Result<u64, SimError> {
        let total = city.workers();
        let work = city.points.iter().enumerate().filter(|(_, point)| point.people > 0).map(
            |(index, point)| async move {
                let client = keys.get(&point.id).ok_or(SimError::Incomplete("a point's key"))?;
                let form = Form::of(index);
                let sequence = upload(client, point, form, &roster(city, point, form)?).await?;
                Ok::<_, SimError>((point.people, sequence))
            },
        );
        let mut uploads = stream::iter(work).buffer_unordered(UPLOADS);
        let (mut done, mut last) = (0, 0);
        while let Some((people, sequence)) = uploads.try_next().await? {
            done += people;
            last = last.max(sequence);
            self.onlooker.phase(Phase::Rosters, done, total);
        }
        Ok(last)
    }

    /// Does all of it, a number at a time.
    async fn all<T, F>(
        &self,
        phase: Phase,
        at_once: usize,
        work: Vec<F>,
    ) -> Result<Vec<T>, SimError>
    where
        F: Future<Output = Result<T, SimError>>,
    {
        let total = work.len() as u64;
        let mut answers = stream::iter(work).buffer_unordered(at_once);
        let mut done = Vec::new();
        while let Some(answer) = answers.try_next().await? {
            done.push(answer);
            self.onlooker.phase(phase, done.len() as u64, total);
        }
        Ok(done)
    }

    fn key(&self, what: &str, whom: &str) -> String {
        format!("sim-{}-{what}-{whom}", self.seed)
    }
}

/// Uploads one roster; returns the sequence of its import. A roster that was
/// cut off is sent again: what was taken before is found unchanged.
async fn upload(client: &Client, point: &Point, form: Form, bytes: &[u8]) -> Result<u64, SimError> {
    let path = format!("/v1/register/{}/cards", point.id);
    let report = patiently(|| async {
        let sending = send(client, &path, form, bytes.to_vec());
        // Why: as if the answer of a proxy, so that it is tried again.
        let timed_out = |_| ClientError::Status(504);
        tokio::time::timeout(UPLOAD_TIMEOUT, sending).await.map_err(timed_out)?
    });
    let report = report.await.map_err(SimError::call("a roster is uploaded"))?;
    let number = |name: &str| report.get(name).and_then(serde_json::Value::as_u64);
    let refused = number("refused").unwrap_or(point.people);
    if refused > 0 || number("rows") != Some(point.people) {
        let first = report.pointer("/refusals/0/code").or(report.get("code"));
        let code = first.and_then(serde_json::Value::as_str).unwrap_or("row.missing");
        let (point, code) = (point.id.to_string(), code.to_owned());
        return Err(SimError::Roster { point, refused, code });
    }
    number("sequence").ok_or(SimError::Incomplete("a roster's upload"))
}

/// The report at the end of the answer, or the problem in its place.
async fn send(
    client: &Client,
    path: &str,
    form: Form,
    bytes: Vec<u8>,
) -> Result<serde_json::Value, ClientError> {
    let lines = client.upload(path, form.media_type(), bytes).await?;
    let mut lines = std::pin::pin!(lines);
    while let Some(mut line) = lines.try_next().await? {
        if let Some(report) = line.get_mut("report") {
            return Ok(report.take());
        }
        if let Some(problem) = line.get_mut("problem") {
            let code = problem.get("code").and_then(serde_json::Value::as_str);
            if code == Some(Code::BrokerUnavailable.as_str())
                || code == Some(Code::Overloaded.as_str())
            {
                return Err(ClientError::Status(503));
            }
            return Ok(problem.take());
        }
    }
    // Why: the connection ended before the last line.
    Err(ClientError::Status(502))
}

/// A moment on the wire.
pub(crate) fn timestamp(at: time::OffsetDateTime) -> pbjson_types::Timestamp {
    pbjson_types::Timestamp { seconds: at.unix_timestamp(), nanos: 0 }
}
