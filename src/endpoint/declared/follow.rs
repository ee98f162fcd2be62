//! Looks at the files of the settings, and follows what they say of people while the app runs.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::{DeclareError, Endpoint, sentence};
use crate::config::{LoadFrom, load};

/// How often the files are looked at. A change is followed at the second look that finds it: an editor may be half
/// through at the first, and an empty file declares nobody.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What tells one version of a file from the next, without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mark {
    changed_at: Option<SystemTime>,
    length: u64,
    /// Another file under the same name, as editors and orchestrators put one there.
    number: u64,
}

/// What was seen of the files so far.
#[derive(Debug)]
pub(in crate::endpoint) struct Follower {
    endpoint: Arc<Endpoint>,
    from: Arc<LoadFrom>,
    /// The files as they were when they were last followed, or refused.
    followed: Option<Marks>,
    /// The files as they were at the last look.
    before: Option<Marks>,
    /// The sentence that the log has.
    said: String,
}

type Marks = Vec<(PathBuf, Option<Mark>)>;

impl Endpoint {
    /// Follows the files for ever: whoever is no longer declared there is signed out within seconds.
    pub async fn follow_settings(self: Arc<Self>, from: LoadFrom) {
        let mut follower = Follower::new(self, from);
        loop {
            follower.look().await;
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

impl Follower {
    pub(in crate::endpoint) fn new(endpoint: Arc<Endpoint>, from: LoadFrom) -> Self {
        Self { endpoint, from: Arc::new(from), followed: None, before: None, said: String::new() }
    }

    /// Looks once, and follows what two looks found the same.
    pub(in crate::endpoint) async fn look(&mut self) {
        let now = marks(&self.from).await;
        let stands = self.before.as_ref() == Some(&now);
        self.before = Some(now.clone());
        if !stands || self.followed.as_ref() == Some(&now) {
            return;
        }
        match self.reload().await {
            Ok(()) => {
                self.said.clear();
                self.followed = Some(now);
            }
            Err(Failure::Refused(sentence)) => {
                self.say(sentence);
                self.followed = Some(now);
            }
            // Worth another try at the next look.
            Err(Failure::Passing(sentence)) => self.say(sentence),
        }
    }

    async fn reload(&self) -> Result<(), Failure> {
        let from = Arc::clone(&self.from);
        let read = tokio::task::spawn_blocking(move || load(&from)).await;
        let loaded = read
            .map_err(|error| Failure::Passing(error.to_string()))?
            .map_err(|error| Failure::Refused(error.to_string()))?;
        let declared = self.endpoint.bring(&loaded, false).await.map_err(|error| match error {
            DeclareError::Refused(_) => Failure::Refused(error.to_string()),
            DeclareError::Hash | DeclareError::Storage(_) => Failure::Passing(error.to_string()),
        })?;
        if declared.conflicts.is_empty() {
            return Ok(());
        }
        let left_out: Vec<_> = declared.conflicts.iter().map(sentence).collect();
        Err(Failure::Refused(left_out.join("\n")))
    }

    /// Says a sentence once.
    fn say(&mut self, sentence: String) {
        if self.said != sentence {
            tracing::error!("what the settings say of people can't be followed: {sentence}");
            self.said = sentence;
        }
    }
}

/// Why the new settings do not hold.
enum Failure {
    /// They are wrong.
    Refused(String),
    /// Something else is in the way.
    Passing(String),
}

async fn marks(from: &Arc<LoadFrom>) -> Marks {
    let from = Arc::clone(from);
    let looked = tokio::task::spawn_blocking(move || {
        from.candidates().into_iter().map(|path| (path.clone(), mark(&path).ok())).collect()
    });
    looked.await.unwrap_or_default()
}

fn mark(path: &Path) -> io::Result<Mark> {
    let file = fs::metadata(path)?;
    Ok(Mark { changed_at: file.modified().ok(), length: file.len(), number: number(&file) })
}

#[cfg(unix)]
fn number(file: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(file)
}

#[cfg(not(unix))]
const fn number(_file: &fs::Metadata) -> u64 {
    0
}
