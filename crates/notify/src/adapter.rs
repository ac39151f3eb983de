//! The port to whatever reaches people: a gateway for text messages, an
//! enterprise's chat, or a log.

use crate::notice::Notice;

/// Hands notices to somebody who passes them on.
pub trait Adapter: Send + Sync + 'static {
    /// Hands one over. `Ok` means that it was taken and need not come again.
    /// Bounded in time. The same notice may come more than once, under the
    /// same id.
    fn take(&self, notice: &Notice) -> impl Future<Output = Result<(), NotTaken>> + Send;
}

/// Why a notice was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// Nobody answered; others would not be taken either.
    #[error("nobody answered")]
    Unreachable,
    /// The time for an answer was over. It may have been taken.
    #[error("no answer in time")]
    TimedOut,
    /// The answer was another than "taken".
    #[error("the answer was status {0}")]
    Refused(u16),
    /// The receiver wants no more, ever.
    #[error("the receiver is gone (status 410)")]
    Gone,
}

impl NotTaken {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Unreachable => "notify.unreachable",
            Self::TimedOut => "notify.timed_out",
            Self::Refused(_) => "notify.refused",
            Self::Gone => "notify.gone",
        }
    }
}

/// Writes each notice into the log, as one line with the target `notice`.
#[derive(Debug, Clone)]
pub struct Log {
    /// What links begin with.
    pub origin: String,
}

impl Adapter for Log {
    async fn take(&self, notice: &Notice) -> Result<(), NotTaken> {
        let deadline = notice.deadline.map(gongqiao_shell::beijing::rfc3339);
        tracing::info!(
            target: "notice",
            id = notice.id,
            kind = notice.kind.as_str(),
            to = notice.to.as_str(),
            to_name = notice.to_name,
            text_zh = notice.text_zh,
            text_en = notice.text_en,
            link = format!("{}{}", self.origin, notice.link),
            deadline,
            sequence = notice.sequence,
            "notice"
        );
        Ok(())
    }
}
