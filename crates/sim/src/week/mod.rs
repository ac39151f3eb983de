//! The July week. Clerks and enterprises act one after the other, each by its
//! own time; between two of them the services come to rest, and only then
//! does the clock move. So the same seed gives the same week.

mod agenda;
mod answer;
mod look;
mod posting;
mod story;
mod temper;
mod trip;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use gongqiao_client::Client;
use gongqiao_contract::{
    id::{CardId, PartyId, VacancyId},
    view::Receipt,
    wire::PostVacancy,
};
use gongqiao_shell::{Clock, ManualClock, Progress};
use time::OffsetDateTime;

pub(crate) use posting::posting_enterprises;
#[cfg(test)]
pub(crate) use posting::urgent_terms;

use crate::{CityHandles, END, Onlooker, Phase, SimConfig, SimError, call::post};
use agenda::{Action, Agenda};
use posting::{Posting, postings};
use temper::Temper;
use trip::Trip;

/// How long the services may take to come to rest.
const PATIENCE: Duration = Duration::from_secs(120);
/// Most moments at which somebody acts; a week has some three hundred.
const MOMENTS: usize = 5_000;

/// How the week ended.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The urgent vacancies, in the order of their posting.
    pub vacancies: Vec<VacancyId>,
    /// The last sequence that was written.
    pub sequence: u64,
    /// When it was over, on the virtual clock.
    pub ended_at: OffsetDateTime,
}

/// Lives the week, from [`crate::start`] on, to which the clock must have
/// been set, until everybody whom the two plants asked for is at work.
///
/// # Errors
/// A call that should succeed failed, the services did not come to rest, or
/// the week ended before the plants were filled.
pub async fn live_the_week(
    config: &SimConfig,
    handles: &CityHandles,
    clock: &ManualClock,
    reader: &Clock,
    progress: &Progress,
    onlooker: &dyn Onlooker,
) -> Result<Outcome, SimError> {
    let mut week = Week::new(config, handles, reader, progress, onlooker);
    week.settle().await?;
    for _ in 0..MOMENTS {
        week.look_around().await?;
        if week.is_over() {
            return week.outcome();
        }
        let Some(next) = week.next_moment() else {
            return Err(week.unfinished("nobody has anything left to do"));
        };
        if next > END {
            return Err(week.unfinished("the week is over"));
        }
        clock.advance_to(next);
        week.settle().await?;
        while let Some(action) = week.agenda.due(reader.now()) {
            week.act(action).await?;
        }
    }
    Err(week.unfinished("too much happened"))
}

/// A person whom a clerk has promised, as the clerk's notebook has it.
#[derive(Debug, Clone)]
struct Promised {
    card: CardId,
    /// Number of the person.
    who: u64,
}

/// People promised by one point to one post who travel with no group yet.
#[derive(Debug)]
struct Room {
    people: Vec<Promised>,
    since: OffsetDateTime,
    /// Their dispatch is on the agenda.
    planned: bool,
}

/// One vacancy and how it stands.
struct Post {
    posting: Posting,
    enterprise: PartyId,
    enterprise_name: String,
    /// Nothing until it is posted.
    id: Option<VacancyId>,
    /// Seats that nobody holds, when somebody last looked.
    free: u32,
    /// People at work, when somebody last looked.
    onboarded: i64,
    /// When the next open signal runs out.
    next_deadline: Option<OffsetDateTime>,
    /// Until when a clerk is silent, whose signal is meant to run out.
    silent_until: Option<OffsetDateTime>,
    /// Its first signals were seen.
    asked: bool,
    /// Its first groups have left: whoever comes now belongs to the second wave.
    travelled: bool,
}

impl Post {
    fn urgent(&self) -> bool {
        self.posting.terms.urgent
    }

    fn filled(&self) -> bool {
        self.onboarded == i64::from(self.posting.terms.headcount)
    }
}

struct Week<'a> {
    seed: u64,
    handles: &'a CityHandles,
    reader: &'a Clock,
    progress: &'a Progress,
    onlooker: &'a dyn Onlooker,
    agenda: Agenda,
    posts: Vec<Post>,
    trips: Vec<Trip>,
    /// Signals that were seen, by post and point, with their latest deadline
    /// and how often they were raised.
    signals: BTreeMap<(usize, PartyId), (String, u32)>,
    tempers: BTreeMap<(usize, PartyId), Temper>,
    /// Signals that ran out and were told of.
    escalated: BTreeSet<(usize, PartyId, u32)>,
    rooms: BTreeMap<(usize, PartyId), Room>,
    /// People of a point who wait for a seat of a post, as its clerk knows.
    waiting: BTreeMap<(usize, PartyId), Vec<Promised>>,
    /// The urgent post to which a point has promised people: a village sends
    /// to one plant at a time.
    bound: BTreeMap<PartyId, usize>,
    /// No-shows that were, and were not, replaced.
    replaced: u32,
    unreplaced: u32,
    sequence: u64,
    /// People at work, as last reported.
    reported: Option<u64>,
}

impl<'a> Week<'a> {
    fn new(
        config: &SimConfig,
        handles: &'a CityHandles,
        reader: &'a Clock,
        progress: &'a Progress,
        onlooker: &'a dyn Onlooker,
    ) -> Self {
        let mut agenda = Agenda::default();
        let enterprises = &handles.city.enterprises;
        let posts = postings().into_iter().filter_map(|posting| {
            let enterprise = enterprises.get(posting.enterprise)?;
            Some(Post {
                enterprise: enterprise.id.clone(),
                enterprise_name: enterprise.name.clone(),
                id: None,
                free: posting.terms.headcount,
                onboarded: 0,
                next_deadline: None,
                silent_until: None,
                asked: false,
                travelled: false,
                posting,
            })
        });
        let posts: Vec<Post> = posts.collect();
        for (index, post) in posts.iter().enumerate() {
            agenda.add(post.posting.at, Action::Post(index));
        }
        Self {
            seed: config.seed,
            handles,
            reader,
            progress,
            onlooker,
            agenda,
            posts,
            trips: Vec::new(),
            signals: BTreeMap::new(),
            tempers: BTreeMap::new(),
            escalated: BTreeSet::new(),
            rooms: BTreeMap::new(),
            waiting: BTreeMap::new(),
            bound: BTreeMap::new(),
            replaced: 0,
            unreplaced: 0,
            sequence: handles.sequence,
            reported: None,
        }
    }

    async fn act(&mut self, action: Action) -> Result<(), SimError> {
        match action {
            Action::Post(post) => self.post_vacancy(post).await,
            Action::Answer(answering) => self.answer(answering).await,
            Action::Open { post, point } => self.open_dispatch(post, &point).await,
            Action::Trip { trip, step } => self.step(trip, step).await,
        }
    }

    async fn post_vacancy(&mut self, index: usize) -> Result<(), SimError> {
        let post = self.post(index)?;
        let client = self.handles.client(&post.enterprise)?;
        let ask =
            PostVacancy { enterprise: String::new(), terms: Some(post.posting.terms.clone()) };
        let receipt = self.send(client, "/v1/vacancies", &ask, &format!("post-{index}")).await;
        let receipt = receipt.map_err(SimError::call("a vacancy is posted"))?;
        let id = receipt.id.parse().map_err(|_| SimError::Incomplete("a vacancy's posting"))?;
        self.tell_posted(index);
        if let Some(post) = self.posts.get_mut(index) {
            post.id = Some(id);
        }
        self.done(&receipt).await
    }

    /// Sends a command under a key that the same week would use again.
    async fn send(
        &self,
        client: &Client,
        path: &str,
        body: &(impl serde::Serialize + Sync),
        what: &str,
    ) -> Result<Receipt, gongqiao_client::ClientError> {
        post(client, path, body, &format!("sim-{}-{what}", self.seed)).await
    }

    /// Something was carried out: lets the services react before anybody else acts.
    async fn done(&mut self, receipt: &Receipt) -> Result<(), SimError> {
        self.sequence = self.sequence.max(receipt.sequence);
        self.settle().await
    }

    async fn settle(&self) -> Result<(), SimError> {
        let settled = self.progress.settled(self.reader, self.sequence);
        tokio::time::timeout(PATIENCE, settled)
            .await
            .map_err(|_| SimError::Unsettled { seconds: PATIENCE.as_secs(), at: self.reader.now() })
    }

    /// When somebody next does something, or a signal runs out.
    fn next_moment(&self) -> Option<OffsetDateTime> {
        let now = self.reader.now();
        let deadlines = self.posts.iter().filter_map(|post| post.next_deadline);
        deadlines.filter(|at| *at > now).chain(self.agenda.next()).min()
    }

    fn post(&self, index: usize) -> Result<&Post, SimError> {
        self.posts.get(index).ok_or(SimError::Incomplete("the week's vacancies"))
    }

    fn vacancy(&self, index: usize) -> Result<&VacancyId, SimError> {
        let id = self.post(index)?.id.as_ref();
        id.ok_or(SimError::Incomplete("the week's vacancies"))
    }

    /// The plants are filled, and their groups have come to their end.
    fn is_over(&self) -> bool {
        let urgent = |post: usize| self.posts.get(post).is_some_and(Post::urgent);
        let under_way = self.agenda.any(|action| match action {
            Action::Trip { trip, .. } => self.trips.get(*trip).is_some_and(|t| urgent(t.post)),
            Action::Open { post, .. } | Action::Post(post) => urgent(*post),
            Action::Answer(answering) => urgent(answering.post) && !self.is_filled(answering.post),
        });
        !under_way && self.posts.iter().filter(|post| post.urgent()).all(Post::filled)
    }

    fn is_filled(&self, post: usize) -> bool {
        self.posts.get(post).is_some_and(Post::filled)
    }

    /// Says how many are at work, if that has changed.
    fn report(&mut self) {
        let urgent = || self.posts.iter().filter(|post| post.urgent());
        let total: u64 = urgent().map(|post| u64::from(post.posting.terms.headcount)).sum();
        let done: i64 = urgent().map(|post| post.onboarded).sum();
        let done = u64::try_from(done).unwrap_or_default();
        if self.reported != Some(done) {
            self.reported = Some(done);
            self.onlooker.phase(Phase::Week, done, total);
        }
    }

    fn outcome(&self) -> Result<Outcome, SimError> {
        let urgent = self.posts.iter().filter(|post| post.urgent());
        let ids: Option<Vec<VacancyId>> = urgent.map(|post| post.id.clone()).collect();
        Ok(Outcome {
            vacancies: ids.ok_or(SimError::Incomplete("the week's vacancies"))?,
            sequence: self.sequence,
            ended_at: self.reader.now(),
        })
    }

    fn unfinished(&self, why: &'static str) -> SimError {
        let urgent = self.posts.iter().filter(|post| post.urgent());
        let missing =
            urgent.map(|post| i64::from(post.posting.terms.headcount) - post.onboarded).sum();
        SimError::Unfinished { missing, at: self.reader.now(), why }
    }
}
