//! `gatehouse copy`: everything from one database into another, of whatever kind.

use std::{
    io::{IsTerminal as _, Write as _, stderr},
    path::{Path, absolute},
};

use super::{args::Copy, args::Place, failure::Failure, opened, show};
use crate::{
    config::{Database, Loaded, load},
    endpoint::{CopyStep, CopyWish, Endpoint, Opening, copy, open_storage},
};

pub(super) async fn run(place: &Place, wish: &Copy) -> Result<i32, Failure> {
    let loaded = load(&opened::from(place).with("database", opened::named(&wish.from)))?;
    let target = target(&loaded, &wish.to)?;
    if loaded.settings.database().as_ref() == Some(&target) {
        return Err(Failure::Other("--from and --to are the same database".to_owned()));
    }
    let from = loaded.settings.database().map(|database| database.to_string()).unwrap_or_default();
    eprintln!("From: {from}\nTo:   {target}");
    let renamed = (loaded.source.clone(), loaded.source_on(&target));
    let source = Endpoint::open_existing(loaded.settings.clone()).await?;
    let mut settings = loaded.settings.clone();
    settings.database = Some(wish_text(&target).into());
    let (into, _) = open_storage(&settings, Opening::Make).await?;
    let told = CopyWish { replace: wish.replace, renamed: Some(renamed) };
    let mut progress = Progress::default();
    let done = copy(&**source.storage(), &*into, &told, source.now(), &mut |step| progress.show(step)).await;
    progress.end();
    let done = done.map_err(|error| Failure::Other(error.to_string()))?;
    let rows: Vec<_> = (done.tables.iter())
        .map(|table| {
            [table.table.to_owned(), table.rows.to_string(), table.before.to_string(), "same".to_owned()]
        })
        .collect();
    show::table(["table", "rows", "there before", "read back"], &rows)?;
    eprintln!("\n{}", key(&loaded));
    if done.written_meanwhile {
        eprintln!(
            "Somebody wrote to {from} meanwhile, and that is missing in the copy: stop the app that uses it, and run \
             this again."
        );
    } else {
        eprintln!("What is written to {from} from now on is missing in the copy.");
    }
    Ok(0)
}

/// The other database, judged as loading judges that of the settings.
fn target(loaded: &Loaded, text: &str) -> Result<Database, Failure> {
    let database = Database::parse(&opened::named(text))
        .map_err(|reason| Failure::Other(format!("--to {reason}").replace("database = ", "--to ")))?;
    match database {
        Database::Sqlite(path) => Ok(Database::Sqlite(absolute(&path)?)),
        Database::Postgres(url) if url.is_insecure() && !loaded.settings.allow_insecure_database => {
            Err(Failure::Other(
                "--to has a `sslmode` with which others could listen: write sslmode=verify-full, or, if you know why, \
                 allow_insecure_database = true into the settings"
                    .to_owned(),
            ))
        }
        postgres @ Database::Postgres(_) => Ok(postgres),
    }
}

fn wish_text(database: &Database) -> String {
    match database {
        Database::Sqlite(path) => format!("sqlite:{}", path.display()),
        Database::Postgres(url) => url.expose().to_owned(),
    }
}

/// What becomes of the key, which is in no database.
fn key(loaded: &Loaded) -> String {
    let file = loaded.settings.key_file.as_deref().filter(|_| loaded.settings.key.is_none());
    match file.map(Path::display) {
        None => "The key is not in the database: keep GATEHOUSE_KEY (or `key`) as it is.".to_owned(),
        Some(file) => format!(
            "The key is not in the database: set GATEHOUSE_KEY to what {file} holds, or carry that file over and name it in \
             key_file. With another key nothing starts."
        ),
    }
}

/// One line that changes on a terminal; one line for each table elsewhere.
#[derive(Debug, Default)]
struct Progress {
    drawn: bool,
}

impl Progress {
    fn show(&mut self, step: CopyStep) {
        let CopyStep { table, done, of, checking } = step;
        let verb = if checking { "reading back" } else { "copying" };
        if stderr().is_terminal() {
            let part = usize::try_from((done * 24).checked_div(of).unwrap_or(24)).unwrap_or(24).min(24);
            let bar = "█".repeat(part) + &"░".repeat(24 - part);
            // Where nobody looks, nothing is lost.
            let _ = write!(stderr(), "\r\x1b[2K{bar} {verb} {table}: {done} of {of}");
            self.drawn = true;
        } else if done == of && checking {
            eprintln!("{table}: {done} of {of}");
        }
    }

    fn end(&self) {
        if self.drawn {
            eprint!("\r\x1b[2K");
        }
    }
}
