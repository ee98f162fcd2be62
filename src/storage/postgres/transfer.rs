//! Everything, as rows.

use async_trait::async_trait;
use sqlx::{Connection as _, PgConnection, Row as _, postgres::PgRow};

use super::{PostgresStorage, open::settled};
use crate::storage::{
    ChangeSeq, Intake, Kind, Result, Row, Snapshot, StorageError, TABLES, Table, Transfer, Value,
    transfer::{Mark, count, delete, insert, select},
};

/// What takes as long as it takes.
const BOUNDS: [(&str, &str); 3] =
    [("statement_timeout", "0"), ("idle_in_transaction_session_timeout", "0"), ("lock_timeout", "10s")];

/// A connection of its own in a transaction; closing it takes back what was not committed.
struct Passage(PgConnection);

#[async_trait]
impl Transfer for PostgresStorage {
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>> {
        let mut passage = self.passage("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        // The transaction begins to see with its first look.
        passage.head().await?;
        Ok(passage)
    }

    async fn intake(&self) -> Result<Box<dyn Intake>> {
        let mut passage = self.passage("BEGIN").await?;
        // One intake at a time: the second waits, and sees what the first left.
        sqlx::query("SELECT seq FROM change_head WHERE id = 1 FOR UPDATE").execute(&mut passage.0).await?;
        Ok(passage)
    }
}

impl PostgresStorage {
    async fn passage(&self, begin: &'static str) -> Result<Box<Passage>> {
        let options = settled(self.url.options().clone(), &BOUNDS);
        let mut connection = PgConnection::connect_with(&options).await?;
        sqlx::query(begin).execute(&mut connection).await?;
        Ok(Box::new(Passage(connection)))
    }
}

#[async_trait]
impl Snapshot for Passage {
    async fn count(&mut self, table: &Table) -> Result<u64> {
        let rows: i64 = sqlx::query_scalar(count(table)).fetch_one(&mut self.0).await?;
        Ok(u64::try_from(rows).unwrap_or(0))
    }

    async fn rows(&mut self, table: &Table, after: Option<&Row>, limit: u32) -> Result<Vec<Row>> {
        let mut query = sqlx::query(select(table, Mark::Dollar, after.is_some()));
        for value in after.into_iter().flat_map(|row| row.iter().take(table.key)) {
            query = match value {
                Value::Text(text) => query.bind(text),
                Value::Integer(number) => query.bind(number),
                Value::Bytes(bytes) => query.bind(bytes),
                _ => return Err(StorageError::Corrupt(format!("{} has a key that is none", table.name))),
            };
        }
        let rows = query.bind(i64::from(limit)).fetch_all(&mut self.0).await?;
        rows.iter().map(|row| read(table, row)).collect()
    }

    async fn head(&mut self) -> Result<ChangeSeq> {
        let head =
            sqlx::query_scalar("SELECT seq FROM change_head WHERE id = 1").fetch_one(&mut self.0).await?;
        Ok(ChangeSeq(head))
    }
}

#[async_trait]
impl Intake for Passage {
    async fn clear(&mut self) -> Result<()> {
        for table in TABLES.iter().rev() {
            sqlx::query(delete(table)).execute(&mut self.0).await?;
        }
        Ok(())
    }

    async fn put(&mut self, table: &Table, rows: &[Row]) -> Result<()> {
        // A column at a time: the statement is the same for one row and for a thousand.
        let places: Vec<_> = (table.columns.iter().enumerate())
            .map(|(index, column)| format!("${}::{}[]", index + 1, of(column.kind)))
            .collect();
        let statement = format!("{}SELECT * FROM unnest({})", insert(table), places.join(", "));
        let mut query = sqlx::query(sqlx::AssertSqlSafe(statement));
        for (index, column) in table.columns.iter().enumerate() {
            let values = rows.iter().map(|row| row.get(index).unwrap_or(&Value::Null));
            query = match column.kind {
                Kind::Text => query.bind(gather(values, |value| match value {
                    Value::Text(text) => Some(text.clone()),
                    _ => None,
                })),
                Kind::Integer => query.bind(gather(values, |value| match value {
                    Value::Integer(number) => Some(*number),
                    _ => None,
                })),
                Kind::Flag => query.bind(gather(values, |value| match value {
                    Value::Flag(flag) => Some(*flag),
                    _ => None,
                })),
                Kind::Real => query.bind(gather(values, |value| match value {
                    Value::Real(number) => Some(*number),
                    _ => None,
                })),
                Kind::Bytes => query.bind(gather(values, |value| match value {
                    Value::Bytes(bytes) => Some(bytes.clone()),
                    _ => None,
                })),
            };
        }
        query.execute(&mut self.0).await?;
        Ok(())
    }

    async fn finish(mut self: Box<Self>, head: ChangeSeq) -> Result<()> {
        sqlx::query("UPDATE change_head SET seq = greatest(seq, $1) WHERE id = 1")
            .bind(head.0)
            .execute(&mut self.0)
            .await?;
        sqlx::query(
            "SELECT setval(pg_get_serial_sequence('audit', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM audit), false)",
        )
        .execute(&mut self.0)
        .await?;
        sqlx::query("COMMIT").execute(&mut self.0).await?;
        Ok(())
    }
}

fn gather<'v, T>(
    values: impl Iterator<Item = &'v Value>,
    read: impl Fn(&Value) -> Option<T>,
) -> Vec<Option<T>> {
    values.map(read).collect()
}

const fn of(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "TEXT",
        Kind::Integer => "BIGINT",
        Kind::Flag => "BOOLEAN",
        Kind::Real => "DOUBLE PRECISION",
        Kind::Bytes => "BYTEA",
    }
}

fn read(table: &Table, row: &PgRow) -> Result<Row> {
    let mut values = Row::with_capacity(table.columns.len());
    for (index, column) in table.columns.iter().enumerate() {
        let value = match column.kind {
            Kind::Text => row.try_get::<Option<String>, _>(index)?.map(Value::Text),
            Kind::Integer => row.try_get::<Option<i64>, _>(index)?.map(Value::Integer),
            Kind::Flag => row.try_get::<Option<bool>, _>(index)?.map(Value::Flag),
            Kind::Real => row.try_get::<Option<f64>, _>(index)?.map(Value::Real),
            Kind::Bytes => row.try_get::<Option<Vec<u8>>, _>(index)?.map(Value::Bytes),
        };
        values.push(value.unwrap_or(Value::Null));
    }
    Ok(values)
}
