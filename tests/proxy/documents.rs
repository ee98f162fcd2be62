//! Pages of the app, and the watcher in them.

use gatehouse::proxy::Limits;

use crate::kit::{App, site, site_with};

const TAG: &str = "<script src=\"/_gatehouse/assets/watch-0123456789abcdef.js\"></script>";

#[tokio::test]
async fn a_page_gets_the_watcher() {
    let site = site().await;
    let page = site.get("/page").navigation().header("accept-encoding", "gzip, br").send().await;
    assert!(page.text().contains(&format!("<head>{TAG}<title>")), "{}", page.text());
    assert_eq!(page.header("content-length"), Some(page.body.len().to_string().as_str()));
    assert_eq!(
        (page.header("etag"), page.header("last-modified")),
        (None, None),
        "it is another page than the app's"
    );
    assert!(site.get("/fragment").navigation().send().await.text().contains(TAG));
    let asked = site
        .get("/mirror")
        .navigation()
        .header("accept-encoding", "gzip")
        .header("range", "bytes=0-9")
        .header("if-none-match", "\"1\"")
        .send()
        .await;
    assert_eq!(asked.seen("accept-encoding"), ["identity"]);
    assert_eq!((asked.seen("range"), asked.seen("if-none-match")), (vec![], vec![]));
}

#[tokio::test]
async fn what_is_no_navigation_is_untouched() {
    let site = site().await;
    let fetched = site.get("/page").header("accept", "*/*").header("sec-fetch-dest", "empty").send().await;
    assert!(!fetched.text().contains(TAG) && fetched.header("etag").is_some());
    let asked =
        site.get("/mirror").header("accept-encoding", "gzip").header("range", "bytes=0-9").send().await;
    assert_eq!(
        (asked.seen("accept-encoding"), asked.seen("range")),
        (vec!["gzip".into()], vec!["bytes=0-9".into()])
    );
}

#[tokio::test]
async fn the_watcher_can_be_turned_off() {
    let site = site_with(App::start(), Limits::default(), |settings| settings.upstream.watch = false).await;
    let page = site.get("/page").navigation().header("accept-encoding", "gzip").send().await;
    assert!(!page.text().contains(TAG) && page.header("etag").is_some());
}
