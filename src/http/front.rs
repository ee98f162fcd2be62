//! What stands in the place of the app: the full-page form for a page, a problem for everything else.

use axum::{
    body::Bytes,
    http::{Response, StatusCode, header::WWW_AUTHENTICATE},
    response::IntoResponse,
};
use gatehouse_protocol::{ErrorCode, Front, Problem, SessionState};

use super::{answer::Refusal, responder::Responder};
use crate::gate::Entry;

/// How one signs in: by no scheme that a browser has a dialog for. The page's watcher knows our 401 by it.
const SCHEME: &str = "Gatehouse";
/// The seconds after which a database that can't be reached is worth another try.
const RETRY_AFTER: u32 = 5;

impl Responder {
    /// Answers in the place of the app; `None` where the request may reach it.
    ///
    /// The form answers 200, because many a platform probes `/` and takes anything else for a crash. What asked for no
    /// page gets 401 and a problem, who may not see a page 403.
    pub async fn front(&self, entry: &Entry) -> Option<Response<Bytes>> {
        let response = match entry {
            Entry::Open | Entry::Pass(_) => return None,
            Entry::Form => self.page(StatusCode::OK, SessionState::Anonymous, None),
            Entry::NotAllowed { session, roles } => {
                self.page(StatusCode::FORBIDDEN, session.state(), Some(roles.clone()))
            }
            Entry::SignedOut => {
                ([(WWW_AUTHENTICATE, SCHEME)], Refusal(Problem::new(ErrorCode::SignedOut))).into_response()
            }
        };
        Some(self.finish(response).await)
    }

    /// Answers in the place of the app while nobody can say who asks.
    pub async fn unavailable(&self) -> Response<Bytes> {
        self.finish(Refusal(Problem::new(ErrorCode::Unavailable).retry_after(RETRY_AFTER)).into_response())
            .await
    }

    fn page(
        &self,
        status: StatusCode,
        session: SessionState,
        asked: Option<Vec<String>>,
    ) -> axum::response::Response {
        let app = self.app();
        match &app.page {
            Some(page) => {
                let front = Front { config: app.endpoint.client_config(), session, asked };
                (status, page.front(&front)).into_response()
            }
            None => Refusal(Problem::new(ErrorCode::NotFound)).into_response(),
        }
    }
}
