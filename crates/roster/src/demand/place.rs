//! Where the work is: a park, a county, and the address as written.

use gongqiao_contract::{
    codes::{Division, DivisionCode, Divisions, Park},
    refusal::{Code, Refusal},
    wire::VacancyTerms,
};

use super::{Column, DemandContext, cell::Cells, texts};
use crate::text::plain;

/// What a county's name may lose.
const SUFFIXES: [char; 3] = ['县', '市', '区'];

/// Fills in park, place and address. `None` if it is refused, which is noted.
pub(super) fn read(
    cells: &mut Cells<'_>,
    context: &DemandContext,
    terms: &mut VacancyTerms,
) -> Option<()> {
    let park_text = plain(&cells.text(Column::Park));
    let place_text = cells.text(Column::Place);
    terms.address = texts::without_contacts(cells, Column::Place, &place_text);
    let compared = plain(&place_text);
    let park = park_in(context.city, &park_text).or_else(|| park_in(context.city, &compared));
    let place = place_in(context.city, &compared).or_else(|| place_in(context.city, &park_text));
    let unknown_park =
        park.is_none() && !park_text.is_empty() && park_text != "无" && park_text != "/";
    match (park, place) {
        (park, Some(place)) => {
            terms.place = place.to_string();
            terms.park = park.map_or_else(String::new, |park| park.code.to_owned());
            if unknown_park {
                cells.warn(Column::Park, Code::DemandText);
                prepend(&mut terms.address, &cells.text(Column::Park));
            }
        }
        (Some(park), None) => {
            terms.park = park.code.to_owned();
            terms.place = park.county.to_string();
        }
        (None, None) if unknown_park => {
            let of_city = Park::all().iter().filter(|park| park.prefecture == context.city);
            let known: Vec<&str> = of_city.map(|park| park.name).collect();
            let city = Divisions::table().get(context.city).map_or("?", |city| city.name);
            let refusal = Refusal::new(Code::DemandPark).with("where", city);
            cells.refuse(Column::Park, refusal.with("known", known.join("、")));
            return None;
        }
        (None, None) => return by_default(cells, context, terms),
    }
    Some(())
}

fn prepend(address: &mut String, text: &str) {
    *address = format!("{text}{address}");
}

fn by_default(
    cells: &mut Cells<'_>,
    context: &DemandContext,
    terms: &mut VacancyTerms,
) -> Option<()> {
    let place = context.place.or(context.park.map(|park| park.county));
    let Some(place) = place.filter(|place| place.county().is_some()) else {
        cells.refuse(Column::Place, Code::DemandPlace);
        return None;
    };
    terms.place = place.to_string();
    let mut meaning = Divisions::table().get(place).map_or("", |division| division.name).to_owned();
    if let Some(park) = context.park {
        terms.park = park.code.to_owned();
        park.name.clone_into(&mut meaning);
    }
    cells.filled(Column::Place, meaning.clone(), meaning);
    Some(())
}

/// The park of the city that a text names.
fn park_in(city: DivisionCode, text: &str) -> Option<&'static Park> {
    let exact = Park::named(city, text).or_else(|| Park::get(text));
    let inside = || {
        let of_city = Park::all().iter().filter(|park| park.prefecture == city);
        of_city.into_iter().find(|park| text.contains(park.name) || text.contains(park.short))
    };
    exact.or_else(inside)
}

/// The county of the city that a text names, or the division of a code.
fn place_in(city: DivisionCode, text: &str) -> Option<DivisionCode> {
    let table = Divisions::table();
    if let Ok(code) = text.parse::<DivisionCode>() {
        return table.resolve(code).map(|found| found.code).filter(|code| code.county().is_some());
    }
    let counties: Vec<&Division> = table.counties_of(city).collect();
    let named = |short: bool| {
        counties.iter().find(|county| {
            let name = if short { county.name.trim_end_matches(SUFFIXES) } else { county.name };
            name.chars().count() >= 2 && text.contains(name)
        })
    };
    named(false).or_else(|| named(true)).map(|county| county.code)
}
