//! Signing in inside a frame: a window goes to the provider, and leaves what came of it for the frame that opened it.
//!
//! The two have cookies of their own, and nothing else in common but a challenge: the window carries it, the frame has
//! its verifier. No session begins in the window. Who begins such a sign-in is checked where requests come in
//! (`http::admission`): whoever could send somebody there with a challenge of his own would collect that person's session.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use gatehouse_protocol::{Collect, CollectState, ErrorCode, LoginState, Problem};

use super::{Answer, Endpoint, RequestContext, begin::Wish, problem};
use crate::{
    flow::provider as flow,
    session::{Secret, TokenHash},
    storage::Handover,
};

/// How long a result waits to be collected.
const HANDOVER_TTL: Duration = Duration::from_mins(2);

impl Endpoint {
    /// The challenge of a frame, if frames are signed in here and it can be one.
    pub fn collectable(&self, ctx: &RequestContext, challenge: &str) -> Result<TokenHash, Problem> {
        if !self.settings.embeds() || ctx.app.is_some() {
            return Err(Problem::new(ErrorCode::NotFound));
        }
        let bytes = if challenge.len() == 43 { URL_SAFE_NO_PAD.decode(challenge).ok() } else { None };
        let hash = bytes.and_then(|bytes| bytes.try_into().ok()).map(TokenHash);
        hash.ok_or(Problem::new(ErrorCode::Malformed))
    }

    /// Leaves what came of a sign-in under the frame's challenge.
    pub(super) async fn leave(&self, challenge: TokenHash, left: Handover) -> Result<(), Problem> {
        let now = self.now();
        let added = self.storage.add_handover(challenge, &left, now, now.plus(HANDOVER_TTL)).await;
        added.map_err(problem::storage)
    }

    /// Leaves why nobody is signed in. Where that fails, the frame waits in vain, and the window says so.
    pub async fn leave_refusal(&self, challenge: TokenHash, refused: &Problem) {
        let name = serde_json::to_value(refused.code).ok();
        let name = name.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
        if let Err(problem) = self.leave(challenge, Handover::Refused(name.to_owned())).await {
            tracing::warn!(?problem, "a frame is not told why nobody is signed in");
        }
    }

    /// A frame asks for what its window left.
    pub async fn collect(
        &self,
        ctx: &RequestContext,
        asked: Collect,
    ) -> Result<Answer<CollectState>, Problem> {
        let verifier = Secret::received(asked.verifier.expose());
        if !self.settings.embeds() || ctx.app.is_some() {
            return Err(Problem::new(ErrorCode::NotFound));
        }
        if !Secret::is_drawn(verifier.expose()) {
            return Err(Problem::new(ErrorCode::Malformed));
        }
        self.question(ctx)?;
        let left = self.storage.consume_handover(verifier.hash(), self.now()).await;
        let id = match left.map_err(problem::storage)? {
            None => return Ok(Answer::new(CollectState::Waiting)),
            Some(Handover::Refused(code)) => {
                let code = serde_json::from_value(code.into()).unwrap_or(ErrorCode::ProviderRefused);
                return Err(Problem::new(code));
            }
            Some(Handover::Proven(id)) => id,
        };
        let unknown = || Problem::new(ErrorCode::ProviderUnknown);
        let identity =
            self.storage.lookup_identity(&id).await.map_err(problem::storage)?.ok_or_else(unknown)?;
        // Somebody may have been disabled meanwhile.
        let proven = flow::proven(&identity).ok_or_else(unknown)?;
        let answer = self.go_on(ctx, proven, &identity, Wish { keep: asked.keep, ..Wish::default() }).await?;
        let state = match &answer.state {
            LoginState::Complete { .. } => CollectState::Complete,
            LoginState::Challenge { flow, factors } => {
                CollectState::Challenge { flow: flow.clone(), factors: factors.clone() }
            }
            LoginState::Enroll { flow } => CollectState::Enroll { flow: flow.clone() },
            // Nothing that a provider proves leads there.
            LoginState::NewPassword { .. }
            | LoginState::VerifyAddress
            | LoginState::CodeSent { .. }
            | LoginState::Passkey { .. } => return Err(unknown()),
        };
        Ok(answer.map(|_| state))
    }
}
