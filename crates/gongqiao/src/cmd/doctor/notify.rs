//! Who passes notices on, and whether it can be reached.

use std::{fs, time::Duration};

use gongqiao_notify::Webhook;
use gongqiao_shell::{
    Clock,
    config::{NotifyAdapter, NotifyConfig},
};
use tokio::net::TcpStream;

use super::{Check, data::is_open_to_others};

const NAME: &str = "notices";
const SECRET: &str = "webhook secret";
const TIMEOUT: Duration = Duration::from_secs(5);

pub(super) async fn look(config: &NotifyConfig) -> Vec<Check> {
    match config.adapter {
        NotifyAdapter::Off => {
            vec![Check::ok(NAME, "off: points and enterprises are told nothing")]
        }
        NotifyAdapter::Log => vec![Check::ok(NAME, "written into the log, a line each")],
        NotifyAdapter::Webhook => webhook(config).await,
    }
}

async fn webhook(config: &NotifyConfig) -> Vec<Check> {
    let webhook = match Webhook::open(config, Clock::system(), String::new()) {
        Ok(webhook) => webhook,
        Err(e) => {
            let advice = "correct the section [notify]; without it nothing starts";
            return vec![Check::fail(NAME, format!("{}: {e}", e.code()), advice)];
        }
    };
    let (host, port) = webhook.host();
    let reached = tokio::time::timeout(TIMEOUT, TcpStream::connect((host, port))).await;
    let receiver = match reached {
        Ok(Ok(_)) => Check::ok(NAME, format!("posted to {host}:{port}, which answers")),
        _ => {
            let advice = "start the receiver, or correct notify.url; notices wait for about a day";
            Check::warn(NAME, format!("nobody answers at {host}:{port}"), advice)
        }
    };
    [Some(receiver), secret_file(config)].into_iter().flatten().collect()
}

/// Whether nobody else can read the secret.
fn secret_file(config: &NotifyConfig) -> Option<Check> {
    let path = config.secret_file.as_ref().filter(|_| config.secret.is_none())?;
    let open = fs::metadata(path).is_ok_and(|metadata| is_open_to_others(&metadata));
    let shown = path.display();
    Some(match open {
        false => Check::ok(SECRET, shown.to_string()),
        true => Check::warn(SECRET, format!("{shown}: others can read it"), "chmod 600 it"),
    })
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::{super::Grade, *};

    async fn grades(config: &NotifyConfig) -> Vec<Grade> {
        look(config).await.iter().map(|check| check.status).collect()
    }

    #[tokio::test]
    async fn a_webhook_is_looked_at_as_a_start_would_and_its_token_is_not_shown() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("webhook.secret");
        let config = NotifyConfig {
            adapter: NotifyAdapter::Webhook,
            url: Some(format!("http://{address}/?key=planted").into()),
            secret_file: Some(path.clone()),
            ..NotifyConfig::default()
        };
        assert_eq!(grades(&config).await, [Grade::Fail], "no secret yet");
        fs::write(&path, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(grades(&config).await, [Grade::Ok, Grade::Ok]);
        assert!(!format!("{:?}", look(&config).await).contains("planted"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        drop(listener);
        assert_eq!(grades(&config).await, [Grade::Warn, Grade::Warn]);
    }
}
