//! Everything as rows: the list of tables is the schema, and what is written comes back as it was.

use std::collections::BTreeSet;

use gatehouse::storage::{ChangeSeq, LinkKind, TABLES};

use crate::kit::{Db, START, each_backend, new_person};

each_backend!(
    every_table_and_column_is_listed,
    what_is_put_comes_back_and_numbers_go_on,
    an_intake_that_is_dropped_leaves_what_was_there,
);

async fn every_table_and_column_is_listed(db: Db) {
    let listed = TABLES
        .iter()
        .flat_map(|table| table.columns.iter().map(|column| format!("{}.{}", table.name, column.name)));
    assert_eq!(listed.collect::<BTreeSet<_>>(), db.columns().await);
}

async fn what_is_put_comes_back_and_numbers_go_on(db: Db) {
    let ann = db.add_identity(new_person("ann")).await.unwrap();
    db.set_disabled(&ann.id, true, START).await.unwrap();
    db.link("link", LinkKind::Invitation, None).await;
    let mut snapshot = db.snapshot().await.unwrap();
    let mut before = Vec::new();
    for table in TABLES {
        before.push(snapshot.rows(table, None, 100).await.unwrap());
    }
    drop(snapshot);
    let head = db.latest_change().await.unwrap();
    let mut intake = db.intake().await.unwrap();
    intake.clear().await.unwrap();
    for (table, rows) in TABLES.iter().zip(&before) {
        assert_eq!(intake.count(table).await.unwrap(), 0);
        intake.put(table, rows).await.unwrap();
        assert_eq!(&intake.rows(table, None, 100).await.unwrap(), rows);
        if let Some(last) = rows.last() {
            assert!(intake.rows(table, Some(last), 100).await.unwrap().is_empty(), "{}", table.name);
        }
    }
    intake.finish(ChangeSeq(head.0 + 40)).await.unwrap();
    assert_eq!(db.latest_change().await.unwrap(), ChangeSeq(head.0 + 40));
    db.set_disabled(&ann.id, false, START).await.unwrap();
    assert_eq!(db.latest_change().await.unwrap(), ChangeSeq(head.0 + 41));
}

async fn an_intake_that_is_dropped_leaves_what_was_there(db: Db) {
    db.add_identity(new_person("ann")).await.unwrap();
    let mut intake = db.intake().await.unwrap();
    intake.clear().await.unwrap();
    drop(intake);
    assert!(db.find_by_username("ann").await.unwrap().is_some());
    db.add_identity(new_person("bob")).await.unwrap();
}
