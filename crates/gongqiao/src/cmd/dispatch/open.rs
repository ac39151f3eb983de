//! `dispatch open`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use gongqiao_contract::{
    id::{PartyId, VacancyId},
    wire::{self, travel_mode},
};
use gongqiao_domain::entity::timestamp;
use time::OffsetDateTime;

use crate::cmd::{
    input::{self, Cards},
    session::{Again, Session},
};

/// Open a group for people whom this point has promised (开立派遣).
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gongqiao dispatch open --vacancy vac_… --mode coach --plate 湘L00001 --seats 45 \\
    --carrier 示例客运 --stop \"431021102205@2021-07-19 08:00\" \\
    --departs-at \"2021-07-19 08:30\" --arrives-at \"2021-07-19 10:00\" \\
    --driver 测试甲:19900000001 --attendant 测试乙:19900000002 --card card_a,card_b
  gongqiao dispatch open --file dispatch.json")]
pub(crate) struct OpenArgs {
    /// JSON body of POST /v1/dispatches instead of flags; - is stdin.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    travel: TravelArgs,
    #[command(flatten)]
    again: Again,
}

#[derive(Debug, Args)]
#[group(id = "travel", multiple = true, conflicts_with = "file")]
struct TravelArgs {
    /// The vacancy that people go to.
    #[arg(long, value_name = "ID", required_unless_present = "file")]
    vacancy: Option<VacancyId>,
    /// How they travel.
    #[arg(long, required_unless_present = "file")]
    mode: Option<Mode>,
    /// Number plate, or the train's number.
    #[arg(long, requires = "seats")]
    plate: Option<String>,
    /// Seats for passengers.
    #[arg(long, value_name = "N", requires = "plate")]
    seats: Option<u32>,
    /// The firm that drives.
    #[arg(long, value_name = "NAME", requires = "plate")]
    carrier: Option<String>,
    /// Where and when people get on; may be given several times.
    #[arg(long = "stop", value_name = "CODE@TIME", value_parser = stop)]
    stops: Vec<(PartyId, OffsetDateTime)>,
    /// When it leaves.
    #[arg(long, value_name = "TIME", value_parser = input::time)]
    departs_at: Option<OffsetDateTime>,
    /// When it should arrive; without it driving times can't be looked at.
    #[arg(long, visible_alias = "arrives", value_name = "TIME", value_parser = input::time)]
    arrives_at: Option<OffsetDateTime>,
    /// Who drives; twice where two take turns. Others on this machine see
    /// command lines: --file keeps names out of them.
    #[arg(long = "driver", value_name = "NAME:PHONE", value_parser = member)]
    drivers: Vec<wire::CrewMember>,
    /// Who travels along to look after people (跟车管理员).
    #[arg(long, value_name = "NAME:PHONE", value_parser = member)]
    attendant: Option<wire::CrewMember>,
    /// Cards on board, parted by commas or blanks.
    #[arg(long = "card", value_name = "CARD", num_args = 1..)]
    cards: Vec<Cards>,
    /// File of such cards, one to a line; - is stdin.
    #[arg(long, value_name = "FILE")]
    cards_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Mode {
    /// A chartered coach (包车)
    Coach,
    /// Fetched by the enterprise (企业接送)
    EnterprisePickup,
    /// A special train (专列)
    Train,
    /// On one's own (自行前往)
    Alone,
}

impl From<Mode> for travel_mode::Value {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Coach => Self::Coach,
            Mode::EnterprisePickup => Self::EnterprisePickup,
            Mode::Train => Self::Train,
            Mode::Alone => Self::Alone,
        }
    }
}

impl OpenArgs {
    pub(super) async fn run(self, session: &Session) -> anyhow::Result<()> {
        let path = "/v1/dispatches";
        match self.file {
            Some(file) => session.send(path, &input::body(&file)?, &self.again).await,
            None => session.send(path, &self.travel.body()?, &self.again).await,
        }
    }
}

impl TravelArgs {
    fn body(self) -> anyhow::Result<wire::OpenDispatch> {
        let cards = input::cards(self.cards, self.cards_file.as_ref())?;
        let vehicle = self.plate.map(|plate| wire::Vehicle {
            plate,
            seats: self.seats.unwrap_or_default(),
            carrier: self.carrier.unwrap_or_default(),
        });
        let stop = |(point, at): (PartyId, _)| wire::Stop {
            point: point.to_string(),
            at: Some(timestamp(at)),
            ..Default::default()
        };
        Ok(wire::OpenDispatch {
            vacancy: self.vacancy.map(String::from).unwrap_or_default(),
            mode: self.mode.map(travel_mode::Value::from).unwrap_or_default() as i32,
            vehicle,
            stops: self.stops.into_iter().map(stop).collect(),
            departs_at: self.departs_at.map(timestamp),
            manifest: cards.into_iter().map(String::from).collect(),
            arrives_at: self.arrives_at.map(timestamp),
            crew: Some(wire::Crew { drivers: self.drivers, attendant: self.attendant })
                .filter(|crew| !crew.drivers.is_empty() || crew.attendant.is_some()),
        })
    }
}

/// Reads `CODE@TIME`.
pub(super) fn stop(text: &str) -> Result<(PartyId, OffsetDateTime), String> {
    let (point, at) = text.split_once('@').ok_or("not CODE@TIME")?;
    let point = point.trim().parse().map_err(|e| format!("{e}"))?;
    Ok((point, input::time(at).map_err(|e| e.to_string())?))
}

/// Reads `NAME:PHONE`, or `NAME` alone.
fn member(text: &str) -> Result<wire::CrewMember, String> {
    let (name, phone) = text.split_once(':').or(text.split_once('：')).unwrap_or((text, ""));
    if name.trim().is_empty() {
        return Err("not NAME:PHONE".to_owned());
    }
    Ok(wire::CrewMember { name: name.trim().to_owned(), phone: phone.trim().to_owned() })
}
