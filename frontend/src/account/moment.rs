//! How long ago something was, in the unit that people would use.

/// The units and their length in seconds, as `Intl.RelativeTimeFormat` names them.
const UNITS: [(&str, i64); 6] = [
    ("year", 365 * 24 * 3600),
    ("month", 30 * 24 * 3600),
    ("week", 7 * 24 * 3600),
    ("day", 24 * 3600),
    ("hour", 3600),
    ("minute", 60),
];

/// How long ago: a count, never above zero, of a unit. Clocks that differ make nothing come from the future.
pub fn ago(now: i64, then: i64) -> (i64, &'static str) {
    let seconds = now.saturating_sub(then).max(0) / 1000;
    let unit = UNITS.iter().find(|(_, length)| seconds >= *length);
    unit.map_or((0, "second"), |(unit, length)| (-(seconds / length), *unit))
}
