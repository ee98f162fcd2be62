//! No app: people see a clear page, programs a problem, and nothing has to be started anew.

use std::time::Duration;

use gatehouse::{config::Settings, proxy::Limits};
use hyper::Method;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::kit::{App, FORM, Socket, site, site_with};

#[tokio::test]
async fn app_is_down_and_back() {
    let mut site = site().await;
    assert_eq!(site.get("/mirror").send().await.status, 200);
    let address = site.app.stop().await;
    let page = site.get("/reports").navigation().send().await;
    assert_eq!(page.status, 502);
    assert!(
        page.text().contains("The app isn't answering") && page.text().contains("http-equiv=\"refresh\"")
    );
    assert!(!page.text().contains(&address.to_string()), "the page names what is inside");
    assert!(page.header("content-security-policy").unwrap().contains("style-src 'sha256-"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let data = site.get("/mirror").send().await;
    data.expect_problem(502, "unavailable");
    assert_eq!(data.header("retry-after"), Some("3"));
    let upload = site.get("/upload").method(Method::POST).body(vec![7; 200_000]).send().await;
    upload.expect_problem(502, "unavailable");
    let refused = Socket::open(site.address, "/echo", &site.handshake(&site.cookie)).await.unwrap_err();
    assert!(refused.starts_with("HTTP/1.1 502 "), "{refused}");
    assert!(
        site.anonymous("/reports").navigation().send().await.text().contains(FORM),
        "nobody learns of it"
    );
    site.app = App::at(address);
    assert_eq!(site.get("/mirror").send().await.status, 200);
    site.open("/echo").await.echo(b"back").await;
}

/// A site that shows the app.
const PORTAL: &str = "https://portal.example.org";

/// A portal that shows the app in a frame shows people what is wrong, too, and nobody else does.
#[tokio::test]
async fn whoever_may_frame_the_app_may_frame_its_page() {
    let named = format!("frame-ancestors 'self' {PORTAL}");
    let nobody: fn(&mut Settings) = |_| ();
    let shown: fn(&mut Settings) = |settings| settings.frame_ancestors = vec![PORTAL.to_owned()];
    let signed_in: fn(&mut Settings) = |settings| settings.embed_origins = vec![PORTAL.to_owned()];
    for (change, framing) in [(nobody, "frame-ancestors 'self'"), (shown, &named), (signed_in, &named)] {
        let mut site = site_with(App::start(), Limits::default(), change).await;
        site.app.stop().await;
        let page = site.get("/reports").navigation().send().await;
        let policy = page.header("content-security-policy").unwrap();
        assert!(page.status == 502 && policy.ends_with(framing), "{policy}");
    }
}

/// The app closes connections that are kept, in the moment one is used again. What changes nothing is asked once more.
#[tokio::test]
async fn kept_connection_that_the_app_closes() {
    let mut site = site().await;
    let address = site.app.stop().await;
    let listener = TcpListener::bind(address).await.unwrap();
    let serving = tokio::spawn(async move {
        for number in 0_u32.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut buffer = [0; 16_384];
                let _ = stream.read(&mut buffer).await;
                let body = number.to_string();
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
                stream.write_all((head + &body).as_bytes()).await.unwrap();
                // The next request on it is read and never answered.
                let _ = stream.read(&mut buffer).await;
            });
        }
    });
    for _ in 0..3 {
        assert_eq!(site.get("/").send().await.status, 200);
    }
    let changing = async || site.get("/").method(Method::POST).body("data").send().await.status;
    let statuses = [changing().await, changing().await];
    assert!(
        statuses.iter().any(|status| *status == 502),
        "what changes something was sent twice: {statuses:?}"
    );
    serving.abort();
    let _ = serving.await;
    site.app = App::at(address);
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!(site.get("/mirror").send().await.status, 200);
}

/// An app that speaks no HTTP, or switches to something that nobody asked for.
#[tokio::test]
async fn app_that_answers_nonsense() {
    for nonsense in [
        "SSH-2.0-OpenSSH_9.6\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n12345",
    ] {
        let mut site = site().await;
        let upstream = site.app.stop().await;
        let listener = TcpListener::bind(upstream).await.unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.read(&mut [0; 16_384]).await;
                let _ = stream.write_all(nonsense.as_bytes()).await;
            }
        });
        site.get("/mirror").send().await.expect_problem(502, "unavailable");
    }
}
