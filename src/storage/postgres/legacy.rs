//! Counting the legacy hashes that are left.

use sqlx::PgPool;

use crate::{
    factor::password::BcryptCost,
    storage::{LegacyHashes, Result},
};

/// Both counts from one moment. The groups come from an index that holds legacy hashes alone; where there is none,
/// nothing else is counted.
pub(super) async fn count(pool: &PgPool) -> Result<LegacyHashes> {
    let costs: Vec<(String, i64, i64)> = sqlx::query_as(
        "SELECT substr(password, 5, 2), count(*), (SELECT count(*) FROM identity) \
         - (SELECT count(*) FROM identity WHERE password IS NULL) FROM identity \
         WHERE substr(password, 1, 2) = '$2' GROUP BY substr(password, 5, 2)",
    )
    .fetch_all(pool)
    .await?;
    let passwords = costs.first().map_or(0, |(_, _, passwords)| *passwords);
    let mut counts: Vec<(BcryptCost, u64)> = costs
        .into_iter()
        .filter_map(|(cost, count, _)| Some((BcryptCost::new(cost.parse().ok()?)?, count.try_into().ok()?)))
        .collect();
    counts.sort_unstable();
    if counts.is_empty() {
        return Ok(LegacyHashes::default());
    }
    Ok(LegacyHashes { counts, passwords: passwords.try_into().unwrap_or_default() })
}
