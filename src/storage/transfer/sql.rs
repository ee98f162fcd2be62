//! The few statements, made from the list of tables alone: nothing that anybody typed is in them.

use sqlx::AssertSqlSafe;

use super::{Column, Table};

/// How a backend marks a place for a value.
#[derive(Debug, Clone, Copy)]
pub(in crate::storage) enum Mark {
    /// `?1`
    Question,
    /// `$1`
    Dollar,
}

impl Mark {
    fn at(self, position: usize) -> String {
        match self {
            Self::Question => format!("?{position}"),
            Self::Dollar => format!("${position}"),
        }
    }
}

fn names(columns: &[Column]) -> String {
    columns.iter().map(|column| format!("\"{}\"", column.name)).collect::<Vec<_>>().join(", ")
}

pub(in crate::storage) fn count(table: &Table) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!("SELECT count(*) FROM \"{}\"", table.name))
}

pub(in crate::storage) fn delete(table: &Table) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!("DELETE FROM \"{}\"", table.name))
}

/// Rows in order of the key; with `after`, those behind the key that is bound first. The limit is bound last.
pub(in crate::storage) fn select(table: &Table, mark: Mark, after: bool) -> AssertSqlSafe<String> {
    let key = names(table.key_columns());
    let bound = if after { table.key_columns().len() } else { 0 };
    let behind = if after {
        let marks: Vec<_> = (1..=bound).map(|position| mark.at(position)).collect();
        format!(" WHERE ({key}) > ({})", marks.join(", "))
    } else {
        String::new()
    };
    let (columns, limit) = (names(table.columns), mark.at(bound + 1));
    AssertSqlSafe(format!("SELECT {columns} FROM \"{}\"{behind} ORDER BY {key} LIMIT {limit}", table.name))
}

/// The beginning of an INSERT, up to its rows.
pub(in crate::storage) fn insert(table: &Table) -> String {
    format!("INSERT INTO \"{}\" ({}) ", table.name, names(table.columns))
}
