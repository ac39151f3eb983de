//! The code systems: divisions, parks, occupations, skill levels, citizen
//! IDs, credit codes, and what a job advert may not say.
//!
//! Their tables are embedded (`data/` beside `src/`) and read once, at first use.

mod citizen_id;
mod credit_code;
mod division;
mod division_tables;
mod hours;
mod legality;
mod occupation;
mod occupation_tables;
mod park;
mod season;
mod skill;
mod text;
mod title;

pub use citizen_id::{CitizenId, CitizenIdError, IdRule, IdStart, Reading};
pub use credit_code::{CreditCode, CreditCodeError};
pub use division::{Closeness, DivisionCode, DivisionError, DivisionLevel};
pub use division_tables::{Division, Divisions, Resolved};
pub use hours::{Calendar, Days, Office, OfficeError, Span, deadline, worked};
pub use legality::{Category, Finding, check_advert};
pub use occupation::{OccupationCode, OccupationError, Relation};
pub use occupation_tables::{CLASSIFICATION_EDITION, Occupation, Occupations};
pub use park::Park;
pub use season::{Availability, Season, resolve as resolve_availability};
pub use skill::{SkillLevel, UnknownSkillLevel};
pub use title::{How, TitleMatch, map_title};
