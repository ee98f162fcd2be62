//! What stands in the place of the app: the full-page form for a page, a problem for everything else.

use axum::{
    body::Bytes,
    http::{Response, StatusCode, header::WWW_AUTHENTICATE},
    response::IntoResponse,
};
use gatehouse_protocol::{ErrorCode, Front, Problem, SessionState};

use super::{answer::Refusal, responder::Responder, shell::Behind};

/// How one signs in: by no scheme that a browser has a dialog for. The page's watcher knows our 401 by it.
const SCHEME: &str = "Gatehouse";
/// The seconds after which a database that can't be reached is worth another try.
const RETRY_AFTER: u32 = 5;

impl Responder {
    /// The sign-in form in the place of `target`. It answers 200: many a platform probes `/` and takes anything else for
    /// a crash. Where one sign-in serves several apps, the way to it.
    pub async fn form(&self, target: &str) -> Response<Bytes> {
        if let Behind::Remote(remote) = &self.shell().behind
            && let Some(away) = remote.begin(target)
        {
            return self.finish(away.map(axum::body::Body::from)).await;
        }
        self.page(StatusCode::OK, SessionState::Anonymous, None).await
    }

    /// The page for who has none of the roles that were asked for.
    pub async fn not_allowed(&self, session: SessionState, asked: Vec<String>) -> Response<Bytes> {
        self.page(StatusCode::FORBIDDEN, session, Some(asked)).await
    }

    /// The answer to what is no page, asked for by nobody.
    pub async fn signed_out(&self) -> Response<Bytes> {
        let refusal = Refusal(Problem::new(ErrorCode::SignedOut));
        self.finish(([(WWW_AUTHENTICATE, SCHEME)], refusal).into_response()).await
    }

    /// The answer while nobody can say who asks.
    pub async fn unavailable(&self) -> Response<Bytes> {
        let problem = Problem::new(ErrorCode::Unavailable).retry_after(RETRY_AFTER);
        self.finish(Refusal(problem).into_response()).await
    }

    async fn page(
        &self,
        status: StatusCode,
        session: SessionState,
        asked: Option<Vec<String>>,
    ) -> Response<Bytes> {
        let shell = self.shell();
        let response = match (&shell.page, shell.config()) {
            (Some(page), Some(config)) => {
                (status, page.front(&Front { config, session, asked })).into_response()
            }
            // The remote endpoint has not said yet how the forms look.
            (Some(_), None) => return self.unavailable().await,
            (None, _) => Refusal(Problem::new(ErrorCode::NotFound)).into_response(),
        };
        self.finish(response).await
    }
}
