//! What a step rests on (佐证): each kind of step rests on some, by default on
//! the first. What nobody can have seen is refused.

use gongqiao_contract::{
    Code, Refusal,
    wire::{
        dispatch_state::Value as State, evidence::Value as Evidence,
        placement_state::Value as Person,
    },
};

use crate::entity::{dispatch_state_name, placement_state_name};

/// What a person's step rests on.
pub(super) fn of_step(to: Person, given: i32, by_enterprise: bool) -> Result<Evidence, Refusal> {
    use Evidence as E;
    let accepted: &[Evidence] = match to {
        Person::Boarded => &[E::RollCall, E::Attendant],
        Person::NoShow if by_enterprise => &[E::EnterpriseNotice, E::EnterpriseList],
        Person::NoShow => &[E::RollCall, E::Attendant, E::WorkerCall],
        Person::LeftEnRoute => &[E::Attendant, E::WorkerCall],
        Person::Arrived => &[E::Handover, E::EnterpriseList],
        Person::Onboarded if by_enterprise => &[E::EnterpriseList, E::InsuranceRecord],
        Person::Onboarded => &[E::WorkerCall, E::InsuranceRecord],
        Person::NotHired => &[E::EnterpriseNotice],
        Person::Declined => &[E::WorkerCall, E::RollCall, E::Attendant, E::EnterpriseNotice],
        _ if by_enterprise => &[E::EnterpriseNotice, E::EnterpriseList, E::InsuranceRecord],
        _ => &[E::WorkerCall, E::InsuranceRecord],
    };
    // Why: subsidies and reports hang on when work begins and ends, so that
    // whoever says so says on what.
    let must_say = matches!(to, Person::Onboarded | Person::Ended);
    if must_say && given == E::Unspecified as i32 {
        let refusal = Refusal::new(Code::EvidenceRequired).with("accepted", names(accepted));
        return Err(refusal.at("/people/evidence"));
    }
    one_of(accepted, given)
        .ok_or_else(|| unsuited(placement_state_name(to), given, accepted).at("/people/evidence"))
}

/// What the step of a whole group rests on; most steps are the speaker's own
/// word and rest on nothing.
pub(super) fn of_move(to: State, given: i32, alone: bool) -> Result<Evidence, Refusal> {
    use Evidence as E;
    let accepted: &[Evidence] = match to {
        State::Departed if alone => &[E::WorkerCall],
        State::Departed => &[E::RollCall, E::Attendant],
        State::Arrived => &[E::Handover, E::EnterpriseList],
        _ => &[E::Unspecified],
    };
    one_of(accepted, given)
        .ok_or_else(|| unsuited(dispatch_state_name(to), given, accepted).at("/evidence"))
}

fn one_of(accepted: &[Evidence], given: i32) -> Option<Evidence> {
    if given == Evidence::Unspecified as i32 {
        return accepted.first().copied();
    }
    accepted.iter().copied().find(|one| *one as i32 == given)
}

fn unsuited(to: &'static str, given: i32, accepted: &[Evidence]) -> Refusal {
    let given = Evidence::try_from(given).map_or_else(|_| given.to_string(), |e| name(e).into());
    Refusal::new(Code::EvidenceUnsuited)
        .with("to", to)
        .with("given", given)
        .with("accepted", names(accepted))
}

fn names(accepted: &[Evidence]) -> String {
    accepted.iter().map(|one| name(*one)).collect::<Vec<_>>().join(", ")
}

fn name(one: Evidence) -> &'static str {
    match one {
        Evidence::Unspecified => "nothing",
        named => named.as_str_name(),
    }
}
