//! What the browser does with passkeys: it reads options and writes answers as JSON, and asks its person.
//!
//! Everything goes by name: bindings for it would weigh more. A browser that lacks a part of it has no passkeys.

use js_sys::{Function, JSON, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortSignal;

#[cfg(feature = "later")]
use crate::{
    account::{Said, device},
    machine::Text,
};

/// Something that is done with a passkey.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ceremony {
    /// The function of `navigator.credentials`.
    act: &'static str,
    /// The function that reads its options.
    read: &'static str,
    /// Offered in a field's autofill instead of a dialog.
    quiet: bool,
}

impl Ceremony {
    pub(crate) const SIGN: Self = Self { act: "get", read: "parseRequestOptionsFromJSON", quiet: false };
    pub(crate) const OFFER: Self = Self { quiet: true, ..Self::SIGN };
    #[cfg(feature = "later")]
    const MAKE: Self = Self { act: "create", read: "parseCreationOptionsFromJSON", quiet: false };

    /// Does it. The answer is a JSON text, or why there is none.
    pub(crate) async fn hold(self, options: &str, signal: Option<&AbortSignal>) -> Result<String, JsValue> {
        let class = class().ok_or(JsValue::NULL)?;
        let asked = Object::new();
        Reflect::set(&asked, &"publicKey".into(), &call(&class, self.read, &JSON::parse(options)?)?)?;
        if let Some(signal) = signal {
            Reflect::set(&asked, &"signal".into(), signal)?;
        }
        if self.quiet {
            Reflect::set(&asked, &"mediation".into(), &"conditional".into())?;
        }
        let navigator = Reflect::get(&js_sys::global(), &"navigator".into())?;
        let credentials = Reflect::get(&navigator, &"credentials".into())?;
        let answer = wait(call(&credentials, self.act, &asked)?).await?;
        let json = call(&answer, "toJSON", &JsValue::UNDEFINED)?;
        Ok(JSON::stringify(&json)?.into())
    }
}

/// Has the browser make a passkey, which is named after the device; or says why it made none.
#[cfg(feature = "later")]
pub(crate) async fn make(
    options: &str,
    signal: Option<&AbortSignal>,
    say: impl Fn(Said) -> String,
) -> Result<(String, String), Text> {
    let made = Ceremony::MAKE.hold(options, signal).await.map_err(|why| why_not(&why))?;
    let agent = web_sys::window().and_then(|window| window.navigator().user_agent().ok());
    Ok((made, say(device(&agent.unwrap_or_default()))))
}

#[cfg(feature = "later")]
fn why_not(error: &JsValue) -> Text {
    let name = Reflect::get(error, &"name".into()).ok().and_then(|name| name.as_string());
    match name.as_deref() {
        Some("InvalidStateError") => Text::ErrorPasskeyExists,
        Some("NotAllowedError" | "AbortError" | "TimeoutError") => Text::NewPasskeyCancelled,
        _ => Text::NewPasskeyFailed,
    }
}

/// The page's host, where the browser has passkeys. Inside a page of another origin nobody may use one: that page's address
/// can't be read.
pub(crate) fn host() -> Option<String> {
    let window = class().and_then(|_| web_sys::window())?;
    window.top().ok()??.location().href().ok()?;
    window.location().hostname().ok()
}

/// Whether the browser offers passkeys in a field's autofill.
pub(crate) async fn is_offered() -> bool {
    let Some(class) = class() else { return false };
    match call(&class, "isConditionalMediationAvailable", &JsValue::UNDEFINED) {
        Ok(promise) => wait(promise).await.is_ok_and(|known| known.is_truthy()),
        Err(_) => false,
    }
}

fn class() -> Option<JsValue> {
    let class = Reflect::get(&js_sys::global(), &"PublicKeyCredential".into()).ok()?;
    let reads = Reflect::has(&class, &Ceremony::SIGN.read.into());
    reads.is_ok_and(|reads| reads).then_some(class)
}

fn call(of: &JsValue, name: &str, argument: &JsValue) -> Result<JsValue, JsValue> {
    Reflect::get(of, &name.into())?.dyn_into::<Function>()?.call1(of, argument)
}

async fn wait(promise: JsValue) -> Result<JsValue, JsValue> {
    JsFuture::from(promise.dyn_into::<Promise>()?).await
}
