//! `gatehouse doctor`: looks at everything that a start would need, and says what to mend.

mod providers;

use std::{
    io::{IsTerminal as _, stdout},
    os::unix::fs::MetadataExt as _,
};

use serde_json::{Value, json};

use super::{args::Place, failure::Failure, opened, show};
use crate::{
    clock::{Clock as _, SystemClock},
    config::{CspMode, GateMode, Loaded, Settings},
    endpoint::{Endpoint, OpenError, plain},
    factor::passkey::RelyingParty,
    http::TrustedProxies,
    mail::Transport,
};

/// How one thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing to do.
    Good,
    /// Worth knowing.
    Note,
    /// To be mended.
    Bad,
}

/// One finding.
#[derive(Debug)]
struct Finding {
    about: &'static str,
    state: State,
    sentence: String,
}

#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, about: &'static str, state: State, sentence: impl Into<String>) {
        self.0.push(Finding { about, state, sentence: sentence.into() });
    }
}

pub(super) async fn run(place: &Place, as_json: bool) -> Result<i32, Failure> {
    let mut findings = Findings::default();
    match opened::settings(place) {
        Err(Failure::Config(error)) => {
            for sentence in error.0 {
                findings.add("settings", State::Bad, sentence);
            }
        }
        Err(failure) => return Err(failure),
        Ok(loaded) => {
            let files: Vec<_> = loaded.files.iter().map(|file| file.display().to_string()).collect();
            let from = if files.is_empty() { "no files: defaults".to_owned() } else { files.join(", ") };
            findings.add("settings", State::Good, format!("complete and safe, from {from}"));
            if let Some(endpoint) = &loaded.settings.endpoint {
                let sentence =
                    format!("people and database are at {endpoint}: ask `gatehouse doctor` there, too");
                findings.add("endpoint", State::Good, sentence);
            } else {
                people(&loaded, &mut findings);
                look(&loaded, &mut findings).await;
            }
        }
    }
    print(&findings, as_json)
}

/// Passwords in plain text, and who could read them.
fn people(loaded: &Loaded, findings: &mut Findings) {
    let plain = plain(&loaded.settings);
    if plain.is_empty() {
        return;
    }
    let sentence = format!(
        "passwords stand in plain text in the settings ({}): put what `gatehouse hash` prints in their place",
        plain.join(", ")
    );
    findings.add("people", State::Note, sentence);
    for file in &loaded.files {
        if std::fs::metadata(file).is_ok_and(|file| file.mode() & 0o004 != 0) {
            let sentence = format!("everybody on this machine can read {0}: chmod 640 {0}", file.display());
            findings.add("people", State::Note, sentence);
        }
    }
}

async fn look(loaded: &Loaded, findings: &mut Findings) {
    let settings = &loaded.settings;
    database(loaded, findings).await;
    mail(settings, findings).await;
    providers::look(settings, findings).await;
    cookies(settings, findings);
    addresses(settings, findings);
    passkeys(settings, findings);
    gate(settings, findings);
}

/// What is covered, and by which policy.
fn gate(settings: &Settings, findings: &mut Findings) {
    match settings.gate {
        GateMode::App => findings.add("gate", State::Good, "nothing of the app is served before sign-in"),
        GateMode::Script => findings.add(
            "gate",
            State::Note,
            "the app's script decides: media, static files and page names are open, and so is every page without \
             login(), require() or a rule in [pages]",
        ),
    }
    if settings.csp == CspMode::Report {
        let sentence = "what scripts may do is only reported in the browser's console: when it stays empty, set csp = \"strict\"";
        findings.add("gate", State::Note, sentence);
    }
}

async fn database(loaded: &Loaded, findings: &mut Findings) {
    let settings = &loaded.settings;
    let Some(named) = settings.database() else { return };
    if let Some(path) = named.path() {
        if !path.exists() {
            let sentence = format!("{named} is not there yet; the first start makes it");
            findings.add("database", State::Note, sentence);
            return;
        }
        if std::fs::metadata(path).is_ok_and(|file| file.mode() & 0o077 != 0) {
            findings.add("database", State::Bad, format!("others can read {named}: chmod 600 {named}"));
        }
    }
    let endpoint = match Endpoint::open_existing(settings.clone()).await {
        Ok(endpoint) => endpoint,
        Err(error) => return findings.add("database", State::Bad, error.to_string()),
    };
    endpoint.set_source(&loaded.source);
    match endpoint.storage().check().await {
        Ok(()) => {
            findings.add("database", State::Good, format!("{named} can be read and written"));
        }
        Err(error) => findings.add("database", State::Bad, format!("{named}: {error}")),
    }
    if endpoint.has_its_key().await.is_ok_and(|own| !own) {
        findings.add("database", State::Bad, OpenError::OtherKey.to_string());
    }
    clock(&endpoint, findings).await;
    backlog(&endpoint, findings).await;
    proxies(&endpoint, findings).await;
    administrator(&endpoint, findings).await;
}

async fn clock(endpoint: &Endpoint, findings: &mut Findings) {
    let Ok(mark) = endpoint.storage().high_water_mark().await else { return };
    let now = SystemClock::default().now();
    if mark > now {
        let behind = mark.since(now).as_secs();
        let sentence = format!(
            "the machine's clock is {behind} s behind what this database has seen: set it right. If it is right, it ran \
             ahead once: until it is there again time stands still, and codes of authenticator apps are refused"
        );
        findings.add("clock", if behind > 60 { State::Bad } else { State::Note }, sentence);
    } else {
        findings.add("clock", State::Good, format!("{now}, not behind what this database has seen"));
    }
}

async fn backlog(endpoint: &Endpoint, findings: &mut Findings) {
    match endpoint.storage().mail_backlog().await {
        Ok((0, _)) => {}
        Ok((waiting, since)) => {
            let since = since.map(|at| format!(", the oldest since {at}")).unwrap_or_default();
            findings.add("mail", State::Note, format!("{waiting} in the queue{since}"));
        }
        Err(error) => findings.add("mail", State::Bad, format!("the queue can't be read: {error}")),
    }
}

/// A server saw requests through a proxy that was not named, and still is not.
async fn proxies(endpoint: &Endpoint, findings: &mut Findings) {
    let named = TrustedProxies::new(&endpoint.settings().trusted_proxies);
    if let Ok(Some((proxy, at))) = endpoint.undeclared_proxy_seen().await
        && !named.contains(proxy)
    {
        let sentence = format!(
            "requests came through a proxy at {proxy} (noted {at}) that nobody named, so everybody behind it seems to \
             come from one address: write trusted_proxies = [\"{proxy}\"]"
        );
        findings.add("addresses", State::Bad, sentence);
    }
}

async fn administrator(endpoint: &Endpoint, findings: &mut Findings) {
    if let Ok(users) = endpoint.users(Some(crate::identity::Role::ADMIN)).await {
        let active = users.iter().filter(|user| !user.disabled).count();
        if active == 0 && endpoint.settings().people().next().is_none() {
            findings.add(
                "people",
                State::Note,
                "no administrator yet; the next start prints a link that makes one",
            );
        }
    }
}

async fn mail(settings: &Settings, findings: &mut Findings) {
    match Transport::open(settings) {
        Ok(Some(transport)) if settings.mail.smtp_host.is_some() => match transport.try_out().await {
            Ok(()) => findings.add("mail", State::Good, "the SMTP server answers"),
            Err(error) => findings.add("mail", State::Bad, format!("the SMTP server does not take mail: {error}")),
        },
        Ok(Some(_)) => {
            findings.add("mail", State::Note, "no SMTP server: mail is shown on the console, on this machine only");
        }
        Ok(None) => findings.add(
            "mail",
            State::Bad,
            "no SMTP server: forgotten passwords can't be reset and addresses can't be confirmed; set mail.smtp_host",
        ),
        Err(error) => findings.add("mail", State::Bad, error),
    }
}

fn cookies(settings: &Settings, findings: &mut Findings) {
    if settings.embeds() {
        let sentence =
            "Secure, HttpOnly, SameSite=None, Partitioned: people sign in inside frames of embed_origins";
        findings.add("cookies", State::Good, sentence);
    } else if settings.is_secure() {
        findings.add("cookies", State::Good, "__Host-, Secure, HttpOnly, SameSite=Lax");
    } else if settings.is_local() {
        findings.add("cookies", State::Good, "HttpOnly, SameSite=Lax; without Secure, on this machine only");
    } else {
        let sentence = "passwords and cookies travel in clear text: use https in public_url";
        findings.add("cookies", State::Bad, sentence);
    }
}

fn addresses(settings: &Settings, findings: &mut Findings) {
    match settings.public_origin() {
        None => findings.add(
            "addresses",
            State::Note,
            "localhost, 127.0.0.1 and [::1] only: no public_url is set",
        ),
        Some(url) => {
            findings.add("addresses", State::Good, format!("served as {}", url.origin()));
            if !url.is_loopback() && settings.trusted_proxies.is_empty() {
                let sentence =
                    "no proxy is named: behind one, everybody shares its address; set trusted_proxies";
                findings.add("addresses", State::Note, sentence);
            }
        }
    }
}

fn passkeys(settings: &Settings, findings: &mut Findings) {
    if !settings.passkeys {
        return findings.add("passkeys", State::Note, "off: passkeys = false");
    }
    let public = settings.public_origin();
    let origin = public.as_ref().map_or("http://localhost", |url| url.origin());
    if let Some(party) = RelyingParty::at(origin, &settings.app_name) {
        findings.add("passkeys", State::Good, format!("bound to {}", party.id()));
    } else {
        let sentence = "off: browsers have them only under https and at a name, so public_url can't be http or an IP address";
        findings.add("passkeys", State::Note, sentence);
    }
}

fn print(findings: &Findings, as_json: bool) -> Result<i32, Failure> {
    let bad = findings.0.iter().filter(|finding| finding.state == State::Bad).count();
    if as_json {
        let name = |state| match state {
            State::Good => "good",
            State::Note => "note",
            State::Bad => "bad",
        };
        let rows = findings.0.iter().map(|finding| {
            json!({ "about": finding.about, "state": name(finding.state), "sentence": finding.sentence })
        });
        show::json(&Value::Array(rows.collect()))?;
    } else {
        let colors = stdout().is_terminal();
        for Finding { about, state, sentence } in &findings.0 {
            let (mark, color) = match state {
                State::Good => ("✓", "32"),
                State::Note => ("•", "33"),
                State::Bad => ("✗", "31"),
            };
            let mark = if colors { format!("\x1b[{color}m{mark}\x1b[0m") } else { mark.to_owned() };
            show::line(&format!("{mark} {about:<10} {sentence}"))?;
        }
        let last = match bad {
            0 => "Nothing to mend.".to_owned(),
            1 => "One thing to mend.".to_owned(),
            many => format!("{many} things to mend."),
        };
        show::line(&last)?;
    }
    Ok(i32::from(bad > 0))
}
