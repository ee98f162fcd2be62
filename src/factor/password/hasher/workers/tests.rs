use std::collections::HashSet;

use super::*;

#[tokio::test]
async fn no_more_threads_hash_than_were_asked_for() {
    let workers = Arc::new(Workers::new(2));
    let mut jobs = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let workers = Arc::clone(&workers);
        jobs.spawn(async move { workers.run(|_| std::thread::current().id()).await });
    }
    let threads: HashSet<_> = jobs.join_all().await.into_iter().flatten().collect();
    assert!((1..=2).contains(&threads.len()), "{threads:?}");
}

#[tokio::test]
async fn panic_takes_no_thread_away() {
    let workers = Workers::new(1);
    assert_eq!(workers.run(|_| assert_eq!(1, 2, "meant")).await, None);
    assert_eq!(workers.run(|_| 3).await, Some(3));
}
