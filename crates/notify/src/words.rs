//! The words of every notice, in both languages, as a clerk would write them
//! into a group chat: bodies, posts, numbers and dates, in Beijing time.

use gongqiao_contract::wire::recipient_kind::Value as RecipientKind;
use gongqiao_shell::beijing;
use time::OffsetDateTime;

use crate::notice::Kind;

/// What is said, and what about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) kind: Kind,
    pub(crate) zh: String,
    pub(crate) en: String,
}

/// A demand for people, as it is called.
#[derive(Debug, Clone)]
pub(crate) struct Demand {
    pub(crate) enterprise: String,
    /// The title as advertised.
    pub(crate) post: String,
    /// `YYYY-MM-DD`.
    pub(crate) needed_by: String,
}

/// A firm that is no party here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Firm<'a> {
    pub(crate) kind: RecipientKind,
    /// As the vehicle named it, or nothing.
    pub(crate) name: &'a str,
}

/// A group on the way, as it is called.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    /// The point that speaks for it.
    pub(crate) point: String,
    pub(crate) enterprise: String,
    pub(crate) post: String,
}

/// Why people no longer have their seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Release {
    Reduced,
    Withdrawn,
    Lapsed,
    Expired,
    /// Somebody was erased: nobody is to be told of it by name.
    Erased,
}

fn words(kind: Kind, zh: String, en: String) -> Words {
    Words { kind, zh, en }
}

/// The part of a sentence that tells a time, where there is one.
fn timed(at: Option<OffsetDateTime>, text: impl FnOnce(String) -> String) -> String {
    at.map(beijing::minutes).map_or_else(String::new, text)
}

pub(crate) fn raised(
    Demand { enterprise, post, needed_by }: &Demand,
    quota: u32,
    committed: u32,
    respond_by: OffsetDateTime,
) -> Words {
    let by = beijing::minutes(respond_by);
    let (zh, en) = match committed {
        0 => (String::new(), String::new()),
        n => (format!("（含已承诺{n}人）"), format!(" ({n} of them are committed already)")),
    };
    words(
        Kind::SignalRaised,
        format!(
            "【用工任务】{enterprise}招“{post}”，请贵点推荐{quota}人{zh}，{needed_by}前到岗。请于{by}前答复。"
        ),
        format!(
            "People wanted: {enterprise} looks for “{post}”. Please propose {quota}{en}, at work by {needed_by}. \
             Answer by {by} Beijing time."
        ),
    )
}

pub(crate) fn changed(Demand { enterprise, post, needed_by }: &Demand) -> Words {
    words(
        Kind::VacancyChanged,
        format!(
            "【岗位条件变更】{enterprise}的“{post}”（{needed_by}前到岗）条件有变更，请核对薪酬、日期等，并告知已答应的人；不愿再去的，登记通话结果即可退出。"
        ),
        format!(
            "Conditions changed: “{post}” at {enterprise}, at work by {needed_by}. Look at pay and dates, and tell \
             those who said yes; record the call of whoever no longer wants to go, and the seat is free again."
        ),
    )
}

pub(crate) fn recalled(Demand { enterprise, post, .. }: &Demand) -> Words {
    words(
        Kind::SignalRecalled,
        format!("【用工任务已撤回】{enterprise}的“{post}”不再需要推荐，无需答复。"),
        format!(
            "Recalled: {enterprise} needs no more proposals for “{post}”; no answer is needed."
        ),
    )
}

pub(crate) fn escalated(Demand { enterprise, post, .. }: &Demand, missing: u32) -> Words {
    words(
        Kind::SignalEscalated,
        format!(
            "【用工任务逾期】{enterprise}的“{post}”答复期限已过，所缺{missing}人已转其他服务点。"
        ),
        format!(
            "Overdue: the time to answer {enterprise}'s “{post}” has passed; others are asked for the {missing} \
             still missing."
        ),
    )
}

pub(crate) fn promoted(
    Demand { enterprise, post, .. }: &Demand,
    people: usize,
    until: Option<OffsetDateTime>,
) -> Words {
    let zh = timed(until, |at| format!("请于{at}前安排出发。"));
    let en = timed(until, |at| format!(" Arrange the journey by {at} Beijing time."));
    words(
        Kind::StandbyPromoted,
        format!("【候补递补】{enterprise}的“{post}”空出名额，贵点候补人员中{people}人已锁定。{zh}"),
        format!(
            "From standby: seats became free at {enterprise} (“{post}”). Of your people who waited, {people} now have one.{en}"
        ),
    )
}

pub(crate) fn released(
    Demand { enterprise, post, .. }: &Demand,
    people: usize,
    why: Release,
) -> Words {
    let (zh, en) = match why {
        Release::Reduced => ("名额减少", "needs fewer people"),
        Release::Withdrawn => ("需求已撤回", "was withdrawn"),
        Release::Lapsed => ("需求已到期", "has lapsed"),
        Release::Expired => ("锁定期限已过", "held them until their time ran out"),
        Release::Erased => return erased_seats(enterprise, post, people),
    };
    words(
        Kind::PeopleReleased,
        format!("【解除锁定】{enterprise}的“{post}”{zh}，贵点{people}人已解除锁定，请告知本人。"),
        format!(
            "Released: {enterprise}'s “{post}” {en}. Of your people, {people} no longer have a seat. Please tell them."
        ),
    )
}

/// Of who was erased there is nobody left to tell.
fn erased_seats(enterprise: &str, post: &str, people: usize) -> Words {
    words(
        Kind::PeopleReleased,
        format!(
            "【解除锁定】{enterprise}的“{post}”：贵点{people}人的信息已删除，名额已退回，无需告知。"
        ),
        format!(
            "Released: {enterprise}'s “{post}”. Of your people, {people} were erased, and their seats given back; nobody has to be told."
        ),
    )
}

pub(crate) fn opened(
    Group { point, post, .. }: &Group,
    people: usize,
    departs: Option<OffsetDateTime>,
    arrives: Option<OffsetDateTime>,
) -> Words {
    let zh = timed(departs, |at| format!("，{at}出发"))
        + &timed(arrives, |at| format!("，预计{at}抵达"));
    let en = timed(departs, |at| format!(", leaving {at}"))
        + &timed(arrives, |at| format!(", expected {at}"));
    words(
        Kind::DispatchOpened,
        format!("【待接收】{point}拟送“{post}”{people}人{zh}。请接收或谢绝。"),
        format!(
            "A group for you: {point} would send {people} for “{post}”{en} (Beijing time). Please accept or decline."
        ),
    )
}

pub(crate) fn accepted(Group { point, enterprise, post }: &Group) -> Words {
    words(
        Kind::DispatchAccepted,
        format!("【企业已接收】{enterprise}已接收{point}的“{post}”批次，请按计划出发。"),
        format!(
            "Accepted: {enterprise} takes {point}'s group for “{post}”; it may leave as planned."
        ),
    )
}

pub(crate) fn declined(Group { point, enterprise, post }: &Group) -> Words {
    words(
        Kind::DispatchDeclined,
        format!("【企业已谢绝】{enterprise}谢绝了{point}的“{post}”批次，人员仍锁定，可另行安排。"),
        format!(
            "Declined: {enterprise} does not take {point}'s group for “{post}”; its people are still held."
        ),
    )
}

pub(crate) fn departed(Group { point, post, .. }: &Group, people: u32) -> Words {
    words(
        Kind::DispatchDeparted,
        format!("【已发车】{point}的“{post}”批次已发车，共{people}人。"),
        format!("Departed: {point}'s group for “{post}” has left, {people} on board."),
    )
}

pub(crate) fn arrived(Group { point, enterprise, post }: &Group, people: u32) -> Words {
    words(
        Kind::DispatchArrived,
        format!("【已抵达】{point}的“{post}”批次已抵达{enterprise}，共{people}人。"),
        format!(
            "Arrived: {point}'s group for “{post}” has reached {enterprise}, {people} on board."
        ),
    )
}

pub(crate) fn delayed(
    Group { point, post, enterprise, .. }: &Group,
    arrives: OffsetDateTime,
) -> Words {
    let at = beijing::minutes(arrives);
    words(
        Kind::DispatchDelayed,
        format!("【预计到达变更】{point}的“{post}”批次现预计{at}抵达{enterprise}。"),
        format!(
            "Another arrival: {point}'s group for “{post}” should now reach {enterprise} at {at} Beijing time."
        ),
    )
}

pub(crate) fn cancelled(Group { point, post, .. }: &Group, by: &str) -> Words {
    words(
        Kind::DispatchCancelled,
        format!("【已取消】{point}的“{post}”批次已由{by}取消。"),
        format!("Cancelled: {point}'s group for “{post}” was cancelled by {by}."),
    )
}

pub(crate) fn merge_proposed(
    Group { point: host, enterprise, .. }: &Group,
    people: u32,
    departs: Option<OffsetDateTime>,
) -> Words {
    let zh = timed(departs, |at| format!("，{at}出发"));
    let en = timed(departs, |at| format!(", leaving {at} Beijing time"));
    words(
        Kind::MergeProposed,
        format!(
            "【同车建议】前往{enterprise}的批次人数较少，建议与{host}同车，合计{people}人{zh}。请与该点商定。"
        ),
        format!(
            "Share a coach: groups to {enterprise} are small; yours could travel with {host}'s, {people} people \
             together{en}. Please settle it with that point."
        ),
    )
}

pub(crate) fn chased(Group { point, post, .. }: &Group, people: usize) -> Words {
    words(
        Kind::DispatchChased,
        format!(
            "【待登记结果】{point}的“{post}”批次抵达已满三天，仍有{people}人未登记入职、未录用或放弃，请补登。"
        ),
        format!(
            "Results missing: three days after {point}'s group for “{post}” arrived, {people} of it are recorded neither as \
             onboarded nor as not hired or declined. Please record it."
        ),
    )
}

pub(crate) fn follow_up(Demand { enterprise, post, .. }: &Demand, day: u32) -> Words {
    words(
        Kind::FollowUpDue,
        format!(
            "【待回访】在{enterprise}从事“{post}”的人员，入职第{day}天的回访已到期，请按待办逐一联系。"
        ),
        format!(
            "Follow-up due: day {day} after onboarding of people at {enterprise} (“{post}”). Please contact those on \
             your list."
        ),
    )
}

pub(crate) fn correction(Demand { post, .. }: &Demand, by: &str, people: usize) -> Words {
    words(
        Kind::CorrectionRequested,
        format!("【更正】{by}请求更正“{post}”批次中{people}人的记录，请核对后答复。"),
        format!(
            "Correction: {by} asks to correct what is recorded of {people} in a group for “{post}”. Please check and answer."
        ),
    )
}

pub(crate) fn transfer(to: &str) -> Words {
    words(
        Kind::TransferRequested,
        format!("【名册转移】{to}的名册中有贵点在册人员，请确认是否转出。"),
        format!(
            "Transfer: {to} has somebody in its roster who stands in your register. Please say whether you agree."
        ),
    )
}

pub(crate) fn grievance(from: &str) -> Words {
    words(
        Kind::GrievanceHandedOn,
        format!("【维权】{from}转来一件维权事项，请办理。"),
        format!("Rights case: {from} has handed a case on to you. Please see to it."),
    )
}

pub(crate) fn person_erased(Demand { post, .. }: &Demand, point: &str) -> Words {
    words(
        Kind::PersonErased,
        format!(
            "【信息删除】{point}的一名人员（曾列入“{post}”批次名单）信息已删除，请同步删除贵单位留存的信息，并在事项中确认。"
        ),
        format!(
            "Erasure: somebody of {point} who stood on a manifest for “{post}” was erased. Please erase your copies as well, \
             and acknowledge it in the case."
        ),
    )
}

/// To the point that may have handed data of the person on to a firm.
pub(crate) fn person_handed_on(Demand { post, .. }: &Demand, point: &str, firm: Firm<'_>) -> Words {
    let Firm { kind, name } = firm;
    let (zh, en) = match kind {
        RecipientKind::Insurer => ("保险机构", "the insurer"),
        _ => ("承运单位", "the carrier"),
    };
    let (name_zh, name_en) = match name {
        "" => (String::new(), String::new()),
        name => (format!("“{name}”"), format!(" “{name}”")),
    };
    words(
        Kind::PersonErased,
        format!(
            "【信息删除】{point}的一名人员（曾列入“{post}”批次名单）信息已删除，请通知{zh}{name_zh}删除其留存的信息，并在事项中确认。"
        ),
        format!(
            "Erasure: somebody of {point} who stood on a manifest for “{post}” was erased. Please have {en}{name_en} erase its copies, \
             and acknowledge it in the case."
        ),
    )
}

pub(crate) fn agreement_ended(party: &str, early: bool) -> Words {
    let (zh, en) = match early {
        true => ("已提前终止", "was terminated early"),
        false => ("已到期", "has reached its end"),
    };
    words(
        Kind::AgreementEnded,
        format!("【协议】{party}的合作协议{zh}，不再据此办理新的事项。"),
        format!("Agreement: {party}'s agreement {en}; nothing new is done under it."),
    )
}
