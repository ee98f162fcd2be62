//! The threads that hash. There are as many as permits and no more, and each keeps its memory: were any thread of the
//! runtime to hash, the allocator would keep the size of one hash for each of them.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, OnceLock, PoisonError, mpsc},
};

use tokio::sync::oneshot;

use super::memory::Memory;

type Job = Box<dyn FnOnce(&mut Memory) + Send>;

/// So many threads, started with the first job.
#[derive(Debug)]
pub(super) struct Workers {
    count: usize,
    jobs: OnceLock<Mutex<mpsc::Sender<Job>>>,
}

impl Workers {
    pub(super) fn new(count: usize) -> Self {
        Self { count, jobs: OnceLock::new() }
    }

    /// Runs something on one of the threads; nothing comes back when it panics or no thread can be had.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Option<T> {
        let (tell, told) = oneshot::channel();
        let job: Job = Box::new(move |memory| {
            // Whoever waited may be gone.
            let _ = tell.send(work(memory));
        });
        self.jobs
            .get_or_init(|| Mutex::new(start(self.count)))
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .send(job)
            .ok()?;
        told.await.ok()
    }
}

/// Starts the threads, which end when the sender is dropped.
fn start(count: usize) -> mpsc::Sender<Job> {
    let (jobs, waiting) = mpsc::channel::<Job>();
    let waiting = Arc::new(Mutex::new(waiting));
    for _ in 0..count {
        let waiting = Arc::clone(&waiting);
        let begun = std::thread::Builder::new().name("gatehouse-hash".to_owned()).spawn(move || {
            let mut memory = Memory::default();
            loop {
                let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok(job) = next else { return };
                // What panics has dropped its answer, which says so; the thread is for the next one.
                let _ = std::panic::catch_unwind(AssertUnwindSafe(|| job(&mut memory)));
            }
        });
        if let Err(error) = begun {
            tracing::error!(%error, "a thread to hash on can't be started");
        }
    }
    jobs
}

#[cfg(test)]
mod tests;
