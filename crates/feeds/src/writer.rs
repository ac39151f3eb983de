//! The one who writes feeds: it follows the log, looks at what an event has
//! touched through each subscription's sight, and appends what is seen
//! otherwise than before. An event counts once its stream has it on disk.
//!
//! Of two writers the second finds out by the stream's last sequence, reads
//! what the first one wrote, and goes on from there.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use gongqiao_access::Live;
use gongqiao_contract::{
    feed::Cursor,
    id::SubscriptionId,
    subject::{Entity, feed_all},
    wire::feed_kind::Value as FeedKind,
};
use gongqiao_domain::{
    City,
    entity::{Party, Subscription},
    feed::{Deck, Sight, Thing, over_since, touched},
};
use gongqiao_shell::Clock;
use gongqiao_stream::{
    MAX_BATCH, Outcome, StreamError, StreamName, Write, commit_after,
    feed::{FeedStream, declare_feed, delete_feed, forget_before, read_feed},
    follow, read,
};
use parking_lot::Mutex;
use time::OffsetDateTime;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{
    Options,
    book::{Book, Gap, Look, Moment},
    event::{Event, Sort},
    files::Files,
    shelf::{Feed, Home, Shelf},
    supply::Supply,
};

/// How often the time alone is a reason to look.
const TICK: Duration = Duration::from_secs(1);
/// Events after which a book is kept in its file.
const KEEP_EVERY: u64 = 5_000;

/// What the log has touched since it was looked at last.
#[derive(Debug, Default)]
struct Touched {
    subjects: BTreeSet<String>,
    position: u64,
    /// The same of the register.
    cards: u64,
}

/// What could not be written now.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// The stream does not say what this writer believes.
    #[error(transparent)]
    Gap(#[from] Gap),
    /// Another writer has written since.
    #[error("another writer has written this stream")]
    Overtaken,
    /// Another writer has seen more of the log than this one.
    #[error("the feeds show the log at {shown}, which is read up to {read} here")]
    Behind {
        /// What the feeds show.
        shown: u64,
        /// What is read here.
        read: u64,
    },
}

/// Writes every feed of a cell.
pub(crate) struct Writer {
    live: Live,
    clock: Clock,
    files: Files,
    supply: Supply,
    options: Options,
    shelf: Arc<Shelf>,
    /// Last sequence of each stream.
    heads: HashMap<String, u64>,
    /// Feeds that must be looked at whole.
    whole: BTreeSet<SubscriptionId>,
    /// Where each book was when it was last kept.
    kept: HashMap<SubscriptionId, Cursor>,
    /// Places in streams, before which nothing of a feed is to be left.
    forget: Vec<(Arc<Feed>, u64)>,
}

/// Events to store, with the feed that they belong to.
type Pages = Vec<(Arc<Feed>, Vec<Event>)>;

impl Writer {
    pub(crate) fn new(
        live: Live,
        clock: Clock,
        files: Files,
        supply: Supply,
        options: Options,
        shelf: Arc<Shelf>,
    ) -> Self {
        Self {
            live,
            clock,
            files,
            supply,
            options,
            shelf,
            heads: HashMap::new(),
            whole: BTreeSet::new(),
            kept: HashMap::new(),
            forget: Vec::new(),
        }
    }

    /// Writes until `stop`.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let (marks, news) = (Arc::new(Mutex::new(Touched::default())), Arc::new(Notify::new()));
        let tail = self.listen(Arc::clone(&marks), Arc::clone(&news), stop.clone());
        let cards = self.listen_to_cards(Arc::clone(&marks), stop.clone());
        let tails = tokio::spawn(async move { tokio::join!(tail, cards) });
        let mut moves = self.clock.moves();
        while !stop.is_cancelled() {
            let touched = std::mem::take(&mut *marks.lock());
            self.round(&touched, &stop).await;
            let due = self.next_look();
            tokio::select! {
                () = stop.cancelled() => {}
                () = news.notified() => {}
                _ = moves.next() => {}
                () = self.clock.sleep_until(due) => {}
            }
        }
        self.keep_all();
        // Why: it ends by the same token, and has nothing to say.
        let _ = tails.await;
    }

    /// Marks what each event of the log touches, from the position on that the
    /// live view has now: whatever came before, the first round sees.
    fn listen(
        &self,
        marks: Arc<Mutex<Touched>>,
        news: Arc<Notify>,
        stop: CancellationToken,
    ) -> impl Future<Output = ()> + use<> {
        let live = self.live.clone();
        let from = live.city().position + 1;
        async move {
            follow(live.connection(), StreamName::Facts, from, &stop, |chunk| {
                let mut marks = marks.lock();
                for message in chunk {
                    marks.position = message.sequence;
                    marks.subjects.insert(message.subject);
                }
                news.notify_one();
            })
            .await;
        }
    }

    /// Marks whose card has changed. Why nobody is woken: the supply is told in
    /// ticks.
    fn listen_to_cards(
        &self,
        marks: Arc<Mutex<Touched>>,
        stop: CancellationToken,
    ) -> impl Future<Output = ()> + use<> {
        let live = self.live.clone();
        let from = *live.cards().borrow() + 1;
        async move {
            follow(live.connection(), StreamName::Register, from, &stop, |chunk| {
                let mut marks = marks.lock();
                for message in chunk {
                    marks.cards = message.sequence;
                    marks.subjects.insert(message.subject);
                }
            })
            .await;
        }
    }

    /// Brings every feed to what is seen now.
    async fn round(&mut self, marks: &Touched, stop: &CancellationToken) {
        let live = self.live.clone();
        // Why it may be waited for: the live view follows the same stream.
        let mut facts = live.facts();
        let mut cards = live.cards();
        let reached = async {
            let _ = facts.wait_for(|at| *at >= marks.position).await;
            let _ = cards.wait_for(|at| *at >= marks.cards).await;
        };
        if stop.run_until_cancelled(reached).await.is_none() {
            return;
        }
        self.open_new().await;
        let began = self.clock.now();
        let (pages, is_tick) = self.look(marks);
        self.whole.clear();
        self.store(pages).await;
        if is_tick {
            let took = self.clock.now() - began;
            metrics::histogram!("feed_supply_tick_seconds").record(took.as_seconds_f64());
        }
        self.forget().await;
        let digests = self.digests();
        self.store(digests).await;
        self.let_go().await;
        self.keep_some();
    }

    /// When the time alone is a reason to look: regularly, and at each end.
    fn next_look(&self) -> OffsetDateTime {
        let now = self.clock.now();
        let turn = self.live.city().next_turn(now);
        turn.map_or(now + TICK, |turn| turn.min(now + TICK))
    }

    fn moment(&self, city: &City) -> Moment {
        Moment { now: self.clock.now(), position: city.position }
    }

    /// Makes room for feeds that are new, or whose stream must be read anew.
    ///
    /// One stream's trouble is its own: it is tried again in the next round,
    /// and its feeds are looked at whole then, which sees what was missed.
    async fn open_new(&mut self) {
        let (own, shared) = {
            let city = self.live.city();
            let mut own = Vec::new();
            let mut shared = Vec::new();
            for id in city.index.subscriptions.values() {
                let Some(one) = city.subscription(id) else { continue };
                let Some(sort) = sort_of(one) else { continue };
                let home = home_of(&city, one);
                let known = self.heads.contains_key(&home.stream(id));
                if known && self.shelf.get(id).is_some() || self.is_past(&city, one) {
                    continue;
                }
                let book = Book::new(id.clone(), sort, one.format());
                match home {
                    Home::Own => own.push(book),
                    Home::Shared => shared.push(book),
                }
            }
            (own, shared)
        };
        for book in own {
            let id = book.subscription.clone();
            if let Err(e) = self.open(Home::Own, vec![book], &feed_all(&id)).await {
                tracing::warn!(subscription = %id, error = %e, "feeds.open");
            }
        }
        if !shared.is_empty() {
            let filter = match shared.as_slice() {
                [one] => feed_all(&one.subscription),
                _ => "gq.v1.feed.>".to_owned(),
            };
            if let Err(e) = self.open(Home::Shared, shared, &filter).await {
                tracing::warn!(error = %e, "feeds.open");
            }
        }
    }

    /// Whether a feed has ended so long ago that nothing is kept of it.
    fn is_past(&self, city: &City, one: &Subscription) -> bool {
        let keep = time::Duration::try_from(self.options.keep).unwrap_or(time::Duration::MAX);
        let now = self.clock.now();
        over_since(city, one, now).is_some_and(|since| now - since > keep)
    }

    /// Reads the feeds of one stream as they were left.
    async fn open(&mut self, home: Home, books: Vec<Book>, filter: &str) -> Result<(), Trouble> {
        let Some(name) = books.first().map(|book| home.stream(&book.subscription)) else {
            return Ok(());
        };
        let wanted = FeedStream {
            name: name.clone(),
            subjects: books.iter().map(|book| feed_all(&book.subscription)).collect(),
            keep: self.options.keep,
            replicas: self.options.replicas,
        };
        let connection = self.live.connection();
        let head = declare_feed(connection, &wanted).await?;
        if self.heads.get(&name).is_some_and(|known| *known != head) {
            // Why: all feeds of this stream are read anew in the next round.
            self.heads.remove(&name);
            return Err(Trouble::Overtaken);
        }
        let stored = read_feed(connection, &name, filter, 1, usize::MAX).await?;
        let mut events: HashMap<SubscriptionId, Vec<(u64, Event)>> = HashMap::new();
        for message in &stored {
            let of = gongqiao_contract::subject::parse_feed(&message.subject);
            match (of, Event::read(message)) {
                (Some((id, ..)), Ok(event)) => {
                    events.entry(id).or_default().push((message.sequence, event));
                }
                _ => tracing::error!(stream = name, sequence = message.sequence, "feeds.foreign"),
            }
        }
        // Why: nobody writes on what the log does not know.
        events.retain(|id, _| books.iter().any(|book| book.subscription == *id));
        let is_ahead = self.is_ahead(&events).await?;
        for book in books {
            let id = book.subscription.clone();
            let events = events.remove(&id).unwrap_or_default();
            let begins = events.iter().rposition(|(_, event)| event.begins());
            // Why only then: what stands before it is nobody's to read.
            let forget = begins.filter(|at| *at > 0).map(|at| events[at].0);
            let feed = match events.last().filter(|_| is_ahead) {
                Some((_, last)) => Feed::new(home, book.torn_at(last.cursor)),
                None => self.opened(home, book, events, begins),
            };
            let feed = Arc::new(feed);
            self.forget.extend(forget.map(|place| (Arc::clone(&feed), place)));
            self.shelf.put(feed);
            self.whole.insert(id);
        }
        self.heads.insert(name, head);
        Ok(())
    }

    /// Whether stored events show more of the log than there is of it: it was
    /// restored from an earlier copy, and they tell of what never was.
    ///
    /// # Errors
    /// There is more of the log, and it was not read here yet.
    async fn is_ahead(
        &self,
        events: &HashMap<SubscriptionId, Vec<(u64, Event)>>,
    ) -> Result<bool, Trouble> {
        let shown = events.values().filter_map(|one| one.last()).map(|(_, event)| event.as_of);
        let shown = shown.max().unwrap_or_default();
        let read = self.live.city().position;
        if shown <= read {
            return Ok(false);
        }
        let head = read::head(self.live.connection(), StreamName::Facts).await?;
        if shown <= head { Err(Trouble::Behind { shown, read }) } else { Ok(true) }
    }

    /// A feed from its stream, or from its file and what its stream holds of
    /// what came after; anew, if they don't fit together. `begins` is where among
    /// the events the last epoch begins, or the end is said.
    fn opened(
        &self,
        home: Home,
        book: Book,
        events: Vec<(u64, Event)>,
        begins: Option<usize>,
    ) -> Feed {
        let (start, events) = match begins {
            Some(begins) => {
                let first = events[begins].1.cursor;
                (Some(book.clone().before(first)), &events[begins..])
            }
            None => (
                self.files.load(book.subscription.as_str()).map(|kept| book.clone().with(kept)),
                &events[..],
            ),
        };
        let last = events.last().map(|(_, event)| event.cursor);
        let feed = start.map(|start| Feed::new(home, start)).filter(|feed| {
            let whole =
                events.iter().all(|(place, event)| feed.take(event.clone(), *place).is_ok());
            whole && last.is_none_or(|last| feed.read(|book| book.cursor) == last)
        });
        feed.unwrap_or_else(|| match last {
            Some(last) => Feed::new(home, book.torn_at(last)),
            None => Feed::new(home, book),
        })
    }

    /// What is seen otherwise than it stands in the feeds, and whether a tick of
    /// the supply is among it.
    fn look(&mut self, marks: &Touched) -> (Pages, bool) {
        let live = self.live.clone();
        let city = live.city();
        let entities: Vec<Entity> =
            marks.subjects.iter().filter_map(|subject| Entity::parse(subject)).collect();
        let mut things: BTreeSet<Thing> =
            entities.iter().flat_map(|entity| touched(&city, entity)).collect();
        self.supply.mark(entities.iter());
        let told = self.tick(&city, self.clock.now());
        drop(city);
        let is_tick = told.is_some();
        things.extend(told.into_iter().flatten());
        let feeds = self.shelf.all().into_iter().filter(|feed| self.is_writable(feed));
        let page = |feed: Arc<Feed>| {
            let events = self.seen(&feed, &entities, &things);
            (!events.is_empty()).then_some((feed, events))
        };
        (feeds.filter_map(page).collect(), is_tick)
    }

    /// What is seen otherwise than it stands in one feed. Why the city is taken
    /// for each: a feed of cards may take long, and the log goes on.
    fn seen(&self, feed: &Feed, entities: &[Entity], things: &BTreeSet<Thing>) -> Vec<Event> {
        let city = self.live.city();
        let Some(one) = city.subscription(&feed.subscription) else { return Vec::new() };
        let moment = self.moment(&city);
        let whole = self.whole.contains(&feed.subscription) || sight_moved(one, entities);
        let look = if whole { Look::All } else { Look::Some(things) };
        let hash = |text: &str| self.supply.pseudonym(text);
        let shown = self.supply.cards().filter(|_| one.shows_cards());
        let register = shown.map(|_| self.live.register());
        let deck = shown.zip(register.as_deref());
        let deck =
            deck.map(|(cards, register)| Deck { cards, register, hash: &hash, now: moment.now });
        let sight = Sight::of(&city, one, moment.now);
        // Why: its agreement has come into force since the supply was looked at;
        // the next round places people for it.
        if sight.is_ok() && one.shows_cards() && deck.is_none() {
            return Vec::new();
        }
        let sight = sight.map(|sight| sight.over(self.supply.publication()).dealt(deck));
        feed.read(|book| book.catch_up(&sight, &look, moment))
    }

    /// What of the supply is told otherwise from now on, if it is time to tell.
    fn tick(&mut self, city: &City, now: OffsetDateTime) -> Option<BTreeSet<Thing>> {
        let all = self.shelf.all();
        let shows = |feed: &Arc<Feed>| {
            let one = city.subscription(&feed.subscription)?;
            let shows = one.kind() == FeedKind::Supply && Sight::of(city, one, now).is_ok();
            shows.then_some(one)
        };
        let shown: Vec<&Subscription> = all.iter().filter_map(shows).collect();
        if shown.is_empty() {
            self.supply.rest();
            return None;
        }
        let of_cards = shown.into_iter().filter(|one| one.shows_cards()).map(|one| one.id.clone());
        let of_cards: Vec<SubscriptionId> = of_cards.collect();
        let due = self.supply.is_due(now);
        let told = due.then(|| self.supply.tick(city, &self.live.register(), now));
        if self.supply.deal(!of_cards.is_empty()) {
            self.whole.extend(of_cards);
        }
        told
    }

    fn digests(&self) -> Pages {
        let moment = self.moment(&self.live.city());
        let due = |feed: Arc<Feed>| {
            let event = feed.read(|book| book.digest_due(moment))?;
            Some((feed, vec![event]))
        };
        let all = self.shelf.all().into_iter();
        all.filter(|feed| self.is_writable(feed)).filter_map(due).collect()
    }

    /// Whether the stream of a feed stands as this writer believes.
    fn is_writable(&self, feed: &Feed) -> bool {
        self.heads.contains_key(&feed.home.stream(&feed.subscription))
    }

    /// Stores events, each stream's in its own batches, all streams at once.
    async fn store(&mut self, pages: Pages) {
        let mut streams: BTreeMap<String, Pages> = BTreeMap::new();
        for (feed, events) in pages {
            let stream = feed.home.stream(&feed.subscription);
            streams.entry(stream).or_default().push((feed, events));
        }
        let connection = self.live.connection();
        let all = streams.into_iter().map(|(name, pages)| {
            let head = self.heads.get(&name).copied().unwrap_or_default();
            async move { (name, append(connection, head, pages).await) }
        });
        for (name, ended) in futures::future::join_all(all).await {
            match ended {
                Ok((head, forget)) => {
                    self.heads.insert(name, head);
                    self.forget.extend(forget);
                }
                // Nothing is sure of it now: it is read anew.
                Err(e) => {
                    tracing::warn!(stream = name, error = %e, "feeds.store");
                    self.heads.remove(&name);
                }
            }
        }
    }

    /// Has streams forget what an epoch or an end has done away with. Why not
    /// left to time: the agreement no longer covers it.
    async fn forget(&mut self) {
        let connection = self.live.connection();
        let mut left = Vec::new();
        for (feed, place) in std::mem::take(&mut self.forget) {
            let stream = feed.home.stream(&feed.subscription);
            let filter = feed_all(&feed.subscription);
            match forget_before(connection, &stream, &filter, place).await {
                Ok(()) => {}
                // Why: opened again, it is looked for once more.
                Err(_) if !self.heads.contains_key(&stream) => {}
                Err(e) => {
                    tracing::warn!(stream, error = %e, "feeds.forget");
                    left.push((feed, place));
                }
            }
        }
        self.forget = left;
    }

    /// Forgets feeds that ended longer ago than anything is kept.
    async fn let_go(&mut self) {
        let past: Vec<Arc<Feed>> = {
            let city = self.live.city();
            let is_past = |feed: &Arc<Feed>| {
                city.subscription(&feed.subscription).is_some_and(|one| self.is_past(&city, one))
            };
            self.shelf.all().into_iter().filter(is_past).collect()
        };
        for feed in past {
            if feed.home == Home::Own {
                let stream = feed.home.stream(&feed.subscription);
                if let Err(e) = delete_feed(self.live.connection(), &stream).await {
                    tracing::warn!(stream, error = %e, "feeds.let_go");
                    continue;
                }
                self.heads.remove(&stream);
            }
            self.files.remove(feed.subscription.as_str());
            self.shelf.remove(&feed.subscription);
            self.kept.remove(&feed.subscription);
        }
    }

    fn keep_some(&mut self) {
        for feed in self.shelf.all() {
            let (at, is_over) = feed.read(|book| (book.cursor, book.closed.is_some()));
            let kept = self.kept.entry(feed.subscription.clone()).or_default();
            // Why at once where all was dropped: the file would hold it on.
            let dropped = at.epoch != kept.epoch || is_over && at != *kept;
            if dropped || at.sequence >= kept.sequence + KEEP_EVERY {
                *kept = at;
                keep(&self.files, &feed);
            }
        }
    }

    fn keep_all(&self) {
        self.shelf.all().iter().for_each(|feed| keep(&self.files, feed));
    }
}

fn keep(files: &Files, feed: &Feed) {
    // Why: a torn one would be taken for whole.
    if feed.read(|book| book.torn) {
        return;
    }
    let kept = feed.read(Book::keep);
    if let Err(e) = files.store(feed.subscription.as_str(), &kept) {
        tracing::warn!(error = %e, "feeds.keep");
    }
}

/// Appends the events of one stream, and has each feed take in what is stored.
/// Returns the stream's head, and before which places feeds are to be forgotten.
async fn append(
    connection: &gongqiao_stream::Connection,
    mut head: u64,
    pages: Pages,
) -> Result<(u64, Vec<(Arc<Feed>, u64)>), Trouble> {
    let mut forget = Vec::new();
    let all = pages
        .into_iter()
        .flat_map(|(feed, events)| events.into_iter().map(move |event| (Arc::clone(&feed), event)));
    let mut all = all.peekable();
    while all.peek().is_some() {
        let batch: Vec<(Arc<Feed>, Event)> = all.by_ref().take(MAX_BATCH).collect();
        let write = |(feed, event): &(Arc<Feed>, Event)| {
            event.write(&feed.subscription, feed.read(|book| book.sort))
        };
        let writes: Vec<Write> = batch.iter().map(write).collect();
        match commit_after(connection, &writes, head).await? {
            Outcome::Conflict => return Err(Trouble::Overtaken),
            Outcome::Stored(stored) => {
                let first = stored.sequence_of(0);
                head = stored.last_sequence;
                metrics::counter!("feed_events_total").increment(stored.count);
                for ((feed, event), place) in batch.into_iter().zip(first..) {
                    let is_first = feed.read(|book| book.cursor == Cursor::default());
                    if event.begins() && !is_first {
                        forget.push((Arc::clone(&feed), place));
                    }
                    feed.take(event, place)?;
                }
            }
        }
    }
    Ok((head, forget))
}

/// What the items of a feed are.
fn sort_of(one: &Subscription) -> Option<Sort> {
    Some(match one.kind() {
        FeedKind::Vacancy => Sort::Vacancy,
        FeedKind::Dispatch => Sort::Dispatch,
        FeedKind::Signal => Sort::Signal,
        FeedKind::Supply if one.shows_cards() => Sort::Card,
        FeedKind::Supply => Sort::Supply,
        FeedKind::Unspecified => return None,
    })
}

/// Where a subscription's feed is stored.
fn home_of(city: &City, one: &Subscription) -> Home {
    let own = city.party(&one.party).is_some_and(Party::has_feed_streams);
    if own { Home::Own } else { Home::Shared }
}

/// Whether an event may have changed what a subscription sees at all.
fn sight_moved(one: &Subscription, entities: &[Entity]) -> bool {
    entities.iter().any(|entity| match entity {
        Entity::Party(party) => *party == one.party,
        Entity::Agreement(agreement) => one.agreement.as_ref() == Some(agreement),
        _ => false,
    })
}
