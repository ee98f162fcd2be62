use super::Upstream;

#[test]
fn an_upstream_is_scheme_host_and_port() {
    for (text, origin) in [
        ("http://127.0.0.1:8501", "http://127.0.0.1:8501"),
        ("http://localhost:8501/", "http://localhost:8501"),
        ("http://App.internal", "http://app.internal"),
        ("http://[::1]:80", "http://[::1]"),
    ] {
        assert_eq!(Upstream::parse(text).unwrap().to_string(), origin);
    }
    for (text, reason) in [
        ("127.0.0.1:8501", "is no URL"),
        ("localhost:8501", "does not begin with http://"),
        ("https://127.0.0.1:8501", "speaks https"),
        ("file:///etc/passwd", "does not begin"),
        ("unix:/run/app.sock", "does not begin"),
        ("http://alice:secret@127.0.0.1:8501", "carries a name"),
        ("http://127.0.0.1:8501/app", "has more than"),
        ("http://127.0.0.1:8501/?q", "has more than"),
        ("http://127.0.0.1:8501/#x", "has more than"),
        ("http://:8501", "is no URL"),
    ] {
        let refused = Upstream::parse(text).unwrap_err();
        assert!(refused.contains(reason), "{text}: {refused}");
    }
}

/// A proxy that asks itself would go round until nothing is left.
#[test]
fn own_listener_is_known_under_every_name() {
    let own = |upstream: &str, listener: &str| {
        Upstream::parse(upstream).unwrap().is_listener(listener.parse().unwrap())
    };
    for (upstream, listener) in [
        ("http://127.0.0.1:8766", "127.0.0.1:8766"),
        ("http://localhost:8766", "127.0.0.1:8766"),
        ("http://localhost:8766", "[::1]:8766"),
        ("http://127.0.0.1:8766", "0.0.0.0:8766"),
        ("http://0.0.0.0:8766", "127.0.0.1:8766"),
        ("http://[::1]:8766", "[::]:8766"),
        ("http://[::ffff:127.0.0.1]:8766", "127.0.0.1:8766"),
        ("http://10.0.0.5:8766", "10.0.0.5:8766"),
    ] {
        assert!(own(upstream, listener), "{upstream} {listener}");
    }
    for (upstream, listener) in [
        ("http://127.0.0.1:8501", "127.0.0.1:8766"),
        ("http://app.internal:8766", "0.0.0.0:8766"),
        ("http://10.0.0.5:8766", "127.0.0.1:8766"),
    ] {
        assert!(!own(upstream, listener), "{upstream} {listener}");
    }
}
