//! The account page in the browser: carries events into [`crate::account`] and its effects out, and draws it.

mod factors;
mod linked;
mod parts;
mod rest;
mod sessions;
mod stage;
mod view;

use core::any::Any;

use js_sys::Function;
use leptos::{mount::mount_to, prelude::Owner};
use serde::Deserialize;
use wasm_bindgen::{JsCast, JsError, JsValue, closure::Closure};
use web_sys::HtmlElement;

use crate::{
    account::{Account, Came},
    decode::{Unreadable, decode},
    http::Api,
    passkey,
};
use stage::{Panel, World};

/// What an app's page asks for; what else it says is for other views.
#[derive(Debug, Deserialize)]
struct Options {
    endpoint: String,
    locale: Option<String>,
}

/// A mounted account page; dropped, it goes.
pub struct Mounted {
    _mounted: Box<dyn Any>,
}

/// Draws the account page into an element of an app's page.
///
/// `on_done` is called with the name of what was done (`deleted`).
pub fn mount(element: HtmlElement, options: JsValue, on_done: Function) -> Result<Mounted, JsValue> {
    let options: Options =
        decode(options).map_err(|Unreadable| JsError::new("The options can't be read."))?;
    let api = Api::new(&options.endpoint);
    let world =
        World { root: element, api, locale: options.locale, on_done: Some(on_done), standalone: false };
    Ok(put(world))
}

/// Draws the account page as a page of its own.
pub fn start(root: HtmlElement) {
    let base = root.base_uri().ok().flatten().unwrap_or_default();
    let endpoint = root.dataset().get("endpoint").unwrap_or_else(|| ".".to_owned());
    let Ok(url) = web_sys::Url::new_with_base(&endpoint, &base) else { return };
    let api = Api::new(&url.href());
    let mounted = put(World { root, api, locale: None, on_done: None, standalone: true });
    watch();
    // The page is the account: it stays until the page goes.
    core::mem::forget(mounted);
}

fn put(world: World) -> Mounted {
    let root = world.root.clone();
    root.set_inner_html("");
    let owner = Owner::new();
    let (here, came) = arrival(world.standalone);
    let account = Account::new(!world.standalone).at(here, came).on_host(passkey::host());
    let panel = owner.with(|| Panel::new(account, world));
    let view = mount_to(root, move || view::root(panel));
    panel.open();
    Mounted { _mounted: Box::new((view, owner)) }
}

/// A link of a mail that is pasted into the open page changes only the part after `#`: the page begins anew with it.
fn watch() {
    let Some(window) = web_sys::window() else { return };
    let changed = Closure::<dyn Fn()>::new(|| {
        let Some(window) = web_sys::window() else { return };
        let location = window.location();
        if !matches!(Came::parse(&location.hash().unwrap_or_default()), Came::Anywhere) {
            let reloaded = location.reload();
            debug_assert!(reloaded.is_ok(), "a page can be loaded again");
        }
    });
    let watched = window.add_event_listener_with_callback("hashchange", changed.as_ref().unchecked_ref());
    debug_assert!(watched.is_ok(), "a window has events");
    changed.forget();
}

/// The page of an app to come back to, and what its address says, which is taken out of it at once.
fn arrival(standalone: bool) -> (Option<String>, Came) {
    let Some(window) = web_sys::window() else { return (None, Came::Anywhere) };
    let location = window.location();
    let path = [location.pathname().unwrap_or_default(), location.search().unwrap_or_default()].concat();
    let came = Came::parse(&location.hash().unwrap_or_default());
    if !matches!(came, Came::Anywhere)
        && let Ok(history) = window.history()
    {
        // An address that stays says the same once more after a reload, and does no harm.
        history.replace_state_with_url(&JsValue::NULL, "", Some(&path)).ok();
    }
    ((!standalone).then_some(path), came)
}
