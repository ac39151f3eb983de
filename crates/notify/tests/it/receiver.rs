//! A receiver of webhooks: a real HTTP server, which answers as it is told.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use tokio::{net::TcpListener, sync::mpsc, task::JoinHandle};

pub const KEY: [u8; 32] = [42; 32];
pub const PATIENCE: Duration = Duration::from_secs(60);

/// One request, as it came in.
#[derive(Debug, Clone)]
pub struct Hook {
    pub id: String,
    pub at: i64,
    pub signature: String,
    pub body: Vec<u8>,
}

impl Hook {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn to(&self) -> String {
        self.json()["data"]["to"].as_str().unwrap().to_owned()
    }

    /// Whether it is signed with our key.
    pub fn is_genuine(&self) -> bool {
        let Some(given) = self.signature.strip_prefix("v1,") else { return false };
        let mut mac = Hmac::<Sha256>::new_from_slice(&KEY).unwrap();
        mac.update(format!("{}.{}.", self.id, self.at).as_bytes());
        mac.update(&self.body);
        mac.verify_slice(&STANDARD.decode(given).unwrap()).is_ok()
    }
}

/// What comes instead of 200.
#[derive(Debug, Clone, Copy)]
pub enum Answer {
    Status(u16),
    /// To another path of the same server.
    Elsewhere,
    /// None at all.
    Never,
}

type Judge = dyn Fn(&Hook) -> Option<Answer> + Send + Sync;

#[derive(Clone)]
struct Desk {
    seen: mpsc::UnboundedSender<Hook>,
    next: Arc<Mutex<VecDeque<Answer>>>,
    judge: Arc<Judge>,
}

pub struct Receiver {
    pub address: SocketAddr,
    seen: mpsc::UnboundedReceiver<Hook>,
    task: JoinHandle<()>,
}

impl Receiver {
    /// One that gives these answers first, and then takes everything.
    pub async fn answering(first: &[Answer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::on(listener, first, |_| None)
    }

    /// One that decides by the request.
    pub async fn judging(judge: impl Fn(&Hook) -> Option<Answer> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::on(listener, &[], judge)
    }

    pub fn on(
        listener: TcpListener,
        first: &[Answer],
        judge: impl Fn(&Hook) -> Option<Answer> + Send + Sync + 'static,
    ) -> Self {
        let address = listener.local_addr().unwrap();
        let (tell, seen) = mpsc::unbounded_channel();
        let next = Arc::new(Mutex::new(first.iter().copied().collect()));
        let desk = Desk { seen: tell, next, judge: Arc::new(judge) };
        let router = Router::new()
            .route("/notices", post(take))
            .route("/elsewhere", post(take))
            .with_state(desk);
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, seen, task }
    }

    pub fn url(&self) -> String {
        format!("http://{}/notices", self.address)
    }

    pub async fn next(&mut self) -> Hook {
        let hook = tokio::time::timeout(PATIENCE, self.seen.recv()).await;
        let hook = hook.unwrap().unwrap();
        assert!(hook.is_genuine(), "{hook:?}");
        hook
    }

    /// What came that nobody has looked at.
    pub fn rest(&mut self) -> Vec<Hook> {
        std::iter::from_fn(|| self.seen.try_recv().ok()).collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn take(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> Response {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "application/json");
    let hook = Hook {
        id: header("webhook-id"),
        at: header("webhook-timestamp").parse().unwrap(),
        signature: header("webhook-signature"),
        body: body.to_vec(),
    };
    let answer = (desk.judge)(&hook).or_else(|| desk.next.lock().unwrap().pop_front());
    let _ = desk.seen.send(hook);
    match answer {
        None => StatusCode::OK.into_response(),
        Some(Answer::Status(status)) => StatusCode::from_u16(status).unwrap().into_response(),
        Some(Answer::Elsewhere) => Redirect::temporary("/elsewhere").into_response(),
        Some(Answer::Never) => std::future::pending().await,
    }
}
