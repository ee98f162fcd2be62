//! Moving everything from one database into another: one transaction there, so that a copy is whole or has left nothing.
//!
//! Every row is read back before that transaction ends, and compared by content. `vacancy` says whether the other
//! database may be replaced: nobody's data is lost by a word on the command line alone.

mod digest;
mod vacancy;

use self::digest::Digest;
use crate::{
    audit::{Entry, Event},
    clock::Timestamp,
    identity::Source,
    storage::{AuditRecord, Intake, Row, Snapshot, Storage, StorageError, TABLES, Table, Value},
};

/// How many rows travel at once.
const BATCH: u32 = 2000;

/// What a copy may do.
#[derive(Debug, Clone, Default)]
pub struct CopyWish {
    /// Whatever is in the other database goes.
    pub replace: bool,
    /// People that the settings declare are told apart by where the database is: from this name to that.
    pub renamed: Option<(Source, Source)>,
}

/// How far a copy is.
#[derive(Debug, Clone, Copy)]
pub struct CopyStep {
    /// In which table.
    pub table: &'static str,
    /// How many rows are done.
    pub done: u64,
    /// Of how many.
    pub of: u64,
    /// They are being read back.
    pub checking: bool,
}

/// What became of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopiedTable {
    /// Which.
    pub table: &'static str,
    /// How many rows it has now; each was read back and compared.
    pub rows: u64,
    /// How many it had before.
    pub before: u64,
}

/// What became of a copy.
#[derive(Debug, Clone)]
pub struct Copied {
    /// Each table.
    pub tables: Vec<CopiedTable>,
    /// Somebody wrote to the source meanwhile, and that is not in the copy.
    pub written_meanwhile: bool,
}

/// Why nothing was copied. `Display` says what to do.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The source can't be read.
    #[error("the source can't be read: {0}. Nothing was changed")]
    From(StorageError),
    /// The target can't be written.
    #[error("the target can't be written: {0}. Nothing was changed there")]
    To(StorageError),
    /// Somebody uses the target already.
    #[error("{0}. Nothing was changed; with --replace everything there goes")]
    Occupied(String),
    /// What was written is not what was read.
    #[error(
        "the table {0} arrived with other rows than it left with: nothing was changed. Is the target being served?"
    )]
    Differs(&'static str),
}

/// Copies everything.
pub async fn copy(
    from: &dyn Storage,
    to: &dyn Storage,
    wish: &CopyWish,
    now: Timestamp,
    tell: &mut dyn FnMut(CopyStep),
) -> Result<Copied, CopyError> {
    let mut source = from.snapshot().await.map_err(CopyError::From)?;
    let mut target = to.intake().await.map_err(CopyError::To)?;
    if !wish.replace {
        vacancy::check(from, to, &mut *source, &mut *target).await?;
    }
    let head = source.head().await.map_err(CopyError::From)?;
    let mut tables = Vec::new();
    for table in TABLES {
        let before = target.count(table).await.map_err(CopyError::To)?;
        tables.push(CopiedTable { table: table.name, rows: 0, before });
    }
    target.clear().await.map_err(CopyError::To)?;
    let mut counted = Vec::new();
    let mut newest_event = 0;
    for (table, told) in TABLES.iter().zip(&mut tables) {
        let of = source.count(table).await.map_err(CopyError::From)?;
        let (read, last) = carry(&mut *source, &mut *target, table, wish, of, tell).await?;
        if let ("audit", Some(Value::Integer(id))) = (table.name, last) {
            newest_event = id;
        }
        let checking = |done| tell(CopyStep { table: table.name, done, of, checking: true });
        if digest(&mut *target, table, checking).await.map_err(CopyError::To)? != read {
            return Err(CopyError::Differs(table.name));
        }
        told.rows = read.rows;
        counted.push(of);
    }
    let copied = event(Entry::new(Event::DatabaseCopied).record(now), newest_event + 1);
    if let Some(audit) = TABLES.iter().find(|table| table.name == "audit") {
        target.put(audit, &[copied]).await.map_err(CopyError::To)?;
    }
    target.finish(head).await.map_err(CopyError::To)?;
    drop(source);
    let mut after = from.snapshot().await.map_err(CopyError::From)?;
    let mut written_meanwhile = after.head().await.map_err(CopyError::From)? != head;
    for (table, of) in TABLES.iter().zip(counted) {
        written_meanwhile |= after.count(table).await.map_err(CopyError::From)? != of;
    }
    Ok(Copied { tables, written_meanwhile })
}

/// Carries one table over; says what was read, and the first column of the last row.
async fn carry(
    source: &mut dyn Snapshot,
    target: &mut dyn Intake,
    table: &'static Table,
    wish: &CopyWish,
    of: u64,
    tell: &mut dyn FnMut(CopyStep),
) -> Result<(Digest, Option<Value>), CopyError> {
    let mut read = Digest::default();
    let mut last: Option<Row> = None;
    loop {
        let mut rows = source.rows(table, last.as_ref(), BATCH).await.map_err(CopyError::From)?;
        let Some(newest) = rows.last() else { break };
        last = Some(newest.clone());
        if let Some(renamed) = wish.renamed.as_ref().filter(|_| table.name == "identity") {
            rename(table, &mut rows, renamed);
        }
        for row in &rows {
            read.add(row);
        }
        target.put(table, &rows).await.map_err(CopyError::To)?;
        tell(CopyStep { table: table.name, done: read.rows, of, checking: false });
    }
    Ok((read, last.and_then(|row| row.into_iter().next())))
}

async fn digest(
    target: &mut dyn Intake,
    table: &Table,
    mut tell: impl FnMut(u64),
) -> Result<Digest, StorageError> {
    let mut digest = Digest::default();
    let mut last: Option<Row> = None;
    loop {
        let rows = target.rows(table, last.as_ref(), BATCH).await?;
        for row in &rows {
            digest.add(row);
        }
        // Once for an empty table, and not again where there is no more.
        if digest.rows == 0 || !rows.is_empty() {
            tell(digest.rows);
        }
        match rows.into_iter().next_back() {
            Some(row) => last = Some(row),
            None => return Ok(digest),
        }
    }
}

fn rename(table: &Table, rows: &mut [Row], (from, to): &(Source, Source)) {
    let Some(position) = table.position("source") else { return };
    for value in rows.iter_mut().filter_map(|row| row.get_mut(position)) {
        if matches!(value, Value::Text(text) if *text == from.0) {
            *value = Value::Text(to.0.clone());
        }
    }
}

/// An event as a row of its table.
fn event(record: AuditRecord, id: i64) -> Row {
    vec![
        Value::Integer(id),
        Value::Integer(record.at.0),
        Value::Text(record.event),
        Value::Null,
        Value::Null,
        Value::Text(record.address),
        Value::Text(record.detail),
    ]
}
