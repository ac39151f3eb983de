use std::sync::atomic::{AtomicUsize, Ordering};

use gongqiao_client::http_client;
use gongqiao_contract::wire::webhook_signing::Value as Signing;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::*;

fn options(outside: Outside) -> WebhookOptions {
    WebhookOptions {
        outside,
        in_flight: 4,
        in_flight_each: 4,
        timeout: Duration::from_millis(500),
        retries: [5, 300].map(Duration::from_secs).to_vec(),
        retry_after_max: Duration::from_secs(60),
        disable_after: Duration::from_secs(1),
    }
}

/// Whoever sends; every name leads to `leads_to`.
fn post(outside: Outside, leads_to: Vec<IpAddr>) -> Post {
    let lookup: Lookup = Arc::new(move |_| {
        let found = leads_to.clone();
        Box::pin(async move { Ok(found) })
    });
    let keys = tempfile::tempdir().unwrap();
    let keys = WebhookKeys::open(&keys.path().join("webhooks.key")).unwrap();
    let gate = Client::new(http_client().unwrap(), "http://127.0.0.1:9", "gqk_a_b".into());
    Post::looking_up(options(outside), keys, gate, lookup).unwrap()
}

fn loopback() -> Outside {
    Outside { networks: vec!["127.0.0.1/32".parse().unwrap()], http: true }
}

/// Answers every request with `answer`; counts connections.
async fn sink(answer: &'static [u8]) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut buffer = vec![0; 65_536];
                while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {
                    let _ = stream.write_all(answer).await;
                }
            });
        }
    });
    (port, count)
}

fn parcel() -> Parcel {
    Parcel::new("wh_1-1-1".into(), Bytes::from_static(b"{}"))
}

async fn sent(post: &Post, url: &str) -> Outcome {
    let signer = post.keys.signer(Signing::Hmac, b"salt");
    post.send(&Clock::system(), url, &[signer], &parcel(), false).await
}

#[tokio::test]
async fn ssrf_no_connection_is_made_to_an_address_that_is_not_public() {
    let (port, count) = sink(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let hosts = [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "127.0.0.1.",
        "127.000.000.001",
        "0",
        "0.0.0.0",
        "00.00.00.00",
        "[::]",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::]",
        "[2001::7f00:1]",
        "[2001:0:7f00:1::]",
        "[fe80::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[ff02::1]",
        "[fec0::1]",
        "[2001:db8::1]",
        "[3fff::1]",
        "[100::1]",
        "10.0.0.1",
        "10.255.255.255",
        "172.16.0.1",
        "172.31.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "2852039166",
        "0xa9fea9fe",
        "100.64.0.1",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "127.255.255.255",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "a.localhost",
        "metadata",
        "metadata.google.internal",
        "printer.local",
        "db.corp",
        "kubernetes.default.svc",
        "１２７.０.０.１",
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
        "l\u{ad}ocalhost",
        "%31%32%37.0.0.1",
        "1.0.0.127.in-addr.arpa",
    ];
    let mut urls: Vec<String> =
        hosts.iter().map(|host| format!("https://{host}:{port}/x")).collect();
    let forms = [
        format!("http://127.0.0.1:{port}/"),
        format!("http://hooks.example.com:{port}/"),
        format!("https://user@hooks.example.com:{port}/"),
        format!("https://hooks.example.com:{port}@127.0.0.1:{port}/"),
        format!("https://user:secret@127.0.0.1:{port}/"),
        format!("https:\\\\127.0.0.1:{port}\\"),
        format!("https://hooks.example.com\t:{port}/"),
        format!("https://hooks.example.com\n@127.0.0.1:{port}/"),
        format!("https://hooks.example.com:{port}/#x"),
        "https://hooks.example.com:22/".into(),
        "https://hooks.example.com:80/".into(),
        "ftp://hooks.example.com/".into(),
        "file:///etc/passwd".into(),
        "gopher://127.0.0.1:6379/_FLUSHALL".into(),
        "unix:/var/run/docker.sock".into(),
        "javascript:alert(1)".into(),
        "data:text/plain,x".into(),
        "https:///x".into(),
        "https://".into(),
        "//127.0.0.1/".into(),
        "127.0.0.1".into(),
        String::new(),
    ];
    urls.extend(forms);
    assert!(urls.len() >= 60, "{}", urls.len());
    let guarded = post(Outside::default(), vec![IpAddr::from([127, 0, 0, 1])]);
    for url in &urls {
        assert_eq!(sent(&guarded, url).await, Outcome::Forbidden, "{url:?}");
    }
    // A public name that leads inside: to each of these alone, or beside a
    // public address.
    let name = format!("https://hooks.example.com:{port}/");
    let inside = [
        "127.0.0.1",
        "0.0.0.0",
        "10.0.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.168.1.1",
        "::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "fd00::1",
        "fe80::1",
    ];
    for address in inside.map(|text| text.parse::<IpAddr>().unwrap()) {
        for leads_to in [vec![address], vec![IpAddr::from([8, 8, 8, 8]), address]] {
            let rebinding = post(Outside::default(), leads_to);
            assert_eq!(sent(&rebinding, &name).await, Outcome::Forbidden, "{address}");
        }
    }
    assert_eq!(count.load(Ordering::SeqCst), 0, "somebody was connected to");
    println!("ssrf: {} payloads, 0 connections", urls.len() + 2 * inside.len());
    // The controls: the same socket by a literal address, and by a name.
    let open = post(loopback(), vec![IpAddr::from([127, 0, 0, 1])]);
    let literal = format!("http://127.0.0.1:{port}/");
    assert_eq!(sent(&open, &literal).await, Outcome::Delivered(200));
    assert_eq!(sent(&open, &name).await, Outcome::Unreachable, "it does not speak TLS");
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn ssrf_a_redirect_is_an_answer_and_is_not_followed() {
    let (inside, count) = sink(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let answer = format!(
        "HTTP/1.1 307 Moved\r\nlocation: http://127.0.0.1:{inside}/\r\ncontent-length: 0\r\n\r\n"
    );
    let (port, _) = sink(answer.leak().as_bytes()).await;
    let post = post(loopback(), Vec::new());
    let outcome = sent(&post, &format!("http://127.0.0.1:{port}/")).await;
    assert_eq!(outcome, Outcome::Refused(307, None));
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_answer_without_an_end_is_read_to_a_bound_and_one_that_never_comes_times_out() {
    let (endless, _) = sink(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n").await;
    let (silent, _) = sink(b"").await;
    let post = post(loopback(), Vec::new());
    let began = std::time::Instant::now();
    let outcome = sent(&post, &format!("http://127.0.0.1:{endless}/")).await;
    assert_eq!(outcome, Outcome::Delivered(200), "the status is the answer");
    assert_eq!(sent(&post, &format!("http://127.0.0.1:{silent}/")).await, Outcome::TimedOut);
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[test]
fn waits_follow_the_schedule_with_a_jitter_and_the_receiver_within_bounds() {
    let post = post(loopback(), Vec::new());
    let near = |wait: Duration, seconds: f64| (wait.as_secs_f64() / seconds - 1.0).abs() <= 0.101;
    assert!(near(post.wait(1, Outcome::TimedOut), 5.0));
    assert!(near(post.wait(2, Outcome::Refused(500, None)), 300.0));
    assert!(near(post.wait(9, Outcome::Unreachable), 300.0), "the last one repeats");
    let asked = |seconds| Outcome::Refused(429, Some(Duration::from_secs(seconds)));
    assert_eq!(post.wait(1, asked(7)), Duration::from_secs(7));
    assert_eq!(post.wait(1, asked(0)), Duration::from_secs(1), "at least");
    assert_eq!(post.wait(1, asked(9_999)), Duration::from_secs(60), "but no longer");
    let mut all: Vec<Duration> = (0..20).map(|_| post.wait(1, Outcome::TimedOut)).collect();
    all.dedup();
    assert!(all.len() > 1, "what failed together comes again apart");
}
