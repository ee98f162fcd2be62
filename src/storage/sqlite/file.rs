//! The database's file: made private before SQLite opens it, and never on a network.

use std::{
    ffi::OsString,
    fs, io,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use super::error::unavailable;
use crate::storage::{Result, StorageError};

/// File systems whose locks SQLite can't rely on, and whose bytes others may read.
const NETWORK: [&str; 16] = [
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "9p",
    "afs",
    "ceph",
    "glusterfs",
    "lustre",
    "fuse.sshfs",
    "fuse.s3fs",
    "fuse.rclone",
    "fuse.gcsfuse",
    "fuse.glusterfs",
    "davfs",
];

/// The file as it was when it was opened.
pub(super) struct DatabaseFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl DatabaseFile {
    /// Takes the file at `path`, which exists.
    pub(super) fn at(path: &Path) -> Result<Self> {
        Ok(Self { path: path.to_owned(), identity: identity(path)? })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// SQLite would go on in a deleted or replaced file, and what it acknowledges would be lost.
    pub(super) fn still_there(&self) -> Result<()> {
        if identity(&self.path)? == self.identity {
            return Ok(());
        }
        Err(unavailable(format!("{} is another file than at start: restart Gatehouse", self.path.display())))
    }
}

fn identity(path: &Path) -> Result<(u64, u64)> {
    let metadata = fs::metadata(path).map_err(|error| about(path, &error))?;
    Ok((metadata.dev(), metadata.ino()))
}

/// Makes the directory and the empty file, readable for nobody else. True if the file is new.
pub(super) fn create(path: &Path) -> Result<bool> {
    let folder = folder(path);
    let own = folder.file_name().is_some_and(|name| name == ".gatehouse");
    if !folder.exists() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|e| about(folder, &e))?;
    }
    refuse_network(folder)?;
    if own {
        tighten(folder, 0o700)?;
        ignore(folder)?;
    }
    // Only `create_new`: opening and closing a database that this process already has open would drop its locks.
    match create_private(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(about(path, &error)),
    }
}

/// Makes an empty file, 0600 from its first moment on; refuses one that is there.
pub(super) fn create_private(path: &Path) -> io::Result<()> {
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map(drop)
}

/// Closes what others may read of an existing database, opens what a read-only day left closed, and refuses one on a
/// network.
pub(super) fn secure(path: &Path) -> Result<()> {
    refuse_network(folder(path))?;
    let database = fs::metadata(path).map_err(|error| about(path, &error))?;
    if !database.is_file() {
        return Err(unavailable(format!("{} is not a file", path.display())));
    }
    for suffix in ["", "-wal", "-shm"] {
        let mut name = OsString::from(path);
        name.push(suffix);
        let file = PathBuf::from(name);
        if suffix.is_empty() || file.exists() {
            tighten(&file, 0o600)?;
            follow(&file, &database)?;
        }
    }
    Ok(())
}

/// `PATH` may be a bare name.
pub(super) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn tighten(path: &Path, mode: u32) -> Result<()> {
    let now = fs::metadata(path).map_err(|error| about(path, &error))?.permissions().mode() & 0o777;
    let others = now & 0o077;
    if others == 0 {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(|error| about(path, &error))?;
    tracing::warn!(path = %path.display(), "others could read or write it (mode {now:03o}); now {mode:03o}");
    Ok(())
}

/// SQLite makes the files beside a database with its mode of that moment, and can't use them when it may be written
/// again.
fn follow(file: &Path, database: &fs::Metadata) -> Result<()> {
    let mode = |metadata: &fs::Metadata| metadata.permissions().mode() & 0o600;
    if mode(&fs::metadata(file).map_err(|error| about(file, &error))?) == mode(database) {
        return Ok(());
    }
    let allowed = fs::Permissions::from_mode(mode(database));
    fs::set_permissions(file, allowed).map_err(|error| about(file, &error))
}

fn ignore(folder: &Path) -> Result<()> {
    let file = folder.join(".gitignore");
    if file.exists() {
        return Ok(());
    }
    fs::write(&file, "*\n").map_err(|error| about(&file, &error))
}

fn refuse_network(folder: &Path) -> Result<()> {
    let folder = folder.canonicalize().map_err(|error| about(folder, &error))?;
    // Where there is no /proc, nothing is known and nothing refused.
    let Ok(mounts) = fs::read_to_string("/proc/self/mountinfo") else { return Ok(()) };
    match file_system(&mounts, &folder) {
        Some(kind) if NETWORK.contains(&kind) => Err(unavailable(format!(
            "{} is on a network file system ({kind}), where SQLite loses data: set `database` to a path on a local disk",
            folder.display()
        ))),
        _ => Ok(()),
    }
}

/// The type of the file system that `folder` is on, after the format of proc(5).
fn file_system<'m>(mounts: &'m str, folder: &Path) -> Option<&'m str> {
    mounts
        .lines()
        .filter_map(|line| {
            let (mount, kind) = line.split_once(" - ")?;
            let point = mount.split(' ').nth(4)?.replace("\\040", " ");
            folder.starts_with(&point).then(|| (point.len(), kind.split(' ').next().unwrap_or_default()))
        })
        // The later of two mounts on one point hides the earlier: max_by_key takes the last.
        .max_by_key(|(length, _)| *length)
        .map(|(_, kind)| kind)
}

fn about(path: &Path, error: &io::Error) -> StorageError {
    unavailable(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests;
