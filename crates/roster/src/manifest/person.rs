//! One row: who travels.

use gongqiao_contract::{
    codes::CitizenId,
    refusal::{Code, Refusal},
};

use super::{
    Column, ManifestContext, ManifestNote, PersonRow, PickUp, Traveller, journey,
    vehicle::{Contact, contacts},
};
use crate::{
    table::Row,
    text::{half_width, is_blank},
    values::{identity, phones},
};

/// Longest name taken, in characters.
const NAME_CHARS: usize = 60;

/// Reads one row. Whether the same person stands in another is not looked at.
pub(super) fn read(
    row: &Row<'_, Column>,
    stops: &mut Vec<PickUp>,
    context: &ManifestContext,
) -> PersonRow {
    let (mut refusals, mut warnings) = (Vec::new(), Vec::new());
    let name = row.get(Column::Name).map(|value| value.shown().trim_matches(is_blank).to_owned());
    let name = name.unwrap_or_default();
    if name.is_empty() {
        refusals.push(ManifestNote::at(Column::Name, Code::RowRequired));
    } else if name.chars().count() > NAME_CHARS {
        let refusal = Refusal::new(Code::RowTooLong).with("max", NAME_CHARS);
        refusals.push(ManifestNote::at(Column::Name, refusal));
    }
    let citizen_id = match identity(row, context) {
        Ok((id, note)) => {
            warnings.extend(note.map(|code| ManifestNote::at(Column::CitizenId, code)));
            id
        }
        Err(refusal) => {
            refusals.push(ManifestNote::at(Column::CitizenId, refusal));
            None
        }
    };
    let phone = phone(row, context, &mut warnings);
    if citizen_id.is_none() && phone.is_empty() && refusals.is_empty() {
        refusals.push(ManifestNote::whole(Code::RowUnidentifiable));
    }
    if !refusals.is_empty() {
        return PersonRow { row: row.number, result: Err(refusals), warnings };
    }
    let stop = stop(row, stops);
    if stop.is_none() && row.header.index(Column::PickUp).is_some() {
        warnings.push(ManifestNote::at(Column::PickUp, Code::ManifestNoStop));
    }
    let said = journey::of_row(row, context.today);
    let (emergency, mode) = (emergency(row, context), said.mode);
    let departs_on = said.departs_on;
    let traveller = Traveller { name, citizen_id, phone, emergency, stop, mode, departs_on };
    PersonRow { row: row.number, result: Ok(traveller), warnings }
}

/// The ID, or why there is none; refused is who may not get in here at all.
fn identity(
    row: &Row<'_, Column>,
    context: &ManifestContext,
) -> Result<(Option<CitizenId>, Option<Code>), Refusal> {
    match identity::read(row.get(Column::CitizenId), context.rule) {
        identity::Identity::Verified { id, note } => Ok((Some(id), note)),
        identity::Identity::Damaged(damaged) => {
            Ok((None, Some(damaged.why.unwrap_or(Code::RowIdMissing))))
        }
        identity::Identity::Refused(refusal) => Err(refusal),
    }
}

fn phone(
    row: &Row<'_, Column>,
    context: &ManifestContext,
    warnings: &mut Vec<ManifestNote>,
) -> String {
    let Some(value) = row.get(Column::Phone) else {
        warnings.push(ManifestNote::at(Column::Phone, Code::RowPhoneMissing));
        return String::new();
    };
    let phones = phones::read(value, context.limits.cell_chars);
    warnings.extend(phones.notes.into_iter().map(|note| ManifestNote::at(Column::Phone, note)));
    phones.first
}

/// Whom to call: a name and a number, in one column or in two.
fn emergency(row: &Row<'_, Column>, context: &ManifestContext) -> Option<Contact> {
    let named = row
        .get(Column::Emergency)
        .map(|value| value.shown().chars().map(half_width).collect::<String>());
    let mut contact = named.and_then(|text| contacts(&text).into_iter().next()).unwrap_or_default();
    if let Some(value) = row.get(Column::EmergencyPhone) {
        let number = phones::read(value, context.limits.cell_chars).first;
        if !number.is_empty() {
            contact.phone = number;
        }
    }
    (contact != Contact::default()).then_some(contact)
}

/// Which stop, counted in.
fn stop(row: &Row<'_, Column>, stops: &mut Vec<PickUp>) -> Option<usize> {
    let place = row.get(Column::PickUp)?.shown().trim_matches(is_blank).to_owned();
    let at = stops.iter().position(|stop| stop.place == place).unwrap_or_else(|| {
        stops.push(PickUp { place, people: 0 });
        stops.len() - 1
    });
    stops[at].people += 1;
    Some(at)
}
