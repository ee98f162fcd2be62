//! `GET /openapi.json`: the routes, described from the code that answers them.

use std::collections::BTreeMap;

use axum::Json;
use gatehouse_protocol::{ErrorCode, Problem};
use utoipa::{
    IntoResponses, OpenApi, ToSchema,
    openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder},
};

use super::{
    account, assets, authorize, collected, config, enrollment, health, jwks, live, login, logo, logout,
    metrics, page, password, provider, ready, recovery, registration, session, verification,
};

/// Every refusal that any route may answer: one response for each status of [`ErrorCode`].
pub(super) struct Refusals;

impl IntoResponses for Refusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut codes: BTreeMap<u16, Vec<String>> = BTreeMap::new();
        for code in ErrorCode::ALL {
            let name = serde_json::to_value(code).ok().and_then(|value| value.as_str().map(str::to_owned));
            codes.entry(code.status()).or_default().extend(name);
        }
        let body = ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name()))).build();
        let response = |names: Vec<String>| {
            ResponseBuilder::new()
                .description(names.join(", "))
                .content("application/json", body.clone())
                .build()
        };
        codes.into_iter().map(|(status, names)| (status.to_string(), response(names).into())).collect()
    }
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Gatehouse",
        description = "The verification endpoint of Gatehouse, a login for Streamlit apps"
    ),
    components(schemas(Problem)),
    paths(
        page::get,
        assets::get,
        logo::get,
        health::get,
        live::get,
        ready::get,
        config::get,
        session::get,
        login::post,
        enrollment::post,
        account::get,
        account::post,
        logout::post,
        registration::post,
        verification::post,
        recovery::post,
        password::post,
        password::strength::post,
        provider::get,
        provider::callback::get,
        provider::callback::post,
        provider::window::post,
        collected::post,
        jwks::get,
        metrics::get,
        authorize::get,
        get,
    )
)]
struct Description;

/// The description of every route.
pub fn document() -> utoipa::openapi::OpenApi {
    Description::openapi()
}

/// The description of every route, as JSON.
#[utoipa::path(get, path = "/openapi.json", responses((status = 200, description = "OpenAPI 3.1"), Refusals))]
pub(super) async fn get() -> Json<utoipa::openapi::OpenApi> {
    Json(document())
}
