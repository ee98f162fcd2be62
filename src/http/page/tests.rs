use super::{Page, hashes};

#[test]
fn inline_scripts_are_hashed_and_linked_ones_are_not() {
    // The hash of `alert('Hello, world.');` from CSP Level 3, §2.3.1 and many a manual.
    let hello = " 'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='";
    assert_eq!(hashes("<script>alert('Hello, world.');</script>", "script"), hello);
    assert_eq!(hashes("<SCRIPT type=module>alert('Hello, world.');</SCRIPT>", "script"), hello);
    assert_eq!(hashes("<script src=\"./a.js\"></script><p>x</p>", "script"), "");
    assert_eq!(hashes("<script>", "script"), "");
    assert_eq!(hashes("<script>a\r\nb</script>", "script"), hashes("<script>a\nb</script>", "script"));
    let two = hashes("<script>a</script><script src=x></script><script>b</script>", "script");
    assert_eq!(two.matches("sha256-").count(), 2);
}

/// Injected markup on the page: without `'unsafe-inline'` nothing of it runs.
#[test]
fn the_policy_allows_nothing_that_is_not_named() {
    let page = Page::new("<script type=module>init()</script><style>p{}</style>", "");
    assert!(page.policy.contains("default-src 'none'") && page.policy.contains("frame-ancestors 'none'"));
    assert!(!page.policy.contains("unsafe-inline") && !page.policy.contains("'unsafe-eval'"));
    assert_eq!(page.policy.matches("'sha256-").count(), 2);
}

#[test]
fn the_page_is_told_where_the_endpoint_is() {
    let html = "<div data-endpoint=\"/_gatehouse\">";
    assert_eq!(Page::new(html, "").html, html);
    assert_eq!(Page::new(html, "/weather").html, "<div data-endpoint=\"/weather/_gatehouse\">");
    assert_eq!(Page::new(html, "/\"><b>").html, "<div data-endpoint=\"/&quot;><b>/_gatehouse\">");
}
