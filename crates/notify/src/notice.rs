//! What is told to one party.

use gongqiao_contract::id::PartyId;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::OffsetDateTime;

/// One thing that one party should know or do. It names bodies, posts,
/// numbers and dates, and nobody in person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// The event's id and the recipient: the same whenever it is told again.
    pub id: String,
    /// Whom it is for.
    pub to: PartyId,
    /// The recipient's public name.
    pub to_name: String,
    /// What it is about.
    pub kind: Kind,
    /// The words, in Chinese.
    pub text_zh: String,
    /// The words, in English.
    pub text_en: String,
    /// Path below the exchange's origin where there is more.
    pub link: String,
    /// Until when something should be done about it.
    #[serde(with = "time::serde::rfc3339::option")]
    pub deadline: Option<OffsetDateTime>,
    /// The event's sequence in FACTS. Notices may arrive in another order.
    pub sequence: u64,
    /// When the event was recorded.
    #[serde(with = "time::serde::rfc3339")]
    pub recorded_at: OffsetDateTime,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $text:literal)*) => {
        /// What a notice is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $($(#[$doc])* $name,)* }

        impl Kind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// As it stands in JSON, logs and metrics; stable.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let known = Self::ALL.iter().copied().find(|kind| kind.as_str() == text);
        known.ok_or_else(|| de::Error::custom("no kind of notice"))
    }
}

kinds! {
    /// A point is asked for people.
    SignalRaised "signal.raised"
    /// It no longer is.
    SignalRecalled "signal.recalled"
    /// It did not answer in time, and others are asked.
    SignalEscalated "signal.escalated"
    /// The conditions of a vacancy changed for which people said yes.
    VacancyChanged "vacancy.changed"
    /// People who waited got a seat.
    StandbyPromoted "standby.promoted"
    /// People who had a seat no longer do.
    PeopleReleased "people.released"
    /// A group is announced to the enterprise.
    DispatchOpened "dispatch.opened"
    /// The enterprise takes the group.
    DispatchAccepted "dispatch.accepted"
    /// The enterprise does not take the group.
    DispatchDeclined "dispatch.declined"
    /// The group has left.
    DispatchDeparted "dispatch.departed"
    /// The group has arrived.
    DispatchArrived "dispatch.arrived"
    /// The group will arrive at another time.
    DispatchDelayed "dispatch.delayed"
    /// The group does not travel, or comes back.
    DispatchCancelled "dispatch.cancelled"
    /// Small groups could share a coach.
    MergeProposed "dispatch.merge_proposed"
    /// The enterprise has not said what became of people.
    DispatchChased "dispatch.chased"
    /// People should be visited.
    FollowUpDue "follow_up.due"
    /// The other side must agree to a correction.
    CorrectionRequested "correction.requested"
    /// Another point claims a person of the register.
    TransferRequested "transfer.requested"
    /// A rights case is with this party now.
    GrievanceHandedOn "grievance.handed_on"
    /// A person was erased of whom this party may have got data.
    PersonErased "person.erased"
    /// An agreement no longer holds.
    AgreementEnded "agreement.ended"
}
