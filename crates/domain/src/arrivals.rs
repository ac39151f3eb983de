//! Who receives groups, and which are to come.

use std::ops::Range;

use gongqiao_contract::wire::{
    data_class::Value as Class, dispatch_state::Value as State, party_kind::Value as Kind,
};
use time::OffsetDateTime;

use crate::{
    City,
    decide::Speaker,
    entity::{Dispatch, Party},
    reach,
};

/// Whether a group travels to this party: to an enterprise for its own posts,
/// to a city besides if the place lies in it.
pub fn receives(party: &Party, dispatch: &Dispatch) -> bool {
    let there = || party.division.is_some_and(|city| city.contains(dispatch.to));
    match party.kind() {
        Kind::City => dispatch.enterprise == party.id || there(),
        Kind::Enterprise => dispatch.enterprise == party.id,
        _ => false,
    }
}

/// Groups that should arrive within `window` and have not, by time of arrival,
/// as far as the speaker receives them: a city under an agreement in force at
/// `now` that opens dispatches and covers place and work. The bureau and our own
/// services see all. One of which nobody has said when it arrives is in no list.
pub fn expected<'a>(
    city: &'a City,
    speaker: &Speaker,
    window: &Range<OffsetDateTime>,
    now: OffsetDateTime,
) -> Vec<(OffsetDateTime, &'a Dispatch)> {
    let party = city.party(&speaker.party).filter(|party| !party.revoked);
    let is_theirs = |dispatch: &Dispatch| match speaker.kind {
        Kind::Operator | Kind::Service => true,
        Kind::City => party.is_some_and(|party| {
            receives(party, dispatch) && is_covered(city, party, dispatch, now)
        }),
        _ => party.is_some_and(|party| receives(party, dispatch)),
    };
    let open = city.index.open_dispatches.iter().filter_map(|id| city.dispatch(id));
    let mut all: Vec<_> = open
        .filter(|dispatch| {
            matches!(dispatch.state(), State::Opened | State::Accepted | State::Departed)
        })
        .filter_map(|dispatch| Some((dispatch.expected_at()?, dispatch)))
        .filter(|(at, dispatch)| window.contains(at) && is_theirs(dispatch))
        .collect();
    all.sort_by(|(one, a), (other, b)| (one, &a.id).cmp(&(other, &b.id)));
    all
}

/// Whether an agreement of the party lets it know of the group.
fn is_covered(city: &City, party: &Party, dispatch: &Dispatch, now: OffsetDateTime) -> bool {
    let agreements = city.index.agreements_of.get(&party.id).into_iter().flatten();
    let mut in_force = agreements
        .filter_map(|id| city.agreement(id))
        .filter(|one| one.in_force(now) && one.opens(Class::Dispatches));
    let work = city.vacancy(&dispatch.vacancy).map_or(&[][..], |one| &one.terms.occupations);
    in_force.any(|one| {
        reach::divisions(&one.scope.divisions, Some(dispatch.to))
            && reach::occupations(&one.scope.occupations, work)
    })
}
