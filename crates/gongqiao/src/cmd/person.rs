//! `person show|erase|freeze|unfreeze|consent|withdraw|accesses`.

use clap::{Args, Subcommand, ValueEnum};
use gongqiao_contract::{
    id::{CardId, PartyId},
    view,
    wire::{self, consent, erasure_reason, person_field, recipient_kind},
    words::Sort,
};
use gongqiao_domain::entity::timestamp;
use time::OffsetDateTime;

use super::{
    input,
    session::{Again, Session},
    words::{state, word, words},
};
use crate::output::{cell, when};

/// What a person may ask for: to be forgotten, left alone, or to agree.
#[derive(Debug, Subcommand)]
pub(crate) enum PersonCommand {
    /// Show how a person stands, with consents (查看本人状态).
    Show {
        /// The person's card.
        card: CardId,
    },
    /// Erase a person for good (删除个人信息).
    ///
    /// Key, hashes and the register's entry are destroyed, promises that have
    /// not begun are given back, and whoever may have got the data is told.
    /// It can't be undone.
    Erase {
        /// The person's card.
        card: CardId,
        /// Why.
        #[arg(long, default_value = "request")]
        reason: Reason,
        #[command(flatten)]
        again: Again,
    },
    /// Keep a person's data and do nothing else with it (冻结).
    Freeze {
        /// The person's card.
        card: CardId,
    },
    /// Take it up again (解冻).
    Unfreeze {
        /// The person's card.
        card: CardId,
    },
    /// Record that the person agrees (登记同意).
    Consent {
        /// The person's card.
        card: CardId,
        #[command(flatten)]
        scope: ScopeArgs,
        /// Only these fields, parted by commas.
        #[arg(long = "field", value_name = "FIELD", value_delimiter = ',')]
        fields: Vec<Field>,
        /// The first moment at which it no longer holds.
        #[arg(long, value_name = "TIME", value_parser = input::time)]
        until: Option<OffsetDateTime>,
        #[command(flatten)]
        again: Again,
    },
    /// Record that the person no longer agrees (登记撤回同意).
    Withdraw {
        /// The person's card.
        card: CardId,
        #[command(flatten)]
        scope: ScopeArgs,
        #[command(flatten)]
        again: Again,
    },
    /// List who has looked at a point's people, oldest first (查阅记录).
    Accesses {
        /// Only accesses to this card.
        card: Option<CardId>,
        /// The service point; without it the one of the card.
        #[arg(long, value_name = "CODE", required_unless_present = "card")]
        point: Option<PartyId>,
    },
}

/// What a word on consent is about.
#[derive(Debug, Args)]
pub(crate) struct ScopeArgs {
    /// For what.
    #[arg(long)]
    purpose: Purpose,
    /// Of a disclosure: to whom; without it to all.
    #[arg(long)]
    recipient: Option<Recipient>,
    /// Of a disclosure to enterprises: to this one alone.
    #[arg(long, value_name = "PARTY", requires = "recipient")]
    party: Option<PartyId>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Reason {
    /// The person asked for it (本人要求)
    Request,
    /// The person no longer agrees to be kept (撤回入册同意)
    ConsentWithdrawn,
    /// The person should never have stood in the register (误录)
    Mistake,
    /// What it was kept for is over (保存期满)
    Retention,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Purpose {
    /// To be proposed for vacancies (推荐)
    Matching,
    /// To be named to those who must know (提供)
    Disclosure,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Recipient {
    /// 企业
    Enterprise,
    /// 承运单位
    Carrier,
    /// 保险公司
    Insurer,
    /// 协作城市
    City,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Field {
    /// 姓名
    Name,
    /// 身份证号
    CitizenId,
    /// 手机
    Phone,
    /// 出生日期
    BirthDate,
    /// 工种
    OccupationsAsWritten,
}

impl ScopeArgs {
    fn purpose(&self) -> i32 {
        let purpose = match self.purpose {
            Purpose::Matching => consent::Value::Matching,
            Purpose::Disclosure => consent::Value::Disclosure,
        };
        purpose as i32
    }

    fn recipient(&self) -> i32 {
        let recipient = match self.recipient {
            None => recipient_kind::Value::Unspecified,
            Some(Recipient::Enterprise) => recipient_kind::Value::Enterprise,
            Some(Recipient::Carrier) => recipient_kind::Value::Carrier,
            Some(Recipient::Insurer) => recipient_kind::Value::Insurer,
            Some(Recipient::City) => recipient_kind::Value::City,
        };
        recipient as i32
    }

    fn party(&self) -> String {
        self.party.as_ref().map(ToString::to_string).unwrap_or_default()
    }
}

impl PersonCommand {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::Show { card } => show(session, &card).await,
            Self::Erase { card, reason, again } => {
                let body = wire::ErasePerson { reason: reason.wire() as i32 };
                session.send(&format!("/v1/people/{card}/erase"), &body, &again).await
            }
            Self::Freeze { card } => session.send_empty(&format!("/v1/people/{card}/freeze")).await,
            Self::Unfreeze { card } => {
                session.send_empty(&format!("/v1/people/{card}/unfreeze")).await
            }
            Self::Consent { card, scope, fields, until, again } => {
                let body = wire::GiveConsent {
                    purpose: scope.purpose(),
                    recipient: scope.recipient(),
                    party: scope.party(),
                    fields: fields.into_iter().map(|field| field.wire() as i32).collect(),
                    until: until.map(timestamp),
                };
                session.send(&format!("/v1/people/{card}/consents"), &body, &again).await
            }
            Self::Withdraw { card, scope, again } => {
                let body = wire::WithdrawConsent {
                    purpose: scope.purpose(),
                    recipient: scope.recipient(),
                    party: scope.party(),
                };
                let path = format!("/v1/people/{card}/consents/withdraw");
                session.send(&path, &body, &again).await
            }
            Self::Accesses { card, point } => accesses(session, card, point).await,
        }
    }
}

impl Reason {
    fn wire(self) -> erasure_reason::Value {
        match self {
            Self::Request => erasure_reason::Value::Request,
            Self::ConsentWithdrawn => erasure_reason::Value::ConsentWithdrawn,
            Self::Mistake => erasure_reason::Value::Mistake,
            Self::Retention => erasure_reason::Value::Retention,
        }
    }
}

impl Field {
    fn wire(self) -> person_field::Value {
        match self {
            Self::Name => person_field::Value::Name,
            Self::CitizenId => person_field::Value::CitizenId,
            Self::Phone => person_field::Value::Phone,
            Self::BirthDate => person_field::Value::BirthDate,
            Self::OccupationsAsWritten => person_field::Value::OccupationsAsWritten,
        }
    }
}

async fn show(session: &Session, card: &CardId) -> anyhow::Result<()> {
    let person: view::PersonStanding = session.get(&format!("/v1/people/{card}")).await?;
    session.output.show(&person, || {
        let mut lines = vec![
            (("Card", "人员卡"), cell(&person.card)),
            (("Point", "服务点"), cell(&person.point)),
            (("Standing", "状态"), state(&session.output, Sort::DataStanding, &person.standing)),
        ];
        if let Some(at) = &person.frozen_at {
            lines.push((("Frozen since", "冻结时间"), when(at)));
        }
        if let Some(erased) = &person.erased {
            lines.push((("Erased", "删除时间"), when(&erased.at)));
            lines.push((
                ("Reason", "原因"),
                cell(word(&session.output, Sort::ErasureReason, &erased.reason)),
            ));
            lines.push((("Backups without it from", "备份清除日期"), cell(&erased.keys_gone_on)));
            lines.extend(erased.recipients.iter().map(|one| {
                let done = if one.acknowledged { "done" } else { "open" };
                let done = word(&session.output, Sort::CaseState, done);
                let firm = one.outside.as_deref().map_or_else(String::new, |kind| {
                    let kind = word(&session.output, Sort::RecipientKind, kind);
                    format!(" → {kind} {}", one.firm).trim_end().to_owned()
                });
                (("Told", "已告知"), cell(format!("{}{firm} {done}", one.recipient_name)))
            }));
        }
        let headings = [
            ("Purpose", "用途"),
            ("Agrees", "同意"),
            ("Recipient", "接收方"),
            ("Fields", "字段"),
            ("Until", "有效至"),
            ("Said", "登记时间"),
            ("By", "登记单位"),
            ("Source", "来源"),
        ];
        let rows = person.consents.iter().map(|said| {
            let kind = said.recipient.as_deref().unwrap_or_default();
            let kind = word(&session.output, Sort::RecipientKind, kind);
            vec![
                cell(word(&session.output, Sort::Consent, &said.purpose)),
                cell(if said.agrees {
                    session.output.say("yes", "是")
                } else {
                    session.output.say("no", "否")
                }),
                cell(said.party_name.as_ref().unwrap_or(&kind)),
                cell(words(
                    &session.output,
                    Sort::PersonField,
                    said.fields.iter().map(String::as_str),
                )),
                when(said.until.as_deref().unwrap_or_default()),
                when(&said.at),
                cell(&said.by),
                cell(match said.source.as_str() {
                    "roster" => session.output.say("roster", "名册"),
                    _ => session.output.say("recorded", "单独登记"),
                }),
            ]
        });
        let table = session.output.table(&headings, rows.collect());
        format!("{}\n{table}", session.output.details(lines))
    })
}

async fn accesses(
    session: &Session,
    card: Option<CardId>,
    point: Option<PartyId>,
) -> anyhow::Result<()> {
    let point = match (point, &card) {
        (Some(point), _) => point,
        (None, Some(card)) => {
            let person: view::PersonStanding = session.get(&format!("/v1/people/{card}")).await?;
            person.point
        }
        (None, None) => anyhow::bail!("name a card or --point"),
    };
    let only = card.map(|card| format!("card={card}"));
    let path = input::query(&format!("/v1/register/{point}/accesses"), [only]);
    let accesses: Vec<view::Access> = session.list(&path).await?;
    session.output.show(&accesses, || {
        let headings = [
            ("When", "时间"),
            ("Party", "单位"),
            ("Person", "经办人"),
            ("Purpose", "事由"),
            ("Fields", "字段"),
            ("About", "事项"),
            ("Agreement", "协议"),
            ("Cards", "人数"),
        ];
        let rows = accesses.iter().map(|one| {
            vec![
                when(&one.at),
                cell(&one.party),
                cell(&one.person),
                cell(word(&session.output, Sort::AccessPurpose, &one.purpose)),
                cell(words(
                    &session.output,
                    Sort::PersonField,
                    one.fields.iter().map(String::as_str),
                )),
                cell(&one.subject),
                cell(one.agreement.as_deref().unwrap_or_default()),
                cell(one.cards.len()),
            ]
        });
        session.output.table(&headings, rows.collect())
    })
}
