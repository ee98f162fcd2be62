//! What was done, line by line: for a terminal, or as JSON.

use std::io::{IsTerminal as _, Write as _, stderr, stdout};

use serde_json::{Value, json};

use super::{
    plan::{Act, Step},
    read::{Config, Left},
    settings::Remark,
};
use crate::{
    cli::{failure::Failure, show, words},
    endpoint::{Brought, Difference, Newcomer, Verdict},
    identity::Role,
};

/// How often a long run says how far it is.
const EVERY: usize = 50;
/// The longest name that others are aligned to.
const WIDEST: usize = 24;

/// What became of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Taken,
    There,
    Left,
    Skipped,
}

/// What was done so far.
pub(super) struct Report {
    file: String,
    as_json: bool,
    width: usize,
    people: usize,
    rows: Vec<Value>,
    notes: Vec<Value>,
    counts: [usize; 4],
}

impl Report {
    /// Begins to report on a file with these people.
    pub(super) fn new(file: &str, as_json: bool, steps: &[Step]) -> Self {
        let widest = steps.iter().map(|step| step.name.chars().count()).max().unwrap_or_default();
        Self {
            file: file.to_owned(),
            as_json,
            width: widest.min(WIDEST),
            people: steps.len(),
            rows: Vec::new(),
            notes: Vec::new(),
            counts: [0; 4],
        }
    }

    /// Says what became of somebody.
    pub(super) fn person(&mut self, step: &Step, outcome: Outcome, sentence: &str) -> Result<(), Failure> {
        let (index, name) = match outcome {
            Outcome::Taken => (0, "taken"),
            Outcome::There => (1, "already there"),
            Outcome::Left => (2, "not needed"),
            Outcome::Skipped => (3, "skipped"),
        };
        if let Some(count) = self.counts.get_mut(index) {
            *count += 1;
        }
        if self.as_json {
            self.rows.push(json!({
                "line": step.line, "username": step.name, "as": step.new_name(),
                "outcome": name.replace(' ', "_"), "sentence": sentence,
            }));
            return Ok(());
        }
        let renamed = step.new_name().map(|new| format!(" as {new}")).unwrap_or_default();
        let colon = if sentence.is_empty() { "" } else { ": " };
        let width = self.width;
        self.line(step.line, &format!("{:<width$}  {name}{renamed}{colon}{sentence}", step.name))?;
        self.progress();
        Ok(())
    }

    /// Says what became of something that is nobody's.
    pub(super) fn note(&mut self, line: usize, about: &str, sentence: &str) -> Result<(), Failure> {
        if self.as_json {
            self.notes.push(json!({ "line": line, "about": about, "sentence": sentence }));
            return Ok(());
        }
        self.line(line, &format!("{about}: {sentence}"))
    }

    /// What is never taken, once per file.
    pub(super) fn never_taken(
        &mut self,
        config: &Config,
        left: &std::collections::BTreeMap<Left, usize>,
    ) -> Result<(), Failure> {
        for (what, count) in left {
            let people = if *count == 1 { "one person".to_owned() } else { format!("{count} people") };
            self.note(0, what.name(), &format!("not taken ({people}): {}", what.reason()))?;
        }
        if let Some(cookie) = &config.cookie {
            self.note(cookie.line, "cookie", &cookie_sentence(cookie.days))?;
        }
        if let Some(line) = config.api_key {
            self.note(
                line,
                "api_key",
                "not taken: mail goes by your own SMTP server, `[mail]` in gatehouse.toml",
            )?;
        }
        for other in &config.unknown {
            self.note(other.line, &other.text, "not taken: the package does not know it either")?;
        }
        Ok(())
    }

    /// The sum, and the exit code.
    pub(super) fn end(self, dry_run: bool, settings: Option<&str>) -> Result<i32, Failure> {
        let [taken, there, left, skipped] = self.counts;
        if self.as_json {
            show::json(&json!({
                "file": self.file, "dry_run": dry_run, "settings": settings, "people": self.rows, "notes": self.notes,
                "taken": taken, "already_there": there, "not_needed": left, "skipped": skipped,
            }))?;
        } else {
            let mut parts = vec![format!("{taken} taken")];
            for (count, name) in [(there, "already there"), (left, "not needed"), (skipped, "skipped")] {
                if count > 0 {
                    parts.push(format!("{count} {name}"));
                }
            }
            let head = if dry_run { "A dry run, nothing was changed" } else { "Done" };
            show::line(&format!("{head}: {}, of {} in all.", parts.join(", "), self.people))?;
            if skipped > 0 {
                show::line("Mend what was skipped and run this again: who is there already is left alone.")?;
            }
        }
        Ok(i32::from(skipped > 0))
    }

    fn line(&self, line: usize, sentence: &str) -> Result<(), Failure> {
        let place = if line == 0 { self.file.clone() } else { format!("{}:{line}", self.file) };
        show::line(&visible(&format!("{place}  {sentence}")))
    }

    /// How far it is, where the lines themselves go elsewhere than to the terminal.
    fn progress(&self) {
        let done: usize = self.counts.iter().sum();
        if done.is_multiple_of(EVERY) && stderr().is_terminal() && !stdout().is_terminal() {
            // Who doesn't see it misses nothing.
            let _ = write!(stderr(), "\r{done} of {}", self.people);
        }
    }
}

/// What was taken of somebody, and without what.
pub(super) fn taken(newcomer: &Newcomer, verdict: &Verdict, without: &[String]) -> String {
    let mut without = without.to_vec();
    let mut parts = Vec::new();
    let (refused, address_taken) = match verdict {
        Verdict::New { refused, address_taken } => (*refused, *address_taken),
        _ => (None, false),
    };
    match (&newcomer.password, refused) {
        (Brought::Bcrypt(hash), _) => parts.push(format!("bcrypt (cost {})", hash.cost().get())),
        (Brought::Plain(_), None) => parts.push("plain password (hashed now)".to_owned()),
        (Brought::Plain(_), Some(code)) => without.push(format!(
            "its plain password ({}): set another with `gatehouse users set-password {}`, or let the person reset it",
            words::sentence(code),
            newcomer.username.as_str()
        )),
        (Brought::Nothing, _) => {}
    }
    match &newcomer.email {
        Some(_) if address_taken => {
            without.push("its e-mail, which somebody else here has confirmed".to_owned());
        }
        Some(_) if newcomer.verified => parts.push("e-mail (confirmed by you)".to_owned()),
        Some(_) => parts.push("e-mail (not confirmed)".to_owned()),
        None => {}
    }
    let roles: Vec<&str> = newcomer.roles.iter().map(Role::as_str).collect();
    match roles.as_slice() {
        [] => {}
        [one] => parts.push(format!("role {one}")),
        several => parts.push(format!("roles {}", several.join(", "))),
    }
    if parts.is_empty() {
        parts.push("the name alone".to_owned());
    }
    let without = without.iter().map(|one| format!("; without {one}"));
    parts.join(", ") + &without.collect::<String>()
}

/// Why somebody was not taken who is there, or whose name somebody else has.
pub(super) fn there(verdict: &Verdict) -> Option<(Outcome, &'static str)> {
    Some(match verdict {
        Verdict::New { .. } => return None,
        Verdict::There { other_roles: false } => (Outcome::There, ""),
        Verdict::There { other_roles: true } => {
            (Outcome::There, "with other roles, which were left as they are")
        }
        Verdict::Another(difference) => (
            Outcome::Skipped,
            match difference {
                Difference::Email => {
                    "somebody of that name is here with another e-mail: nothing was changed; take \
                    this one under another name with --rename OLD=NEW"
                }
                Difference::Declared => {
                    "the settings declare somebody of that name: nothing was changed; take the \
                    line out of the settings, or take this one under another name with --rename OLD=NEW"
                }
                Difference::Hash | Difference::Password => {
                    "somebody of that name is here with another password: \
                    nothing was changed; if it is the same person, nothing is to be done"
                }
            },
        ),
    })
}

/// What is said of the settings that were drafted, with or without a file to write them to.
pub(super) fn remark(remark: &Remark, file: Option<&str>) -> String {
    match (remark.drafted, file) {
        (true, Some(file)) => format!("in {file}: {}", remark.sentence),
        (true, None) => {
            format!("not taken: belongs into the settings; --settings FILE writes it ({})", remark.sentence)
        }
        (false, _) => format!("not taken: {}", remark.sentence),
    }
}

/// Whether an act of the plan needs no database.
pub(super) fn at_once(act: &Act) -> Option<(Outcome, &str)> {
    match act {
        Act::Take { .. } => None,
        Act::Leave(sentence) => Some((Outcome::Left, sentence)),
        Act::Skip(sentence) => Some((Outcome::Skipped, sentence)),
    }
}

impl Left {
    const fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::LoggedIn => "logged_in",
            Self::Failures => "failed_login_attempts",
            Self::Hint => "password_hint",
            Self::Picture => "picture",
            Self::Other => "other fields",
        }
    }

    const fn reason(self) -> &'static str {
        match self {
            Self::Name => "people have a username here, and no other name; keep names in a table of the app",
            Self::LoggedIn => "sessions are kept in the database; everybody signs in once more",
            Self::Failures => "locks heal by themselves here; nobody begins with one",
            Self::Hint => "a hint tells everybody; who forgot the password resets it by mail",
            Self::Picture => "there are no pictures here; keep them in a table of the app",
            Self::Other => "the package does not know them either; keep them in a table of the app",
        }
    }
}

fn cookie_sentence(days: Option<f64>) -> String {
    let sentence = "not taken: the key signed cookies that anybody with it could make; ours name a session in the \
                    database, and there is nothing to set";
    match days {
        Some(days) if (days - 30.0).abs() > f64::EPSILON && (0.001..=400.0).contains(&days) => {
            format!(
                "{sentence}; for the same {days} days write `[session]` and `keep_ttl = {:.0}`",
                days * 86_400.0
            )
        }
        _ => sentence.to_owned(),
    }
}

/// The text with what could drive a terminal made visible.
fn visible(text: &str) -> String {
    text.chars()
        .flat_map(|c| if c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] })
        .collect()
}
