use proptest::prelude::*;

use super::*;
use crate::{
    identity::{Identity, Username},
    session::{Lifetime, Method, Methods, Session},
};

fn live(session: u8, identity: u8, last_used_at: i64) -> LiveSession {
    let identity_id = IdentityId(format!("id_{identity}"));
    LiveSession {
        session: Session {
            id: SessionId(format!("ses_{session}")),
            identity_id: identity_id.clone(),
            token_hash: TokenHash([session; 32]),
            created_at: Timestamp(0),
            authenticated_at: Timestamp(0),
            last_used_at: Timestamp(last_used_at),
            lifetime: Lifetime {
                idle_ttl: Duration::from_secs(100),
                absolute_ttl: Duration::from_secs(1000),
                persistent: false,
            },
            methods: Methods::only(Method::Password),
            user_agent: String::new(),
            address: String::new(),
            app: None,
            parent_id: None,
        },
        identity: Identity {
            id: identity_id,
            username: Username::parse("alice").unwrap(),
            email: None,
            roles: Vec::new(),
            disabled: false,
            must_change: false,
            created_at: Timestamp(0),
            source: None,
        },
    }
}

fn id(session: u8) -> SessionId {
    SessionId(format!("ses_{session}"))
}

#[test]
fn a_session_that_is_over_is_not_live_although_it_is_cached() {
    let cache = SessionCache::default();
    cache.insert(live(1, 1, 0), cache.epoch());
    assert!(matches!(cache.by_id(&id(1), Timestamp(99_999)), Cached::Live(_)));
    assert!(
        matches!(cache.by_id(&id(1), Timestamp(100_000)), Cached::Unknown),
        "idle: another process may know better"
    );
    assert!(matches!(cache.by_token(&TokenHash([1; 32]), Timestamp(1_000_000)), Cached::Gone));
}

/// A reader asks storage, the session is revoked, the feed says so, and only then the reader puts in what it read.
#[test]
fn what_was_read_before_a_revocation_is_not_put_in_after_it() {
    let cache = SessionCache::default();
    let epoch = cache.epoch();
    let read = live(1, 1, 0);
    cache.forget(&id(1));
    cache.insert(read, epoch);
    assert!(matches!(cache.by_id(&id(1), Timestamp(1)), Cached::Unknown));
}

#[test]
fn use_keeps_a_session_alive_and_is_written_at_most_once_a_minute() {
    let cache = SessionCache::default();
    cache.insert(live(1, 1, 0), cache.epoch());
    assert!(!cache.note_use(&id(1), Timestamp(59_000)));
    assert!(cache.note_use(&id(1), Timestamp(60_000)));
    assert!(!cache.note_use(&id(1), Timestamp(61_000)));
    assert!(matches!(cache.by_id(&id(1), Timestamp(160_000)), Cached::Live(_)));
    assert!(matches!(cache.by_id(&id(1), Timestamp(161_000)), Cached::Unknown));
    assert!(!cache.note_use(&id(1), Timestamp(500_000)), "what is over can't be used");
}

#[derive(Debug, Clone)]
enum Act {
    Insert(u8, u8),
    Forget(u8),
    ForgetIdentity(u8),
    Clear,
    Use(u8),
    Pass(i64),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (0_u8..6).prop_map(|s| Act::Insert(s, s % 3)),
        (0_u8..6).prop_map(Act::Forget),
        (0_u8..3).prop_map(Act::ForgetIdentity),
        Just(Act::Clear),
        (0_u8..6).prop_map(Act::Use),
        (0_i64..60_000).prop_map(Act::Pass),
    ]
}

proptest! {
    /// Against a plain list: the cache never calls a session live that the list doesn't.
    #[test]
    fn the_cache_agrees_with_a_plain_list(acts in proptest::collection::vec(act(), 1..80)) {
        let cache = SessionCache::default();
        let mut list: HashMap<u8, (u8, i64)> = HashMap::new();
        let mut now = 0_i64;
        for act in acts {
            match act {
                Act::Insert(session, identity) => {
                    let before = list.get(&session).map_or(0, |(_, used)| *used);
                    cache.insert(live(session, identity, before), cache.epoch());
                    list.insert(session, (identity, before));
                }
                Act::Forget(session) => { cache.forget(&id(session)); list.remove(&session); }
                Act::ForgetIdentity(identity) => {
                    cache.forget_identity(&IdentityId(format!("id_{identity}")));
                    list.retain(|_, (of, _)| *of != identity);
                }
                Act::Clear => { cache.clear(); list.clear(); }
                Act::Use(session) => {
                    cache.note_use(&id(session), Timestamp(now));
                    if let Some((_, used)) = list.get_mut(&session) && now < *used + 100_000 && now < 1_000_000 {
                        *used = now.max(*used);
                    }
                }
                Act::Pass(span) => now += span,
            }
            for session in 0..6 {
                let expected = list.get(&session).is_some_and(|(_, used)| now < used + 100_000 && now < 1_000_000);
                let by_id = matches!(cache.by_id(&id(session), Timestamp(now)), Cached::Live(_));
                let by_token = matches!(cache.by_token(&TokenHash([session; 32]), Timestamp(now)), Cached::Live(_));
                prop_assert_eq!((by_id, by_token), (expected, expected));
            }
        }
    }
}
