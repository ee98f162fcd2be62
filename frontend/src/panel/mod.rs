//! The account page in the browser: carries events into [`crate::account`] and its effects out, and draws it.

mod factors;
mod parts;
mod rest;
mod sessions;
mod stage;
mod view;

use core::any::Any;

use js_sys::Function;
use leptos::{mount::mount_to, prelude::Owner};
use serde::Deserialize;
use wasm_bindgen::{JsError, JsValue};
use web_sys::HtmlElement;

use crate::{
    account::Account,
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
    // The page is the account: it stays until the page goes.
    core::mem::forget(mounted);
}

fn put(world: World) -> Mounted {
    let root = world.root.clone();
    root.set_inner_html("");
    let owner = Owner::new();
    let panel = owner.with(|| Panel::new(Account::new(!world.standalone).at(passkey::host()), world));
    let view = mount_to(root, move || view::root(panel));
    panel.open();
    Mounted { _mounted: Box::new((view, owner)) }
}
