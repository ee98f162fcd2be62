//! Whether a database may be replaced without a word: it is empty, or it is an earlier copy of the same source that
//! nobody has used since.

use super::{BATCH, CopyError};
use crate::{
    audit::Event,
    storage::{Intake, Row, Snapshot, Storage, StorageError, TABLES, Table, Value},
};

pub(super) async fn check(
    from: &dyn Storage,
    to: &dyn Storage,
    source: &mut dyn Snapshot,
    target: &mut dyn Intake,
) -> Result<(), CopyError> {
    let events = to.list_audit(2).await.map_err(CopyError::To)?;
    let unused = events.iter().all(|event| event.event == Event::SetupIssued.name());
    if unused && is_empty(target).await.map_err(CopyError::To)? {
        return Ok(());
    }
    let (people, others) = people(source, target).await?;
    if others > 0 {
        let sentence = format!("the target has {people} people, and {others} of them are not in the source");
        return Err(CopyError::Occupied(sentence));
    }
    let same =
        from.instance().await.map_err(CopyError::From)? == to.instance().await.map_err(CopyError::To)?;
    if !same {
        return Err(CopyError::Occupied("the target is not empty, and no copy of the source".to_owned()));
    }
    let fresh = events.first().is_some_and(|event| event.event == Event::DatabaseCopied.name());
    let ahead = target.head().await.map_err(CopyError::To)? > source.head().await.map_err(CopyError::From)?;
    if ahead || !fresh {
        let sentence =
            "the target is a copy of the source that was used since: what was done there would be lost";
        return Err(CopyError::Occupied(sentence.to_owned()));
    }
    Ok(())
}

async fn is_empty(target: &mut dyn Intake) -> Result<bool, StorageError> {
    for table in
        TABLES.iter().filter(|table| ["identity", "session", "registration", "app"].contains(&table.name))
    {
        if target.count(table).await? > 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// How many people the target has, and how many of them the source does not know.
async fn people(source: &mut dyn Snapshot, target: &mut dyn Intake) -> Result<(u64, u64), CopyError> {
    let Some(table) = TABLES.iter().find(|table| table.name == "identity") else { return Ok((0, 0)) };
    let (mut people, mut others) = (0, 0);
    let mut known = Ids::default();
    let mut last: Option<Row> = None;
    loop {
        let rows = target.rows(table, last.as_ref(), BATCH).await.map_err(CopyError::To)?;
        for row in &rows {
            people += 1;
            if !known.reach(source, table, row.first()).await? {
                others += 1;
            }
        }
        match rows.into_iter().next_back() {
            Some(row) => last = Some(row),
            None => return Ok((people, others)),
        }
    }
}

/// The ids of the source in their order, read as far as needed.
#[derive(Default)]
struct Ids {
    read: std::collections::VecDeque<Row>,
    last: Option<Row>,
    over: bool,
}

impl Ids {
    /// Goes on to `id`, and says whether it is there.
    async fn reach(
        &mut self,
        source: &mut dyn Snapshot,
        table: &Table,
        id: Option<&Value>,
    ) -> Result<bool, CopyError> {
        let Some(Value::Text(id)) = id else { return Ok(false) };
        loop {
            while let Some(Value::Text(there)) = self.read.front().and_then(|row| row.first()) {
                match there.as_bytes().cmp(id.as_bytes()) {
                    std::cmp::Ordering::Less => drop(self.read.pop_front()),
                    order => return Ok(order.is_eq()),
                }
            }
            if self.over {
                return Ok(false);
            }
            let rows = source.rows(table, self.last.as_ref(), BATCH).await.map_err(CopyError::From)?;
            self.over = rows.is_empty();
            self.last = rows.last().cloned();
            self.read = rows.into();
        }
    }
}
