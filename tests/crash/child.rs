//! The process that is killed.

use std::sync::Arc;

use gatehouse::storage::{LimitState, Storage};

use crate::{
    DATABASE, RUN,
    database::Database,
    journal::COUNTER,
    now,
    person::{self, STEPS},
};

/// How many people's requests are under way at once.
const WORKERS: usize = 4;

/// Whether this process was started to be killed.
pub(crate) fn is_wanted() -> bool {
    std::env::var_os(DATABASE).is_some()
}

/// Works until it is killed.
pub(crate) fn work() {
    // The test harness has begun a line.
    println!();
    let database = Database::parse(&std::env::var(DATABASE).unwrap());
    let run = std::env::var(RUN).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let storage = database.open().await;
        for worker in 0..WORKERS {
            tokio::spawn(live(Arc::clone(&storage), format!("p{run}x{worker}")));
        }
        count(&*storage).await;
    });
}

/// One person after the other, each through some or all of the steps of a life.
async fn live(storage: Arc<dyn Storage>, prefix: String) {
    for number in 0_usize.. {
        let name = format!("{prefix}x{number}");
        // Every third is deleted in the end, every third disabled, every third stays signed in.
        let length = STEPS - number % 3;
        for step in 0..length {
            println!("begin {name}");
            person::perform(&*storage, &name, step).await;
            println!("done {name}");
        }
    }
}

/// Wrong passwords, one after the other, between everything else.
async fn count(storage: &dyn Storage) {
    let add = |states: &mut [LimitState]| states.iter_mut().for_each(|state| state.level += 1.0);
    loop {
        println!("begin {COUNTER}");
        storage.update_limits(&[person::counter()], &add, now()).await.unwrap();
        println!("done {COUNTER}");
        tokio::time::sleep(std::time::Duration::from_millis(3)).await;
    }
}
