//! Codes that were asked for in place of a password, or as a second factor, as they are kept until they are used.

use async_trait::async_trait;
use gatehouse_protocol::CodeChannel;

use super::{LimitKey, Result};
use crate::{clock::Timestamp, identity::IdentityId, session::TokenHash};

/// How often a code may be tried.
pub const CODE_TRIES: u32 = 5;

/// A code that somebody asked for.
#[derive(Debug, Clone)]
pub struct NewLoginCode {
    /// What the token of its flow hashes to.
    pub hash: TokenHash,
    /// Whose; `None` where there is nobody to send one to.
    pub identity_id: Option<IdentityId>,
    /// By which way it reaches its owner.
    pub channel: CodeChannel,
    /// The counter of wrong ones.
    pub counted: LimitKey,
    /// What the cookie of the browser hashes to that asked for it.
    pub browser: Option<TokenHash>,
    /// The code, keyed; `None` before it is sent, and for nobody.
    pub mac: Option<[u8; 32]>,
    /// When.
    pub created_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
}

/// A code that was sent, or would have been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginCode {
    /// What the token of its flow hashes to.
    pub hash: TokenHash,
    /// Whose; `None` for nobody's.
    pub identity_id: Option<IdentityId>,
    /// By which way it was sent.
    pub channel: CodeChannel,
    /// The counter of wrong ones.
    pub counted: LimitKey,
    /// What the cookie of the browser hashes to that asked for it.
    pub browser: Option<TokenHash>,
    /// The code, keyed; nothing is right where there is none.
    pub mac: Option<[u8; 32]>,
}

/// Codes that were asked for.
#[async_trait]
pub trait LoginCodeRepository {
    /// Keeps a code that was asked for, in place of an earlier one of the same flow.
    async fn add_login_code(&self, new: NewLoginCode) -> Result<()>;
    /// Notes what is sent for it, and says until when it holds. `None` if nobody waits for it any more, or it is nobody's.
    async fn mint_login_code(
        &self,
        hash: TokenHash,
        mac: [u8; 32],
        link: Option<TokenHash>,
        now: Timestamp,
    ) -> Result<Option<Timestamp>>;
    /// Counts a try and gives what to compare with. `None` when used, expired, unknown, or tried [`CODE_TRIES`] times.
    async fn try_login_code(&self, hash: TokenHash, now: Timestamp) -> Result<Option<LoginCode>>;
    /// Looks for the code whose mail had this link, without using anything up.
    async fn find_login_link(&self, link: TokenHash, now: Timestamp) -> Result<Option<LoginCode>>;
    /// Uses a code up, and its link with it. False if somebody was faster.
    async fn use_login_code(&self, hash: TokenHash, now: Timestamp) -> Result<bool>;
}

/// As stored.
pub(super) const fn channel_name(channel: CodeChannel) -> &'static str {
    match channel {
        CodeChannel::Mail => "mail",
        CodeChannel::Sms => "sms",
    }
}
