use super::{Binding, Kind, PLAIN_MAX, Sockets, Standing, Verdict};
use crate::session::SessionId;

fn session(name: &str) -> SessionId {
    SessionId(name.into())
}

#[test]
fn anonymous_websocket_passes_and_has_no_session() {
    let sockets = Sockets::default();
    sockets.open("h", Kind::Gate, None);
    assert_eq!(sockets.check("h", |_| Standing::Gone), Verdict::Pass);
    assert_eq!(sockets.session("h"), None);
}

/// Someone makes up a handle, or goes on with one whose websocket was closed.
#[test]
fn unknown_handle_is_gone() {
    let sockets = Sockets::default();
    sockets.open("h", Kind::Gate, Some(session("a")));
    sockets.close("h");
    assert_eq!(sockets.check("h", |_| Standing::Live), Verdict::Gone);
    assert_eq!(sockets.bind("h", &session("a"), false), Binding::NoSocket);
    assert_eq!(sockets.session("h"), None);
}

#[test]
fn message_follows_the_standing_of_its_session() {
    let sockets = Sockets::default();
    sockets.open("h", Kind::Gate, Some(session("a")));
    assert_eq!(sockets.check("h", |_| Standing::Live), Verdict::Pass);
    assert_eq!(sockets.check("h", |_| Standing::Gone), Verdict::Gone);
    assert_eq!(sockets.check("h", |_| Standing::Unknown), Verdict::Unknown(session("a")));
}

/// Someone's browser sends its own cookie, and a ticket of somebody else is slipped into its websocket.
#[test]
fn cookie_and_ticket_of_different_people_drop_both() {
    let sockets = Sockets::default();
    sockets.open("h", Kind::Gate, Some(session("a")));
    assert_eq!(sockets.bind("h", &session("b"), false), Binding::Conflict(session("a")));
    assert_eq!(sockets.session("h"), None);
    assert_eq!(sockets.check("h", |_| Standing::Live), Verdict::Gone);
    assert_eq!(sockets.bind("h", &session("b"), false), Binding::NoSocket, "dropped stays dropped");
}

#[test]
fn the_same_session_may_be_bound_again() {
    let sockets = Sockets::default();
    sockets.open("h", Kind::Gate, Some(session("a")));
    assert_eq!(sockets.bind("h", &session("a"), true), Binding::Bound);
    assert_eq!(sockets.session("h"), Some(session("a")));
}

#[test]
fn plain_mode_lets_a_dead_session_be_followed_by_another() {
    let sockets = Sockets::default();
    sockets.open("s", Kind::Plain, Some(session("a")));
    assert_eq!(sockets.bind("s", &session("b"), false), Binding::Bound);
    assert_eq!(sockets.bind("s", &session("c"), true), Binding::Conflict(session("b")));
}

/// An anonymous visitor opens tabs without end.
#[test]
fn plain_mode_forgets_the_oldest() {
    let sockets = Sockets::default();
    for n in 0..=PLAIN_MAX {
        sockets.open(&n.to_string(), Kind::Plain, None);
    }
    assert!(!sockets.knows("0"));
    assert!(sockets.knows("1"));
    assert!(sockets.knows(&PLAIN_MAX.to_string()));
}

#[test]
fn only_the_gates_websockets_are_closed() {
    let sockets = Sockets::default();
    sockets.open("plain", Kind::Plain, Some(session("a")));
    sockets.open("anonymous", Kind::Gate, None);
    sockets.open("bound", Kind::Gate, Some(session("a")));
    assert_eq!(sockets.bound(), vec![("bound".to_owned(), Some(session("a")))]);
}
