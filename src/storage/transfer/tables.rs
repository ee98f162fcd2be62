//! The list of tables and columns. Parents come before what refers to them; the first columns are the key.

/// What a column can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// Whole numbers and moments.
    Integer,
    /// Yes or no.
    Flag,
    /// Numbers.
    Real,
    /// Bytes.
    Bytes,
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it can hold.
    pub kind: Kind,
}

/// A table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// How many of the first columns are the key.
    pub key: usize,
    /// Its columns.
    pub columns: &'static [Column],
}

impl Table {
    /// The columns of the key.
    pub fn key_columns(&self) -> &'static [Column] {
        self.columns.get(..self.key).unwrap_or(self.columns)
    }

    /// Where a column stands.
    pub fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|there| there.name == column)
    }
}

macro_rules! tables {
    ($($table:ident by $key:literal: $($column:ident $kind:ident),+;)+) => {
        /// Every table with every column, in the order in which they are written.
        pub const TABLES: &[Table] = &[$(Table {
            name: stringify!($table),
            key: $key,
            columns: &[$(Column { name: stringify!($column), kind: Kind::$kind }),+],
        }),+];
    };
}

tables! {
    meta by 1: id Integer, instance Text, high_water_mark Integer, key_mark Bytes;
    identity by 1: id Text, username Text, username_folded Text, email Text, email_folded Text,
        email_verified_at Integer, password Text, must_change Flag, disabled Flag, created_at Integer, source Text,
        fingerprint Bytes;
    identity_role by 2: identity_id Text, role Text;
    session by 1: id Text, identity_id Text, token_hash Bytes, created_at Integer, authenticated_at Integer,
        last_used_at Integer, idle_ttl Integer, absolute_ttl Integer, persistent Flag, aal Integer, user_agent Text,
        address Text, app Text, parent_id Text, methods Text;
    app by 1: name Text, url Text, created_at Integer;
    app_key by 1: hash Bytes, app Text, created_at Integer, retires_at Integer;
    code by 1: hash Bytes, app Text, session_id Text, challenge Text, issued_at Integer, made Text;
    factor by 1: id Text, identity_id Text, kind Text, name Text, sealed Bytes, last_step Integer,
        created_at Integer, last_used_at Integer, credential_id Bytes;
    recovery_code by 1: hash Bytes, identity_id Text, created_at Integer;
    pending_flow by 1: hash Bytes, identity_id Text, session_id Text, methods Text, aim Text, sealed Bytes,
        created_at Integer, expires_at Integer, keep Flag;
    login_code by 1: hash Bytes, identity_id Text, channel Text, counted Text, browser_hash Bytes, mac Bytes,
        link_hash Bytes, tries Integer, created_at Integer, expires_at Integer;
    used_challenge by 1: hash Bytes, expires_at Integer;
    linked_account by 2: issuer Text, subject Text, identity_id Text, provider Text, created_at Integer,
        last_used_at Integer;
    provider_flow by 1: state_hash Bytes, browser_hash Bytes, provider Text, return_to Text, identity_id Text,
        created_at Integer, expires_at Integer, session_id Text, keep Flag, collect Bytes;
    address_change by 1: id Text, identity_id Text, email Text, former Text, approve_hash Bytes,
        approve_until Integer, approved_at Integer, confirm_hash Bytes, confirm_until Integer, confirmed_at Integer,
        created_at Integer, expires_at Integer;
    handover by 1: challenge Bytes, identity_id Text, refused Text, created_at Integer, expires_at Integer;
    ticket by 1: hash Bytes, session_id Text, challenge Text, issued_at Integer, redeemed_by Bytes,
        redeemed_at Integer;
    registration by 1: id Text, username Text, username_folded Text, email Text, email_folded Text, password Text,
        roles Text, created_at Integer, expires_at Integer;
    link by 1: hash Bytes, kind Text, identity_id Text, registration_id Text, email Text, mailed Flag, roles Text,
        created_at Integer, expires_at Integer;
    limit_state by 1: key Text, level Real, updated_at Integer, locked_until Integer;
    mail by 1: id Text, template Text, recipient Text, recipient_folded Text, identity_id Text, context Text,
        locale Text, queued_at Integer, due_at Integer, attempts Integer, sent_at Integer, error Text,
        app Text;
    change by 1: seq Integer, at Integer, session_id Text, identity_id Text;
    audit by 1: id Integer, at Integer, event Text, identity_id Text, session_id Text, address Text, detail Text;
}
