//! What JavaScript calls: `mount` inside an app's page, `start` on the page of its own.

use core::any::Any;

use gatehouse_protocol::rule::Class;
use js_sys::{Function, JSON, JsString, RegExp};
use leptos::{mount::mount_to, prelude::Owner};
use wasm_bindgen::{JsCast, JsError, JsValue, closure::Closure, prelude::wasm_bindgen};
use web_sys::{HtmlElement, UrlSearchParams, Window};

use crate::{
    http::{Api, part},
    machine::{Event, Failure, Link, Machine, Opening, Reply, Rules, Setting},
    passkey,
    stage::{Stage, World},
    view,
};

/// The element that makes the page a page of its own.
const STANDALONE_ID: &str = "gatehouse";

/// What an app's page asks for.
struct Options {
    view: Option<String>,
    challenge: Option<String>,
    endpoint: String,
    locale: Option<String>,
    username: Option<String>,
    roles: Option<Vec<String>>,
    /// The flow in which a factor is set up before anything else.
    #[cfg(feature = "later")]
    enroll: Option<String>,
    #[cfg(feature = "later")]
    keep: Option<bool>,
}

impl Options {
    /// Part by part: reading them as one would weigh more than reading them.
    fn read(options: &JsValue) -> Reply<Self> {
        let text = |name| part::<Option<String>>(options, name);
        Ok(Self {
            view: text("view")?,
            challenge: text("challenge")?,
            endpoint: part(options, "endpoint")?,
            locale: text("locale")?,
            username: text("username")?,
            roles: part(options, "roles")?,
            #[cfg(feature = "later")]
            enroll: text("enroll")?,
            #[cfg(feature = "later")]
            keep: part(options, "keep")?,
        })
    }
}

fn unreadable(_: Failure) -> JsValue {
    JsError::new("The options can't be read.").into()
}

/// A mounted form.
#[wasm_bindgen]
pub struct Handle {
    stage: Stage,
    mounted: Box<dyn Any>,
}

#[wasm_bindgen]
impl Handle {
    /// Takes newer options in. Only the challenge can change while a form is there.
    pub fn update(&self, options: &JsValue) -> Result<(), JsValue> {
        let challenge = part(options, "challenge").map_err(unreadable)?;
        self.stage.send(Event::Challenged(challenge));
        Ok(())
    }

    /// Takes the form out of the page.
    pub fn unmount(self) {
        self.stage.ask_no_passkey();
        drop(self.mounted);
    }
}

/// Draws the form into an element of an app's page.
///
/// `on_ticket` is called with the ticket of a sign-in, `on_done` with the name of what was done (`password_changed`,
/// `signed_out`, `stepped_up`).
#[wasm_bindgen]
pub fn mount(
    element: HtmlElement,
    options: &JsValue,
    on_ticket: Function,
    on_done: Function,
) -> Result<Handle, JsValue> {
    let options = Options::read(options).map_err(unreadable)?;
    let opening = match options.view.as_deref() {
        Some("change_password") => Opening::ChangePassword,
        Some("not_allowed") => Opening::NotAllowed,
        Some("step_up") => Opening::StepUp,
        _ => Opening::default(),
    };
    #[cfg(feature = "later")]
    let opening = match options.enroll {
        Some(flow) => enrollment(flow, options.keep == Some(true)),
        None => opening,
    };
    let api = Api::new(&options.endpoint);
    let setting = Setting {
        embedded: true,
        inside: false,
        opening,
        challenge: options.challenge,
        next: None,
        in_place: false,
        username: options.username.unwrap_or_default(),
        roles: options.roles.unwrap_or_default(),
        endpoint: api.base().to_owned(),
        host: passkey::host(),
    };
    let (root, locale) = (element, options.locale);
    let world = World {
        root,
        api,
        locale,
        on_ticket: Some(on_ticket),
        on_done: Some(on_done),
        standalone: false,
        front: None,
    };
    Ok(put(setting, world))
}

#[cfg(feature = "later")]
fn enrollment(flow: String, keep: bool) -> Opening {
    Opening::Enroll { flow: gatehouse_protocol::FlowToken::new(flow), keep }
}

/// Sets a factor up on the page of its own, in the place of the form that came so far.
#[cfg(feature = "later")]
#[wasm_bindgen(js_name = startEnrollment)]
pub fn start_enrollment(element: HtmlElement, flow: String, keep: bool) -> Result<(), JsValue> {
    begin(element, Some(enrollment(flow, keep)))
}

/// Draws the form on the page of its own, as its address asks.
#[wasm_bindgen]
pub fn start(element: HtmlElement) -> Result<(), JsValue> {
    begin(element, None)
}

fn begin(element: HtmlElement, opening: Option<Opening>) -> Result<(), JsValue> {
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let location = window.location();
    let base = element.base_uri()?.unwrap_or_default();
    let endpoint = element.dataset().get("endpoint").unwrap_or_else(|| ".".to_owned());
    let api = Api::new(&web_sys::Url::new_with_base(&endpoint, &base)?.href());
    // What the page says of itself in the place of a page of the app. The address is that page's, and its own affair.
    let front = element.dataset().get("front").and_then(|text| JSON::parse(&text).ok());
    let in_place = front.is_some();
    let asked: Option<Vec<String>> = front.as_ref().and_then(|front| part(front, "asked").ok()?);
    let opening = match (opening, &asked) {
        (Some(opening), _) => opening,
        (None, Some(_)) => Opening::NotAllowed,
        (None, None) if in_place => Opening::default(),
        (None, None) => Opening::Link(take_link(&window)?),
    };
    let setting = Setting {
        embedded: false,
        inside: false,
        opening,
        challenge: None,
        next: UrlSearchParams::new_with_str(&location.search()?)?.get("next"),
        in_place,
        username: String::new(),
        roles: asked.unwrap_or_default(),
        endpoint: api.base().to_owned(),
        host: passkey::host(),
    };
    let world =
        World { root: element, api, locale: None, on_ticket: None, on_done: None, standalone: true, front };
    let handle = put(setting, world);
    let stage = handle.stage;
    if in_place {
        core::mem::forget(handle.mounted);
        return Ok(());
    }
    // A link pasted into the open page changes only the part after `#`.
    let watch = Closure::<dyn Fn()>::new(move || {
        if let Some(Ok(link)) = web_sys::window().map(|window| take_link(&window)) {
            stage.send(Event::Opened(link));
        }
    });
    window.add_event_listener_with_callback("hashchange", watch.as_ref().unchecked_ref())?;
    watch.forget();
    // The page is the form: it stays until the page goes.
    core::mem::forget(handle.mounted);
    Ok(())
}

/// Starts the page of its own, if this is one.
pub fn start_if_standalone() {
    let element =
        web_sys::window().and_then(|w| w.document()).and_then(|d| d.get_element_by_id(STANDALONE_ID));
    if let Some(Ok(element)) = element.map(JsCast::dyn_into) {
        let started = start(element);
        debug_assert!(started.is_ok(), "the page's own address can be read");
    }
}

/// Reads what the address asks for, and takes the token out of it at once: out of the history, the address bar, and
/// whatever else looks at it.
fn take_link(window: &Window) -> Result<Link, JsValue> {
    let location = window.location();
    let link = Link::parse(&location.hash()?);
    if !matches!(link, Link::None) {
        let clean = [location.pathname()?, location.search()?].concat();
        window.history()?.replace_state_with_url(&JsValue::NULL, "", Some(&clean))?;
    }
    Ok(link)
}

/// The rules with what the browser knows of Unicode.
pub fn rules() -> Rules {
    Rules {
        nfc: |text| String::from(JsString::from(text).normalize("NFC")),
        nfkc: |text| String::from(JsString::from(text).normalize("NFKC")),
        class,
    }
}

/// What a character may do in a username. The engine has Unicode's tables, so that the bundle needs none.
fn class(c: char) -> Class {
    let is = |pattern| RegExp::new(pattern, "u").test(c.encode_utf8(&mut [0; 4]));
    if is(r"[\p{L}\p{N}]") {
        Class::Letter
    } else if is(r"[\p{Mn}\p{Mc}]") {
        Class::Mark
    } else {
        Class::Other
    }
}

/// Draws a form into its place.
pub(crate) fn put(setting: Setting, world: World) -> Handle {
    let machine = Machine::new(rules(), setting);
    let root = world.root.clone();
    root.set_inner_html("");
    let owner = Owner::new();
    let stage = owner.with(|| Stage::new(machine, world));
    let view = mount_to(root, move || view::root(stage));
    stage.open();
    Handle { stage, mounted: Box::new((view, owner)) }
}
