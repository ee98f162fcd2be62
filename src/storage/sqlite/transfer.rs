//! Everything, as rows.

use async_trait::async_trait;
use sqlx::{QueryBuilder, Row as _, Sqlite, SqliteConnection, sqlite::SqliteRow};

use super::SqliteStorage;
use crate::storage::{
    ChangeSeq, Intake, Kind, Result, Row, Snapshot, StorageError, TABLES, Table, Transfer, Value,
    transfer::{Mark, count, delete, insert, select},
};

/// How many values a statement may have (`SQLITE_MAX_VARIABLE_NUMBER` is 32766).
const PLACES: usize = 30_000;

/// A connection of its own in a transaction; closing it takes back what was not committed.
struct Passage(SqliteConnection);

#[async_trait]
impl Transfer for SqliteStorage {
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>> {
        let mut passage = self.passage("BEGIN").await?;
        // The transaction begins to see with its first look.
        passage.head().await?;
        Ok(passage)
    }

    async fn intake(&self) -> Result<Box<dyn Intake>> {
        Ok(self.passage("BEGIN IMMEDIATE").await?)
    }
}

impl SqliteStorage {
    async fn passage(&self, begin: &'static str) -> Result<Box<Passage>> {
        self.file.still_there()?;
        let mut connection = self.connect_apart().await?;
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
        let mut query = sqlx::query(select(table, Mark::Question, after.is_some()));
        for value in after.into_iter().flat_map(|row| row.iter().take(table.key)) {
            query = match value {
                Value::Text(text) => query.bind(text),
                Value::Integer(number) => query.bind(number),
                Value::Bytes(bytes) => query.bind(bytes),
                _ => return Err(StorageError::Corrupt(format!("{} has a key that is none", table.name))),
            };
        }
        let rows = query.bind(limit).fetch_all(&mut self.0).await?;
        rows.iter().map(|row| read(table, row)).collect()
    }

    async fn head(&mut self) -> Result<ChangeSeq> {
        let seq: Option<i64> = sqlx::query_scalar("SELECT seq FROM sqlite_sequence WHERE name = 'change'")
            .fetch_optional(&mut self.0)
            .await?;
        Ok(ChangeSeq(seq.unwrap_or(0)))
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
        for rows in rows.chunks(PLACES / table.columns.len().max(1)) {
            let mut query = QueryBuilder::<Sqlite>::new(insert(table));
            query.push_values(rows, |mut into, row| {
                for (value, column) in row.iter().zip(table.columns) {
                    match value {
                        Value::Text(text) => into.push_bind(text),
                        Value::Integer(number) => into.push_bind(*number),
                        Value::Flag(flag) => into.push_bind(*flag),
                        Value::Real(number) => into.push_bind(*number),
                        Value::Bytes(bytes) => into.push_bind(bytes),
                        Value::Null if column.kind == Kind::Bytes => into.push_bind(None::<Vec<u8>>),
                        Value::Null => into.push_bind(None::<String>),
                    };
                }
            });
            query.build().execute(&mut self.0).await?;
        }
        Ok(())
    }

    async fn finish(mut self: Box<Self>, head: ChangeSeq) -> Result<()> {
        let seq = head.max(self.head().await?).0;
        sqlx::query("DELETE FROM sqlite_sequence WHERE name = 'change'").execute(&mut self.0).await?;
        sqlx::query("INSERT INTO sqlite_sequence (name, seq) VALUES ('change', ?)")
            .bind(seq)
            .execute(&mut self.0)
            .await?;
        sqlx::query("COMMIT").execute(&mut self.0).await?;
        Ok(())
    }
}

fn read(table: &Table, row: &SqliteRow) -> Result<Row> {
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
