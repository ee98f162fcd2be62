//! Counting the legacy hashes that are left.

use sqlx::{Connection as _, SqliteConnection};

use crate::{
    factor::password::BcryptCost,
    storage::{LegacyHashes, Result},
};

/// Both counts from one moment. The first reads an index that holds legacy hashes alone.
pub(super) async fn count(connection: &mut SqliteConnection) -> Result<LegacyHashes> {
    let mut tx = connection.begin().await?;
    let costs: Vec<(String, i64)> = sqlx::query_as(
        "SELECT substr(password, 5, 2), count(*) FROM identity WHERE substr(password, 1, 2) = '$2' \
         GROUP BY substr(password, 5, 2)",
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut counts: Vec<(BcryptCost, u64)> = costs
        .into_iter()
        .filter_map(|(cost, count)| Some((BcryptCost::new(cost.parse().ok()?)?, count.try_into().ok()?)))
        .collect();
    counts.sort_unstable();
    if counts.is_empty() {
        return Ok(LegacyHashes::default());
    }
    let passwords: i64 = sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM identity) - (SELECT count(*) FROM identity WHERE password IS NULL)",
    )
    .fetch_one(&mut *tx)
    .await?;
    Ok(LegacyHashes { counts, passwords: passwords.try_into().unwrap_or_default() })
}
