//! What is to be sent, and what is told of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Several streams of requests to one server, at the same time.
#[derive(Deserialize)]
pub(crate) struct Plan {
    pub(crate) port: u16,
    pub(crate) seconds: f64,
    /// Without an answer for so long a request is given up.
    pub(crate) patience: f64,
    pub(crate) streams: Vec<Stream>,
}

/// Requests that are sent in turn, again and again.
#[derive(Deserialize)]
pub(crate) struct Stream {
    pub(crate) name: String,
    #[serde(flatten)]
    pub(crate) pace: Pace,
    /// Whole requests, head and body.
    pub(crate) requests: Vec<String>,
}

/// When the next request is sent.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Pace {
    /// On so many connections, each when it has its answer: how much a server can do.
    Connections(usize),
    /// So many per second whatever is answered, as people arrive. A request's time counts from when it was due.
    Rate(f64),
}

/// What became of a plan.
#[derive(Serialize)]
pub(crate) struct Report {
    pub(crate) seconds: f64,
    /// The part of one core that this program took.
    pub(crate) busy: f64,
    pub(crate) streams: BTreeMap<String, Told>,
}

/// What became of a stream.
#[derive(Serialize, Default)]
pub(crate) struct Told {
    /// Answers by status; `none` for those that were given up.
    pub(crate) statuses: BTreeMap<String, usize>,
    /// Microseconds of the answers with 2xx, by quantile.
    pub(crate) microseconds: BTreeMap<String, f64>,
    /// Until the last of these answers, in seconds.
    pub(crate) lasted: f64,
    /// The most that were under way at once.
    pub(crate) most: usize,
}

/// One request's end.
#[derive(Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) status: u16,
    pub(crate) microseconds: f64,
    /// Seconds from the plan's start.
    pub(crate) at: f64,
}

const QUANTILES: [(&str, f64); 7] = [
    ("p1", 0.01),
    ("p50", 0.5),
    ("p90", 0.9),
    ("p99", 0.99),
    ("p99.9", 0.999),
    ("p99.99", 0.9999),
    ("max", 1.0),
];

impl Told {
    pub(crate) fn of(seen: &[Seen], most: usize) -> Self {
        let mut told = Self { most, ..Self::default() };
        let mut times = Vec::new();
        for one in seen {
            let name = if one.status == 0 { "none".to_owned() } else { one.status.to_string() };
            *told.statuses.entry(name).or_default() += 1;
            if (200..300).contains(&one.status) {
                times.push(one.microseconds);
                told.lasted = told.lasted.max(one.at);
            }
        }
        times.sort_by(f64::total_cmp);
        for (name, part) in QUANTILES {
            if let Some(value) = times.get(rank(times.len(), part)) {
                told.microseconds.insert(name.to_owned(), *value);
            }
        }
        told
    }
}

/// The nearest rank, from zero.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "counts of requests"
)]
fn rank(count: usize, part: f64) -> usize {
    ((count as f64 * part).ceil() as usize).saturating_sub(1)
}
