//! Notices as HTTP requests, signed in the manner of Standard Webhooks
//! (standardwebhooks.com): whoever holds the secret can tell that they are
//! ours, fresh and unaltered.

use std::{io, path::Path, time::Duration};

use gongqiao_access::webhook::Signer;
use gongqiao_client::{ClientError, http_client};
use gongqiao_shell::{Clock, beijing, config::NotifyConfig};
use reqwest::{StatusCode, Url, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use crate::{
    adapter::{Adapter, NotTaken},
    notice::Notice,
};

/// The largest file that is looked at for a secret.
const SECRET_FILE_BYTES: u64 = 4_096;
/// As much of an answer is read, so that the connection can serve again.
const ANSWER_BYTES: usize = 65_536;

/// Posts notices to one address.
pub struct Webhook {
    http: reqwest::Client,
    url: Url,
    signer: Signer,
    timeout: Duration,
    clock: Clock,
    origin: String,
}

/// Why there can be no webhook.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// No address, or none that can be posted to.
    #[error("notify.url has to be an http or https address")]
    Url,
    /// No secret is set.
    #[error(
        "a webhook needs a secret: set notify.secret_file or GONGQIAO__NOTIFY__SECRET \
         (as made by: echo whsec_$(openssl rand -base64 32))"
    )]
    NoSecret,
    /// The secret is of another form.
    #[error("the webhook's secret has to be whsec_ and then 24 to 64 bytes in base64")]
    Secret,
    /// The secret's file can't be read.
    #[error("notify.secret_file {path}: {source}")]
    SecretFile {
        /// Path of the file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The system can't give what an HTTP client needs.
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl WebhookError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Url => "notify.url",
            Self::NoSecret | Self::Secret => "notify.secret",
            Self::SecretFile { .. } => "notify.secret_file",
            Self::Client(_) => "notify.client",
        }
    }
}

impl Webhook {
    /// A webhook as configured. `clock` dates the requests; links begin with
    /// `origin`.
    ///
    /// # Errors
    /// The address or the secret is missing or can't be used.
    pub fn open(config: &NotifyConfig, clock: Clock, origin: String) -> Result<Self, WebhookError> {
        Ok(Self {
            url: url(config)?,
            signer: signer(config)?,
            timeout: config.timeout(),
            http: http_client()?,
            clock,
            origin,
        })
    }

    /// Whom it posts to: host and port. An address may hold a token elsewhere.
    pub fn host(&self) -> (&str, u16) {
        (self.url.host_str().unwrap_or_default(), self.url.port_or_known_default().unwrap_or(0))
    }

    fn body(&self, notice: &Notice) -> Vec<u8> {
        let Notice { to, to_name, kind, text_zh, text_en, link, .. } = notice;
        json!({
            "type": kind.as_str(),
            "timestamp": beijing::rfc3339(notice.recorded_at),
            "data": {
                "to": to.as_str(),
                "toName": to_name,
                "textZh": text_zh,
                "textEn": text_en,
                "link": format!("{}{link}", self.origin),
                "deadline": notice.deadline.map(beijing::rfc3339),
                "sequence": notice.sequence,
            },
        })
        .to_string()
        .into_bytes()
    }

    async fn post(&self, notice: &Notice) -> Result<StatusCode, reqwest::Error> {
        let body = self.body(notice);
        let at = self.clock.now().unix_timestamp();
        let request = self
            .http
            .post(self.url.clone())
            .timeout(self.timeout)
            .header(header::CONTENT_TYPE, "application/json")
            .header("webhook-id", &notice.id)
            .header("webhook-timestamp", at)
            .header("webhook-signature", self.signer.sign(&notice.id, at, &body));
        let mut response = request.body(body).send().await?;
        let status = response.status();
        let mut read = 0;
        while read < ANSWER_BYTES {
            // Why: the status is the answer, however its body ends.
            let Ok(Some(chunk)) = response.chunk().await else { break };
            read += chunk.len();
        }
        Ok(status)
    }
}

impl Adapter for Webhook {
    async fn take(&self, notice: &Notice) -> Result<(), NotTaken> {
        match self.post(notice).await {
            Ok(status) if status.is_success() => Ok(()),
            Ok(StatusCode::GONE) => Err(NotTaken::Gone),
            Ok(status) => Err(NotTaken::Refused(status.as_u16())),
            Err(e) if e.is_timeout() => Err(NotTaken::TimedOut),
            Err(_) => Err(NotTaken::Unreachable),
        }
    }
}

fn url(config: &NotifyConfig) -> Result<Url, WebhookError> {
    let text = config.url.as_ref().ok_or(WebhookError::Url)?;
    let url: Url = text.expose_secret().parse().map_err(|_| WebhookError::Url)?;
    let fits = matches!(url.scheme(), "http" | "https") && url.has_host();
    if fits { Ok(url) } else { Err(WebhookError::Url) }
}

fn signer(config: &NotifyConfig) -> Result<Signer, WebhookError> {
    let secret = match (&config.secret, &config.secret_file) {
        (Some(secret), _) => secret.clone(),
        (None, Some(path)) => read(path)?,
        (None, None) => return Err(WebhookError::NoSecret),
    };
    Signer::parse(&secret).map_err(|_| WebhookError::Secret)
}

fn read(path: &Path) -> Result<SecretString, WebhookError> {
    let failed = |source| WebhookError::SecretFile { path: path.display().to_string(), source };
    if std::fs::metadata(path).map_err(failed)?.len() > SECRET_FILE_BYTES {
        return Err(WebhookError::Secret);
    }
    Ok(SecretString::from(std::fs::read_to_string(path).map_err(failed)?))
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    use super::*;

    /// The example of the Standard Webhooks specification.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn open(config: &NotifyConfig) -> Result<Webhook, WebhookError> {
        Webhook::open(config, Clock::system(), String::new())
    }

    fn config(url: &str) -> NotifyConfig {
        let (url, secret) = (Some(url.into()), Some(SECRET.into()));
        NotifyConfig { url, secret, ..NotifyConfig::default() }
    }

    fn refused(config: &NotifyConfig) -> WebhookError {
        open(config).err().unwrap()
    }

    #[test]
    fn an_address_is_http_or_https_and_is_shown_without_what_it_may_hide() {
        let opened = open(&config("https://u:planted@hooks.example:8443/planted?key=planted"));
        assert_eq!(opened.unwrap().host(), ("hooks.example", 8443));
        assert_eq!(open(&config("http://127.0.0.1:9/x")).unwrap().host(), ("127.0.0.1", 9));
        for bad in ["", "planted", "ftp://planted/", "file:///planted", "http://"] {
            let error = refused(&config(bad));
            assert_eq!(error.code(), "notify.url", "{bad}");
            assert!(!error.to_string().contains("planted"), "{error}");
        }
        let none = NotifyConfig { url: None, ..config("") };
        assert_eq!(refused(&none).code(), "notify.url");
    }

    #[test]
    fn a_secret_of_another_form_is_refused_and_not_shown() {
        let short = format!("whsec_{}", STANDARD.encode([7; 23]));
        let long = format!("whsec_{}", STANDARD.encode([7; 65]));
        for bad in [&SECRET[6..], "whsec_planted!", &short, &long] {
            let config = NotifyConfig { secret: Some(bad.into()), ..config("http://h/") };
            let error = refused(&config);
            assert_eq!(error.code(), "notify.secret", "{bad}");
            assert!(!error.to_string().contains(bad), "{error}");
        }
    }

    #[test]
    fn a_secret_is_found_in_its_file_and_missed_where_there_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("webhook.secret");
        let config =
            NotifyConfig { secret: None, secret_file: Some(path.clone()), ..config("http://h/") };
        assert_eq!(refused(&config).code(), "notify.secret_file");
        std::fs::write(&path, format!("{SECRET}\n")).unwrap();
        open(&config).unwrap();
        std::fs::write(&path, " ".repeat(5_000)).unwrap();
        assert_eq!(refused(&config).code(), "notify.secret");
        let none = NotifyConfig { secret_file: None, ..config };
        assert_eq!(refused(&none).code(), "notify.secret");
    }
}
