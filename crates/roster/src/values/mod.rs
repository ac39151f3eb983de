//! Third stage: the cells of one row to a [`Row`](crate::Row), or to
//! everything that is wrong with it.

mod availability;
mod checks;
mod dates;
mod fields;
mod home;
pub(crate) mod identity;
mod interpreter;
mod lists;
pub(crate) mod phones;
pub(crate) mod places;
mod remembered;
mod situation;
mod skills;
mod wages;

pub(crate) use dates::{iso_date, parse_iso_date};
pub(crate) use fields::{Fields, number_text};
pub(crate) use identity::is_like_an_id;
pub(crate) use interpreter::{HOME_COLUMNS, Interpreter};
