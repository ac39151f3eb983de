//! `webhook add|list|show|rotate|enable|remove|test|log|resend|recover`.

use clap::{Args, Subcommand, ValueEnum};
use gongqiao_contract::{
    id::{SubscriptionId, WebhookId},
    view,
    wire::{self, webhook_signing::Value as WireSigning},
    words::Sort,
};
use gongqiao_shell::beijing;
use serde::Serialize;
use serde_json::json;

use super::{session::Session, words::word};
use crate::output::{Output, cell, coloured, when};

/// Where feeds are sent to.
#[derive(Debug, Subcommand)]
pub(crate) enum WebhookCommand {
    /// Have a feed sent to an address; the secret is shown this once (添加回调).
    #[command(after_help = "Examples:
  gongqiao webhook add sub_019b… --to https://hooks.example.com/gongqiao
  gongqiao webhook add sub_019b… --to https://hooks.example.com/gongqiao --signing ed25519 --any-order")]
    Add(AddArgs),
    /// List webhooks (回调列表).
    List,
    /// Show one, with what signs (查看回调).
    Show {
        /// Its id.
        webhook: WebhookId,
    },
    /// Sign with a new secret; it is shown this once (更换密钥).
    Rotate {
        /// Its id.
        webhook: WebhookId,
        /// How long the earlier one still signs beside it; 0 if it has become
        /// known (重叠时间，秒).
        #[arg(long, value_name = "SECONDS", default_value_t = 86_400)]
        overlap: u32,
    },
    /// Send again to one that was disabled, from where it stopped (启用回调).
    Enable {
        /// Its id.
        webhook: WebhookId,
    },
    /// Send nothing any more (删除回调).
    Remove {
        /// Its id.
        webhook: WebhookId,
    },
    /// Send a test event now (测试推送).
    Test {
        /// Its id.
        webhook: WebhookId,
    },
    /// Show how far it is, and the latest attempts (推送记录).
    Log {
        /// Its id.
        webhook: WebhookId,
    },
    /// Send one event again now, under the same id (重新推送).
    Resend {
        /// Its id.
        webhook: WebhookId,
        /// The event: its cursor, as epoch.sequence (游标).
        event: String,
    },
    /// Send everything again that came later (补推).
    #[command(after_help = "Examples:
  gongqiao webhook recover wh_019b… --since 1790000000.41
  gongqiao webhook recover wh_019b… --since '2026-11-20 08:00'")]
    Recover {
        /// Its id.
        webhook: WebhookId,
        /// A cursor as epoch.sequence, or a time (游标或时间).
        #[arg(long)]
        since: String,
    },
}

/// Which feed, where to, and how.
#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// The subscription whose feed is sent.
    subscription: SubscriptionId,
    /// Where requests go: https, at a public address (推送地址).
    #[arg(long, value_name = "URL")]
    to: String,
    /// How requests are signed (签名方式).
    #[arg(long, default_value = "hmac")]
    signing: Signing,
    /// Events in any order, several at once; otherwise one after the other,
    /// and the next waits until one has arrived (不要求顺序).
    #[arg(long)]
    any_order: bool,
    /// Begin after this cursor; by default at the feed's beginning (起始游标).
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Signing {
    /// HMAC-SHA256 with a secret that both sides hold
    Hmac,
    /// ed25519; the receiver needs the public key alone
    Ed25519,
}

impl AddArgs {
    fn ask(&self) -> wire::AddWebhook {
        let signing = match self.signing {
            Signing::Hmac => WireSigning::Hmac,
            Signing::Ed25519 => WireSigning::Ed25519,
        };
        wire::AddWebhook {
            subscription: self.subscription.to_string(),
            url: self.to.clone(),
            signing: signing as i32,
            any_order: self.any_order,
            after: self.after.clone().unwrap_or_default(),
        }
    }
}

impl WebhookCommand {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<()> {
        let path = |id: &WebhookId, verb: &str| format!("/v1/webhooks/{id}/{verb}");
        match self {
            Self::Add(args) => minted(session, "/v1/webhooks", &args.ask()).await,
            Self::List => list(session).await,
            Self::Show { webhook } => show(session, &webhook).await,
            Self::Rotate { webhook, overlap } => {
                let ask = wire::RotateWebhook { overlap_seconds: Some(overlap) };
                minted(session, &path(&webhook, "rotate"), &ask).await
            }
            Self::Enable { webhook } => session.send_empty(&path(&webhook, "enable")).await,
            Self::Remove { webhook } => session.send_empty(&path(&webhook, "remove")).await,
            Self::Test { webhook } => attempt(session, &path(&webhook, "test"), &json!({})).await,
            Self::Log { webhook } => log(session, &path(&webhook, "deliveries")).await,
            Self::Resend { webhook, event } => {
                attempt(session, &path(&webhook, "resend"), &json!({ "event": event })).await
            }
            Self::Recover { webhook, since } => {
                recover(session, &path(&webhook, "recover"), since).await
            }
        }
    }
}

async fn minted(session: &Session, path: &str, ask: &impl Serialize) -> anyhow::Result<()> {
    let receipt = session.client.post(path, ask, None).await.map_err(|e| session.explained(e))?;
    session.output.show(&receipt, || {
        let done = session.output.say("recorded", "已登记");
        let mut text = format!("{done}: {}", receipt.id);
        if let Some(key) = &receipt.key {
            let once = session.output.say("secret, shown this once", "密钥（仅显示一次）");
            text.push_str(&format!("\n  {once}: {key}"));
        }
        if let Some(key) = &receipt.public_key {
            let public = session.output.say("public key", "公钥");
            text.push_str(&format!("\n  {public}: {key}"));
        }
        text
    })
}

async fn list(session: &Session) -> anyhow::Result<()> {
    let all: Vec<view::Webhook> = session.list("/v1/webhooks").await?;
    session.output.show(&all, || {
        let headings = [
            ("Webhook", "回调"),
            ("Party", "单位代码"),
            ("Subscription", "订阅"),
            ("Address", "地址"),
            ("State", "状态"),
        ];
        let rows = all.iter().map(|one| {
            vec![
                cell(&one.id),
                cell(&one.party),
                cell(&one.subscription),
                cell(&one.url),
                state(&session.output, one),
            ]
        });
        session.output.table(&headings, rows.collect())
    })
}

async fn show(session: &Session, id: &WebhookId) -> anyhow::Result<()> {
    let one: view::Webhook = session.get(&format!("/v1/webhooks/{id}")).await?;
    session.output.show(&one, || {
        let order = match one.any_order {
            true => session.output.say("any", "不要求"),
            false => session.output.say("kept", "保持"),
        };
        let keys: Vec<String> = one.keys.iter().map(|key| said(&session.output, key)).collect();
        session.output.details(vec![
            (("Webhook", "回调"), cell(&one.id)),
            (("Party", "单位代码"), cell(&one.party)),
            (("Subscription", "订阅"), cell(&one.subscription)),
            (("Address", "地址"), cell(&one.url)),
            (("Signing", "签名"), cell(word(&session.output, Sort::WebhookSigning, &one.signing))),
            (("Keys", "密钥"), cell(keys.join("\n"))),
            (("Order", "顺序"), cell(order)),
            (("Since", "开始"), when(&one.added_at)),
            (("State", "状态"), state(&session.output, &one)),
            (("Disabled", "停用时间"), when(one.disabled_at.as_deref().unwrap_or_default())),
        ])
    })
}

fn said(output: &Output, key: &view::WebhookKey) -> String {
    let until = key
        .until
        .as_deref()
        .map_or_else(String::new, |until| format!(" {} {until}", output.say("until", "有效至")));
    format!("{}{until} {}", key.since, key.public_key.as_deref().unwrap_or_default())
}

async fn attempt(session: &Session, path: &str, ask: &serde_json::Value) -> anyhow::Result<()> {
    let one: view::DeliveryAttempt =
        session.client.ask(path, ask).await.map_err(|e| session.explained(e))?;
    session.output.show(&one, || {
        let status = one.status.map_or_else(String::new, |status| format!(" ({status})"));
        let outcome = word(&session.output, Sort::WebhookOutcome, &one.outcome);
        format!("{outcome}{status}, {} ms: {}", one.took_ms, one.webhook_id)
    })
}

async fn log(session: &Session, path: &str) -> anyhow::Result<()> {
    let log: view::Deliveries = session.get(path).await?;
    session.output.show(&log, || {
        let headings = [
            ("When", "时间"),
            ("Event", "事件"),
            ("Outcome", "结果"),
            ("Status", "状态码"),
            ("Took ms", "耗时毫秒"),
        ];
        let rows = log.attempts.iter().map(|one| {
            vec![
                when(&one.at),
                cell(one.event.as_deref().unwrap_or("test")),
                coloured(&one.outcome, &word(&session.output, Sort::WebhookOutcome, &one.outcome)),
                cell(one.status.map_or_else(String::new, |status| status.to_string())),
                cell(one.took_ms),
            ]
        });
        let table = session.output.table(&headings, rows.collect());
        let delivered = session.output.say("delivered up to", "已送达至");
        let of = session.output.say("of", "共");
        let pending = session.output.say("to be sent again", "待重试");
        let (done, feed, open) = (&log.delivered, &log.feed, log.pending.len());
        format!("{table}\n{delivered} {done} {of} {feed}; {pending}: {open}")
    })
}

async fn recover(session: &Session, path: &str, since: String) -> anyhow::Result<()> {
    // Why first a time: a cursor has no form that one could be taken for.
    let since = beijing::parse(&since).map_or(since, beijing::rfc3339);
    let from: view::Recovered = session
        .client
        .ask(path, &json!({ "since": since }))
        .await
        .map_err(|e| session.explained(e))?;
    session.output.show(&from, || {
        let text = session.output.say("sent again from after", "从此游标之后补推");
        format!("{text}: {}", from.after)
    })
}

fn state(output: &Output, one: &view::Webhook) -> comfy_table::Cell {
    coloured(&one.state, &word(output, Sort::WebhookState, &one.state))
}
