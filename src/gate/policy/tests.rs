use super::*;
use crate::config::CspAllowance;

const PAGE: &str = "<script>\n  window.prerenderReady = false\n</script><script src=\"./a.js\"></script>";

fn policy(change: impl FnOnce(&mut Settings)) -> Policy {
    let mut settings = Settings::default();
    change(&mut settings);
    Policy::new(&settings)
}

#[track_caller]
fn value<'h>(headers: &'h [Header], name: &str) -> Option<&'h str> {
    let mut found = headers.iter().filter(|(key, _)| key == name.as_bytes());
    let value = found.next().map(|(_, value)| std::str::from_utf8(value).unwrap());
    assert!(found.next().is_none(), "{name} is there twice");
    value
}

#[track_caller]
fn directive(policy: &str, name: &str) -> String {
    let found: Vec<&str> =
        policy.split("; ").filter_map(|one| one.strip_prefix(name)?.strip_prefix(' ')).collect();
    assert_eq!(found.len(), 1, "{name} in {policy}");
    found[0].to_owned()
}

fn strict(change: impl FnOnce(&mut Settings)) -> String {
    let headers = policy(|settings| {
        settings.csp = CspMode::Strict;
        change(settings);
    })
    .page(PAGE, false);
    assert_eq!(value(&headers, REPORT_ONLY), None);
    value(&headers, POLICY).unwrap().to_owned()
}

#[test]
fn by_default_scripts_and_connections_are_reported_and_the_rest_is_enforced() {
    let headers = policy(|_| ()).page(PAGE, false);
    assert_eq!(value(&headers, POLICY), Some("base-uri 'none'; object-src 'none'; frame-ancestors 'self'"));
    let reported = value(&headers, REPORT_ONLY).unwrap();
    assert!(reported.starts_with("default-src 'none'; script-src 'self'"));
    assert!(!reported.contains("frame-ancestors"));
    assert_eq!(value(&headers, "x-content-type-options"), Some("nosniff"));
}

#[test]
fn strict_is_one_policy_that_enforces_the_same() {
    let reported = policy(|_| ()).page(PAGE, false);
    let reported = value(&reported, REPORT_ONLY).unwrap();
    assert_eq!(
        strict(|_| ()),
        format!("{reported}; base-uri 'none'; object-src 'none'; frame-ancestors 'self'")
    );
}

/// Injected markup: without `'unsafe-inline'` for scripts nothing of it runs; the page's own script is named by hash.
#[test]
fn nothing_inline_runs_but_the_scripts_that_the_page_was_sent_with() {
    let script = directive(&strict(|_| ()), "script-src");
    assert!(script.contains("'sha256-") && !script.contains("unsafe-inline"), "{script}");
    assert!(!script.contains("'unsafe-eval'") && !script.contains("blob:") && !script.contains("https:"));
    assert_eq!(directive(&strict(|_| ()), "script-src-attr"), "'none'");
    let another = policy(|settings| settings.csp = CspMode::Strict).page("<script>other()</script>", false);
    assert_ne!(
        directive(value(&another, POLICY).unwrap(), "script-src"),
        script,
        "the hash follows the page"
    );
}

#[test]
fn an_allowance_opens_its_directive_and_no_other() {
    let plain = strict(|_| ());
    for (allowance, name, opens) in [
        (CspAllowance::MapTiles, "connect-src", "https://basemaps.cartocdn.com"),
        (CspAllowance::BlobWorkers, "worker-src", "blob:"),
        (CspAllowance::InlineComponents, "script-src", "'unsafe-inline' blob:"),
        (CspAllowance::InlineHandlers, "script-src-attr", "'unsafe-inline'"),
        (CspAllowance::Eval, "script-src", "'unsafe-eval'"),
    ] {
        let open = strict(|settings| settings.csp_allow = vec![allowance]);
        assert!(directive(&open, name).contains(opens), "{open}");
        for (before, after) in plain.split("; ").zip(open.split("; ")) {
            assert!(before == after || after.starts_with(&format!("{name} ")), "{allowance:?}: {after}");
        }
    }
    let open = strict(|settings| settings.csp_allow = vec![CspAllowance::RemoteMedia]);
    for name in ["img-src", "media-src"] {
        assert!(directive(&open, name).ends_with(" https:"), "{open}");
    }
}

/// A hash beside `'unsafe-inline'` would make browsers ignore the latter (CSP Level 3 §6.7.3.2).
#[test]
fn inline_components_leave_no_hash_beside_them() {
    let open = strict(|settings| settings.csp_allow = vec![CspAllowance::InlineComponents]);
    assert!(!open.contains("sha256-"));
}

#[test]
fn a_named_source_is_loaded_from_but_runs_no_script_unless_components_may() {
    let named = |settings: &mut Settings| settings.csp_sources = vec!["https://tiles.example.org".into()];
    let open = strict(named);
    for name in ["connect-src", "img-src", "media-src", "style-src", "font-src", "frame-src", "form-action"] {
        assert!(directive(&open, name).ends_with(" https://tiles.example.org"), "{open}");
    }
    assert!(!directive(&open, "script-src").contains("example.org"));
    let open = strict(|settings| {
        named(settings);
        settings.csp_allow = vec![CspAllowance::InlineComponents];
    });
    assert!(directive(&open, "script-src").contains("https://tiles.example.org"));
}

#[test]
fn allowances_shape_the_reported_policy_too() {
    let headers = policy(|settings| settings.csp_allow = vec![CspAllowance::BlobWorkers]).page(PAGE, false);
    assert_eq!(directive(value(&headers, REPORT_ONLY).unwrap(), "worker-src"), "'self' blob:");
}

#[test]
fn only_named_origins_may_frame_the_app() {
    let framing = policy(|settings| settings.frame_ancestors = vec!["https://portal.example.org".into()]);
    let named = "frame-ancestors 'self' https://portal.example.org";
    let answers = [framing.answer(), framing.media(), framing.static_document(), framing.page(PAGE, false)];
    for headers in answers {
        assert!(value(&headers, POLICY).unwrap().ends_with(named), "{headers:?}");
    }
    // `frame-ancestors` would make browsers ignore the app's own X-Frame-Options.
    assert!(!value(&framing.page(PAGE, true), POLICY).unwrap().contains("frame-ancestors"));
}

#[test]
fn those_who_may_embed_the_app_may_frame_it() {
    let named = "frame-ancestors 'self' https://a.example.org https://b.example.org";
    let framing = policy(|settings| {
        settings.frame_ancestors = vec!["https://a.example.org".into()];
        settings.embed_origins = vec!["https://b.example.org".into()];
    });
    for headers in [framing.answer(), framing.media(), framing.static_document(), framing.page(PAGE, false)] {
        assert!(value(&headers, POLICY).unwrap().ends_with(named), "{headers:?}");
    }
}

#[test]
fn uploads_are_no_documents_and_static_ones_have_an_origin_of_their_own() {
    let policy = policy(|_| ());
    let media = policy.media();
    assert!(value(&media, POLICY).unwrap().starts_with("sandbox; default-src 'none'; "));
    let own = policy.static_document();
    let own = directive(value(&own, POLICY).unwrap(), "sandbox");
    assert!(own.contains("allow-scripts") && !own.contains("allow-same-origin"));
}

#[test]
fn https_is_insisted_on_where_it_harms_nothing_else() {
    let transport = |url: Option<&str>| {
        let headers = policy(|settings| settings.public_url = url.map(Into::into)).answer();
        value(&headers, "strict-transport-security").map(str::to_owned)
    };
    assert_eq!(transport(Some("https://app.example.org")).as_deref(), Some("max-age=31536000"));
    for url in [
        None,
        Some("http://app.example.org"),
        Some("http://localhost:8501"),
        Some("https://localhost"),
        Some("https://app.example.org:8443"),
    ] {
        assert_eq!(transport(url), None, "{url:?}");
    }
}

#[test]
fn browsers_that_take_self_for_http_alone_find_the_websocket_named() {
    let open = strict(|settings| settings.public_url = Some("https://app.example.org".into()));
    assert!(directive(&open, "connect-src").contains(" wss://app.example.org"));
}

#[test]
fn what_an_answer_says_by_itself_stays() {
    let ours = policy(|_| ()).answer();
    let added = |sent: &[&str]| -> Vec<Header> {
        missing(|name| sent.iter().any(|said| said.as_bytes() == name), &ours).into_iter().cloned().collect()
    };
    assert_eq!(added(&[]), ours);
    assert_eq!(
        added(&["content-security-policy", "referrer-policy"]),
        [header("x-content-type-options", "nosniff")]
    );
    let framed = added(&["x-frame-options"]);
    assert_eq!(value(&framed, POLICY), None, "it would make browsers ignore what the app said");
    assert_eq!(framed.len(), 2);
}
