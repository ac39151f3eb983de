//! Requests a second to a healthy receiver, 64 in flight over connections that
//! are kept: signed with HMAC and with ed25519, against unsigned ones.

use std::{sync::Arc, time::Duration};

use axum::{Router, body::Bytes, http::StatusCode};
use gongqiao_access::{
    Outside,
    webhook::{Signer, WebhookKeys},
};
use gongqiao_client::{Client, http_client};
use gongqiao_contract::wire::webhook_signing::Value as Signing;
use gongqiao_feeds::{Post, WebhookOptions};
use gongqiao_shell::{Clock, config::WebhooksConfig};
use serde_json::json;
use tokio::net::TcpListener;

use super::{BenchArgs, Line, load::drive, median};

/// Requests in flight.
const IN_FLIGHT: usize = 64;
/// What signing may cost, as the part of the unsigned rate that is left.
const HMAC_GOAL: f64 = 0.8;
const ED25519_GOAL: f64 = 0.4;

pub(super) async fn run(args: &BenchArgs) -> anyhow::Result<Vec<Line>> {
    let url = receiver().await?;
    let folder = tempfile::Builder::new().prefix("gongqiao-bench-").tempdir()?;
    let keys = WebhookKeys::open(&folder.path().join("webhooks.key"))?;
    let ways = [None, Some(Signing::Hmac), Some(Signing::Ed25519)];
    let signers =
        ways.map(|way| Arc::new(way.map(|way| keys.signer(way, b"bench")).into_iter().collect()));
    let gate = Client::new(http_client()?, &url, String::new().into());
    let post = Arc::new(Post::new(options(), keys, gate)?);
    let mut rates: [Vec<f64>; 3] = Default::default();
    for _ in 0..args.runs {
        for (signers, rates) in signers.iter().zip(&mut rates) {
            rates.push(rate(args, &post, &url, signers).await?);
        }
    }
    let [unsigned, hmac, ed25519] = rates.map(|mut rates| median(&mut rates));
    let signed = |name, value: f64, goal| Line {
        name,
        unit: "1/s",
        value,
        baseline: Some(unsigned),
        ratio: Some(value / unsigned),
        goal: Some(goal),
        met: Some(value / unsigned >= goal),
        runs: args.runs,
    };
    Ok(vec![
        Line::plain("webhooks.unsigned", "1/s", unsigned, args.runs),
        signed("webhooks.hmac", hmac, HMAC_GOAL),
        signed("webhooks.ed25519", ed25519, ED25519_GOAL),
    ])
}

async fn rate(
    args: &BenchArgs,
    post: &Arc<Post>,
    url: &str,
    signers: &Arc<Vec<Signer>>,
) -> anyhow::Result<f64> {
    let (post, signers, url) = (Arc::clone(post), Arc::clone(signers), Arc::<str>::from(url));
    let (clock, body) = (Clock::system(), body());
    let measured = drive(IN_FLIGHT, Duration::from_secs(args.seconds), move |n| {
        let (post, signers, url) = (Arc::clone(&post), Arc::clone(&signers), Arc::clone(&url));
        let (clock, body) = (clock.clone(), body.clone());
        async move {
            let id = format!("wh_bench-1-{n}");
            let is_taken = post.send_one(&clock, &url, &signers, &id, body).await;
            anyhow::ensure!(is_taken, "the receiver did not take a request");
            Ok(true)
        }
    });
    Ok(measured.await?.rate)
}

/// A server that takes everything; ends with the program.
async fn receiver() -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let router = Router::new().fallback(async |_: Bytes| StatusCode::NO_CONTENT);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(url)
}

fn options() -> WebhookOptions {
    let config =
        WebhooksConfig { allow_networks: "127.0.0.1/32".into(), ..WebhooksConfig::default() };
    WebhookOptions {
        outside: Outside { networks: config.networks().unwrap_or_default(), http: true },
        in_flight: IN_FLIGHT,
        in_flight_each: IN_FLIGHT,
        timeout: Duration::from_millis(config.timeout_ms),
        retries: config.retries().unwrap_or_default(),
        retry_after_max: Duration::from_millis(config.retry_after_max_ms),
        disable_after: Duration::from_millis(config.disable_after_ms),
    }
}

/// An event of the size of a vacancy.
fn body() -> Bytes {
    let event = json!({
        "specversion": "1.0", "id": "1790000000.41", "source": "/feeds/sub_bench",
        "type": "gongqiao.v1.VacancyItem", "subject": "vac_bench",
        "time": "2026-11-24T08:00:00Z", "datacontenttype": "application/json", "asof": "41",
        "data": {
            "vacancy": "vac_bench", "enterprise": "Y1431000BENCH0001", "enterpriseName": "测试厂",
            "freeSeats": 40, "postedAt": "2026-11-24T08:00:00Z", "terms": {
                "title": "电子装配工", "duties": "在流水线上装配电子产品", "headcount": 40,
                "conditions": "身体健康，能适应倒班", "park": "chenzhou-hitech", "address": "高新区",
                "pay": { "unit": "MONTH", "baseYuan": 2000, "totalFromYuan": 5000 },
                "neededBy": "2098-12-01", "validUntil": "2098-12-31T00:00:00Z",
            },
        },
    });
    event.to_string().into()
}
