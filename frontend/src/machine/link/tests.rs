use gatehouse_protocol::{ErrorCode, SecondFactor};
use proptest::prelude::*;
use url::Url;

use super::{Link, local_path};

/// The kind of a link and its token.
fn parts(link: &Link) -> (&'static str, &str) {
    match link {
        Link::None => ("none", ""),
        Link::ChangePassword => ("change-password", ""),
        Link::Setup(token) => ("setup", token.expose()),
        Link::Invite(token) => ("invite", token.expose()),
        Link::Verify(token) => ("verify", token.expose()),
        Link::Reset(token) => ("reset", token.expose()),
        Link::Refused(ErrorCode::FlowExpired) => ("refused", "flow"),
        Link::Refused(_) => ("refused", ""),
        Link::Challenge(flow, factors) => {
            assert!(
                factors.is_empty()
                    || *factors == [SecondFactor::Passkey, SecondFactor::Totp, SecondFactor::Sms]
            );
            ("challenge", flow.expose())
        }
        Link::SignIn(token) => ("sign-in", token.expose()),
        Link::Enroll(flow) => ("enroll", flow.expose()),
    }
}

#[test]
fn the_token_stands_behind_the_hash() {
    for (hash, wanted) in [
        ("#setup=AbC-_9", ("setup", "AbC-_9")),
        ("#invite=AbC-_9", ("invite", "AbC-_9")),
        ("#verify=AbC-_9", ("verify", "AbC-_9")),
        ("#reset=AbC-_9", ("reset", "AbC-_9")),
        ("reset=AbC-_9", ("reset", "AbC-_9")),
        ("#reset=a=b", ("reset", "a=b")),
        ("#change-password", ("change-password", "")),
        ("", ("none", "")),
        ("#", ("none", "")),
        ("#reset", ("none", "")),
        ("#reset=", ("none", "")),
        ("#Reset=AbC", ("none", "")),
        ("#login=AbC", ("none", "")),
        ("##reset=AbC", ("none", "")),
        ("#challenge=AbC-_9", ("challenge", "AbC-_9")),
        ("#challenge=AbC-_9.passkey.x.totp.sms", ("challenge", "AbC-_9")),
        ("#sign-in=AbC-_9", ("sign-in", "AbC-_9")),
        ("#enroll=AbC-_9", ("enroll", "AbC-_9")),
        ("#refused=flow_expired", ("refused", "flow")),
        ("#refused=<b>anything", ("refused", "")),
        ("#change-password=1", ("none", "")),
    ] {
        assert_eq!(parts(&Link::parse(hash)), wanted, "{hash}");
    }
}

#[test]
fn what_a_challenge_may_be_answered_with_stands_behind_its_token() {
    let factors = |hash: &str| match Link::parse(hash) {
        Link::Challenge(_, factors) => factors,
        other => panic!("{other:?}"),
    };
    let (totp, sms, code) = (SecondFactor::Totp, SecondFactor::Sms, SecondFactor::RecoveryCode);
    assert_eq!(factors("#challenge=AbC.totp.sms.recovery_code"), [totp, sms, code]);
    assert_eq!(factors("#challenge=AbC.telepathy.sms"), [sms]);
}

#[test]
fn a_token_is_not_printed() {
    assert!(!format!("{:?}", Link::parse("#reset=AbC-_9")).contains("AbC"));
}

#[test]
fn a_path_is_taken_and_another_host_is_not() {
    for path in ["/", "/reports", "/reports?page=2#end", "/a//b", "/@evil.example", "/ümlaut", "/a:b@c"] {
        assert_eq!(local_path(path), Some(path));
    }
    for other in [
        "",
        "reports",
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "\\\\evil.example/",
        "/\t/evil.example/",
        "/\n/evil.example/",
        "\t//evil.example/",
        " //evil.example/",
        "javascript:alert(1)",
        "data:text/html,x",
    ] {
        assert_eq!(local_path(other), None, "{other:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever stands in `next`, a browser stays on this origin.
    #[test]
    fn a_path_that_is_taken_never_leads_to_another_host(text in "[/\\\\.@:#?a\t\n\r \u{0}]{0,8}(evil\\.example)?.{0,4}") {
        let here = Url::parse("https://app.example:8501/_gatehouse/?next=x").unwrap();
        if let Some(path) = local_path(&text) {
            let there = here.join(path).unwrap();
            prop_assert_eq!(there.origin(), here.origin());
        }
    }
}
