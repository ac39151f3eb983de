//! The agreement as permission at the broker: what each party's account may
//! say follows from the agreements in force, and the broker is told whenever
//! that changes. Nothing is remembered but what was told last: after a start
//! everything is told once.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use gongqiao_access::{
    Live,
    nats::{self, FeedService},
    react::{React, TryAgain},
};
use gongqiao_contract::subject::{FEED_CONSUMER, INTAKE};
use gongqiao_domain::{City, entity::Party};
use gongqiao_stream::{
    broker::{
        BrokerError,
        accounts::{Accounts, Claimant},
        claims::{AccountTerms, Export},
    },
    feed::{declare_feed_consumer, delete_feed_consumer},
};
use time::{Duration, OffsetDateTime};
use tokio::sync::Mutex;

/// So long before an agreement's end the broker's own token of it runs out:
/// the net below, should none of us be running then.
const BEFORE_END: Duration = Duration::SECOND;

/// Consumers that are made in one look.
const CONSUMERS_AT_ONCE: usize = 32;

/// Tells the broker what parties may say.
pub struct Permissions {
    live: Live,
    accounts: Accounts,
    url: String,
    system_creds: PathBuf,
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    claimant: Option<Claimant>,
    /// What each account was told last.
    plans: BTreeMap<String, Plan>,
    /// Streams of feeds whose consumer is made.
    consumers: BTreeSet<String>,
    /// Our own account lets others in.
    own: bool,
}

/// What one account may do, without the signatures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Plan {
    /// Subjects, with the moment from which on they may not be said.
    imports: BTreeMap<String, Option<OffsetDateTime>>,
    /// What a city calls them.
    mappings: BTreeMap<String, String>,
    /// Users that no longer may do anything.
    revoked: BTreeSet<String>,
    /// Streams of feeds that are open, with the moment at which each ends.
    feeds: BTreeMap<String, OffsetDateTime>,
    /// Streams of feeds that are at an end.
    ended: BTreeSet<String>,
}

impl Permissions {
    /// For the broker at `url`, whose keys are those of `accounts`.
    pub fn new(live: Live, accounts: Accounts, url: String, system_creds: PathBuf) -> Self {
        Self { live, accounts, url, system_creds, told: Mutex::default() }
    }

    async fn tell(&self, now: OffsetDateTime) -> Result<(), TryAgain> {
        // By how much the broker's clock is ahead of ours, which may be moved
        // by hand.
        let ahead = wall() - now;
        let plans = plans(&self.live.city(), now);
        let mut told = self.told.lock().await;
        let feeds: Vec<String> =
            plans.values().flat_map(|plan| plan.feeds.keys().cloned()).collect();
        let changed: Vec<(String, Plan)> = plans
            .into_iter()
            .filter(|(account, plan)| told.plans.get(account) != Some(plan))
            .collect();
        let changed = self.tell_changed(&mut told, changed, ahead).await;
        let made = self.make_consumers(&mut told, feeds).await;
        changed.and(made)
    }

    async fn tell_changed(
        &self,
        told: &mut Told,
        changed: Vec<(String, Plan)>,
        ahead: Duration,
    ) -> Result<(), TryAgain> {
        if changed.is_empty() {
            return Ok(());
        }
        let claimant = match told.claimant.clone() {
            Some(claimant) => claimant,
            None => {
                let opened = Claimant::open(&self.url, &self.system_creds).await;
                told.claimant.insert(opened.map_err(|e| TryAgain(e.to_string()))?).clone()
            }
        };
        if !told.own {
            self.let_in(&claimant).await?;
            told.own = true;
        }
        let mut ended = Ok(());
        for (account, plan) in changed {
            told.consumers.retain(|stream| !plan.ended.contains(stream));
            // Why taken out: whether a push came through of which nothing was
            // heard, nobody knows.
            let before = told.plans.remove(&account);
            // Why the others all the same: one account's trouble is its own.
            match self.tell_one(&claimant, &account, &plan, before.as_ref(), ahead).await {
                Ok(()) => drop(told.plans.insert(account, plan)),
                Err(e) => ended = Err(e),
            }
        }
        ended
    }

    /// Makes the consumers of feeds that have none yet. Why apart from the
    /// token: a stream comes when its feed is written, and until then nothing
    /// is told again.
    async fn make_consumers(&self, told: &mut Told, feeds: Vec<String>) -> Result<(), TryAgain> {
        let connection = self.live.connection();
        let mut missing = Ok(());
        let new: Vec<String> =
            feeds.into_iter().filter(|stream| !told.consumers.contains(stream)).collect();
        // Why not all at once: an agreement may end meanwhile, and goes first.
        for stream in new.iter().take(CONSUMERS_AT_ONCE) {
            let made = declare_feed_consumer(connection, stream, FEED_CONSUMER).await;
            if made.map_err(|e| TryAgain(e.to_string()))? {
                told.consumers.insert(stream.clone());
            } else {
                missing = Err(TryAgain(format!("{stream} is not there yet")));
            }
        }
        if new.len() > CONSUMERS_AT_ONCE {
            return Err(TryAgain(format!("{} consumers are still to be made", new.len())));
        }
        missing
    }

    async fn tell_one(
        &self,
        claimant: &Claimant,
        account: &str,
        plan: &Plan,
        before: Option<&Plan>,
        ahead: Duration,
    ) -> Result<(), TryAgain> {
        let connection = self.live.connection();
        // Why first: a pull that stands open ends with its consumer, and with
        // nothing else.
        let mut ended = Ok(());
        for stream in plan.ended.iter().filter(|one| has_ended(before, one)) {
            let deleted = delete_feed_consumer(connection, stream, FEED_CONSUMER).await;
            ended = deleted.map_err(|e| TryAgain(e.to_string())).and(ended);
        }
        let token = self.token(account, plan, ahead).map_err(|e| TryAgain(e.to_string()))?;
        if let Some(token) = token {
            claimant.push(&token).await.map_err(|e| TryAgain(e.to_string()))?;
            tracing::info!(account, imports = plan.imports.len(), "permissions.told");
        }
        // Why only now: users that were revoked are so at once in any case.
        ended
    }

    /// Our own account takes what others say, from those who have a token.
    async fn let_in(&self, claimant: &Claimant) -> Result<(), TryAgain> {
        let intake = Export { subject: INTAKE.into(), streams: false };
        let feeds =
            nats::FEEDS.map(|one| Export { subject: one.subject.into(), streams: one.streams });
        let exports = std::iter::once(intake).chain(feeds).collect();
        let mapped = |one: FeedService| Some((one.subject.to_owned(), one.mapped_to?.to_owned()));
        let mappings = nats::FEEDS.into_iter().filter_map(mapped).collect();
        let terms = AccountTerms { jetstream: true, exports, mappings, ..Default::default() };
        let token = self.accounts.own().and_then(|own| {
            let token = self.accounts.token(&own, "GQ", &terms, wall())?;
            self.accounts.keep_own(&token)?;
            Ok(token)
        });
        let token = token.map_err(|e| TryAgain(e.to_string()))?;
        claimant.push(&token).await.map_err(|e| TryAgain(e.to_string()))
    }

    /// The signed terms; `None` for an account whose key nobody has made yet.
    fn token(
        &self,
        name: &str,
        plan: &Plan,
        ahead: Duration,
    ) -> Result<Option<String>, BrokerError> {
        let Some(account) = self.accounts.known(name)? else { return Ok(None) };
        let issued = wall();
        let expiry = |until: OffsetDateTime| until.saturating_add(ahead - BEFORE_END);
        let mut terms = AccountTerms { mappings: plan.mappings.clone(), ..Default::default() };
        for (subject, until) in &plan.imports {
            let term = (issued, until.map(expiry));
            terms.imports.push(self.accounts.import(&account, subject, true, term)?);
        }
        for (stream, until) in &plan.feeds {
            for service in nats::FEEDS {
                let subject = service.subject.replacen('*', stream, 1);
                let term = (issued, Some(expiry(*until)));
                terms.imports.push(self.accounts.import(&account, &subject, false, term)?);
            }
        }
        let users = plan.revoked.iter().cloned();
        terms.revoked = users.map(|user| (user, issued.unix_timestamp())).collect();
        self.accounts.token(&account, name, &terms, issued).map(Some)
    }
}

impl React for Permissions {
    const NAME: &'static str = "permissions";

    /// Each agreement ends at its own moment, and not at the next look.
    fn due(&self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        self.live.city().next_turn(now)
    }

    async fn react(&self, now: OffsetDateTime) -> Result<(), TryAgain> {
        self.tell(now).await
    }
}

/// The broker goes by the clock on the wall, also where ours is moved by hand.
fn wall() -> OffsetDateTime {
    gongqiao_shell::Clock::system().now()
}

/// What every account with a user may do now.
fn plans(city: &City, now: OffsetDateTime) -> BTreeMap<String, Plan> {
    let mut plans: BTreeMap<String, Plan> = BTreeMap::new();
    for party in city.entities.parties.values().filter_map(|entry| entry.value.as_ref()) {
        let has_user = party.credentials.values().any(|one| one.nats_user.is_some());
        let Some(account) = nats::account_of(party).filter(|_| has_user) else { continue };
        add(plans.entry(account).or_default(), city, party, now);
    }
    plans
}

fn add(plan: &mut Plan, city: &City, party: &Party, now: OffsetDateTime) {
    let users = party.credentials.values();
    let revoked = users.filter(|one| one.revoked || party.revoked);
    plan.revoked.extend(revoked.filter_map(|one| one.nats_user.clone()));
    let is_city = nats::account_of(party).as_deref() == Some(party.id.as_str());
    for (class, until) in nats::may_say(city, party, now) {
        let (subject, local) = nats::subjects(&party.id, class);
        if is_city {
            plan.mappings.insert(local, subject.clone());
        }
        plan.imports.insert(subject, until);
    }
    for (stream, until) in nats::feeds(city, party, now) {
        match until {
            Some(until) => drop(plan.feeds.insert(stream, until)),
            None => drop(plan.ended.insert(stream)),
        }
    }
}

/// Whether a feed has ended since what was told before; after a start nobody
/// knows.
fn has_ended(before: Option<&Plan>, stream: &str) -> bool {
    before.is_none_or(|before| !before.ended.contains(stream))
}
