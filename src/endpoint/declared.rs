//! People that the settings declare: brought into storage at a start, and again whenever the files change.

pub(super) mod follow;

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use gatehouse_protocol::{ErrorCode, LoginForm, Password, RegistrationMode, rule};

use super::{Endpoint, admin::email, admin::roles};
use crate::{
    audit::{Entry, Event},
    config::{Loaded, Person, Settings, Written},
    entropy::OsEntropy,
    factor::password::{Hasher, Judge, PasswordHash},
    identity::{Identity, IdentityId, Source, Username},
    storage::{Conflict, Declaration, Declared, DeclaredRecord, Fingerprint, NewDeclared, StorageError},
};

/// How many sessions the account has that everybody shares.
const SHARED_SESSIONS: u32 = 10_000;

/// Why the declared people could not be brought into storage. `Display` says what to do.
#[derive(Debug, thiserror::Error)]
pub enum DeclareError {
    /// Some can't be declared: a sentence for each.
    #[error("{}", .0.join("\n"))]
    Refused(Vec<String>),
    /// Hashing is not possible now.
    #[error("the passwords of the settings could not be hashed: memory or time is short")]
    Hash,
    /// The database did not do it.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What is declared right now.
#[derive(Debug, Default)]
pub(super) struct State {
    source: OnceLock<Source>,
    live: RwLock<Live>,
}

#[derive(Debug, Clone, Default)]
struct Live {
    /// Whether anybody is declared.
    any: bool,
    /// Who signs in by a password alone, where the form asks for nothing else.
    only: Option<Username>,
    /// Whose account everybody shares.
    shared: Option<IdentityId>,
    /// Whose passwords stand in plain text, as far as the log has them.
    plain: Vec<String>,
}

impl Endpoint {
    /// Says which settings are this app's. Who is declared by others is not theirs to change.
    pub fn set_source(&self, source: &Source) {
        if self.declared.source.set(source.clone()).is_err() {
            tracing::debug!(?source, "the source was set before");
        }
    }

    /// Whether the settings of this app declare this identity.
    pub fn declares(&self, identity: &Identity) -> bool {
        identity.source.is_some() && identity.source.as_ref() == self.declared.source.get()
    }

    /// Makes the people of the settings be who can sign in, before anybody is served. Refuses where somebody can't be
    /// declared; nothing is changed then.
    pub async fn declare(&self, loaded: &Loaded) -> Result<(), DeclareError> {
        self.set_source(&loaded.source);
        let declared = self.bring(loaded, true).await?;
        if declared.conflicts.is_empty() {
            Ok(())
        } else {
            Err(DeclareError::Refused(declared.conflicts.iter().map(sentence).collect()))
        }
    }

    /// What the sign-in form asks for.
    pub(super) fn login_form(&self) -> LoginForm {
        if self.password_alone().is_some() { LoginForm::PasswordOnly } else { LoginForm::NameAndPassword }
    }

    /// Who signs in by a password alone, where the form asks for nothing else.
    pub(super) fn password_alone(&self) -> Option<Username> {
        self.live(|live| live.only.clone())
    }

    /// How many sessions an identity may have. An account that everybody shares is not one person's.
    pub(super) fn cap(&self, id: &IdentityId) -> u32 {
        let shared = self.live(|live| live.shared.as_ref() == Some(id));
        if shared { SHARED_SESSIONS } else { self.settings.session.max_per_identity }
    }

    /// Whether anybody is declared: then nobody needs a link to make the first administrator.
    pub(super) fn declares_anybody(&self) -> bool {
        self.live(|live| live.any)
    }

    fn live<T>(&self, read: impl FnOnce(&Live) -> T) -> T {
        read(&self.declared.live.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Hashes what is new, and brings everybody into storage.
    pub(super) async fn bring(
        &self,
        loaded: &Loaded,
        all_or_nothing: bool,
    ) -> Result<Declared, DeclareError> {
        let settings = &loaded.settings;
        self.fits(settings)?;
        let source = self.declared.source.get().unwrap_or(&loaded.source);
        let there = self.storage.list_declared(source).await?;
        let mut people = Vec::new();
        for person in settings.people() {
            people.push(self.declaration(&person, &there).await?);
        }
        let any = !people.is_empty();
        let declaration = Declaration { source: source.clone(), people, all_or_nothing };
        let declared = self.storage.declare(&declaration, self.now()).await?;
        if all_or_nothing && !declared.conflicts.is_empty() {
            return Ok(declared);
        }
        self.take_note(&declared);
        self.warn_of_plain(loaded);
        let name = settings.shared_person().and_then(|person| Username::parse(person.username).ok());
        let shared = match &name {
            Some(name) => self.storage.find_by_username(name.folded()).await?,
            None => None,
        };
        let shared = shared.filter(|record| self.declares(&record.identity)).map(|record| record.identity.id);
        let only = name.filter(|_| settings.password_only());
        let mut live = self.declared.live.write().unwrap_or_else(PoisonError::into_inner);
        (live.any, live.only, live.shared) = (any, only, shared);
        drop(live);
        Ok(declared)
    }

    /// The rest of the settings holds until a restart: what would make no sense beside it is refused.
    fn fits(&self, new: &Settings) -> Result<(), DeclareError> {
        let fits = match self.settings.registration {
            RegistrationMode::Closed => true,
            RegistrationMode::Open => new.shared_password.is_none(),
            RegistrationMode::Invite | RegistrationMode::Domains => !new.password_only(),
        };
        if fits {
            return Ok(());
        }
        let sentence = "the one password of the settings does not go with the registration that this app was started \
                        with: restart it";
        Err(DeclareError::Refused(vec![sentence.to_owned()]))
    }

    async fn declaration(
        &self,
        person: &Person<'_>,
        there: &[DeclaredRecord],
    ) -> Result<NewDeclared, DeclareError> {
        let refused = |what: &dyn std::fmt::Display| {
            DeclareError::Refused(vec![format!("`{}` in the settings: {what}", person.username)])
        };
        // Loading refused what is not right; this only says it again.
        let username = Username::parse(person.username).map_err(|code| refused(&format!("{code:?}")))?;
        let email = person.email.map(email).transpose().map_err(|error| refused(&error))?;
        let roles = roles(person.roles).map_err(|error| refused(&error))?;
        let fingerprint = self.fingerprint(&username, person.password);
        let known = there.iter().find(|record| record.identity.username.folded() == username.folded());
        let password = match known.filter(|record| record.fingerprint == fingerprint) {
            Some(record) => record.password.clone(),
            None => self.hashed(person).await?,
        };
        let id = IdentityId(self.entropy.id("identity"));
        Ok(NewDeclared { id, username, email, roles, password, fingerprint })
    }

    /// What the settings say of a password, so that it need not be hashed to see whether it changed.
    fn fingerprint(&self, username: &Username, password: &Password) -> Fingerprint {
        let mut said = zeroize::Zeroizing::new(username.folded().as_bytes().to_vec());
        said.push(0);
        said.extend_from_slice(password.expose().as_bytes());
        Fingerprint(self.key.mac("declared", &said))
    }

    async fn hashed(&self, person: &Person<'_>) -> Result<PasswordHash, DeclareError> {
        if Written::read(person.password) == Ok(Written::Hashed) {
            return Ok(PasswordHash(person.password.expose().to_owned()));
        }
        let names = std::iter::once(person.username).chain(person.email).map(str::to_owned).collect();
        if self.report(person.password.clone(), names).await.is_ok_and(|report| report.refused.is_some()) {
            tracing::warn!(
                username = person.username,
                "a password in the settings is too short, a name, or one that attackers try first: choose another"
            );
        }
        self.hasher.hash(person.password).await.map_err(|_| DeclareError::Hash)
    }

    /// What changed is told to the log and to who is signed in.
    fn take_note(&self, declared: &Declared) {
        for id in &declared.added {
            self.record(Entry::new(Event::IdentityCreated).identity(id).with("by", "settings"));
        }
        for (ids, what) in [(&declared.changed, "declaration"), (&declared.removed, "disabled")] {
            for id in ids {
                self.changed(id);
                let entry = Entry::new(Event::IdentityChanged).identity(id);
                self.record(entry.with("changed", what).with("by", "settings"));
            }
        }
    }

    /// Says once whose passwords stand in plain text.
    fn warn_of_plain(&self, loaded: &Loaded) {
        let names = plain(&loaded.settings);
        let mut live = self.declared.live.write().unwrap_or_else(PoisonError::into_inner);
        if !names.is_empty() && live.plain != names {
            tracing::warn!(
                people = names.join(", "),
                "passwords stand in plain text in the settings: put what `gatehouse hash` prints in their place"
            );
        }
        live.plain = names;
    }
}

/// What to write for a password instead of the password, and why it would be refused elsewhere, if it would be.
pub async fn hash_for_settings(
    settings: &Settings,
    password: &Password,
) -> Result<(String, Option<ErrorCode>), String> {
    let refused = Judge::new(&settings.password, &settings.app_name).check(password, &[]).err();
    if password.expose().len() > rule::PASSWORD_MAX_BYTES {
        return Err("the password is longer than 1024 bytes, which nobody can type into the form".to_owned());
    }
    let hasher = Hasher::new(&settings.password, Arc::new(OsEntropy))?;
    let hash =
        hasher.hash(password).await.map_err(|_| "memory is short: try again in a moment".to_owned())?;
    Ok((hash.0, refused))
}

/// Whose passwords stand in plain text.
pub(crate) fn plain(settings: &Settings) -> Vec<String> {
    let plain = |person: &Person<'_>| Written::read(person.password) == Ok(Written::Plain);
    settings.people().filter(plain).map(|person| person.username.to_owned()).collect()
}

/// Why somebody could not be declared, and what to do about it.
fn sentence(conflict: &Conflict) -> String {
    match conflict {
        Conflict::Username { username, source: None } => format!(
            "The settings declare {username:?}, but the database has an account of that name already. Choose another \
             name in the settings, or remove the account: `gatehouse users delete {username}`."
        ),
        Conflict::Username { username, source: Some(source) } => format!(
            "The settings declare {username:?}, but so do those of another app on this database ({}). Remove one of \
             the two; if that app is gone, `gatehouse users delete {username}`.",
            source.0
        ),
        Conflict::Email { username } => format!(
            "The settings give {username:?} an address that another account has confirmed. Leave `email` out, or \
             remove the other account."
        ),
    }
}
