//! The key of this installation: what MACs device cookies and the names of counters, and seals
//! the secrets of second factors. Never in the database.

mod seal;
mod signing;

use std::{
    fmt, fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

pub use seal::Unsealable;
pub use signing::{PublicKey, SigningKey};

use crate::entropy::{Entropy, OsEntropy};

/// 256 secret bits.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Key([u8; 32]);

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file can't be made, read or protected.
    #[error("the key file {path} can't be used: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file holds something else.
    #[error(
        "the key file {0} doesn't hold a key: restore it from a backup, or delete it and run `gatehouse key --accept`"
    )]
    Malformed(PathBuf),
    /// The setting holds something else.
    #[error("`key` is no key: write what `gatehouse key` prints")]
    Text,
}

impl Key {
    /// A key from 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Draws a new key.
    pub fn draw(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes);
        Self(bytes)
    }

    /// Reads a key as [`Self::to_text`] writes it.
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        let mut decoded = URL_SAFE_NO_PAD.decode(text.trim()).unwrap_or_default();
        let bytes = <[u8; 32]>::try_from(decoded.as_slice());
        decoded.zeroize();
        bytes.map(Self).map_err(|_| KeyError::Text)
    }

    /// The key as text: for who must carry it to another machine.
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(self.0))
    }

    /// What tells one key from another, and says nothing of either.
    pub fn mark(&self) -> [u8; 32] {
        self.mac("mark", b"gatehouse")
    }

    /// Reads the key file, or makes it. It is 0600 before a byte is in it; looser modes are repaired.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        let failed = |source| KeyError::File { path: path.to_owned(), source };
        match fs::read_to_string(path) {
            Ok(text) => {
                repair_mode(path).map_err(failed)?;
                Self::parse(text, path)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                create(path, &Self::draw(&OsEntropy)).map_err(failed)?;
                // Whoever was first wrote it: every process reads the same file.
                Self::parse(fs::read_to_string(path).map_err(failed)?, path)
            }
            Err(error) => Err(failed(error)),
        }
    }

    fn parse(mut text: String, path: &Path) -> Result<Self, KeyError> {
        let key = Self::from_text(&text);
        text.zeroize();
        key.map_err(|_| KeyError::Malformed(path.to_owned()))
    }

    /// HMAC-SHA256 of `data` for one purpose; no MAC of one purpose is a MAC of another.
    pub fn mac(&self, purpose: &str, data: &[u8]) -> [u8; 32] {
        let length = u64::try_from(purpose.len()).unwrap_or(u64::MAX).to_be_bytes();
        // HMAC takes keys of every length; the empty answer could never pass `verify` for a real key.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return [0; 32] };
        mac.update(&length);
        mac.update(purpose.as_bytes());
        mac.update(data);
        mac.finalize().into_bytes().into()
    }

    /// Whether `mac` is the MAC of `data` for this purpose, in a time that doesn't depend on where it differs.
    pub fn verify(&self, purpose: &str, data: &[u8], mac: &[u8]) -> bool {
        self.mac(purpose, data).as_slice().ct_eq(mac).into()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// Writes the key beside its place and links it in, so that nobody ever reads half of it. Loses without a trace to
/// a process that was faster.
fn create(path: &Path, key: &Key) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}", OsEntropy.id("new")));
    let draft = PathBuf::from(name);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    let written = file.write_all(key.to_text().as_bytes()).and_then(|()| file.sync_all());
    let linked = written.and_then(|()| fs::hard_link(&draft, path));
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

#[cfg(unix)]
fn repair_mode(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path)?.permissions().mode();
    if mode & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        tracing::warn!(path = %path.display(), mode = format!("{:o}", mode & 0o777), "others could read the key file; it is 0600 now");
    }
    Ok(())
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature as where modes exist")]
fn repair_mode(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests;
