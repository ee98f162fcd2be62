//! The write-ahead log of the database, read as sqlite.org/fileformat2.html describes it.

use std::path::Path;

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// How many transactions the log holds: each ends with a frame that says how large the database is then.
pub(super) fn commits(path: &Path) -> usize {
    let log = std::fs::read(path).unwrap();
    let number = |at: usize| u32::from_be_bytes(log[at..at + 4].try_into().unwrap());
    let page = usize::try_from(number(8)).unwrap();
    // Frames of an earlier run of the log carry another salt.
    let salt = &log[16..24];
    let frames =
        (HEADER..).step_by(FRAME_HEADER + page).take_while(|at| at + FRAME_HEADER + page <= log.len());
    frames.filter(|at| &log[at + 8..at + 16] == salt && number(at + 4) > 0).count()
}
