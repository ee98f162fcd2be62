//! Every answer of the endpoint is read as it was meant, and nothing else is.

use gatehouse_protocol::{
    AccountState, ClientConfig, EnrollmentState, LoginState, LogoutState, PasswordChanged, Problem,
    RecoveryState, RegistrationState, SessionState, StrengthReport, VerificationState,
};
use js_sys::{Array, JSON};
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::decode;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    decode(JSON::parse(text).unwrap()).ok()
}

/// Reads what a snapshot of the protocol shows, and finds all of it again.
fn whole<T: DeserializeOwned + Serialize>(snapshot: &str) {
    let (_, body) = snapshot.split_once("\n[").unwrap();
    let shown = Array::from(&JSON::parse(&format!("[{body}")).unwrap());
    assert!(shown.length() > 0);
    for value in shown.iter() {
        let text = String::from(JSON::stringify(&value).unwrap());
        let answer: T = decode(value).unwrap();
        let again: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_value(&answer).unwrap(), again);
    }
}

#[wasm_bindgen_test]
fn every_answer_is_read_whole() {
    whole::<ClientConfig>(include_str!("../../../protocol/tests/snapshots/wire__client_config.snap"));
    whole::<SessionState>(include_str!("../../../protocol/tests/snapshots/wire__session_state.snap"));
    whole::<LoginState>(include_str!("../../../protocol/tests/snapshots/wire__login_state.snap"));
    whole::<EnrollmentState>(include_str!("../../../protocol/tests/snapshots/wire__enrollment_state.snap"));
    whole::<AccountState>(include_str!("../../../protocol/tests/snapshots/wire__account_state.snap"));
    whole::<RegistrationState>(include_str!(
        "../../../protocol/tests/snapshots/wire__registration_state.snap"
    ));
    whole::<VerificationState>(include_str!(
        "../../../protocol/tests/snapshots/wire__verification_state.snap"
    ));
    whole::<RecoveryState>(include_str!("../../../protocol/tests/snapshots/wire__recovery_state.snap"));
    whole::<PasswordChanged>(include_str!("../../../protocol/tests/snapshots/wire__password_changed.snap"));
    whole::<StrengthReport>(include_str!("../../../protocol/tests/snapshots/wire__strength_report.snap"));
    whole::<LogoutState>(include_str!("../../../protocol/tests/snapshots/wire__logout_state.snap"));
    whole::<Problem>(include_str!("../../../protocol/tests/snapshots/wire__problem.snap"));
}

#[wasm_bindgen_test]
fn what_the_endpoint_would_not_say_is_refused() {
    assert!(read::<PasswordChanged>(r#"{"ended": 4294967295}"#).is_some());
    for text in [
        r#"{"ended": -1}"#,
        r#"{"ended": 1.5}"#,
        r#"{"ended": 4294967296}"#,
        r#"{"ended": "1"}"#,
        r#"{"ended": true}"#,
        r#"{"ended": null}"#,
        r#"{"ended": 1, "also": 2}"#,
        "{}",
        "[]",
        "1",
        "null",
        r#""ended""#,
    ] {
        let read = read::<PasswordChanged>(text);
        assert!(read.is_none(), "{text} was read as {read:?}");
    }
    for text in [
        r#"{"state": "complete", "ticket": 7}"#,
        r#"{"state": "complete", "ticket": null, "also": 1}"#,
        r#"{"state": "Complete", "ticket": null}"#,
        r#"{"state": {"complete": null}}"#,
        r#"{"ticket": null}"#,
        r#""complete""#,
    ] {
        assert!(read::<LoginState>(text).is_none(), "{text}");
    }
    for text in [r#"{"code": "nonsense"}"#, r#"{"code": {"busy": null}}"#, r#"{"code": 1}"#] {
        assert!(read::<Problem>(text).is_none(), "{text}");
    }
}

#[wasm_bindgen_test]
fn what_is_left_out_counts_as_nothing() {
    let problem = Problem::new(gatehouse_protocol::ErrorCode::Busy);
    assert_eq!(read::<Problem>(r#"{"code": "busy"}"#), Some(problem));
    assert_eq!(decode::<Option<String>>(JsValue::UNDEFINED).unwrap(), None);
}
