//! What a subscription shows of the city: for each thing either an item, with
//! masks, filter and agreement applied, or why it is not there. Pure, so that
//! a feed and its snapshot can only say the same.

use std::fmt;

use gongqiao_contract::{
    id::{CardId, DispatchId, SignalId, VacancyId},
    subject::Entity,
    wire::{
        self, FeedRemoved, Scope, dispatch_state::Value as DispatchState,
        feed_end::Value as FeedEnd, feed_exit::Value as Exit, feed_kind::Value as FeedKind,
        party_kind::Value as Kind, placement_state,
    },
};
use time::OffsetDateTime;

use crate::{
    City,
    arrivals::receives,
    decide::{involves, serves},
    entity::{
        Dispatch, Party, Signal, SignalState, Subscription, Vacancy, VacancyState, timestamp,
    },
    reach,
    register::Register,
    supply::{Cards, Cell, Publication, cards, publish},
};

/// What can stand in a feed. Its key there is its id, a card's a pseudonym.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Thing {
    /// A demand for people.
    Vacancy(VacancyId),
    /// A group on the way.
    Dispatch(DispatchId),
    /// What a point is asked.
    Signal(SignalId),
    /// A cell of the supply.
    Supply(Cell),
    /// Somebody who could come.
    Card(CardId),
}

impl Thing {
    /// The kind of feed it stands in.
    pub fn kind(&self) -> FeedKind {
        match self {
            Self::Vacancy(_) => FeedKind::Vacancy,
            Self::Dispatch(_) => FeedKind::Dispatch,
            Self::Signal(_) => FeedKind::Signal,
            Self::Supply(_) | Self::Card(_) => FeedKind::Supply,
        }
    }

    /// The thing of this kind that is called so in any feed.
    fn of_key(kind: FeedKind, key: &str) -> Option<Self> {
        match kind {
            FeedKind::Vacancy => key.parse().ok().map(Self::Vacancy),
            FeedKind::Dispatch => key.parse().ok().map(Self::Dispatch),
            FeedKind::Signal => key.parse().ok().map(Self::Signal),
            FeedKind::Supply => key.parse().ok().map(Self::Supply),
            FeedKind::Unspecified => None,
        }
    }
}

/// An item, as it stands in a feed.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the types say it")]
pub enum Item {
    Vacancy(wire::VacancyItem),
    Dispatch(wire::DispatchItem),
    Signal(wire::SignalItem),
    Supply(wire::SupplyItem),
    Card(wire::CardItem),
}

/// The cards that may be shown, and by what they are looked at.
#[derive(Clone, Copy)]
pub struct Deck<'a> {
    /// Where they are shown.
    pub cards: Cards<'a>,
    /// What is known of them.
    pub register: &'a Register,
    /// A keyed hash, of which nobody else has the key.
    pub hash: &'a dyn Fn(&str) -> String,
    /// The moment at which they are looked at.
    pub now: OffsetDateTime,
}

impl fmt::Debug for Deck<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deck").field("now", &self.now).finish_non_exhaustive()
    }
}

/// What a subscription shows of one thing.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    /// It stands in the feed.
    Item(Box<Item>),
    /// It does not; said only where it did before.
    Removed(FeedRemoved),
}

/// What a subscriber may see, and wants to.
#[derive(Debug, Clone)]
pub struct Sight<'a> {
    city: &'a City,
    party: &'a Party,
    subscription: &'a Subscription,
    scope: Option<&'a Scope>,
    supply: Option<&'a Publication>,
    deck: Option<Deck<'a>>,
}

impl<'a> Sight<'a> {
    /// The sight of a subscription at `now`.
    ///
    /// # Errors
    /// Why it is at an end.
    pub fn of(
        city: &'a City,
        subscription: &'a Subscription,
        now: OffsetDateTime,
    ) -> Result<Self, FeedEnd> {
        if subscription.closed_at.is_some() {
            return Err(FeedEnd::Unsubscribed);
        }
        let party = city.party(&subscription.party).filter(|party| !party.revoked);
        let party = party.ok_or(FeedEnd::Party)?;
        let mut scope = None;
        if let Some(class) = subscription.class(party.kind()) {
            let agreement = subscription.agreement.as_ref().and_then(|id| city.agreement(id));
            let open = agreement.filter(|one| one.in_force(now) && one.opens(class));
            scope = Some(&open.ok_or(FeedEnd::Agreement)?.scope);
        }
        Ok(Self { city, party, subscription, scope, supply: None, deck: None })
    }

    /// With the supply, of which a feed of that kind shows its part.
    #[must_use]
    pub fn over(self, supply: &'a Publication) -> Self {
        Self { supply: Some(supply), ..self }
    }

    /// With the cards, of which a feed of cards shows its part.
    #[must_use]
    pub fn dealt(self, deck: Option<Deck<'a>>) -> Self {
        Self { deck, ..self }
    }

    /// What a thing is called in this feed; none for what can't stand in it.
    pub fn key(&self, thing: &Thing) -> Option<String> {
        let shows_cards = self.subscription.shows_cards();
        if thing.kind() != self.subscription.kind()
            || matches!(thing, Thing::Card(_)) != shows_cards
        {
            return None;
        }
        Some(match thing {
            Thing::Vacancy(id) => id.to_string(),
            Thing::Dispatch(id) => id.to_string(),
            Thing::Signal(id) => id.to_string(),
            Thing::Supply(cell) => cell.to_string(),
            Thing::Card(card) => (self.deck?.hash)(&cards::named(&self.subscription.id, card)),
        })
    }

    /// The thing that is called so in this feed; none for cards, whom nobody
    /// finds by their pseudonyms.
    pub fn thing(&self, key: &str) -> Option<Thing> {
        let kind = self.subscription.kind();
        if self.subscription.shows_cards() { None } else { Thing::of_key(kind, key) }
    }

    /// The position in the log before which nothing that the feed says may have
    /// been written: the agreement covered more then.
    pub fn since(&self) -> u64 {
        let agreement = self.subscription.agreement.as_ref().and_then(|id| self.city.agreement(id));
        agreement.filter(|_| self.scope.is_some()).map_or(0, |agreement| agreement.narrowed)
    }

    /// Everything that may stand in the feed now.
    pub fn things(&self) -> Vec<Thing> {
        let index = &self.city.index;
        match self.subscription.kind() {
            FeedKind::Vacancy => index.open_vacancies.iter().cloned().map(Thing::Vacancy).collect(),
            FeedKind::Dispatch => {
                index.open_dispatches.iter().cloned().map(Thing::Dispatch).collect()
            }
            FeedKind::Signal => index.open_signals.iter().cloned().map(Thing::Signal).collect(),
            FeedKind::Supply if self.subscription.shows_cards() => {
                let ids = self.deck.into_iter().flat_map(|deck| deck.cards.ids());
                ids.cloned().map(Thing::Card).collect()
            }
            FeedKind::Supply => {
                let shown = self.supply.into_iter().flat_map(Publication::keys);
                shown.filter(|cell| self.takes(cell)).copied().map(Thing::Supply).collect()
            }
            FeedKind::Unspecified => Vec::new(),
        }
    }

    /// What it shows of one thing; `None` for what it never showed.
    pub fn look(&self, thing: &Thing) -> Option<Seen> {
        if thing.kind() != self.subscription.kind() {
            return None;
        }
        match thing {
            Thing::Vacancy(id) => self.vacancy(self.city.vacancy(id)?),
            Thing::Dispatch(id) => self.dispatch(self.city.dispatch(id)?),
            Thing::Signal(id) => self.signal(self.city.signal(id)?),
            Thing::Supply(cell) => Some(self.supply(cell)),
            Thing::Card(card) => self.card(card),
        }
    }

    /// Of somebody who is not shown nothing is said, but by what was held.
    fn card(&self, card: &CardId) -> Option<Seen> {
        let deck = self.deck?;
        let (cell, status) = deck.cards.get(card).filter(|(cell, _)| self.takes(cell))?;
        let facets = deck.register.get(card)?;
        let shown = cards::may_show(self.city, facets, &self.party.id, deck.now);
        shown.then(|| Seen::Item(Box::new(Item::Card(cards::item(&cell, status)))))
    }

    /// The tombstone of a card that is shown no longer, by what was held of it.
    pub fn gone(&self, held: &wire::CardItem) -> FeedRemoved {
        let occupation = Some(held.occupation.clone()).filter(|code| !code.is_empty());
        self.removed_as(Exit::Gone, &held.division, occupation.as_slice())
    }

    /// Why `vacancy`: a city is told of others' posts, and never of its own,
    /// which came from there; an enterprise of its own alone.
    fn vacancy(&self, vacancy: &Vacancy) -> Option<Seen> {
        let own = vacancy.enterprise == self.party.id;
        if own == (self.party.kind() == Kind::City) {
            return None;
        }
        let terms = &vacancy.terms;
        let over = match vacancy.state {
            VacancyState::Open => None,
            VacancyState::Withdrawn => Some(Exit::Withdrawn),
            VacancyState::Lapsed => Some(Exit::Expired),
        };
        let fits =
            self.reaches(&terms.place, &terms.occupations) && self.wants(vacancy, &terms.needed_by);
        if let Some(why) = over.or((!fits).then_some(Exit::Left)) {
            return Some(self.removed(why, &terms.place, &terms.occupations));
        }
        Some(Seen::Item(Box::new(Item::Vacancy(wire::VacancyItem {
            vacancy: vacancy.id.to_string(),
            enterprise: vacancy.enterprise.to_string(),
            enterprise_name: self.name(vacancy.enterprise.as_str()),
            terms: Some(terms.clone()),
            free_seats: vacancy.free_seats(),
            posted_at: Some(timestamp(vacancy.posted_at)),
        }))))
    }

    fn dispatch(&self, dispatch: &Dispatch) -> Option<Seen> {
        let is_theirs = match self.party.kind() {
            Kind::City | Kind::Enterprise => receives(self.party, dispatch),
            _ => involves(&self.party.id, dispatch),
        };
        let vacancy = self.city.vacancy(&dispatch.vacancy).filter(|_| is_theirs)?;
        let opened = &dispatch.opened;
        let to = dispatch.to.to_string();
        let arrives = dispatch.expected_at();
        let day = arrives.map(|at| crate::entity::beijing_day(at).to_string());
        let day = day.unwrap_or_else(|| vacancy.terms.needed_by.clone());
        let over = match dispatch.state() {
            DispatchState::Closed => Some(Exit::Done),
            DispatchState::Cancelled | DispatchState::Declined => Some(Exit::Withdrawn),
            _ => None,
        };
        let fits = self.reaches(&to, &vacancy.terms.occupations) && self.wants(vacancy, &day);
        if let Some(why) = over.or((!fits).then_some(Exit::Left)) {
            return Some(self.removed(why, &to, &vacancy.terms.occupations));
        }
        let missing = dispatch.people_in(placement_state::Value::Arrived).count();
        Some(Seen::Item(Box::new(Item::Dispatch(wire::DispatchItem {
            dispatch: dispatch.id.to_string(),
            vacancy: dispatch.vacancy.to_string(),
            enterprise: dispatch.enterprise.to_string(),
            enterprise_name: self.name(dispatch.enterprise.as_str()),
            point: dispatch.point.to_string(),
            point_name: self.name(dispatch.point.as_str()),
            to,
            state: dispatch.state,
            mode: opened.mode,
            departs_at: opened.departs_at,
            arrives_at: arrives.map(timestamp),
            arrived_at: dispatch.arrived_at.map(timestamp),
            riding: dispatch.riding(),
            missing: u32::try_from(missing).unwrap_or(u32::MAX),
        }))))
    }

    fn signal(&self, signal: &Signal) -> Option<Seen> {
        let vacancy = self.city.vacancy(&signal.id.vacancy)?;
        if !serves(&self.party.id, &signal.id.point) {
            return None;
        }
        let terms = &vacancy.terms;
        let over = match signal.state {
            SignalState::Open | SignalState::Partly => None,
            SignalState::Answered | SignalState::Declined => Some(Exit::Done),
            SignalState::Escalated => Some(Exit::Expired),
            SignalState::Recalled => Some(Exit::Withdrawn),
        };
        let fits =
            self.reaches(&terms.place, &terms.occupations) && self.wants(vacancy, &terms.needed_by);
        if let Some(why) = over.or((!fits).then_some(Exit::Left)) {
            return Some(self.removed(why, &terms.place, &terms.occupations));
        }
        Some(Seen::Item(Box::new(Item::Signal(wire::SignalItem {
            signal: signal.id.to_string(),
            vacancy: signal.id.vacancy.to_string(),
            point: signal.id.point.to_string(),
            title: terms.title.clone(),
            enterprise_name: self.name(vacancy.enterprise.as_str()),
            needed_by: terms.needed_by.clone(),
            quota: signal.quota,
            committed: signal.committed,
            respond_by: Some(timestamp(signal.respond_by)),
            urgent: terms.urgent,
        }))))
    }

    fn supply(&self, cell: &Cell) -> Seen {
        let shown = self.supply.and_then(|shown| shown.get(cell));
        match shown.filter(|_| self.takes(cell)) {
            Some(counts) => Seen::Item(Box::new(Item::Supply(publish::item(cell, *counts)))),
            None => {
                let why = if self.takes(cell) { Exit::RolledUp } else { Exit::Left };
                let occupation = cell.occupation.map(|code| code.to_string());
                self.removed(why, &cell.division.to_string(), occupation.as_slice())
            }
        }
    }

    /// Whether scope and filter reach all of a cell.
    fn takes(&self, cell: &Cell) -> bool {
        self.scope.is_none_or(|scope| cell.is_covered(scope))
            && cell.is_wanted(&self.subscription.filter)
    }

    fn removed(&self, why: Exit, division: &str, occupations: &[String]) -> Seen {
        Seen::Removed(self.removed_as(why, division, occupations))
    }

    /// A tombstone. What lies outside of the agreement now is not told.
    fn removed_as(&self, why: Exit, division: &str, occupations: &[String]) -> FeedRemoved {
        let why = why as i32;
        if self.in_scope(division, occupations) {
            let (division, occupations) = (division.to_owned(), occupations.to_vec());
            FeedRemoved { why, division, occupations }
        } else {
            FeedRemoved { why, ..FeedRemoved::default() }
        }
    }

    fn in_scope(&self, place: &str, occupations: &[String]) -> bool {
        self.scope.is_none_or(|scope| {
            reach::divisions(&scope.divisions, place.parse().ok())
                && reach::occupations(&scope.occupations, occupations)
        })
    }

    /// Whether scope and filter reach a place and occupations.
    fn reaches(&self, place: &str, occupations: &[String]) -> bool {
        let filter = &self.subscription.filter;
        self.in_scope(place, occupations)
            && reach::divisions(&filter.divisions, place.parse().ok())
            && reach::occupations(&filter.occupations, occupations)
    }

    /// Whether the rest of the filter lets something of this vacancy through
    /// that is due on `day` (YYYY-MM-DD, which orders as text).
    fn wants(&self, vacancy: &Vacancy, day: &str) -> bool {
        let filter = &self.subscription.filter;
        (!filter.urgent || vacancy.terms.urgent)
            && (filter.level == 0 || filter.level == vacancy.terms.level)
            && (filter.from.is_empty() || filter.from.as_str() <= day)
            && (filter.until.is_empty() || day <= filter.until.as_str())
            && (filter.counterpart.is_empty() || filter.counterpart == vacancy.enterprise.as_str())
    }

    fn name(&self, party: &str) -> String {
        let party = self.city.entities.parties.get(party).and_then(|entry| entry.value.as_ref());
        party.map(|party| party.name.clone()).unwrap_or_default()
    }
}

/// Since when a subscription is at an end for good, if it is.
pub fn over_since(
    city: &City,
    subscription: &Subscription,
    now: OffsetDateTime,
) -> Option<OffsetDateTime> {
    let agreement = subscription.agreement.as_ref().and_then(|id| city.agreement(id));
    let ran_out = agreement.map(|one| one.until).filter(|until| *until <= now);
    let ended = agreement.and_then(|one| one.ended_at);
    [subscription.closed_at, ended, ran_out].into_iter().flatten().min()
}

/// Things whose items may read otherwise after an event on this entity.
pub fn touched(city: &City, entity: &Entity) -> Vec<Thing> {
    match entity {
        Entity::Vacancy { vacancy, .. } => {
            let signals = city.index.signals_for.get(vacancy).into_iter().flatten();
            let mut things = vec![Thing::Vacancy(vacancy.clone())];
            things.extend(signals.cloned().map(Thing::Signal));
            // Why: the filter looks at the vacancy of a group.
            let groups = city.index.open_dispatches.iter();
            let own =
                |id: &&DispatchId| city.dispatch(id).is_some_and(|group| group.vacancy == *vacancy);
            things.extend(groups.filter(own).cloned().map(Thing::Dispatch));
            things
        }
        Entity::Signal(id) => vec![Thing::Signal(id.clone())],
        Entity::Dispatch { dispatch, .. } => vec![Thing::Dispatch(dispatch.clone())],
        _ => Vec::new(),
    }
}
