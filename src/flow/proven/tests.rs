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
        credential_id: None,
        created_at: Timestamp(0),
    };
    StoredFactor { factor, last_used_at: None }
}

fn phone() -> StoredFactor {
    let totp = totp();
    StoredFactor { factor: NewFactor { kind: FactorKind::Phone, ..totp.factor }, ..totp }
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
    let off = settings(Mfa::Off, &[]);
    assert!(
        !may_enroll(&off, &admin) && may_enroll_passkey(&off, &admin),
        "a passkey may be the only factor"
    );
    assert!(!may_enroll_passkey(&off, &proxied));
    assert!(!may_enroll_passkey(&Settings { passkeys: false, ..off }, &admin));
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
fn what_is_offered_is_what_there_is_and_the_strongest_comes_first() {
    let password = Methods::only(Method::Password);
    let both = [SecondFactor::Totp, SecondFactor::RecoveryCode];
    assert_eq!(offered(&[totp()], 3, &password, true), both);
    assert_eq!(offered(&[totp()], 0, &password, true), [SecondFactor::Totp]);
    let all = [SecondFactor::Totp, SecondFactor::Sms, SecondFactor::RecoveryCode];
    assert_eq!(offered(&[totp(), phone()], 3, &password, true), all);
    assert_eq!(offered(&[totp(), phone()], 3, &password, false), both, "nobody sends SMS");
    assert_eq!(offered(&[totp(), phone()], 3, &Methods::only(Method::SmsCode), true), both, "one phone");
    let mut passkey = totp();
    passkey.factor.kind = FactorKind::Passkey;
    let three = [SecondFactor::Passkey, SecondFactor::Totp, SecondFactor::RecoveryCode];
    assert_eq!(offered(&[totp(), passkey.clone()], 1, &password, true), three);
    assert_eq!(offered(&[passkey], 0, &password, true), [SecondFactor::Passkey]);
}

/// Story: somebody has taken over the number, and nothing else. A code by SMS is good for signing in where the settings say
/// so, and must be good for nothing more: not as its own second factor, and not to set another one up.
#[test]
fn a_phone_is_one_factor_and_gets_no_other_one_set_up() {
    let sms = || Proven::new(IdentityId("id_a".into()), None, Methods::only(Method::SmsCode));
    assert!(matches!(sms().next(&[phone()], AssuranceLevel::Aal1), Next::Complete(_)));
    assert!(matches!(sms().next(&[phone()], AssuranceLevel::Aal2), Next::Challenge(_)));
    assert!(matches!(sms().next(&[phone(), totp()], AssuranceLevel::Aal1), Next::Challenge(_)));
    assert!(matches!(password().next(&[phone()], AssuranceLevel::Aal1), Next::Challenge(_)));
    let mail = Proven::new(IdentityId("id_a".into()), None, Methods::only(Method::MailCode));
    assert!(matches!(mail.next(&[phone()], AssuranceLevel::Aal1), Next::Challenge(_)));
}
