use gongqiao_contract::view::Problem;

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The exchange said no.
    #[error("{}: {}", .0.code, .0.detail)]
    Refused(Box<Problem>),
    /// No answer; what was asked may have happened or not.
    #[error("the exchange can't be reached: {0}")]
    Unreachable(#[source] reqwest::Error),
    /// Something else answered.
    #[error("an answer with status {0} that is not the exchange's")]
    Status(u16),
    /// The answer has another form than ours.
    #[error("the answer can't be read: {0}")]
    Unreadable(#[source] serde_json::Error),
    /// What comes is no server-sent event.
    #[error("the answer can't be read as server-sent events")]
    NoEvents,
}

impl ClientError {
    /// The stable code.
    pub fn code(&self) -> &str {
        match self {
            Self::Refused(problem) => &problem.code,
            Self::Unreachable(_) => "client.unreachable",
            Self::Status(_) => "client.status",
            Self::Unreadable(_) => "client.unreadable",
            Self::NoEvents => "client.no_events",
        }
    }

    /// Whether the same call may do better in a moment.
    pub fn may_retry(&self) -> bool {
        match self {
            Self::Refused(problem) => matches!(problem.status, 429 | 503),
            Self::Unreachable(_) | Self::Status(502..=504) => true,
            Self::Status(_) | Self::Unreadable(_) | Self::NoEvents => false,
        }
    }
}
