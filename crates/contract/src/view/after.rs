//! What comes after the journey: work, cases, reports.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Figure;
use crate::id::{AgreementId, CardId, CaseId, DispatchId, PartyId, VacancyId};

/// Work that a placement led to: what visits follow up and subsidies are
/// claimed for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Work {
    /// Sequence of the event with which it began.
    pub onboarding: u64,
    /// When it began. Of a record that was corrected into work: when the
    /// group arrived.
    pub onboarded_at: String,
    /// When it ended; none while it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// Whole calendar months of it so far: from 15 July they are three on 15
    /// October, and two on 14 October.
    pub months: u32,
    /// Three calendar months are reached.
    pub three_months: bool,
    /// Six calendar months are reached.
    pub six_months: bool,
}

/// One person and one post. `GET /v1/placements`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Placement {
    /// The person's card.
    pub card: CardId,
    /// The vacancy.
    pub vacancy: VacancyId,
    /// The employer's words for the post.
    pub title: String,
    /// The enterprise.
    pub enterprise: PartyId,
    /// Public name of the enterprise.
    pub enterprise_name: String,
    /// The point that promised the person.
    pub point: PartyId,
    /// The group the person travels or travelled with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispatch: Option<DispatchId>,
    /// Where the person is on the way, as `onboarded`.
    pub state: String,
    /// Since when it is so.
    pub since: String,
    /// When the promise runs out, while nobody has left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// Of sixteen or seventeen on the day of need (未成年工).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub minor: bool,
    /// The work that it led to, if it has.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    pub work: Option<Work>,
}

/// What must be followed up, asked or settled about one person (事项).
/// `GET /v1/cases`
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Case {
    /// Its id.
    pub id: CaseId,
    /// `FOLLOW_UP`, `GRIEVANCE`, `TRANSFER`, `CORRECTION` or `ERASURE`.
    pub kind: String,
    /// `open`, `done`, `unreachable`, `agreed`, `refused` or `dropped`.
    pub state: String,
    /// The person's card. Of a correction: the first of those concerned.
    pub card: CardId,
    /// The point in whose register the person stands now.
    pub point: PartyId,
    /// Who must act next.
    pub with: PartyId,
    /// Public name of whoever must act next.
    pub with_name: String,
    /// The enterprise, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enterprise: Option<PartyId>,
    /// Public name of the enterprise.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub enterprise_name: String,
    /// The vacancy, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vacancy: Option<VacancyId>,
    /// The employer's words for the post.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// When it was opened.
    pub opened_at: String,
    /// When something was last done about it.
    pub updated_at: String,
    /// What it is about.
    #[serde(flatten)]
    pub matter: Matter,
    /// What should be looked at: `NOT_AT_WORK`, `NOT_PAID_ON_TIME`, `NOT_INSURED`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attention: Vec<String>,
    /// A body for `POST /v1/cases` that the answers of a visit suggest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offers: Option<Offer>,
    /// The work that a visit follows up.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    pub work: Option<Work>,
    /// Name, for the person's own service point. Only in the view of one case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Telephone number, for the person's own service point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// What was done about it. Only in the view of one case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<CaseStep>,
    /// The log was read up to here.
    pub position: u64,
}

impl std::fmt::Debug for Case {
    // Why: without the name, the number and the notes.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Case")
            .field("id", &self.id)
            .field("state", &self.state)
            .field("matter", &self.matter)
            .finish_non_exhaustive()
    }
}

/// What a case is about; one of them.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Matter {
    /// 删除: whom the case is with must erase its copies too, or have a firm
    /// outside erase its, and say so.
    #[serde(rename_all = "camelCase")]
    Erasure {
        /// Groups on whose manifests the person stood.
        dispatches: Vec<DispatchId>,
        /// `CARRIER` or `INSURER`: the firm outside that is to be told, if one is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        outside: Option<String>,
        /// Its name, of a carrier.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        firm: String,
    },
    /// 回访
    #[serde(rename_all = "camelCase")]
    FollowUp {
        /// 3, 7, 30, 90 or 180 days after the onboarding.
        day: u32,
        /// Calls and visits so far.
        attempts: u32,
        /// `YES`, `NO` or `UNSPECIFIED`: still at work.
        at_work: String,
        /// As above: wages paid on time.
        paid_on_time: String,
        /// As above: insured.
        insured: String,
    },
    /// 维权
    Grievance {
        /// As in `GrievanceKind`.
        about: String,
        /// As in `GrievanceEnd`; empty while it is open.
        end: String,
    },
    /// The person moves to another register.
    Transfer {
        /// The point that has the person.
        from: PartyId,
        /// The point that asks.
        to: PartyId,
        /// Its public name.
        #[serde(default)]
        to_name: String,
    },
    /// 更正
    Correction {
        /// The group.
        dispatch: DispatchId,
        /// The people.
        cards: Vec<CardId>,
        /// What should be recorded of them.
        to: String,
        /// As in `CorrectionReason`.
        reason: String,
        /// Who asks.
        by: PartyId,
    },
}

/// A case that could be opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Offer {
    /// A grievance.
    pub grievance: GrievanceOffer,
}

/// As the body of `POST /v1/cases` takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GrievanceOffer {
    /// The person's card.
    pub card: CardId,
    /// As in `GrievanceKind`.
    pub kind: String,
}

/// One event of a case.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CaseStep {
    /// Its place in the log.
    pub sequence: u64,
    /// Its name, as `FollowUpAttempted`.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it was recorded.
    pub recorded_at: String,
    /// Who acted.
    pub party: String,
    /// What was written, for the person's point and for whoever has the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A month's report. `GET /v1/reports/{YYYY-MM}`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// `YYYY-MM`.
    pub period: String,
    /// Whether it is closed (封账) and never changes any more.
    pub closed: bool,
    /// The log as far as it was taken in (截至): a later event of a closed
    /// month counts in a later one.
    pub as_of: u64,
    /// What the numbers mean (口径).
    pub definition: String,
    /// By county, by how far, by what is counted; none without any number.
    pub lines: Vec<ReportLine>,
}

/// One line of a report.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportLine {
    /// The county that people come from, six digits.
    pub county: String,
    /// Its name.
    pub county_name: String,
    /// `county` (县内), `province` (县外省内) or `beyond` (省外).
    pub reach: String,
    /// `dispatched`, `onboarded` or `ended`.
    pub measure: String,
    /// In this month, corrections apart.
    pub month: Count,
    /// Corrections that count in this month.
    pub corrections: Count,
    /// Since January, corrections included.
    pub year: Count,
}

/// Person-times and people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Count {
    /// 人次
    pub times: Figure,
    /// 人数: who was not counted yet this year.
    pub people: Figure,
}

/// The cooperation ledger (劳务协作台账). `GET /v1/reports/cooperation`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Cooperation {
    /// First day, `YYYY-MM-DD`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// The log was read up to here (截至).
    pub as_of: u64,
    /// What the columns mean (口径).
    pub definition: String,
    /// One line for each group that has left, in the order of their opening.
    pub lines: Vec<CooperationLine>,
}

/// One group in the cooperation ledger.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CooperationLine {
    /// The group.
    pub dispatch: DispatchId,
    /// 对接日期: the day it was opened.
    pub docked_on: String,
    /// 协作地: names from the province down.
    pub place: String,
    /// The enterprise.
    pub enterprise: PartyId,
    /// Public name of the enterprise.
    pub enterprise_name: String,
    /// 协议号
    pub agreement: AgreementId,
    /// 批次: the number of the group under its agreement.
    pub batch: u32,
    /// 人数: who left with it, corrections included.
    pub people: i64,
    /// 其中脱贫; nothing here knows.
    pub formerly_poor: Option<u32>,
    /// 方式, as in `TravelMode`.
    pub mode: String,
    /// 经费, yuan; nothing here knows.
    pub cost_yuan: Option<u32>,
    /// 佐证: what the onboardings rest on, as in `Evidence`.
    pub evidence: Vec<String>,
    /// 合同类型, as in `ContractWith`.
    pub contract_with: String,
    /// 始期: the first day of work in the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work_from: Option<String>,
    /// 终期: the last, once nobody of it is at work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work_to: Option<String>,
    /// 月收入 in yuan, from and to, as advertised; none where pay is not by the month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monthly_yuan: Option<(u32, u32)>,
    /// 终止原因: how many came to which end, as `ended` or `returned`.
    pub ends: Vec<(String, u32)>,
}
