use super::*;
use crate::{
    clock::Timestamp,
    factor::{FactorId, FactorName, NewFactor},
    identity::{Role, Username},
    session::TokenHash,
};

fn identity(role: Option<&str>, source: Option<Source>) -> Identity {
    Identity {
        id: IdentityId("id_a".into()),
        username: Username::parse("alice").unwrap(),
        email: None,
        roles: role.into_iter().map(|role| Role::parse(role).unwrap()).collect(),
        disabled: false,
        must_change: false,
        created_at: Timestamp(0),
        source,
    }
}

fn totp() -> StoredFactor {
    let factor = NewFactor {
        id: FactorId("fac_a".into()),
        identity_id: IdentityId("id_a".into()),
        kind: FactorKind::Totp,
        name: FactorName::default(),
        sealed: Vec::new(),
        last_step: 0,
        created_at: Timestamp(0),
    };
    StoredFactor { factor, last_used_at: None }
}

fn password() -> Proven {
    Proven::new(IdentityId("id_a".into()), None, Methods::only(Method::Password))
}

#[test]
fn a_password_alone_begins_a_session_only_where_there_is_no_factor_and_none_is_required() {
    assert!(matches!(password().next(&[], AssuranceLevel::Aal1), Next::Complete(_)));
    assert!(matches!(password().next(&[], AssuranceLevel::Aal2), Next::Enroll(_)));
    for required in [AssuranceLevel::Aal1, AssuranceLevel::Aal2] {
        assert!(matches!(password().next(&[totp()], required), Next::Challenge(_)));
    }
}

#[test]
fn the_policy_asks_everybody_or_who_has_a_role_and_never_whom_a_proxy_names() {
    let settings = |mfa, roles: &[&str]| Settings {
        mfa,
        mfa_roles: roles.iter().map(ToString::to_string).collect(),
        ..Settings::default()
    };
    let (admin, member) = (identity(Some("admin"), None), identity(Some("member"), None));
    let proxied = identity(Some("admin"), Some(Source::proxy()));
    let strict = settings(Mfa::Required, &[]);
    assert_eq!(required(&strict, &member), AssuranceLevel::Aal2);
    assert_eq!(required(&strict, &proxied), AssuranceLevel::Aal1);
    let by_role = settings(Mfa::Optional, &["admin"]);
    assert_eq!(required(&by_role, &admin), AssuranceLevel::Aal2);
    assert_eq!(required(&by_role, &member), AssuranceLevel::Aal1);
    assert_eq!(required(&by_role, &proxied), AssuranceLevel::Aal1);
    assert!(may_enroll(&by_role, &member) && !may_enroll(&by_role, &proxied));
    assert!(!may_enroll(&settings(Mfa::Off, &[]), &admin));
}

#[test]
fn a_flow_is_good_for_what_it_was_made_for_and_nothing_else() {
    let flow = |aim| PendingFlow {
        hash: TokenHash([1; 32]),
        identity_id: IdentityId("id_a".into()),
        session_id: None,
        methods: Methods::only(Method::Password),
        aim,
        keep: false,
        created_at: Timestamp(0),
        expires_at: Timestamp(1),
    };
    assert!(Challenged::found(flow(FlowAim::Enroll)).is_none());
    assert!(Challenged::found(flow(FlowAim::ConfirmTotp { sealed: vec![1] })).is_none());
    let completed = Challenged::found(flow(FlowAim::Challenge)).unwrap().completed(Method::Totp);
    assert_eq!(completed.methods().assurance(), AssuranceLevel::Aal2);
    assert_eq!(completed.flow(), Some(TokenHash([1; 32])));
}

#[test]
fn what_is_offered_is_what_there_is_and_the_app_comes_first() {
    assert_eq!(offered(&[totp()], 3), [SecondFactor::Totp, SecondFactor::RecoveryCode]);
    assert_eq!(offered(&[totp()], 0), [SecondFactor::Totp]);
}
