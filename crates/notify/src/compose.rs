//! From an event to the notices that follow from it. Pure: names come from
//! the city, who did it from the event.

use std::collections::{BTreeMap, BTreeSet};

use gongqiao_contract::{
    SCHEMA,
    id::{AgreementId, CardId, CaseId, DispatchId, PartyId, SignalId, VacancyId},
    wire::{
        self, Fact, dispatch_state::Value as State, fact::Body, placement_state::Value as Person,
        recipient_kind::Value as RecipientKind, role, standby_end,
    },
};
use gongqiao_domain::{
    City,
    entity::{Case, CaseState, Dispatch, Matter, Placement, VacancyState, instant},
};
use gongqiao_shell::beijing;
use time::OffsetDateTime;

use crate::{
    notice::Notice,
    words::{self, Demand, Firm, Group, Release, Words},
};

/// Most characters of a name: a notice may become a text message.
const NAME: usize = 60;

/// What those concerned are told about the event at `sequence`. `city` was
/// folded at least so far. Whoever did it is not told; nor is who no longer
/// takes part.
pub fn notices(city: &City, sequence: u64, fact: &Fact) -> Vec<Notice> {
    let Some(body) = fact.body.as_ref().filter(|_| fact.min_reader <= SCHEMA) else {
        return Vec::new();
    };
    let recorded_at = fact.recorded_at.as_ref().map_or(OffsetDateTime::UNIX_EPOCH, instant);
    let scene = Scene { city, sequence, recorded_at, actor: fact.actor.as_ref() };
    let said = scene.said(body).unwrap_or_default();
    said.into_iter()
        .filter(|said| !scene.is_actor(&said.to))
        .filter_map(|said| {
            let party = city.party(&said.to).filter(|party| !party.revoked)?;
            Some(Notice {
                id: format!("{}_{}", fact.event_id, said.to),
                to_name: name(&party.name),
                to: said.to,
                kind: said.words.kind,
                text_zh: said.words.zh,
                text_en: said.words.en,
                link: said.link,
                deadline: said.deadline,
                sequence,
                recorded_at,
            })
        })
        .collect()
}

/// One thing said to one party.
struct Said {
    to: PartyId,
    words: Words,
    link: String,
    deadline: Option<OffsetDateTime>,
}

impl Said {
    fn new(to: PartyId, words: Words, link: String) -> Self {
        Self { to, words, link, deadline: None }
    }

    fn until(self, deadline: Option<OffsetDateTime>) -> Self {
        Self { deadline, ..self }
    }
}

/// Said to one, to several, or to nobody since something about it is unknown.
type Told = Option<Vec<Said>>;

/// An event and what is around it.
struct Scene<'a> {
    city: &'a City,
    sequence: u64,
    recorded_at: OffsetDateTime,
    actor: Option<&'a wire::Actor>,
}

impl Scene<'_> {
    fn said(&self, body: &Body) -> Told {
        match body {
            Body::SignalRaised(e) => self.raised(e),
            Body::SignalRecalled(e) => self.about_signal(&e.point, &e.vacancy, words::recalled),
            Body::SignalEscalated(e) => self
                .about_signal(&e.point, &e.vacancy, |demand| words::escalated(demand, e.missing)),
            Body::VacancyUpdated(e) => self.changed(&e.vacancy),
            Body::StandbyLeft(e) => self.promoted(e),
            Body::SeatsFreed(e) => self.released(e),
            Body::DispatchOpened(e) => self.opened(e),
            Body::DispatchMoved(e) => self.moved(e),
            Body::DispatchDelayed(e) => self.delayed(e),
            Body::MergeProposed(e) => self.merge_proposed(e),
            Body::DispatchChased(e) => self.chased(e),
            Body::FollowUpDue(e) => self.follow_up(e),
            Body::CorrectionRequested(e) => self.correction(e),
            Body::TransferRequested(e) => self.transfer(e),
            Body::GrievanceHandedOn(e) => self.grievance(e),
            Body::ErasureNotified(e) => self.erasure(e),
            Body::AgreementTerminated(e) => self.agreement(&e.agreement, true),
            Body::AgreementEnded(e) => self.agreement(&e.agreement, false),
            _ => None,
        }
    }

    fn raised(&self, e: &wire::SignalRaised) -> Told {
        let point: PartyId = e.point.parse().ok()?;
        let vacancy: VacancyId = e.vacancy.parse().ok()?;
        let respond_by = e.respond_by.as_ref().map(instant)?;
        let signal = SignalId { point: point.clone(), vacancy: vacancy.clone() };
        let committed = self.city.signal(&signal).map_or(0, |signal| signal.committed);
        let demand = self.demand(&vacancy)?;
        let words = words::raised(&demand, e.quota, committed, respond_by);
        Some(vec![Said::new(point, words, format!("/v1/signals/{signal}")).until(Some(respond_by))])
    }

    fn about_signal(
        &self,
        point: &str,
        vacancy: &str,
        words: impl FnOnce(&Demand) -> Words,
    ) -> Told {
        let signal = SignalId { point: point.parse().ok()?, vacancy: vacancy.parse().ok()? };
        let demand = self.demand(&signal.vacancy)?;
        let link = format!("/v1/signals/{signal}");
        Some(vec![Said::new(signal.point, words(&demand), link)])
    }

    /// Points whose people were told other conditions: they said yes to those.
    fn changed(&self, id: &str) -> Told {
        let id: VacancyId = id.parse().ok()?;
        let vacancy = self.city.vacancy(&id)?;
        let promised = vacancy.seats.keys().filter_map(|card| self.city.placement(card));
        let promised = promised.filter(|one| one.state() == Person::Held).map(|one| &one.point);
        let asked = self.city.index.signals_for.get(&id).into_iter().flatten();
        let asked = asked.filter(|signal| self.city.index.open_signals.contains(*signal));
        let waiting = vacancy.standby.iter().filter_map(|one| one.point.parse::<PartyId>().ok());
        let points: BTreeSet<PartyId> =
            promised.chain(asked.map(|signal| &signal.point)).cloned().chain(waiting).collect();
        let words = words::changed(&self.demand(&id)?);
        let said = points
            .into_iter()
            .map(|point| Said::new(point, words.clone(), format!("/v1/vacancies/{id}")));
        Some(said.collect())
    }

    fn promoted(&self, e: &wire::StandbyLeft) -> Told {
        if e.why() != standby_end::Value::Promoted {
            return None;
        }
        let vacancy: VacancyId = e.vacancy.parse().ok()?;
        let demand = self.demand(&vacancy)?;
        let mut of_points: BTreeMap<&PartyId, (usize, Option<OffsetDateTime>)> = BTreeMap::new();
        for placement in self.placements(&e.cards) {
            let (people, until) = of_points.entry(&placement.point).or_default();
            *people += 1;
            *until = [*until, placement.expires_at].into_iter().flatten().min();
        }
        let said = of_points.into_iter().map(|(point, (people, until))| {
            let words = words::promoted(&demand, people, until);
            Said::new(point.clone(), words, format!("/v1/vacancies/{vacancy}")).until(until)
        });
        Some(said.collect())
    }

    /// People who lost their seats without having done anything.
    fn released(&self, e: &wire::SeatsFreed) -> Told {
        let id: VacancyId = e.vacancy.parse().ok()?;
        let vacancy = self.city.vacancy(&id)?;
        // Why by the time: seats are freed by no-shows as well; whoever was
        // released in this transaction was so at its very moment.
        let released = self.placements(&e.cards).filter(|placement| {
            placement.state() == Person::Released
                && placement.vacancy == id
                && placement.since == self.recorded_at
        });
        let mut of_points: BTreeMap<&PartyId, usize> = BTreeMap::new();
        for placement in released {
            *of_points.entry(&placement.point).or_default() += 1;
        }
        let by_service = self.actor.is_some_and(|actor| actor.role() == role::Value::Service);
        let erased = |placement: &Placement| {
            let standing = self.city.standing(&placement.card);
            standing.is_some_and(|standing| standing.erased.is_some())
        };
        let why = match vacancy.state {
            _ if self.placements(&e.cards).all(erased) => Release::Erased,
            _ if !by_service => Release::Reduced,
            VacancyState::Withdrawn => Release::Withdrawn,
            VacancyState::Lapsed => Release::Lapsed,
            VacancyState::Open => Release::Expired,
        };
        let demand = self.demand(&id)?;
        let said = of_points.into_iter().map(|(point, people)| {
            let words = words::released(&demand, people, why);
            Said::new(point.clone(), words, format!("/v1/vacancies/{id}"))
        });
        Some(said.collect())
    }

    fn opened(&self, e: &wire::DispatchOpened) -> Told {
        let dispatch = self.dispatch(&e.dispatch)?;
        let (departs, arrives) =
            (e.departs_at.as_ref().map(instant), e.arrives_at.as_ref().map(instant));
        let people = e.passengers.len() + e.manifest.len();
        let words = words::opened(&self.group(dispatch)?, people, departs, arrives);
        let said = Said::new(dispatch.enterprise.clone(), words, link_of(dispatch)).until(departs);
        Some(vec![said])
    }

    fn moved(&self, e: &wire::DispatchMoved) -> Told {
        let dispatch = self.dispatch(&e.dispatch)?;
        let group = self.group(dispatch)?;
        let words = match e.to() {
            State::Accepted => words::accepted(&group),
            State::Declined => words::declined(&group),
            State::Departed => words::departed(&group, e.people),
            State::Arrived => words::arrived(&group, e.people),
            State::Cancelled => words::cancelled(&group, &self.by()),
            State::Opened | State::Closed | State::Unspecified => return None,
        };
        Some(to_both_sides(dispatch, &words))
    }

    fn delayed(&self, e: &wire::DispatchDelayed) -> Told {
        let dispatch = self.dispatch(&e.dispatch)?;
        let arrives = e.arrives_at.as_ref().map(instant)?;
        Some(to_both_sides(dispatch, &words::delayed(&self.group(dispatch)?, arrives)))
    }

    fn merge_proposed(&self, e: &wire::MergeProposed) -> Told {
        let host = self.dispatch(&e.dispatch)?;
        let departs = host.opened.departs_at.as_ref().map(instant);
        let words = words::merge_proposed(&self.group(host)?, e.people, departs);
        let guests = e.guests.iter().filter_map(|guest| self.dispatch(guest));
        let points: BTreeSet<&PartyId> = guests.map(|guest| &guest.point).collect();
        let said = points
            .into_iter()
            .map(|point| Said::new(point.clone(), words.clone(), link_of(host)).until(departs));
        Some(said.collect())
    }

    fn chased(&self, e: &wire::DispatchChased) -> Told {
        let dispatch = self.dispatch(&e.dispatch)?;
        let words = words::chased(&self.group(dispatch)?, e.cards.len());
        Some(vec![Said::new(dispatch.enterprise.clone(), words, link_of(dispatch))])
    }

    fn follow_up(&self, e: &wire::FollowUpDue) -> Told {
        let case = self.news(&e.case)?;
        let words = words::follow_up(&self.demand(&e.vacancy.parse().ok()?)?, e.day);
        let link = "/v1/cases?kind=FOLLOW_UP&state=open&with=me".to_owned();
        Some(vec![Said::new(case.with.clone(), words, link)])
    }

    fn correction(&self, e: &wire::CorrectionRequested) -> Told {
        let demand = self.demand(&e.vacancy.parse().ok()?)?;
        let words = words::correction(&demand, &self.name_of(&e.by), e.cards.len());
        let to = e.counterparty.parse().ok()?;
        Some(vec![Said::new(to, words, format!("/v1/cases/{}", e.case))])
    }

    fn transfer(&self, e: &wire::TransferRequested) -> Told {
        let case = self.news(&e.case)?;
        let words = words::transfer(&self.name_of(&e.to));
        let link = "/v1/cases?kind=TRANSFER&state=open&with=me".to_owned();
        Some(vec![Said::new(case.with.clone(), words, link)])
    }

    fn grievance(&self, e: &wire::GrievanceHandedOn) -> Told {
        let to: PartyId = e.to.parse().ok()?;
        let link = format!("/v1/cases/{}", e.case);
        Some(vec![Said::new(to, words::grievance(&self.by()), link)])
    }

    fn erasure(&self, e: &wire::ErasureNotified) -> Told {
        let to: PartyId = e.recipient.parse().ok()?;
        let demand = self.demand(&e.vacancy.parse().ok()?)?;
        let point = self.name_of(&e.point);
        let words = match e.outside() {
            RecipientKind::Unspecified => words::person_erased(&demand, &point),
            kind => words::person_handed_on(&demand, &point, Firm { kind, name: &e.firm }),
        };
        Some(vec![Said::new(to, words, format!("/v1/cases/{}", e.case))])
    }

    fn agreement(&self, id: &str, early: bool) -> Told {
        let id: AgreementId = id.parse().ok()?;
        let agreement = self.city.agreement(&id)?;
        let words = words::agreement_ended(&self.name_of(agreement.party.as_str()), early);
        let bureau = PartyId::OPERATOR.parse().ok();
        let sides = [Some(agreement.party.clone()), bureau].into_iter().flatten();
        let link = format!("/v1/agreements/{id}");
        Some(sides.map(|to| Said::new(to, words.clone(), link.clone())).collect())
    }
}

impl Scene<'_> {
    fn is_actor(&self, party: &PartyId) -> bool {
        self.actor.is_some_and(|actor| actor.party == party.as_str())
    }

    /// Name of the body that did it.
    fn by(&self) -> String {
        self.actor.map_or_else(String::new, |actor| self.name_of(&actor.party))
    }

    /// The public name of a party, or its code.
    fn name_of(&self, party: &str) -> String {
        let known = party.parse().ok().and_then(|id| self.city.party(&id));
        name(known.map_or(party, |party| &party.name))
    }

    fn demand(&self, id: &VacancyId) -> Option<Demand> {
        let vacancy = self.city.vacancy(id)?;
        Some(Demand {
            enterprise: self.name_of(vacancy.enterprise.as_str()),
            post: name(&vacancy.terms.title),
            needed_by: name(&vacancy.terms.needed_by),
        })
    }

    fn dispatch(&self, id: &str) -> Option<&Dispatch> {
        self.city.dispatch(&id.parse::<DispatchId>().ok()?)
    }

    fn group(&self, dispatch: &Dispatch) -> Option<Group> {
        let Demand { enterprise, post, .. } = self.demand(&dispatch.vacancy)?;
        Some(Group { point: self.name_of(dispatch.point.as_str()), enterprise, post })
    }

    fn placements<'b>(
        &'b self,
        cards: &'b [String],
    ) -> impl Iterator<Item = &'b gongqiao_domain::entity::Placement> {
        let ids = cards.iter().filter_map(|card| card.parse::<CardId>().ok());
        ids.filter_map(|card| self.city.placement(&card))
    }

    /// The case, unless whoever must act was told of one like it earlier that
    /// day and still has it to do: forty visits that fall due in the morning
    /// are one message, and a list.
    fn news(&self, id: &str) -> Option<&Case> {
        let case = self.city.case(&id.parse::<CaseId>().ok()?)?;
        let before = self.city.index.cases.range(..self.sequence).rev();
        let mut same_day = before
            .filter_map(|(_, id)| self.city.case(id))
            .take_while(|one| beijing::date(one.opened_at) == beijing::date(case.opened_at));
        let told = same_day
            .any(|one| one.state == CaseState::Open && one.with == case.with && alike(one, case));
        (!told).then_some(case)
    }
}

/// Whether two cases are told in the same words.
fn alike(one: &Case, other: &Case) -> bool {
    match (&one.matter, &other.matter) {
        (Matter::FollowUp { day, .. }, Matter::FollowUp { day: other_day, .. }) => {
            day == other_day && one.vacancy == other.vacancy
        }
        (Matter::Transfer { to }, Matter::Transfer { to: other_to }) => to == other_to,
        _ => false,
    }
}

/// The same words to the enterprise and to all points of a group.
fn to_both_sides(dispatch: &Dispatch, words: &Words) -> Vec<Said> {
    let mut sides: BTreeSet<&PartyId> = dispatch.points();
    sides.insert(&dispatch.enterprise);
    let said = |to: &PartyId| Said::new(to.clone(), words.clone(), link_of(dispatch));
    sides.into_iter().map(said).collect()
}

fn link_of(dispatch: &Dispatch) -> String {
    format!("/v1/dispatches/{}", dispatch.id)
}

/// A published name on one line and not too long.
fn name(published: &str) -> String {
    let line: String =
        published.chars().map(|c| if c.is_control() { ' ' } else { c }).take(NAME + 1).collect();
    match line.char_indices().nth(NAME) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line,
    }
}
