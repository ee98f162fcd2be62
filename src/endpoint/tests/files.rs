//! The files of the settings change while the app runs. Looks happen when the test says so.

use std::{fs, path::PathBuf, sync::Arc};

use gatehouse_protocol::{ErrorCode, RegistrationMode};

use super::{
    super::declared::follow::Follower,
    kit::{App, Browser, OTHER, PASSWORD},
};
use crate::config::{LoadFrom, load};

/// An app in a folder, whose secrets are followed.
struct Followed {
    app: App,
    home: tempfile::TempDir,
    follower: Follower,
}

impl Followed {
    async fn with(secrets: &str) -> Self {
        let app = App::with(|settings| settings.registration = RegistrationMode::Closed).await;
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join(".streamlit")).unwrap();
        let cwd = home.path().to_owned();
        let from = LoadFrom { app_path: None, cwd, environment: Vec::new(), arguments: Vec::new() };
        fs::write(home.path().join(".streamlit/secrets.toml"), secrets).unwrap();
        app.endpoint.declare(&load(&from).unwrap()).await.unwrap();
        let follower = Follower::new(Arc::clone(&app.endpoint), from);
        let mut new = Self { app, home, follower };
        new.looks(2).await;
        new
    }

    fn secrets(&self) -> PathBuf {
        self.home.path().join(".streamlit/secrets.toml")
    }

    fn write(&self, secrets: &str) {
        fs::write(self.secrets(), secrets).unwrap();
    }

    async fn looks(&mut self, times: u32) {
        for _ in 0..times {
            self.follower.look().await;
        }
    }

    async fn follows(&mut self, secrets: &str) {
        self.write(secrets);
        self.looks(2).await;
    }

    async fn somebody(&self, name: &str, password: &str) -> Browser {
        let mut browser = self.app.browser();
        browser.signs_in(name, password).await;
        browser
    }
}

fn line(name: &str, password: &str) -> String {
    format!("[gatehouse.users.{name}]\npassword = \"{password}\"\n")
}

#[tokio::test]
async fn deleting_a_line_ends_the_sessions_of_its_person() {
    let both = line("alice", PASSWORD) + &line("bob", OTHER);
    let mut app = Followed::with(&both).await;
    let (alice, bob) = (app.somebody("alice", PASSWORD).await, app.somebody("bob", OTHER).await);
    app.follows(&line("bob", OTHER)).await;
    assert!(alice.session().await.is_none() && bob.session().await.is_some());

    app.follows(&both).await;
    assert!(alice.session().await.is_none() && bob.session().await.is_some());
    app.somebody("alice", PASSWORD).await;

    fs::remove_file(app.secrets()).unwrap();
    app.looks(2).await;
    assert!(bob.session().await.is_none());
}

/// What can't be followed changes nothing: neither who is signed in, nor who may.
#[tokio::test]
async fn a_mistake_in_the_file_signs_nobody_out() {
    let mut app = Followed::with(&line("alice", PASSWORD)).await;
    let alice = app.somebody("alice", PASSWORD).await;
    for mistake in [
        "[gatehouse.users.alice\n",
        "[gatehouse]\nregistration = \"maybe\"\n",
        "[gatehouse.users.alice]\npassword = \"\"\n",
    ] {
        app.follows(mistake).await;
        assert!(alice.session().await.is_some(), "{mistake}");
    }
    app.follows(&line("alice", OTHER)).await;
    assert!(alice.session().await.is_none(), "the next version holds");
    app.somebody("alice", OTHER).await;
}

/// An editor empties the file before it writes it anew. Nobody may lose a session to that.
#[tokio::test]
async fn a_file_that_is_empty_at_one_look() {
    let mut app = Followed::with(&line("alice", PASSWORD)).await;
    let alice = app.somebody("alice", PASSWORD).await;
    app.write("");
    app.looks(1).await;
    app.follows(&line("alice", PASSWORD)).await;
    assert!(alice.session().await.is_some());
    app.write("");
    app.looks(2).await;
    assert!(alice.session().await.is_none(), "control");
}

#[tokio::test]
async fn a_name_that_is_taken_is_left_out_and_the_others_follow() {
    let mut app = Followed::with(&line("alice", PASSWORD)).await;
    app.app.add("dora").await;
    app.follows(&(line("alice", PASSWORD) + &line("dora", OTHER) + &line("eve", OTHER))).await;
    app.somebody("eve", OTHER).await;
    app.somebody("dora", PASSWORD).await;
    assert_eq!(app.app.browser().refused("dora", OTHER).await, ErrorCode::CredentialsRejected);
}

#[tokio::test]
async fn the_one_password_is_changed_and_removed_while_the_app_runs() {
    let mut app = Followed::with(&format!("[gatehouse]\npassword = \"{PASSWORD}\"\n")).await;
    let somebody = app.somebody("", PASSWORD).await;
    app.follows(&format!("[gatehouse]\npassword = \"{OTHER}\"\n")).await;
    assert!(somebody.session().await.is_none(), "everybody is asked again");
    let somebody = app.somebody("", OTHER).await;
    app.follows("").await;
    assert!(somebody.session().await.is_none());
}
