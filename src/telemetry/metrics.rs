//! The one table of what is measured. Names and labels are closed: no request can make a new one.
//!
//! To add a metric: an entry in `measured!`, and `UPDATE=1 cargo test`, which writes its row into
//! `docs/observability.md`. A label takes its values from a list that stands here.

mod label;

use std::{sync::OnceLock, time::Duration};

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

pub use label::{
    DatabaseError, EVENT_NAMES, Feed, Found, LIMITS, Label, Login, Mail, Place, ROUTES, STATUSES, Sms,
    class_of, status_of,
};

/// The upper ends of the buckets of every histogram, in seconds.
const BUCKETS: [f64; 14] =
    [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Renders what was measured.
pub type Handle = PrometheusHandle;

/// Something that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Its name in Prometheus.
    pub name: &'static str,
    /// How it grows.
    pub kind: Kind,
    /// Its labels, each with every value that it can have.
    pub labels: &'static [(&'static str, &'static [&'static str])],
    /// What it says.
    pub about: &'static str,
}

/// How a metric grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only up, from the start of the process.
    Counter,
    /// Up and down.
    Gauge,
    /// How often, and how long.
    Histogram,
}

impl Kind {
    /// As Prometheus names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// The labels of one measurement.
pub type Labels<'l> = &'l [(&'static str, &'static str)];

impl Metric {
    /// Counts one more.
    pub fn count(&self, labels: Labels<'_>) {
        metrics::counter!(self.name, labels).increment(1);
    }

    /// Brings a counter to what was counted elsewhere.
    pub fn count_to(&self, labels: Labels<'_>, counted: u64) {
        metrics::counter!(self.name, labels).absolute(counted);
    }

    /// Shows a level.
    pub fn show(&self, labels: Labels<'_>, level: f64) {
        metrics::gauge!(self.name, labels).set(level);
    }

    /// Raises a level by one until the guard is dropped.
    pub fn raise(&self) -> Raised {
        let gauge = metrics::gauge!(self.name);
        gauge.increment(1.0);
        Raised(gauge)
    }

    /// Notes how long something took.
    pub fn took(&self, labels: Labels<'_>, span: Duration) {
        metrics::histogram!(self.name, labels).record(span.as_secs_f64());
    }
}

/// A level that is one higher while this lives.
#[derive(Debug)]
pub struct Raised(metrics::Gauge);

impl Drop for Raised {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

macro_rules! measured {
    ($($name:ident: $kind:ident = $text:literal [$($label:literal in $values:expr),*] $about:literal;)*) => {
        $(#[doc = $about] pub static $name: Metric = Metric {
            name: $text, kind: Kind::$kind, labels: &[$(($label, $values)),*], about: $about,
        };)*

        /// Everything that is measured, in the order of the table.
        pub static ALL: &[&Metric] = &[$(&$name),*];
    };
}

measured! {
    BUILD: Gauge = "gatehouse_build_info" ["version" in &[env!("CARGO_PKG_VERSION")]]
        "Always 1: which version runs.";
    REQUESTS: Counter = "gatehouse_http_requests_total" ["route" in ROUTES, "status" in STATUSES]
        "Requests answered.";
    REQUEST_SECONDS: Histogram = "gatehouse_http_request_duration_seconds"
        ["route" in ROUTES, "class" in &["1xx", "2xx", "3xx", "4xx", "5xx"]]
        "How long requests took, from their last byte to the answer.";
    REQUESTS_OPEN: Gauge = "gatehouse_http_requests_in_flight" [] "Requests under way.";
    LOGINS: Counter = "gatehouse_logins_total" ["outcome" in Login::VALUES]
        "Logins: every session that began, whatever proved it, and how else those by password ended.";
    EVENTS: Counter = "gatehouse_events_total" ["event" in EVENT_NAMES]
        "Events of the audit trail: registrations, resets, ended sessions and the rest.";
    REFUSALS: Counter = "gatehouse_limit_refusals_total" ["limit" in LIMITS]
        "Attempts that a limit refused, by the limit that had the longest pause.";
    HASH_SECONDS: Histogram = "gatehouse_hash_duration_seconds" [] "How long hashes took.";
    HASH_WAIT_SECONDS: Histogram = "gatehouse_hash_wait_seconds" [] "How long hashes waited for their turn.";
    HASHES_RUNNING: Gauge = "gatehouse_hashes_running" [] "Hashes that run.";
    HASHES_WAITING: Gauge = "gatehouse_hashes_waiting" [] "Hashes that wait for their turn.";
    HASH_PERMITS: Gauge = "gatehouse_hash_permits" [] "How many hashes may run at once.";
    HASHES_REFUSED: Counter = "gatehouse_hashes_refused_total" [] "Hashes that found the queue full.";
    SESSIONS_CACHED: Gauge = "gatehouse_sessions_cached" [] "Sessions in memory.";
    SESSION_LOOKUPS: Counter = "gatehouse_session_lookups_total" ["from" in Found::VALUES]
        "Questions about a session, by who could answer.";
    FEED_AGE: Gauge = "gatehouse_feed_age_seconds" []
        "Since when the change feed was not heard. Over 1 the cache is not believed.";
    FEED_SEQUENCE: Gauge = "gatehouse_feed_sequence" []
        "The last change that was read. Behind that of another replica: by so many changes.";
    FEED: Counter = "gatehouse_feed_total" ["what" in Feed::VALUES]
        "What the change feed brought: changes, and how often it was lost.";
    SOCKETS: Gauge = "gatehouse_sockets_open" [] "Websockets, streams and long answers that are open at the gate.";
    MAILS: Counter = "gatehouse_mails_total" ["outcome" in Mail::VALUES] "What became of mails that were taken from the queue.";
    MAILS_WAITING: Gauge = "gatehouse_mails_waiting" [] "Mails in the queue, looked at every 15 seconds.";
    MAIL_OLDEST: Gauge = "gatehouse_mail_oldest_seconds" [] "How long the oldest of them has waited.";
    SMS: Counter = "gatehouse_sms_total" ["outcome" in Sms::VALUES] "What became of SMS that were asked for.";
    DATABASE_SECONDS: Histogram = "gatehouse_database_duration_seconds" ["trait" in &[
        "identity", "declared", "registration", "link", "session", "factor", "app", "provider", "address",
        "limit", "mail", "feed", "meta",
        "login_code", "passkey",
    ]] "How long calls of the storage took, by the repository that was asked.";
    DATABASE_ERRORS: Counter = "gatehouse_database_errors_total" ["kind" in DatabaseError::VALUES]
        "Calls of the storage that failed.";
    DATABASE_CONNECTIONS: Gauge = "gatehouse_database_connections" ["state" in Place::VALUES]
        "Connections of the pool.";
    DATABASE_WAIT_SECONDS: Histogram = "gatehouse_database_wait_seconds" []
        "How long a call waited for a connection.";
}

/// The recorder of this process, installed when it is first asked for. Nothing where another library was faster: then
/// its own exporter shows what is measured here.
pub fn handle() -> Option<Handle> {
    static RECORDER: OnceLock<Option<Handle>> = OnceLock::new();
    RECORDER
        .get_or_init(|| {
            let handle = PrometheusBuilder::new().set_buckets(&BUCKETS).ok()?.install_recorder().ok()?;
            for metric in ALL {
                match metric.kind {
                    Kind::Counter => metrics::describe_counter!(metric.name, metric.about),
                    Kind::Gauge => metrics::describe_gauge!(metric.name, metric.about),
                    Kind::Histogram => metrics::describe_histogram!(metric.name, metric.about),
                }
            }
            BUILD.show(&[("version", env!("CARGO_PKG_VERSION"))], 1.0);
            Some(handle)
        })
        .clone()
}

/// The table of `docs/observability.md`.
pub fn markdown() -> String {
    use std::fmt::Write as _;
    let mut table = String::from("| metric | kind | labels | meaning |\n|---|---|---|---|\n");
    for metric in ALL {
        let labels = metric.labels.iter().map(|(label, values)| match values.len() {
            // Longer lists say no more than where they come from.
            0..=10 => format!("`{label}`: {}", values.join(", ")),
            many => format!("`{label}`: {many} values"),
        });
        let labels = labels.collect::<Vec<_>>().join("; ");
        // Writing to a String can't fail.
        let _ =
            writeln!(table, "| `{}` | {} | {labels} | {} |", metric.name, metric.kind.name(), metric.about);
    }
    table
}

#[cfg(test)]
mod tests;
