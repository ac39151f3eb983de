//! Readiness, proven by a real request.

use std::time::Duration;

use async_nats::{ConnectOptions, jetstream};
use tokio::time::timeout;

/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(5);

/// Asks JetStream for the account's figures with the user of `creds` (the text of a `.creds` file).
///
/// Why not only connect: a connect can succeed and then be refused, and a server can listen before JetStream answers.
pub(super) async fn jetstream_answers(url: &str, creds: &str) -> Result<(), String> {
    let ask = async {
        let options = ConnectOptions::with_credentials(creds)
            .map_err(|error| format!("credentials: {error}"))?;
        let options = options.connection_timeout(ATTEMPT).max_reconnects(1);
        let client = options.connect(url).await.map_err(|error| format!("connecting: {error}"))?;
        let answer = jetstream::new(client.clone()).query_account().await;
        // The connection was only for this; how it ends says nothing about the server.
        let _ = client.drain().await;
        answer.map(drop).map_err(|error| format!("JetStream: {error}"))
    };
    timeout(ATTEMPT, ask).await.unwrap_or_else(|_| Err("no answer".to_owned()))
}
