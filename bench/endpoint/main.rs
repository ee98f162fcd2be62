//! What the endpoint costs in process: a login against one bare hash and one durable commit, and the guard's
//! lookups. Prints samples in microseconds as one JSON object; `bench/rust.py` makes figures of them.
//! With `scale DATABASE KEY_FILE COUNT` it asks a database that others have filled.

mod scale;

use std::{error::Error, hint::black_box, sync::Arc, time::Duration};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use gatehouse::{
    config::Settings,
    endpoint::{CookieChange, Endpoint, RequestContext},
    session::Secret,
};
use gatehouse_protocol::{LoginStep, MailToken, Password, RegistrationStep};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

const ROUNDS: usize = 60;
const NAME: &str = "bob";
const PASSWORD: &str = "quiet harbor window lamp";

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A moment to measure from.
#[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
fn now() -> std::time::Instant {
    std::time::Instant::now()
}

fn micros(span: Duration) -> f64 {
    span.as_secs_f64() * 1e6
}

fn visitor() -> RequestContext {
    RequestContext {
        address: Some([127, 0, 0, 1].into()),
        address_believed: true,
        user_agent: "bench".into(),
        session: None,
        device: None,
        browser: None,
        locale: "en".into(),
        app: None,
    }
}

fn settings(home: &std::path::Path) -> Settings {
    let mut settings = Settings {
        database: Some(format!("sqlite:{}", home.join("gatehouse.db").display()).into()),
        key_file: Some(home.join("gatehouse.key")),
        ..Settings::default()
    };
    settings.session.max_per_identity = 1000;
    settings
}

/// Makes the one who signs in, by the set-up link.
async fn set_up(endpoint: &Endpoint) -> Outcome<()> {
    endpoint.set_local_url("http://localhost:8501");
    let link = endpoint.setup_link().await?.ok_or("there is an administrator already")?;
    let token = link.split_once("#setup=").ok_or("the set-up link has no token")?.1;
    let step = RegistrationStep::Submit {
        username: NAME.into(),
        email: String::new(),
        password: Password::new(PASSWORD),
        token: Some(MailToken::new(token)),
        challenge: None,
    };
    endpoint.registration(&visitor(), step).await.map_err(|problem| format!("{problem:?}"))?;
    Ok(())
}

async fn login(endpoint: &Endpoint, name: &str) -> Outcome<Secret> {
    let step = LoginStep::Password {
        identifier: name.into(),
        password: Password::new(PASSWORD),
        keep: false,
        challenge: None,
    };
    let answer = endpoint.login(&visitor(), step).await.map_err(|problem| format!("{problem:?}"))?;
    match answer.session_cookie {
        CookieChange::Set { value, .. } => Ok(value),
        CookieChange::Keep | CookieChange::Clear => Err("the login set no cookie".into()),
    }
}

/// One Argon2id hash with the endpoint's parameters, on another thread and in memory that stays, as in the endpoint.
async fn bare_hash(settings: &Settings, memory: &mut Vec<Block>) -> Outcome<()> {
    let password = &settings.password;
    let params = Params::new(password.argon2_memory, password.argon2_time, password.argon2_lanes, Some(32))?;
    let mut blocks = std::mem::take(memory);
    blocks.resize(params.block_count(), Block::default());
    let hashed = tokio::task::spawn_blocking(move || {
        let mut out = [0_u8; 32];
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into_with_memory(
            PASSWORD.as_bytes(),
            b"sixteen bytes of",
            &mut out,
            &mut blocks,
        )?;
        black_box(out);
        Ok::<_, argon2::Error>(blocks)
    });
    *memory = hashed.await??;
    Ok(())
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [command, database, key_file, count] = arguments.as_slice()
        && command == "scale"
    {
        return scale::run(database, key_file, count.parse()?).await;
    }
    let home = tempfile::tempdir()?;
    let settings = settings(home.path());
    let endpoint = Endpoint::open(settings.clone()).await?;
    set_up(&endpoint).await?;

    // One row, one durable commit, in a file of its own on the same disk.
    let options = SqliteConnectOptions::new()
        .filename(home.path().join("commit.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
    sqlx::query("CREATE TABLE row (id INTEGER PRIMARY KEY, at INTEGER)").execute(&pool).await?;
    sqlx::query("INSERT INTO row VALUES (1, 0)").execute(&pool).await?;

    let (mut hashes, mut commits, mut logins) = (Vec::new(), Vec::new(), Vec::new());
    let (mut tokens, mut memory) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS + 3 {
        let started = now();
        bare_hash(&settings, &mut memory).await?;
        let hash = micros(started.elapsed());

        let started = now();
        sqlx::query("UPDATE row SET at = at + 1 WHERE id = 1").execute(&pool).await?;
        let commit = micros(started.elapsed());

        let started = now();
        tokens.push(login(&endpoint, NAME).await?);
        let login = micros(started.elapsed());

        // The first rounds warm everything up.
        if round >= 3 {
            hashes.push(hash);
            commits.push(commit);
            logins.push(login);
        }
    }

    // Every session is unknown to a newly opened endpoint: each first question misses the cache.
    drop(endpoint);
    let endpoint: Arc<Endpoint> = Endpoint::open(settings).await?;
    endpoint.start();
    let (mut cold, mut cached) = (Vec::new(), Vec::new());
    for token in &tokens {
        let started = now();
        let live = endpoint.session_by_token(token).await?.ok_or("the session is gone")?;
        cold.push(micros(started.elapsed()));

        let started = now();
        for _ in 0..100 {
            black_box(endpoint.cached(black_box(&live.session.id)));
        }
        cached.push(micros(started.elapsed()) / 100.0);
    }

    let samples = serde_json::json!({
        "hash": hashes, "commit": commits, "login": logins, "cold": cold, "cached": cached,
    });
    println!("{samples}");
    Ok(())
}
