use gongqiao_client::ClientError;
use gongqiao_contract::codes::{CitizenIdError, CreditCodeError};
use time::OffsetDateTime;

/// Why the simulation came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// The configuration asks for a city that can't be.
    #[error("the number of workers must lie between {fewest} and {most}")]
    Workers {
        /// Fewest people.
        fewest: u64,
        /// Most people.
        most: u64,
    },
    /// The exchange refused what should be allowed, or did not answer.
    #[error("{doing}: {source}")]
    Call {
        /// What was being done.
        doing: &'static str,
        /// The refusal, or why there was no answer.
        #[source]
        source: ClientError,
    },
    /// A synthetic ID could not be made.
    #[error("a test ID can't be made: {0}")]
    CitizenId(#[from] CitizenIdError),
    /// A synthetic credit code could not be made.
    #[error("a credit code can't be made: {0}")]
    CreditCode(#[from] CreditCodeError),
    /// A workbook could not be made.
    #[error("a workbook can't be made: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// The embedded tables don't hold what the city is built on.
    #[error("the tables have no {0}")]
    Table(&'static str),
    /// A whole roster, or rows of it, was not taken.
    #[error("the roster of {point}: {refused} rows refused, the first for {code}")]
    Roster {
        /// The service point.
        point: String,
        /// Rows.
        refused: u64,
        /// Stable code of the first refusal.
        code: String,
    },
    /// An answer lacks something that it should hold.
    #[error("the answer to {0} is incomplete")]
    Incomplete(&'static str),
    /// The services did not come to rest.
    #[error("the services did not settle within {seconds} s at {at}")]
    Unsettled {
        /// How long they were waited for.
        seconds: u64,
        /// The virtual time.
        at: OffsetDateTime,
    },
    /// The week ended too early.
    #[error("{missing} people are still missing at the plants at {at}: {why}")]
    Unfinished {
        /// People not at work.
        missing: i64,
        /// The virtual time.
        at: OffsetDateTime,
        /// What ended it.
        why: &'static str,
    },
}

impl SimError {
    /// The stable code.
    pub fn code(&self) -> &str {
        match self {
            Self::Workers { .. } => "sim.workers",
            Self::Call { source, .. } => source.code(),
            Self::CitizenId(_) | Self::CreditCode(_) | Self::Workbook(_) | Self::Table(_) => {
                "sim.generator"
            }
            Self::Roster { .. } => "sim.roster",
            Self::Incomplete(_) => "sim.incomplete",
            Self::Unsettled { .. } => "sim.unsettled",
            Self::Unfinished { .. } => "sim.unfinished",
        }
    }

    pub(crate) fn call(doing: &'static str) -> impl Fn(ClientError) -> Self {
        move |source| Self::Call { doing, source }
    }
}
