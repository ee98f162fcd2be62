//! Sessions in any order of events, against a model that is a plain list.

use proptest::{prelude::*, test_runner::Config};

use super::kit::{App, Browser, PASSWORD, password_step};

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;
const MONTH: u64 = 30 * DAY;
/// How many sessions one person may have here.
const CAP: usize = 2;

#[derive(Debug, Clone)]
enum Act {
    Login {
        browser: usize,
        keep: bool,
    },
    Logout(usize),
    /// A person does something every 50 minutes, so often.
    Use {
        browser: usize,
        times: usize,
    },
    /// An operator in another process ends everything.
    Revoke,
    Pass(u64),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (0_usize..3, any::<bool>()).prop_map(|(browser, keep)| Act::Login { browser, keep }),
        1 => (0_usize..3).prop_map(Act::Logout),
        4 => (0_usize..3, 1_usize..40).prop_map(|(browser, times)| Act::Use { browser, times }),
        1 => Just(Act::Revoke),
        // The last use is written once a minute: shorter pauses are the cache's own test.
        4 => (61_u64..2 * HOUR).prop_map(Act::Pass),
        1 => (DAY / 2..MONTH).prop_map(Act::Pass),
    ]
}

/// A session, as the design describes it.
#[derive(Debug, Clone)]
struct Session {
    browser: usize,
    began: u64,
    used: u64,
    keep: bool,
}

impl Session {
    fn is_alive(&self, now: u64) -> bool {
        let (idle, absolute) = if self.keep { (MONTH, MONTH) } else { (HOUR, DAY) };
        now < self.used + idle && now < self.began + absolute
    }
}

/// Plays the acts on an endpoint and on a list, oldest first, and compares after each.
async fn play(acts: Vec<Act>) {
    let app = App::with(|settings| settings.session.max_per_identity = 2).await;
    let alice = app.add("alice").await;
    let mut browsers: Vec<Browser> = (0..3).map(|_| app.browser()).collect();
    let mut list: Vec<Session> = Vec::new();
    let mut now = 0;
    for act in acts {
        match act {
            Act::Login { browser, keep } => {
                browsers[browser].step(password_step("alice", PASSWORD, keep, None)).await.unwrap();
                list.retain(|session| session.browser != browser);
                list.push(Session { browser, began: now, used: now, keep });
                list.drain(..list.len().saturating_sub(CAP));
            }
            Act::Logout(browser) => {
                let answer = app.endpoint.logout(&browsers[browser].ctx).await.unwrap();
                browsers[browser].keep(answer);
                list.retain(|session| session.browser != browser);
            }
            Act::Use { browser, times } => {
                for _ in 0..times {
                    if let Some(live) = browsers[browser].session().await {
                        app.endpoint.note_activity(&live.session.id);
                    }
                    let used = |session: &&mut Session| session.browser == browser && session.is_alive(now);
                    list.iter_mut().find(used).into_iter().for_each(|session| session.used = now);
                    app.endpoint.settle().await.unwrap();
                    app.pass(3000);
                    now += 3000;
                }
            }
            Act::Revoke => {
                app.storage().revoke_sessions(&alice.id, None, app.endpoint.now()).await.unwrap();
                list.clear();
            }
            Act::Pass(seconds) => {
                app.pass(seconds);
                now += seconds;
            }
        }
        // What runs in the background.
        app.endpoint.read_feed().await.unwrap();
        app.endpoint.settle().await.unwrap();
        for (browser, with) in browsers.iter().enumerate() {
            let expected = list.iter().any(|session| session.browser == browser && session.is_alive(now));
            assert_eq!(with.session().await.is_some(), expected, "browser {browser} after {now} s");
        }
    }
}

proptest! {
    #![proptest_config(Config::with_cases(24))]

    #[test]
    fn sessions_follow_their_model(acts in proptest::collection::vec(act(), 1..30)) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(play(acts));
    }
}
