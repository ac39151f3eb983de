//! What a command needs to speak to the exchange.

use std::path::{Path, PathBuf};

use clap::Args;
use gongqiao_access::key;
use gongqiao_client::{Client, ClientError, http_client};
use gongqiao_contract::{
    Lang,
    view::{Me, Receipt},
    wire::party_kind,
    words::Sort,
};
use gongqiao_shell::Config;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use uuid::Uuid;

use super::words::word;
use crate::{
    cli::Global,
    output::{Failure, Hint, Output},
};

/// A caller with a key, and where its results go.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) output: Output,
}

/// The key under which a command may be sent again.
#[derive(Debug, Args)]
pub(crate) struct Again {
    /// Sent with the command: the same key and the same command again give
    /// the same answer, and nothing happens twice. A fresh one by default
    /// (幂等键).
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

impl Again {
    /// The key, if one is given.
    pub(crate) fn key(&self) -> Option<&str> {
        self.idempotency_key.as_deref()
    }
}

/// A receipt, with the key it was asked for under.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sent<'a> {
    #[serde(flatten)]
    receipt: &'a Receipt,
    idempotency_key: &'a str,
}

impl Session {
    /// Finds the key and speaks for it.
    pub(crate) fn open(global: &Global, output: Output) -> anyhow::Result<Self> {
        let (key, _) = find_key(global)?;
        let client = Client::new(http_client()?, &global.url, key).speaking(output.lang);
        Ok(Self { client, output })
    }

    /// Sends a command under an idempotency key, and shows its receipt.
    pub(crate) async fn send(
        &self,
        path: &str,
        body: &impl Serialize,
        again: &Again,
    ) -> anyhow::Result<()> {
        let fresh = || Uuid::new_v4().to_string();
        let key = again.idempotency_key.clone().unwrap_or_else(fresh);
        let receipt = match self.client.post(path, body, Some(&key)).await {
            Ok(receipt) => receipt,
            Err(error) => return Err(self.with_key(self.explained(error), &key)),
        };
        let sent = Sent { receipt: &receipt, idempotency_key: &key };
        self.output.show(&sent, || {
            format!("{}\n{}{key}", self.receipt_text(&receipt), "  Idempotency-Key: ")
        })
    }

    /// Sends a command that can't be sent twice by accident, as it names what
    /// it ends; and shows its receipt.
    pub(crate) async fn send_empty(&self, path: &str) -> anyhow::Result<()> {
        let receipt = self.client.post_empty(path).await.map_err(|e| self.explained(e))?;
        self.output.show(&receipt, || self.receipt_text(&receipt))
    }

    /// Reads one thing.
    pub(crate) async fn get<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
    ) -> anyhow::Result<T> {
        self.client.get(path).await.map_err(|e| self.explained(e))
    }

    /// The service point that speaks, if one does.
    pub(crate) async fn desk(&self) -> anyhow::Result<Option<Me>> {
        let me: Me = self.get("/v1/me").await?;
        Ok((me.kind == party_kind::Value::ServicePoint.as_str_name()).then_some(me))
    }

    /// What was read; nothing, where it is not ours to read.
    pub(crate) fn if_ours<T: Default>(&self, answer: Result<T, ClientError>) -> anyhow::Result<T> {
        match answer {
            Err(ClientError::Refused(no)) if matches!(no.status, 403 | 404) => Ok(T::default()),
            answer => answer.map_err(|e| self.explained(e)),
        }
    }

    /// Reads a whole list.
    pub(crate) async fn list<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
    ) -> anyhow::Result<Vec<T>> {
        self.client.list(path).await.map_err(|e| self.explained(e))
    }

    /// An error of the client, with what to do about it.
    pub(crate) fn explained(&self, error: ClientError) -> anyhow::Error {
        let silent = matches!(error, ClientError::Unreachable(_));
        let error = anyhow::Error::from(error);
        if !silent {
            return error;
        }
        let origin = self.client.origin();
        error.context(Hint(match self.output.lang {
            Lang::En => format!(
                "nothing useful answers at {origin}: start it with `gongqiao up`, or give --url; \
                 `gongqiao doctor` says more"
            ),
            Lang::Zh => format!(
                "{origin} 没有应答：请用 gongqiao up 启动，或用 --url 指定地址；详情见 gongqiao doctor"
            ),
        }))
    }

    /// Why: when no answer came, only the same key tells whether it was done.
    fn with_key(&self, error: anyhow::Error, key: &str) -> anyhow::Error {
        let again = error.downcast_ref::<ClientError>().is_some_and(ClientError::may_retry);
        if !again {
            return error;
        }
        let before =
            error.downcast_ref::<Hint>().map(|hint| format!("{hint}\n  ")).unwrap_or_default();
        let may_be_done = self.output.say(
            "it may have been done: ask again safely with",
            "可能已经办理，可以放心重试，请加上",
        );
        error.context(Hint(format!("{before}{may_be_done} --idempotency-key {key}")))
    }

    fn receipt_text(&self, receipt: &Receipt) -> String {
        let done = self.output.say("recorded", "已登记");
        let sequence = self.output.say("sequence", "序号");
        let mut text = format!("{done}: {} ({sequence} {})", receipt.id, receipt.sequence);
        let told = [
            (receipt.committed, "promised", "已承诺"),
            (receipt.standby, "on the waiting list", "候补"),
            (receipt.released, "released", "已解除"),
        ];
        for (people, en, zh) in told.into_iter().filter(|(people, ..)| *people > 0) {
            text.push_str(&format!("\n  {}: {people}", self.output.say(en, zh)));
        }
        for code in &receipt.warnings {
            let look = self.output.say("to look at", "请留意");
            text.push_str(&format!(
                "\n  {look}: {}",
                word(&self.output, Sort::TravelWarning, code)
            ));
        }
        if !receipt.waits_for.is_empty() {
            let waits = self.output.say("waits for the other side", "等待对方答复");
            text.push_str(&format!("\n  {waits}: {}", receipt.waits_for));
        }
        if receipt.recipients > 0 {
            let told = self.output.say("recipients told", "已告知接收方");
            text.push_str(&format!("\n  {told}: {}", receipt.recipients));
        }
        if !receipt.keys_gone_on.is_empty() {
            let gone = self.output.say("in no backup from", "备份中清除日期");
            text.push_str(&format!("\n  {gone}: {}", receipt.keys_gone_on));
        }
        text
    }
}

/// Where a key came from, for whoever wants to know which one is used.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum KeySource {
    /// `--key` or its variable.
    Given,
    /// A file.
    File(PathBuf),
}

/// The key to speak with: the one that is given, the file that is given, or
/// else the operator's in the data directory.
pub(crate) fn find_key(global: &Global) -> anyhow::Result<(SecretString, KeySource)> {
    if let Some(key) = &global.key {
        return Ok((key.clone(), KeySource::Given));
    }
    if let Some(path) = &global.key_file {
        return read_key(path);
    }
    let path = data_dir(global)?.join("keys").join("operator.key");
    if path.exists() {
        return read_key(&path);
    }
    let looked_for = path.display();
    let detail = match global.lang() {
        Lang::En => format!(
            "no API key: give --key-file FILE or GONGQIAO_KEY, or --data-dir of an exchange on \
             this machine (looked for {looked_for})"
        ),
        Lang::Zh => format!(
            "没有 API 密钥：请用 --key-file 文件 或 GONGQIAO_KEY 给出，或用 --data-dir \
             指定本机平台的数据目录（已查找 {looked_for}）"
        ),
    };
    Err(Failure::new("key.missing", detail).into())
}

/// The data directory: the flag's, or else the configuration's.
fn data_dir(global: &Global) -> anyhow::Result<PathBuf> {
    match &global.data_dir {
        Some(dir) => Ok(dir.clone()),
        None => Ok(Config::load(global.config.as_deref(), &[])?.data.dir),
    }
}

fn read_key(path: &Path) -> anyhow::Result<(SecretString, KeySource)> {
    let unreadable = |why: String| {
        Failure::new("key.unreadable", format!("the key file {}: {why}", path.display()))
    };
    let key = key::load(path).map_err(|e| unreadable(e.to_string()))?;
    if key.expose_secret().is_empty() {
        return Err(unreadable("it is empty".to_owned()).into());
    }
    Ok((key, KeySource::File(path.to_owned())))
}
