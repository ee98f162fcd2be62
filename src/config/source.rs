//! How the settings are told from those of another app on the same database.

use std::path::{Component, Path, PathBuf};

use crate::identity::Source;

/// The settings of an app at `home`, for a database at `database`; both are absolute. They are named by the app's
/// directory as seen from the database's: it stays the same when both move together.
pub(super) fn source(home: &Path, database: Option<&Path>) -> Source {
    let from = database.and_then(Path::parent).unwrap_or(home);
    Source(format!("settings:{}", relative(&plain(home), &plain(from)).display()))
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
        let of = |home: &str, database: &str| source(Path::new(home), Some(Path::new(database))).0;
        assert_eq!(of("/no/app", "/no/app/.gatehouse/gatehouse.db"), "settings:..");
        assert_eq!(of("/no/other", "/no/other/.gatehouse/gatehouse.db"), "settings:..");
        assert_eq!(of("/no/app", "/no/data/gatehouse.db"), "settings:../app");
        assert_eq!(of("/no/other", "/no/data/gatehouse.db"), "settings:../other");
        assert_eq!(of("/no/app", "/no/app/gatehouse.db"), "settings:.");
    }
}
