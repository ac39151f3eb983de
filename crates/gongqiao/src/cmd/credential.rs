//! `credential issue|list|revoke`.

use std::{
    fs::{self, File},
    io::Write as _,
    path::PathBuf,
};

use clap::{Subcommand, ValueEnum};
use gongqiao_contract::{
    id::{KeyId, PartyId},
    view::{self, Receipt},
    wire,
    words::Sort,
};
use gongqiao_domain::entity::timestamp;
use time::OffsetDateTime;

use super::{file, input, party::standing, session::Session, words::word};
use crate::output::{cell, when};

/// API keys of people within a party.
#[derive(Debug, Subcommand)]
pub(crate) enum CredentialCommand {
    /// Issue a key to one person; it is shown this once (签发凭证).
    #[command(after_help = "Examples:
  gongqiao credential issue 431021102205 --person staff-1 --role clerk --out staff-1.key
  GONGQIAO_KEY_FILE=staff-1.key gongqiao signal list --state open")]
    Issue {
        /// The party.
        party: PartyId,
        /// Staff number of the person, never a name.
        #[arg(long, value_name = "STAFF")]
        person: String,
        /// What the person may do.
        #[arg(long)]
        role: Role,
        /// From when on it no longer works.
        #[arg(long, value_name = "TIME", value_parser = input::time)]
        expires_at: Option<OffsetDateTime>,
        /// Write the key into this new file (mode 0600) instead of showing it.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Make a user of the broker as well, and write its credentials into
        /// this new file (mode 0600), for any NATS client.
        #[arg(long, value_name = "FILE.creds")]
        creds: Option<PathBuf>,
    },
    /// List a party's keys, without their secrets (凭证列表).
    List {
        /// The party.
        party: PartyId,
    },
    /// End a key (停用凭证).
    Revoke {
        /// The key's id: the part between the first two underscores.
        #[arg(value_name = "KEY")]
        credential: KeyId,
    },
}

/// What a person may do within the party.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Role {
    /// Day-to-day work (经办)
    Clerk,
    /// May also bind the party (审批)
    Approver,
    /// Reads only (审计)
    Auditor,
    /// Of the operator: may also mend what could not be processed (处置)
    Mender,
}

impl From<Role> for wire::role::Value {
    fn from(role: Role) -> Self {
        match role {
            Role::Clerk => Self::Clerk,
            Role::Approver => Self::Approver,
            Role::Auditor => Self::Auditor,
            Role::Mender => Self::Mender,
        }
    }
}

impl CredentialCommand {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::Issue { party, person, role, expires_at, out, creds } => {
                let body = wire::IssueCredential {
                    person,
                    role: wire::role::Value::from(role) as i32,
                    expires_at: expires_at.map(timestamp),
                    nats: creds.is_some(),
                };
                let files = Files { key: out, creds };
                files.issue(session, &party, &body).await
            }
            Self::List { party } => list(session, &party).await,
            Self::Revoke { credential } => {
                session.send_empty(&format!("/v1/credentials/{credential}/revoke")).await
            }
        }
    }
}

/// Where secrets go that are shown once.
struct Files {
    key: Option<PathBuf>,
    creds: Option<PathBuf>,
}

impl Files {
    async fn issue(
        self,
        session: &Session,
        party: &PartyId,
        body: &wire::IssueCredential,
    ) -> anyhow::Result<()> {
        // Why first: a key that can't be kept would be lost.
        let new = |path: &PathBuf| file::create(session.output, path);
        let key = self.key.as_ref().map(new).transpose()?;
        let creds = self.creds.as_ref().map(new).transpose()?;
        let path = format!("/v1/parties/{party}/credentials");
        let answer = session.client.post(&path, body, None).await;
        let kept = match answer {
            Ok(receipt) => keep(receipt, key, creds),
            Err(error) => Err(session.explained(error)),
        };
        let receipt = kept.inspect_err(|_| {
            for path in [&self.key, &self.creds].into_iter().flatten() {
                // Why: it is empty, and why is what matters.
                let _ = fs::remove_file(path);
            }
        })?;
        session.output.show(&receipt, || self.told(session, &receipt))
    }

    fn told(&self, session: &Session, receipt: &Receipt) -> String {
        let mut lines = vec![receipt.id.clone()];
        if let Some(key) = &receipt.key {
            let once = session
                .output
                .say("Keep it: it is not shown again.", "请妥善保存，此密钥只显示一次。");
            lines.extend([key.clone(), once.to_owned()]);
        }
        for path in [&self.key, &self.creds].into_iter().flatten() {
            lines.push(format!("-> {}", path.display()));
        }
        if let Some(prefix) = &receipt.inbox_prefix {
            let says =
                session.output.say("inbox prefix for NATS clients: ", "NATS 客户端的 inbox 前缀：");
            lines.push(format!("{says}{prefix}"));
        }
        lines.join("\n")
    }
}

/// Moves the secrets out of the receipt and into their files.
fn keep(mut receipt: Receipt, key: Option<File>, creds: Option<File>) -> anyhow::Result<Receipt> {
    for (file, secret) in [(key, &mut receipt.key), (creds, &mut receipt.creds)] {
        if let Some(mut file) = file {
            writeln!(file, "{}", secret.take().unwrap_or_default())?;
            file.sync_all()?;
        }
    }
    Ok(receipt)
}

async fn list(session: &Session, party: &PartyId) -> anyhow::Result<()> {
    let path = format!("/v1/parties/{party}/credentials");
    // Why: they come whole, and this path takes no paging.
    let page: view::Page<view::Credential> = session.get(&path).await?;
    let credentials = page.items;
    session.output.show(&credentials, || {
        let headings = [
            ("Key", "密钥编号"),
            ("Person", "人员编号"),
            ("Role", "角色"),
            ("Expires", "到期"),
            ("State", "状态"),
        ];
        let rows = credentials.iter().map(|one| {
            vec![
                cell(&one.id),
                cell(&one.person),
                cell(word(&session.output, Sort::Role, &one.role)),
                when(one.expires_at.as_deref().unwrap_or_default()),
                standing(&session.output, one.revoked),
            ]
        });
        session.output.table(&headings, rows.collect())
    })
}
