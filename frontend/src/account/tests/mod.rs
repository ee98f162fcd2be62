//! The account page as its owner uses it.

mod address;
mod linked;
mod passkey;

use gatehouse_protocol::{
    AccountOverview, AccountState, AccountStep, ClientConfig, Code, EnrollmentState, EnrollmentStep,
    ErrorCode, FactorSummary, FlowToken, LoginForm, Problem, RegistrationMode, SecondFactor, SessionSummary,
};

use super::{Account, Act, Effect, Event, On, Own, Request, Said, Section, View, ago, device};
use crate::machine::{Failure, Gap, Opening, Screen, Text};

fn config() -> ClientConfig {
    ClientConfig {
        passkeys: Some("app.example.org".to_owned()),
        providers: Vec::new(),
        app_name: "Quickstart".to_owned(),
        logo: None,
        tagline: String::new(),
        login: LoginForm::NameAndPassword,
        registration: RegistrationMode::Open,
        recovery: true,
        password_min: 8,
        app_path: "/app".to_owned(),
        codes: Vec::new(),
    }
}

fn overview() -> AccountOverview {
    AccountOverview {
        username: "bob".to_owned(),
        email: None,
        email_verified: false,
        roles: Vec::new(),
        managed: false,
        factor_required: false,
        factors: vec![FactorSummary {
            id: "f1".to_owned(),
            kind: SecondFactor::Totp,
            name: String::new(),
            created_at: 0,
            last_used_at: None,
        }],
        recovery_codes: 10,
        sessions: vec![SessionSummary {
            id: "s1".to_owned(),
            current: true,
            user_agent: String::new(),
            address: String::new(),
            created_at: 0,
            last_used_at: 0,
        }],
        phone: true,
        has_password: true,
        linked: Vec::new(),
        linkable: Vec::new(),
        pending_address: None,
    }
}

fn known() -> AccountState {
    AccountState::Overview { account: Box::new(overview()) }
}

fn refused<T>(code: ErrorCode) -> Result<T, Failure> {
    Err(Failure::Refused(Problem::new(code)))
}

/// A page in an app that knows the account.
fn page() -> Account {
    opened(true)
}

fn opened(embedded: bool) -> Account {
    let mut page = Account::new(embedded);
    assert!(page.busy() && *page.view() == View::Loading);
    assert!(page.apply(Event::Loaded(Ok(config()), Ok(known()))).is_empty());
    assert!(!page.busy() && *page.view() == View::Account);
    page
}

fn asks(mut effects: Vec<Effect>) -> Request {
    assert_eq!(effects.len(), 1, "{effects:?}");
    match effects.remove(0) {
        Effect::Ask(request) => request,
        other => panic!("{other:?} asks for nothing"),
    }
}

fn focus(effects: &[Effect]) -> &str {
    match effects {
        [Effect::Focus(id)] => id,
        other => panic!("{other:?}"),
    }
}

fn remove() -> Act {
    Act::Remove("f1".to_owned())
}

fn said(page: &Account, section: Section) -> Option<(Said, bool)> {
    page.notice(section).map(|notice| (notice.said.clone(), notice.good))
}

#[test]
fn a_phone_is_set_up_by_its_number_and_the_code_that_arrives_there() {
    let mut page = page();
    assert_eq!(focus(&page.apply(Event::Pressed(Act::AddPhone))), "gh-asked");
    let asked = asks(page.apply(Event::Confirmed(" 030 123456 ".to_owned())));
    assert!(
        matches!(asked, Request::Enroll(EnrollmentStep::BeginPhone { number }) if number == "030 123456")
    );
    page.apply(Event::Enrolled(refused(ErrorCode::PhoneInvalid)));
    assert_eq!(said(&page, Section::Factors), Some((Text::ErrorPhoneInvalid.into(), false)));
    assert_eq!(page.asked(), Some(&Act::AddPhone), "the number can be mended");
    asks(page.apply(Event::Confirmed("+49 30 123456".to_owned())));
    page.apply(Event::Enrolled(Ok(EnrollmentState::CodeSent { flow: FlowToken::new("flow") })));
    let inside = page.inside(Section::Factors).expect("no form for the code");
    assert!(matches!(inside.opening, Opening::At(Screen::Code { .. })));
    asks(page.apply(Event::Inside("enrolled".to_owned())));
}

#[test]
fn what_can_not_be_undone_is_asked_in_its_place() {
    for act in [remove(), Act::End("s2".to_owned()), Act::EndOthers, Act::NewCodes] {
        let mut page = page();
        assert_eq!(focus(&page.apply(Event::Pressed(act.clone()))), "gh-asked");
        assert_eq!(page.asked(), Some(&act));
        assert_eq!(focus(&page.apply(Event::Cancelled)), act.id(), "the focus comes back");
        assert_eq!(page.asked(), None);
        page.apply(Event::Pressed(act));
        asks(page.apply(Event::Confirmed(String::new())));
        assert!(page.busy());
        assert!(page.apply(Event::Confirmed(String::new())).is_empty(), "once");
        assert!(page.apply(Event::Pressed(Act::Export)).is_empty(), "one thing at a time");
    }
}

#[test]
fn a_step_that_is_done_is_said_where_it_was_done() {
    let mut page = page();
    page.apply(Event::Pressed(remove()));
    let request = asks(page.apply(Event::Confirmed(String::new())));
    assert!(matches!(request, Request::Account(AccountStep::RemoveFactor { id }) if id == "f1"));
    assert_eq!(focus(&page.apply(Event::Answered(Ok(known())))), Section::Factors.id());
    assert_eq!(said(&page, Section::Factors), Some((Own::FactorRemoved.into(), true)));
    assert_eq!(said(&page, Section::Sessions), None);
    page.apply(Event::Pressed(Act::EndOthers));
    assert_eq!(said(&page, Section::Factors), None, "old news are gone with the next thing done");
}

#[test]
fn a_name_is_typed_in_its_place_and_kept_when_it_is_refused() {
    let mut page = page();
    let rename = Act::Rename("f1".to_owned());
    page.apply(Event::Pressed(rename.clone()));
    let request = asks(page.apply(Event::Confirmed("  Work phone ".to_owned())));
    assert!(
        matches!(request, Request::Account(AccountStep::RenameFactor { name, .. }) if name == "Work phone")
    );
    page.apply(Event::Answered(refused(ErrorCode::NameTooLong)));
    assert_eq!(page.asked(), Some(&rename), "the input stays");
    assert_eq!(said(&page, Section::Factors), Some((Text::ErrorNameTooLong.into(), false)));
}

#[test]
fn an_account_is_deleted_by_its_name_only() {
    for (embedded, on) in [(true, None), (false, Some(On::SignIn))] {
        let mut page = opened(embedded);
        page.apply(Event::Pressed(Act::Delete));
        assert_eq!(focus(&page.apply(Event::Confirmed("alice".to_owned()))), "gh-asked");
        assert_eq!(said(&page, Section::Data), Some((Own::DeleteMismatch.into(), false)));
        assert_eq!(page.asked(), Some(&Act::Delete));
        let request = asks(page.apply(Event::Confirmed(" bob ".to_owned())));
        assert!(matches!(request, Request::Account(AccountStep::Delete {})));
        let effects = page.apply(Event::Answered(Ok(AccountState::Deleted)));
        assert!(matches!(effects[..2], [Effect::Announce, Effect::Focus(_)]));
        assert_eq!(matches!(effects.last(), Some(Effect::Done("deleted"))), embedded);
        let View::Only { on: leads, .. } = page.view() else { panic!("{:?}", page.view()) };
        assert_eq!(*leads, on);
    }
}

#[test]
fn a_step_that_needs_a_fresh_proof_is_repeated_by_itself_after_it() {
    let mut page = page();
    page.apply(Event::Pressed(remove()));
    page.apply(Event::Confirmed(String::new()));
    assert!(page.apply(Event::Answered(refused(ErrorCode::ReauthenticationRequired))).is_empty());
    let inside = page.inside(Section::Factors).unwrap();
    assert!(matches!(inside.opening, Opening::Reauthenticate));
    assert!(page.inside(Section::Password).is_none() && !page.busy() && page.asked().is_none());
    let request = asks(page.apply(Event::Inside("reauthenticated".to_owned())));
    assert!(matches!(request, Request::Account(AccountStep::RemoveFactor { id }) if id == "f1"));
    assert!(page.inside(Section::Factors).is_none());
    page.apply(Event::Answered(Ok(known())));
    assert_eq!(said(&page, Section::Factors), Some((Own::FactorRemoved.into(), true)));
}

#[test]
fn a_proof_that_is_not_given_repeats_nothing() {
    let mut page = page();
    page.apply(Event::Pressed(Act::Export));
    page.apply(Event::Answered(refused(ErrorCode::ReauthenticationRequired)));
    assert_eq!(focus(&page.apply(Event::Cancelled)), Act::Export.id());
    assert!(page.inside(Section::Data).is_none());
    assert!(page.apply(Event::Inside("reauthenticated".to_owned())).is_empty());
}

#[test]
fn a_factor_is_set_up_inside_the_page() {
    let mut page = page();
    let begin = asks(page.apply(Event::Pressed(Act::SetUp)));
    assert!(matches!(begin, Request::Enroll(EnrollmentStep::BeginTotp { flow: None })));
    page.apply(Event::Enrolled(refused(ErrorCode::ReauthenticationRequired)));
    let begin = asks(page.apply(Event::Inside("reauthenticated".to_owned())));
    assert!(matches!(begin, Request::Enroll(EnrollmentStep::BeginTotp { flow: None })));
    let (flow, key, picture) = (FlowToken::new("flow"), Code::new("KEY"), "<svg/>".to_owned());
    page.apply(Event::Enrolled(Ok(EnrollmentState::Totp { flow, key, picture })));
    let inside = page.inside(Section::Factors).unwrap();
    assert!(matches!(&inside.opening, Opening::At(Screen::Enroll { key, .. }) if key.expose() == "KEY"));
    let look = asks(page.apply(Event::Inside("enrolled".to_owned())));
    assert!(matches!(look, Request::Account(AccountStep::Overview {})));
    assert_eq!(focus(&page.apply(Event::Answered(Ok(known())))), Section::Factors.id());
    assert_eq!(said(&page, Section::Factors), Some((Own::FactorsDone.into(), true)));
}

#[test]
fn a_set_up_that_is_left_may_have_come_further_than_it_looks() {
    let mut page = page();
    page.apply(Event::Pressed(Act::SetUp));
    let (flow, key, picture) = (FlowToken::new("flow"), Code::new("KEY"), "<svg/>".to_owned());
    page.apply(Event::Enrolled(Ok(EnrollmentState::Totp { flow, key, picture })));
    assert!(matches!(asks(page.apply(Event::Cancelled)), Request::Account(AccountStep::Overview {})));
    page.apply(Event::Answered(Ok(known())));
    page.apply(Event::Pressed(Act::SetUp));
    let (flow, key, picture) = (FlowToken::new("flow"), Code::new("KEY"), "<svg/>".to_owned());
    page.apply(Event::Enrolled(Ok(EnrollmentState::Totp { flow, key, picture })));
    page.apply(Event::Inside("expired".to_owned()));
    assert_eq!(said(&page, Section::Factors), Some((Own::Expired.into(), false)));
}

#[test]
fn new_codes_are_shown_inside_the_page() {
    let mut page = page();
    page.apply(Event::Pressed(Act::NewCodes));
    page.apply(Event::Confirmed(String::new()));
    page.apply(Event::Enrolled(Ok(EnrollmentState::Complete { codes: vec![Code::new("aaaa-bbbb")] })));
    assert!(matches!(page.inside(Section::Factors).unwrap().opening, Opening::At(Screen::Codes { .. })));
}

#[test]
fn the_password_is_changed_inside_the_page() {
    let mut page = page();
    assert!(page.apply(Event::Pressed(Act::ChangePassword)).is_empty());
    let first = page.inside(Section::Password).unwrap().serial;
    page.apply(Event::Inside("reauthentication_required".to_owned()));
    assert!(matches!(page.inside(Section::Password).unwrap().opening, Opening::Reauthenticate));
    page.apply(Event::Inside("reauthenticated".to_owned()));
    let inside = page.inside(Section::Password).unwrap();
    assert!(matches!(inside.opening, Opening::ChangePassword) && inside.serial != first);
    asks(page.apply(Event::Inside("password_changed".to_owned())));
    page.apply(Event::Answered(Ok(known())));
    assert_eq!(said(&page, Section::Password), Some((Own::PasswordDone.into(), true)));
}

#[test]
fn data_is_saved_as_a_file() {
    let mut page = page();
    page.apply(Event::Pressed(Act::Export));
    let effects = page.apply(Event::Answered(Ok(AccountState::Export { document: "{}".to_owned() })));
    assert!(matches!(&effects[..], [Effect::Save(document)] if document == "{}"));
    assert_eq!(said(&page, Section::Data), Some((Own::DataExported.into(), true)));
    assert!(!page.busy());
}

#[test]
fn an_endpoint_that_does_not_answer_can_be_asked_again() {
    let mut page = Account::new(true);
    page.apply(Event::Loaded(Err(Failure::Unreachable), Err(Failure::Unreachable)));
    assert!(matches!(page.view(), View::Only { on: Some(On::Retry), .. }));
    assert!(matches!(page.apply(Event::Leave)[..], [Effect::Load]));
    assert!(page.apply(Event::Leave).is_empty(), "once");
    page.apply(Event::Loaded(Ok(config()), Ok(known())));
    page.apply(Event::Pressed(Act::Export));
    page.apply(Event::Answered(Err(Failure::Unreachable)));
    assert_eq!(said(&page, Section::Data), Some((Text::UnreachableNote.into(), false)));
    page.apply(Event::Pressed(Act::Export));
    let busy = Problem::new(ErrorCode::Busy).retry_after(7);
    page.apply(Event::Answered(Err(Failure::Refused(busy))));
    let (line, _) = said(&page, Section::Data).unwrap();
    assert_eq!(line.gaps, [("wait", Gap::Seconds(7))]);
}

#[test]
fn who_is_signed_out_meanwhile_is_told_and_led_to_the_form() {
    for (embedded, reload) in [(true, true), (false, false)] {
        let mut page = opened(embedded);
        page.apply(Event::Pressed(Act::Export));
        page.apply(Event::Answered(refused(ErrorCode::SignedOut)));
        assert!(matches!(page.view(), View::Only { on: Some(On::SignIn), .. }));
        let effects = page.apply(Event::Leave);
        assert_eq!(matches!(effects[..], [Effect::Reload]), reload);
        assert_eq!(matches!(effects[..], [Effect::Leave(None)]), !reload);
    }
    let mut page = opened(false);
    let effects = page.apply(Event::Leave);
    assert!(matches!(&effects[..], [Effect::Leave(Some(path))] if path == "/app"));
}

#[test]
fn nothing_secret_is_printed() {
    let mut page = page();
    page.apply(Event::Pressed(Act::SetUp));
    let (flow, key, picture) = (FlowToken::new("s3cr3t"), Code::new("s3cr3t"), "s3cr3t".to_owned());
    page.apply(Event::Enrolled(Ok(EnrollmentState::Totp { flow, key, picture })));
    assert!(!format!("{page:?}").contains("s3cr3t"));
}

#[test]
fn a_device_is_named_as_far_as_its_browser_tells() {
    let on = |browser: &str, system: &str| {
        Said::from(Own::DeviceOn).words("browser", browser).words("system", system)
    };
    for (agent, said) in [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 \
             Safari/537.36 Edg/140.0.0.0",
            on("Edge", "Windows"),
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", on("Firefox", "Linux")),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
             Version/18.0 Mobile/15E148 Safari/604.1",
            on("Safari", "iPhone"),
        ),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36",
            on("Chrome", "Android"),
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 \
             Safari/605.1.15",
            on("Safari", "macOS"),
        ),
        ("curl/8.5.0", Said::from(Own::DeviceOnly).words("name", "curl")),
        ("something else", Own::DeviceUnknown.into()),
        ("", Own::DeviceUnknown.into()),
    ] {
        assert_eq!(device(agent), said, "{agent}");
    }
}

#[test]
fn the_past_is_told_in_the_unit_that_fits() {
    let second = 1000;
    for (seconds, told) in [
        (-5, (0, "second")),
        (59, (0, "second")),
        (60, (-1, "minute")),
        (3599, (-59, "minute")),
        (3600, (-1, "hour")),
        (86_400, (-1, "day")),
        (6 * 86_400, (-6, "day")),
        (8 * 86_400, (-1, "week")),
        (40 * 86_400, (-1, "month")),
        (800 * 86_400, (-2, "year")),
    ] {
        assert_eq!(ago(1_767_225_600_000, 1_767_225_600_000 - seconds * second), told, "{seconds}");
    }
}
