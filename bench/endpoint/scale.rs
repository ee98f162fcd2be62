//! The same questions to a database that others have filled: `bench/scaling.py` knows what is in it.

use std::path::PathBuf;

use gatehouse::{config::Settings, endpoint::Endpoint, session::Secret};

use crate::{Outcome, login, micros, now};

/// How many sessions are asked for, and how many people sign in.
const ASKED: usize = 400;
const LOGINS: usize = 70;
const WARMING: usize = 10;
/// What stands for the digits in a name: letters that look like nothing else.
const DIGITS: [char; 10] = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'j', 'k'];

/// The settings: a hash costs nothing here, because it is not what grows.
fn settings(database: &str, key_file: &str) -> Settings {
    let mut settings = Settings {
        database: Some(database.to_owned().into()),
        key_file: Some(PathBuf::from(key_file)),
        ..Settings::default()
    };
    (settings.password.argon2_memory, settings.password.argon2_time) = (8, 1);
    settings
}

/// Asks a database with `count` people and sessions; with none, only makes its tables.
pub(crate) async fn run(database: &str, key_file: &str, count: usize) -> Outcome<()> {
    let endpoint = Endpoint::open(settings(database, key_file)).await?;
    endpoint.start();
    let (mut first, mut known, mut logins) = (Vec::new(), Vec::new(), Vec::new());
    let spread = |number: usize, of: usize| number * count / of;
    for number in 0..ASKED.min(count) {
        let token = Secret::received(format!("token-{}", spread(number, ASKED.min(count))));
        let started = now();
        endpoint.session_by_token(&token).await?.ok_or("a session is not there")?;
        first.push(micros(started.elapsed()));
        let started = now();
        endpoint.session_by_token(&token).await?.ok_or("a session is gone")?;
        known.push(micros(started.elapsed()));
    }
    for number in 0..LOGINS.min(count) {
        let started = now();
        login(&endpoint, &name(spread(number, LOGINS.min(count)))).await?;
        // The first ones warm everything up.
        if number >= WARMING {
            logins.push(micros(started.elapsed()));
        }
    }
    endpoint.settle().await?;
    let signed_in = [LOGINS.min(count)];
    let told =
        serde_json::json!({ "first": first, "known": known, "logins": logins, "signed_in": signed_in });
    println!("{told}");
    Ok(())
}

/// The name of person `number`.
fn name(number: usize) -> String {
    let digit = |digit: char| DIGITS.get(digit.to_digit(10).unwrap_or_default() as usize).copied();
    std::iter::once('p').chain(number.to_string().chars().filter_map(digit)).collect()
}
