//! Rows, read into the domain's types and refused where they hold what they must not hold.

use std::borrow::Cow;

use sqlx::{Row as _, postgres::PgRow};

pub(super) use crate::storage::value::{
    address, app, channel, count, factor_kind, factor_name, hash, methods, millis, roles, roles_json,
    username,
};
use crate::{
    clock::Timestamp,
    factor::password::PasswordHash,
    identity::{Identity, IdentityId, Role, Source, VerifiableAddress},
    session::{Lifetime, LiveSession, Session, SessionId},
    storage::{
        DeclaredRecord, Fingerprint, Result, SignInRecord,
        value::{span, wrong},
    },
};

/// The columns of [`identity`], from `identity i`.
macro_rules! identity_columns {
    () => {
        "i.id AS identity_id, i.username, i.email, i.email_verified_at, i.must_change, i.disabled, \
         i.created_at AS identity_created_at, i.source, \
         ARRAY(SELECT r.role FROM identity_role r WHERE r.identity_id = i.id ORDER BY r.role) AS roles"
    };
}

/// The columns of [`live_session`], and where they come from.
macro_rules! live_session_query {
    () => {
        concat!(
            "SELECT s.id AS session_id, s.token_hash, s.created_at AS session_created_at, s.authenticated_at, \
             s.last_used_at, s.idle_ttl, s.absolute_ttl, s.persistent, s.methods, s.user_agent, s.address, s.app, s.parent_id, ",
            $crate::storage::postgres::row::identity_columns!(),
            " FROM session s JOIN identity i ON i.id = s.identity_id "
        )
    };
}

pub(super) use {identity_columns, live_session_query};

/// Text as PostgreSQL can hold it: all but NUL, whose place the replacement character takes. Nobody has a name or an
/// address with either.
pub(super) fn text(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}

pub(super) fn identity(row: &PgRow) -> Result<Identity> {
    let email: Option<String> = row.try_get("email")?;
    let verified_at: Option<i64> = row.try_get("email_verified_at")?;
    let email = match email {
        Some(text) => {
            Some(VerifiableAddress { address: address(&text)?, verified_at: verified_at.map(Timestamp) })
        }
        None => None,
    };
    let mut roles = Vec::new();
    for name in row.try_get::<Vec<String>, _>("roles")? {
        roles.push(Role::parse(&name).map_err(|code| wrong("role", &format!("{code:?}")))?);
    }
    roles.sort();
    Ok(Identity {
        id: IdentityId(row.try_get("identity_id")?),
        username: username(row.try_get("username")?)?,
        email,
        roles,
        disabled: row.try_get("disabled")?,
        must_change: row.try_get("must_change")?,
        created_at: Timestamp(row.try_get("identity_created_at")?),
        source: row.try_get::<Option<String>, _>("source")?.map(Source),
    })
}

pub(super) fn sign_in_record(row: &PgRow) -> Result<SignInRecord> {
    let password: Option<String> = row.try_get("password")?;
    Ok(SignInRecord { identity: identity(row)?, password: password.map(PasswordHash) })
}

pub(super) fn declared_record(row: &PgRow) -> Result<DeclaredRecord> {
    let bytes: &[u8] = row.try_get("fingerprint")?;
    let fingerprint = bytes.try_into().map(Fingerprint).map_err(|_| wrong("fingerprint", &bytes.len()))?;
    Ok(DeclaredRecord {
        identity: identity(row)?,
        password: PasswordHash(row.try_get("password")?),
        fingerprint,
    })
}

pub(super) fn live_session(row: &PgRow) -> Result<LiveSession> {
    let identity = identity(row)?;
    let session = Session {
        id: SessionId(row.try_get("session_id")?),
        identity_id: identity.id.clone(),
        token_hash: hash(row.try_get("token_hash")?)?,
        created_at: Timestamp(row.try_get("session_created_at")?),
        authenticated_at: Timestamp(row.try_get("authenticated_at")?),
        last_used_at: Timestamp(row.try_get("last_used_at")?),
        lifetime: Lifetime {
            idle_ttl: span(row.try_get("idle_ttl")?),
            absolute_ttl: span(row.try_get("absolute_ttl")?),
            persistent: row.try_get("persistent")?,
        },
        methods: methods(row.try_get("methods")?)?,
        user_agent: row.try_get("user_agent")?,
        address: row.try_get("address")?,
        app: row.try_get::<Option<&str>, _>("app")?.map(app).transpose()?,
        parent_id: row.try_get::<Option<String>, _>("parent_id")?.map(SessionId),
    };
    Ok(LiveSession { session, identity })
}
