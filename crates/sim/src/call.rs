//! Calls with patience: what may do better in a moment is tried again.

use std::time::Duration;

use gongqiao_client::{Client, ClientError};
use gongqiao_contract::view::Receipt;
use serde::{Serialize, de::DeserializeOwned};

/// How often a call is made at most.
const TRIES: u32 = 12;
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(3);

/// Calls until there is an answer that will not change, some twenty seconds
/// at most.
pub(crate) async fn patiently<T, F>(mut call: impl FnMut() -> F) -> Result<T, ClientError>
where
    F: Future<Output = Result<T, ClientError>>,
{
    let mut wait = FIRST_WAIT;
    for _ in 1..TRIES {
        match call().await {
            Err(e) if e.may_retry() => tracing::debug!(code = e.code(), "sim.again"),
            answer => return answer,
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
    call().await
}

/// A command under an Idempotency-Key, so that trying again is safe.
pub(crate) async fn post(
    client: &Client,
    path: &str,
    body: &(impl Serialize + Sync),
    key: &str,
) -> Result<Receipt, ClientError> {
    patiently(|| client.post(path, body, Some(key))).await
}

pub(crate) async fn get<T: DeserializeOwned>(
    client: &Client,
    path: &str,
) -> Result<T, ClientError> {
    patiently(|| client.get(path)).await
}

pub(crate) async fn list<T: DeserializeOwned>(
    client: &Client,
    path: &str,
) -> Result<Vec<T>, ClientError> {
    patiently(|| client.list(path)).await
}
