//! Sends a plan from one thread, and keeps what came back.

use std::{cell::RefCell, rc::Rc, time::Duration};

use tokio::task::LocalSet;

use crate::{
    Outcome,
    client::Connection,
    now,
    plan::{Pace, Plan, Report, Seen, Stream, Told},
};

/// The most requests of one stream that are under way: more would be a test of this program.
const MOST: usize = 8000;

/// A stream, as it goes on.
struct Going {
    port: u16,
    patience: Duration,
    started: std::time::Instant,
    span: Duration,
    requests: Vec<Vec<u8>>,
    idle: RefCell<Vec<Connection>>,
    seen: RefCell<Vec<Seen>>,
    under_way: RefCell<(usize, usize)>,
}

pub(crate) fn run(plan: Plan) -> Outcome<Report> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().event_interval(7).build()?;
    let (started, used) = (now(), used()?);
    let span = Duration::from_secs_f64(plan.seconds);
    let mut going = Vec::new();
    let tasks = LocalSet::new();
    for Stream { name, pace, requests } in plan.streams {
        let stream = Rc::new(Going {
            port: plan.port,
            patience: Duration::from_secs_f64(plan.patience),
            started,
            span,
            requests: requests.into_iter().map(String::into_bytes).collect(),
            idle: RefCell::default(),
            seen: RefCell::default(),
            under_way: RefCell::default(),
        });
        match pace {
            Pace::Connections(count) => {
                for first in 0..count {
                    tasks.spawn_local(Rc::clone(&stream).again_and_again(first));
                }
            }
            Pace::Rate(rate) => {
                tasks.spawn_local(Rc::clone(&stream).as_they_arrive(rate));
            }
        }
        going.push((name, stream));
    }
    runtime.block_on(tasks);
    let seconds = started.elapsed().as_secs_f64();
    let streams = going
        .into_iter()
        .map(|(name, stream)| (name, Told::of(&stream.seen.borrow(), stream.under_way.borrow().1)))
        .collect();
    Ok(Report { seconds, busy: (self::used()? - used) / seconds, streams })
}

impl Going {
    /// One connection's requests, each after the last one's answer.
    async fn again_and_again(self: Rc<Self>, first: usize) {
        let mut number = first;
        while self.started.elapsed() < self.span {
            self.send(number, now()).await;
            number += 1;
        }
    }

    /// Requests at their times, whatever became of the last ones.
    async fn as_they_arrive(self: Rc<Self>, rate: f64) {
        let mut requests = Vec::new();
        let mut number = 0_u32;
        loop {
            let due = self.started + Duration::from_secs_f64(f64::from(number) / rate);
            if due.duration_since(self.started) >= self.span {
                break;
            }
            // The timer is a millisecond coarse; the rest is waited for by looking.
            let early = due.saturating_duration_since(now());
            if let Some(sleep) = early.checked_sub(Duration::from_millis(2)) {
                tokio::time::sleep(sleep).await;
            }
            while now() < due {
                tokio::task::yield_now().await;
            }
            if self.under_way.borrow().0 < MOST {
                let stream = Rc::clone(&self);
                let number = usize::try_from(number).unwrap_or(usize::MAX);
                requests.push(tokio::task::spawn_local(async move { stream.send(number, due).await }));
            } else {
                self.note(0, due);
            }
            number += 1;
        }
        for request in requests {
            let _ = request.await;
        }
    }

    /// Sends one request; its time counts from when it was due.
    async fn send(&self, number: usize, due: std::time::Instant) {
        {
            let mut under_way = self.under_way.borrow_mut();
            under_way.0 += 1;
            under_way.1 = under_way.1.max(under_way.0);
        }
        let asked = tokio::time::timeout(self.patience, self.ask(number)).await;
        self.under_way.borrow_mut().0 -= 1;
        self.note(asked.unwrap_or(Ok(0)).unwrap_or(0), due);
    }

    async fn ask(&self, number: usize) -> Outcome<u16> {
        let request =
            self.requests.get(number % self.requests.len().max(1)).ok_or("there is nothing to send")?;
        let idle = self.idle.borrow_mut().pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => Connection::open(self.port).await?,
        };
        let (status, keep) = connection.ask(request).await?;
        if keep {
            self.idle.borrow_mut().push(connection);
        }
        Ok(status)
    }

    fn note(&self, status: u16, due: std::time::Instant) {
        let microseconds = now().saturating_duration_since(due).as_secs_f64() * 1e6;
        self.seen.borrow_mut().push(Seen { status, microseconds, at: self.started.elapsed().as_secs_f64() });
    }
}

/// Seconds of a processor that this process has used.
fn used() -> Outcome<f64> {
    let text = std::fs::read_to_string("/proc/self/schedstat")?;
    let nanoseconds: f64 = text.split_whitespace().next().ok_or("no schedstat")?.parse()?;
    Ok(nanoseconds / 1e9)
}
