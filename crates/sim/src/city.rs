use crate::{
    SimConfig, SimError,
    bodies::{self, Enterprise},
    people::{self, Person},
    points::{self, Point},
};
use gongqiao_contract::{codes::Division, id::PartyId};

/// The city as the seed makes it, before anybody has heard of it. Holds its
/// bodies; its people are made when they are asked for.
#[derive(Debug, Clone)]
pub struct City {
    pub(crate) seed: u64,
    pub(crate) points: Vec<Point>,
    pub(crate) enterprises: Vec<Enterprise>,
    pub(crate) partners: Vec<&'static Division>,
}

impl City {
    /// # Errors
    /// [`SimError::Workers`]; else a fault of the tables or of the generator.
    pub fn new(config: &SimConfig) -> Result<Self, SimError> {
        let config = config.check()?;
        Ok(Self {
            seed: config.seed,
            points: points::points(config.seed, config.workers, people::TRADES.len())?,
            enterprises: bodies::enterprises()?,
            partners: bodies::partners()?,
        })
    }

    /// How many people there are.
    pub fn workers(&self) -> u64 {
        self.points.iter().map(|point| point.people).sum()
    }

    /// The people of a point, in the order of its roster.
    pub(crate) fn people_of(
        &self,
        point: &Point,
    ) -> impl Iterator<Item = Result<Person, SimError>> {
        people::of_point(self.seed, point)
    }

    /// The point with this id.
    pub(crate) fn point(&self, id: &PartyId) -> Option<&Point> {
        let at = self.points.binary_search_by(|point| point.id.cmp(id)).ok()?;
        self.points.get(at)
    }
}
