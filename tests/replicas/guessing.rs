//! Guesses that are spread over the replicas count as if one had seen them all.

use crate::house::{House, PASSWORD, step};

#[tokio::test(flavor = "multi_thread")]
async fn guessing_spread_over_the_replicas() {
    let house = House::open("[limits]\naccount_attempts = 6\n").await;
    house.add("alice", &[]);
    house.add("bob", &[]);
    for guess in 0..6 {
        let answer = house.login("alice", &format!("guess {guess}"));
        assert!(answer.contains("credentials_rejected"), "{answer}");
    }
    for replica in &house.replicas {
        let answer = replica.post("/_gatehouse/login", "", &step("alice", PASSWORD));
        assert!(answer.starts_with("HTTP/1.1 429"), "the right one is locked out, too: {answer}");
    }
    assert!(house.login("bob", PASSWORD).starts_with("HTTP/1.1 200"), "control");
}

/// All at the same moment, so that each replica sees few of them under way.
#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_the_same_moment_at_all_replicas() {
    let house = House::open("[limits]\naccount_attempts = 3\n").await;
    house.add("alice", &[]);
    let answers: Vec<String> = std::thread::scope(|scope| {
        let guess = |n: usize| {
            let replica = &house.replicas[n % house.replicas.len()];
            replica.post("/_gatehouse/login", "", &step("alice", &format!("guess {n}")))
        };
        let all: Vec<_> = (0..30).map(|n| scope.spawn(move || guess(n))).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let looked_at = answers.iter().filter(|answer| answer.contains("credentials_rejected")).count();
    // What is under way is known to its own replica alone: each lets in as many as one would, once.
    assert!(looked_at <= 3 * house.replicas.len(), "{looked_at} guesses were looked at");
    for replica in &house.replicas {
        let answer = replica.post("/_gatehouse/login", "", &step("alice", PASSWORD));
        assert!(answer.starts_with("HTTP/1.1 429"), "{answer}");
    }
}
