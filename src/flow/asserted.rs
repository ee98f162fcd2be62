//! Assertion: a proxy that the operator trusts says who somebody is, and has proven it.

use super::Completed;
use crate::{
    identity::{Identity, Source},
    session::{Method, Methods},
};

/// The identity was kept for who the proxy named; it may not have been disabled meanwhile.
pub fn completed(identity: &Identity) -> Option<Completed> {
    let asserted = identity.source.as_ref().is_some_and(Source::is_proxy);
    (asserted && !identity.disabled)
        .then(|| Completed::new(identity.id.clone(), None, Methods::only(Method::Proxy)))
}

#[cfg(test)]
mod tests {
    use super::completed;
    use crate::{
        clock::Timestamp,
        identity::{Identity, IdentityId, Source, Username},
    };

    fn identity(source: Option<Source>, disabled: bool) -> Identity {
        Identity {
            id: IdentityId("identity_1".to_owned()),
            username: Username::asserted("jane@example.org").unwrap(),
            email: None,
            roles: Vec::new(),
            disabled,
            must_change: false,
            created_at: Timestamp(0),
            source,
        }
    }

    #[test]
    fn only_who_a_proxy_named_and_nobody_disabled_is_believed() {
        assert!(completed(&identity(Some(Source::proxy()), false)).is_some());
        assert!(completed(&identity(Some(Source::proxy()), true)).is_none());
        assert!(completed(&identity(None, false)).is_none());
        assert!(completed(&identity(Some(Source("settings:/app".to_owned())), false)).is_none());
    }
}
