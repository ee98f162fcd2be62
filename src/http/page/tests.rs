use gatehouse_protocol::Front;

use super::Page;

/// Injected markup on the page: without `'unsafe-inline'` nothing of it runs.
#[test]
fn the_policy_allows_nothing_that_is_not_named() {
    let page =
        Page::new("<script type=module>init()</script><style>p{}</style>", "", "frame-ancestors 'none'");
    assert!(page.policy.contains("default-src 'none'") && page.policy.contains("frame-ancestors 'none'"));
    assert!(!page.policy.contains("unsafe-inline") && !page.policy.contains("'unsafe-eval'"));
    assert_eq!(page.policy.matches("'sha256-").count(), 2);
}

#[test]
fn the_page_is_told_where_the_endpoint_is() {
    let html = "<div data-endpoint=\"/_gatehouse\">";
    assert_eq!(Page::new(html, "", "").html, html);
    assert_eq!(Page::new(html, "/weather", "").html, "<div data-endpoint=\"/weather/_gatehouse\">");
    assert_eq!(Page::new(html, "/\"><b>", "").html, "<div data-endpoint=\"/&quot;>&lt;b>/_gatehouse\">");
}

/// In the place of any page its files have whole addresses, and what it is told is text inside an attribute.
#[tokio::test]
async fn the_page_in_the_place_of_another_is_told_everything_at_once() {
    let html = "<script src=\"assets/page.js\"></script><div id=\"gatehouse\" data-endpoint=\".\">";
    let config = gatehouse_protocol::ClientConfig {
        app_name: "\"><script>alert(1)</script>".to_owned(),
        ..serde_json::from_value(serde_json::json!({
            "app_name": "", "logo": null, "tagline": "", "registration": "closed", "recovery": false,
            "password_min": 8, "app_path": "/weather/", "login": "name_and_password",
            "providers": [], "codes": [], "passkeys": null
        }))
        .unwrap()
    };
    let session = gatehouse_protocol::SessionState::Anonymous;
    let page = Page::new(html, "/weather", "").front(&Front { config, session, asked: None });
    let body = axum::body::to_bytes(page.into_body(), 10_000).await.unwrap();
    let text = std::str::from_utf8(&body).unwrap();
    assert!(text.contains("src=\"/weather/_gatehouse/assets/page.js\""), "{text}");
    assert!(text.contains("data-endpoint=\"/weather/_gatehouse\""), "{text}");
    assert_eq!(text.matches("<script").count(), 1, "{text}");
    assert!(text.contains("data-front=\"{&quot;config&quot;:"), "{text}");
}
