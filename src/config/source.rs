//! How the settings are told from those of another app on the same database.

use std::path::{Component, Path, PathBuf};

use super::{Database, PublicUrl};
use crate::identity::Source;

/// The settings of an app at `home`, for a database; a file is absolute, as `home` is. They are named by the app's
/// directory as seen from the file's: it stays the same when both move together. On a server they are named by where
/// people reach the app, which is the same for all its replicas, or else by its directory.
pub(super) fn source(home: &Path, database: Option<&Database>, public: Option<&PublicUrl>) -> Source {
    let home = plain(home);
    Source(match (database, public) {
        (Some(Database::Postgres(_)), Some(url)) => format!("settings:{}", url.origin()),
        (Some(Database::Postgres(_)), None) => format!("settings:{}", home.display()),
        (database, _) => {
            let from = database.and_then(Database::path).and_then(Path::parent).map(plain);
            format!("settings:{}", relative(&home, from.as_deref().unwrap_or(&home)).display())
        }
    })
}

/// Without symbolic links, as far as it is there.
fn plain(path: &Path) -> PathBuf {
    let mut rest = PathBuf::new();
    for there in path.ancestors() {
        if let Ok(found) = there.canonicalize() {
            return if rest.as_os_str().is_empty() { found } else { found.join(rest) };
        }
        rest = match there.file_name() {
            Some(name) => Path::new(name).join(rest),
            None => break,
        };
    }
    path.to_owned()
}

/// The way from one directory to another.
fn relative(to: &Path, from: &Path) -> PathBuf {
    let mut to = to.components().peekable();
    let mut from = from.components().peekable();
    while to.peek().is_some() && to.peek() == from.peek() {
        to.next();
        from.next();
    }
    let up = from.filter(|part| matches!(part, Component::Normal(_))).map(|_| Component::ParentDir);
    let way: PathBuf = up.chain(to).collect();
    if way.as_os_str().is_empty() { PathBuf::from(".") } else { way }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_and_its_database_may_move_together() {
        let of = |home: &str, database: &str| {
            source(Path::new(home), Some(&Database::Sqlite(database.into())), None).0
        };
        assert_eq!(of("/no/app", "/no/app/.gatehouse/gatehouse.db"), "settings:..");
        assert_eq!(of("/no/other", "/no/other/.gatehouse/gatehouse.db"), "settings:..");
        assert_eq!(of("/no/app", "/no/data/gatehouse.db"), "settings:../app");
        assert_eq!(of("/no/other", "/no/data/gatehouse.db"), "settings:../other");
        assert_eq!(of("/no/app", "/no/app/gatehouse.db"), "settings:.");
    }

    #[test]
    fn replicas_of_an_app_are_one_wherever_they_lie_and_two_apps_are_two() {
        let database = Database::parse("postgres://app@db/gatehouse").unwrap();
        let of = |home: &str, public: Option<&str>| {
            let public = public.map(|url| PublicUrl::parse(url).unwrap());
            source(Path::new(home), Some(&database), public.as_ref()).0
        };
        let app = of("/no/a", Some("https://app.example.org"));
        assert_eq!(app, of("/no/b", Some("https://app.example.org")));
        assert_ne!(app, of("/no/a", Some("https://other.example.org")));
        assert_ne!(of("/no/a", None), of("/no/b", None));
    }
}
