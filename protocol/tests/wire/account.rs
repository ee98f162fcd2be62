//! The account page, and what the endpoint says of itself.

use gatehouse_protocol::{
    AccountOverview, AccountState, AccountStep, ClientConfig, CodeChannel, FactorSummary, Linkable,
    LinkedSummary, LoginForm, PendingAddress, ProviderButton, RegistrationMode, SecondFactor, SessionSummary,
};

use super::{password, token, wire};

#[test]
fn account() {
    let step = |step: &AccountStep| match step {
        AccountStep::Overview {}
        | AccountStep::RemoveFactor { .. }
        | AccountStep::RenameFactor { .. }
        | AccountStep::EndSession { .. }
        | AccountStep::EndOtherSessions {}
        | AccountStep::Export {}
        | AccountStep::Delete {}
        | AccountStep::LinkProvider { .. }
        | AccountStep::UnlinkProvider { .. }
        | AccountStep::ProveAgain { .. }
        | AccountStep::SetPassword { .. }
        | AccountStep::ChangeAddress { .. }
        | AccountStep::CancelAddress {}
        | AccountStep::ApproveAddress { .. }
        | AccountStep::ConfirmAddress { .. } => (),
    };
    let steps = [
        AccountStep::Overview {},
        AccountStep::RemoveFactor { id: "factor".into() },
        AccountStep::RenameFactor { id: "factor".into(), name: "Work phone".into() },
        AccountStep::EndSession { id: "session".into() },
        AccountStep::EndOtherSessions {},
        AccountStep::Export {},
        AccountStep::Delete {},
        AccountStep::LinkProvider { name: "company".into(), return_to: Some("/reports?page=2".into()) },
        AccountStep::UnlinkProvider { id: "account".into() },
        AccountStep::ProveAgain { name: "company".into(), return_to: None },
        AccountStep::SetPassword { password: password() },
        AccountStep::ChangeAddress { email: "new@example.org".into() },
        AccountStep::CancelAddress {},
        AccountStep::ApproveAddress { token: token() },
        AccountStep::ConfirmAddress { token: token() },
    ];
    steps.iter().for_each(step);
    wire("account_step", &steps);
    let factor = FactorSummary {
        id: "factor".into(),
        kind: SecondFactor::Totp,
        name: "Work phone".into(),
        created_at: 1_767_225_600_000,
        last_used_at: Some(1_767_312_000_000),
    };
    wire("factor_summary", &[factor.clone(), FactorSummary { last_used_at: None, ..factor.clone() }]);
    let session = SessionSummary {
        id: "session".into(),
        current: true,
        user_agent: "Mozilla/5.0".into(),
        address: "192.0.2.7".into(),
        created_at: 1_767_225_600_000,
        last_used_at: 1_767_312_000_000,
    };
    wire("session_summary", std::slice::from_ref(&session));
    let linked = LinkedSummary {
        id: "account".into(),
        name: Some("company".into()),
        label: "Example & Sons".into(),
        created_at: 1_767_225_600_000,
        last_used_at: 1_767_312_000_000,
    };
    wire("linked_summary", &[linked.clone(), LinkedSummary { name: None, ..linked.clone() }]);
    let linkable = Linkable { name: "github".into(), label: "GitHub".into() };
    wire("linkable", std::slice::from_ref(&linkable));
    let pending = PendingAddress { email: "new@example.org".into(), approval: true, confirmation: false };
    wire("pending_address", std::slice::from_ref(&pending));
    let account = AccountOverview {
        username: "alice".into(),
        email: Some("alice@example.org".into()),
        email_verified: true,
        roles: vec!["admin".into()],
        managed: false,
        factor_required: true,
        factors: vec![factor],
        recovery_codes: 9,
        sessions: vec![session],
        phone: true,
        has_password: true,
        linked: vec![linked],
        linkable: vec![linkable],
        pending_address: Some(pending),
    };
    wire("account_overview", std::slice::from_ref(&account));
    let state = |state: &AccountState| match state {
        AccountState::Overview { .. }
        | AccountState::Export { .. }
        | AccountState::Deleted
        | AccountState::Leave { .. }
        | AccountState::AddressChanged
        | AccountState::AddressWaits { .. } => (),
    };
    let states = [
        AccountState::Overview { account: Box::new(account) },
        AccountState::Export { document: "{}".into() },
        AccountState::Deleted,
        AccountState::AddressChanged,
        AccountState::AddressWaits { approval: true },
        AccountState::Leave { location: "https://id.example.org/auth?state=abc".into() },
    ];
    states.iter().for_each(state);
    wire("account_state", &states);
}

#[test]
fn config() {
    let modes = [
        RegistrationMode::Closed,
        RegistrationMode::Invite,
        RegistrationMode::Domains,
        RegistrationMode::Open,
    ];
    wire("registration_mode", &modes);
    wire("login_form", &[LoginForm::NameAndPassword, LoginForm::PasswordOnly]);
    let config = ClientConfig {
        app_name: "Weather".into(),
        logo: Some("/_gatehouse/assets/logo".into()),
        tagline: "Rain or shine.".into(),
        login: LoginForm::PasswordOnly,
        registration: RegistrationMode::Open,
        recovery: true,
        password_min: 8,
        app_path: "/".into(),
        providers: vec![ProviderButton {
            name: "company".into(),
            label: "Example & Sons".into(),
            href: "/_gatehouse/provider/company".into(),
        }],
        codes: vec![CodeChannel::Mail],
        passkeys: Some("weather.example.org".into()),
    };
    wire("client_config", &[config]);
}
