//! The values that labels can have. There are no others.

/// A label with a closed list of values.
pub trait Label: Copy {
    /// Every value.
    const VALUES: &'static [&'static str];

    /// The value.
    fn value(self) -> &'static str;
}

macro_rules! labels {
    ($($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $variant:ident = $text:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$about])* $variant,)* }

        impl $name {
            /// Every value.
            pub const VALUES: &'static [&'static str] = &[$($text,)*];
        }

        impl Label for $name {
            const VALUES: &'static [&'static str] = $name::VALUES;

            fn value(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    )*};
}

labels! {
    /// How a login ended.
    Login {
        /// Somebody is signed in.
        Completed = "completed",
        /// Name and password don't match.
        Rejected = "rejected",
        /// A limit refused it unseen.
        Limited = "limited",
        /// The password is right, and something else has to be done first.
        Pending = "pending",
        /// Too many hashes wait.
        Busy = "busy",
        /// The database could not be asked.
        Unavailable = "unavailable",
        /// It was no login: an empty field, a password that is too long.
        Malformed = "malformed",
    }
    /// Who knew a session.
    Found {
        /// The memory of this process.
        Cache = "cache",
        /// The database.
        Storage = "storage",
    }
    /// What the feed brought.
    Feed {
        /// A change.
        Change = "change",
        /// It could not be read.
        Lost = "lost",
    }
    /// What became of a mail.
    Mail {
        /// The server took it.
        Sent = "sent",
        /// It is tried again.
        Retried = "retried",
        /// It is not tried again.
        Failed = "failed",
        /// It is about nobody any more.
        Moot = "moot",
    }
    /// What became of an SMS.
    Sms {
        /// Who sends took it.
        Sent = "sent",
        /// It is tried once more.
        Retried = "retried",
        /// It was not sent.
        Failed = "failed",
        /// A cap kept it from being sent.
        Capped = "capped",
    }
    /// Why storage did not do it.
    DatabaseError {
        /// It can't be reached, is locked, full or read-only.
        Unavailable = "unavailable",
        /// It holds what it must not hold.
        Inconsistent = "inconsistent",
    }
    /// What a connection of the pool does.
    Place {
        /// It is used.
        Busy = "busy",
        /// It waits.
        Idle = "idle",
    }
}

/// The limits that can refuse, as the names of their counters begin; `all` counts everybody.
pub const LIMITS: &[&str] = &[
    "account",
    "device",
    "address",
    "change",
    "factor",
    "address_change",
    "registration",
    "mail",
    "question",
    "all",
    "code",
    "sms",
    "other",
];

/// The routes of the endpoint; everything else is `other`.
pub const ROUTES: &[&str] = &[
    "page",
    "assets",
    "live",
    "ready",
    "health",
    "config",
    "session",
    "login",
    "enrollment",
    "account",
    "logout",
    "registration",
    "verification",
    "recovery",
    "password",
    "strength",
    "authorize",
    "provider",
    "collected",
    "metrics",
    "app",
    "other",
];

/// The statuses that the endpoint answers with; everything else is `other`.
pub const STATUSES: &[&str] = &[
    "101", "200", "204", "206", "303", "304", "307", "308", "400", "401", "403", "404", "405", "408", "409",
    "410", "413", "415", "421", "422", "429", "500", "502", "503", "504", "other",
];

/// A status as a label.
pub fn status_of(status: u16) -> &'static str {
    let known = |text: &&&str| text.parse() == Ok(status);
    STATUSES.iter().find(known).copied().unwrap_or("other")
}

/// The class of a status as a label.
pub const fn class_of(status: u16) -> &'static str {
    match status / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}

/// The names of the audit trail's events.
pub const EVENT_NAMES: &[&str] = &[
    "login.completed",
    "login.rejected",
    "provider.proven",
    "provider.rejected",
    "account.linked",
    "account.unlinked",
    "address.requested",
    "address.changed",
    "address.cancelled",
    "login.limited",
    "login.must_change",
    "factor.asked",
    "factor.rejected",
    "recovery_code.used",
    "factor.added",
    "factor.removed",
    "recovery_code.renewed",
    "session.raised",
    "session.reauthentication_rejected",
    "identity.created",
    "identity.changed",
    "identity.deleted",
    "registration.pending",
    "registration.existing",
    "invitation.issued",
    "setup.issued",
    "recovery.requested",
    "recovery.completed",
    "password.changed",
    "password.change_rejected",
    "session.ended",
    "ticket.refused",
    "ticket.theft",
    "app.changed",
    "app.key_refused",
    "code.exchanged",
    "code.refused",
    "code.theft",
    "proxy.undeclared",
    "database.copied",
    "login_code.asked",
    "login_code.rejected",
    "login_code.proven",
    "sms.capped",
    "passkey.counter",
];
