//! A past that nobody lived: events of dispatches, written into the log of a
//! broker without an exchange.

use std::ops::Range;

use anyhow::Context as _;
use gongqiao_contract::{
    codes::DivisionCode,
    id::DispatchId,
    subject::{Cell, Entity},
    wire::{self, dispatch_state, evidence, fact::Body, role},
};
use gongqiao_domain::entity::timestamp;
use gongqiao_stream::{Connection, MAX_BATCH, Outcome, Write, commit};
use prost::Message as _;
use time::{Duration, OffsetDateTime, macros::datetime};

/// When the first event happened.
const BEGAN: OffsetDateTime = datetime!(2026-01-01 0:00 +8);
/// Time between two events.
const BEAT: Duration = Duration::milliseconds(5);
/// Vacancies that groups travel to; one event in as many is about each.
pub(super) const VACANCIES: u64 = 1_000;
/// Events of a group, of which one stands in every thousand.
const MOVES: u64 = 20;

/// When the event at a sequence happened.
pub(super) fn happened(sequence: u64) -> OffsetDateTime {
    BEGAN + BEAT * u32::try_from(sequence).unwrap_or(u32::MAX)
}

/// Time between the events at two sequences.
pub(super) fn between(first: u64, last: u64) -> Duration {
    happened(last) - happened(first)
}

/// The vacancy that every thousandth event is about.
pub(super) fn vacancy(number: u64) -> String {
    format!("vac_bench{number:04}")
}

/// Writes as many events into an empty log.
pub(super) async fn write(connection: &Connection, events: u64) -> anyhow::Result<()> {
    let cell = Cell::new("431000".parse().context("the cell")?);
    for first in (1..=events).step_by(MAX_BATCH) {
        let sequences = first..(events + 1).min(first + MAX_BATCH as u64);
        let writes = batch(&cell, sequences)?;
        let stored = commit(connection, &writes).await?;
        anyhow::ensure!(matches!(stored, Outcome::Stored(_)), "another writer");
    }
    Ok(())
}

fn batch(cell: &Cell, sequences: Range<u64>) -> anyhow::Result<Vec<Write>> {
    let to: DivisionCode = "440300".parse().context("the destination")?;
    let write = |sequence: u64| {
        let group = sequence / (VACANCIES * MOVES) * VACANCIES + sequence % VACANCIES;
        let dispatch: DispatchId = format!("dsp_bench{group:09}").parse()?;
        let payload = moved(&dispatch, sequence).encode_to_vec().into();
        let subject = Entity::Dispatch { to, dispatch }.subject(cell);
        anyhow::Ok(Write { subject, payload, expect: None, headers: Vec::new() })
    };
    sequences.map(write).collect()
}

fn moved(dispatch: &DispatchId, sequence: u64) -> wire::Fact {
    wire::Fact {
        event_id: format!("01970000-0000-7000-8000-{sequence:012x}"),
        recorded_at: Some(timestamp(happened(sequence))),
        actor: Some(wire::Actor {
            party: "431021102205".to_owned(),
            person: "0001".to_owned(),
            role: role::Value::Clerk as i32,
        }),
        min_reader: 1,
        body: Some(Body::DispatchMoved(wire::DispatchMoved {
            dispatch: dispatch.to_string(),
            to: dispatch_state::Value::Departed as i32,
            vacancy: vacancy(sequence % VACANCIES),
            people: 40,
            evidence: evidence::Value::Unspecified as i32,
        })),
    }
}
