//! Names of events, as CloudEvents types and for people.

use crate::wire::fact::Body;

macro_rules! names {
    ($($variant:ident)*) => {
        /// The names of all events.
        pub const NAMES: &[&str] = &[$(stringify!($variant),)*];

        /// The name of an event (`VacancyPosted`).
        pub fn name(body: &Body) -> &'static str {
            match body { $(Body::$variant(_) => stringify!($variant),)* }
        }

        /// The CloudEvents type of an event (`gongqiao.v1.VacancyPosted`).
        pub fn ce_type(body: &Body) -> &'static str {
            match body { $(Body::$variant(_) => concat!("gongqiao.v1.", stringify!($variant)),)* }
        }
    };
}

names! {
    PartyRegistered PartyRevoked CredentialIssued CredentialRevoked RosterImported
    PeriodClosed SubscriptionOpened SubscriptionClosed
    AgreementSigned AgreementAmended AgreementTerminated AgreementEnded
    VacancyPosted VacancyUpdated VacancyReduced VacancyWithdrawn VacancyLapsed
    SeatsTaken SeatsFreed StandbyJoined StandbyLeft
    SignalRaised SignalAnswered SignalDeclined SignalEscalated SignalRecalled SignalCalled
    Held HoldEnded PlacementMoved PlacementCorrected
    PersonErased PersonFrozen PersonUnfrozen ConsentGiven ConsentWithdrawn
    DispatchOpened DispatchMoved DispatchPeopleMoved DispatchSubstituted DispatchJoined
    DispatchMerged MergeProposed BoardingRefused DispatchChased DispatchCorrected
    DispatchDelayed
    FollowUpDue FollowUpAttempted GrievanceOpened GrievanceHandedOn GrievanceClosed
    TransferRequested TransferAnswered CorrectionRequested CorrectionAnswered
    ErasureNotified ErasureAcknowledged CaseDropped
    WebhookAdded WebhookRotated WebhookDisabled WebhookEnabled WebhookRemoved
    Receipt
}
