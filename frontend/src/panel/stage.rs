//! Carries events into the account's machine and its effects out to the world.

use std::rc::Rc;

use futures_util::future::join3;
use gatehouse_protocol::AccountStep;
use js_sys::{Array, Date, Function, Intl, Object, Reflect, encode_uri_component};
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::HtmlElement;

use crate::{
    account::{Account, Effect, Event, Inside, Own, Request, Said, ago},
    entry::{self, Handle},
    http::{Api, parse},
    machine::{Announcement, Setting},
    passkey,
    stage::{World as FormWorld, after, announce, call},
    words::Words,
};

/// What the page reaches outside itself.
pub(super) struct World {
    pub(super) root: HtmlElement,
    pub(super) api: Api,
    pub(super) locale: Option<String>,
    pub(super) on_done: Option<Function>,
    pub(super) standalone: bool,
}

/// The machine and its world. Copied freely; everything goes with the mounted view.
#[derive(Clone, Copy)]
pub(super) struct Panel {
    machine: RwSignal<Account>,
    words: RwSignal<Rc<Words>, LocalStorage>,
    world: StoredValue<Rc<World>, LocalStorage>,
    /// What the forms inside are told, so that they ask for nothing before they are drawn.
    front: StoredValue<JsValue, LocalStorage>,
}

impl Panel {
    pub(super) fn new(machine: Account, world: World) -> Self {
        Self {
            machine: RwSignal::new(machine),
            words: RwSignal::new_local(Rc::new(Words::english())),
            world: StoredValue::new_local(Rc::new(world)),
            front: StoredValue::new_local(JsValue::UNDEFINED),
        }
    }

    pub(super) fn open(self) {
        self.perform(Effect::Load);
    }

    /// Reads the machine, and again whenever it changes.
    pub(super) fn see<T>(self, read: impl FnOnce(&Account) -> T) -> T {
        self.machine.with(read)
    }

    /// Reads the machine as it is now.
    pub(super) fn peek<T>(self, read: impl FnOnce(&Account) -> T) -> T {
        self.machine.with_untracked(read)
    }

    /// Something in the person's language. The language is known before the account is drawn.
    pub(super) fn say(self, said: impl Into<Said>) -> String {
        let Said { key, gaps } = said.into();
        self.words.with_untracked(|words| words.fill(key, &gaps))
    }

    /// The language and its direction.
    pub(super) fn tongue(self) -> (String, String) {
        self.words.with(|words| (words.lang(), words.dir()))
    }

    pub(super) fn standalone(self) -> bool {
        self.world.with_value(|world| world.standalone)
    }

    /// How long ago something was, in words.
    pub(super) fn ago(self, then: i64) -> String {
        let (count, unit) = ago(milliseconds(Date::now()), then);
        let options = Object::new();
        set(&options, "numeric", &"auto".into());
        let format = Intl::RelativeTimeFormat::new(&self.locales(), &options);
        #[expect(clippy::cast_precision_loss, reason = "nothing is that long ago")]
        let count = count as f64;
        String::from(format.format(count, unit))
    }

    /// A day, as the language writes it.
    pub(super) fn day(self, then: i64) -> String {
        let options = Object::new();
        set(&options, "dateStyle", &"medium".into());
        #[expect(clippy::cast_precision_loss, reason = "times are far below 2^53")]
        let date = Date::new(&(then as f64).into());
        let locale = self.words.with_untracked(|words| words.lang());
        String::from(date.to_locale_date_string(&locale, &options))
    }

    fn locales(self) -> Array {
        Array::of1(&self.words.with_untracked(|words| words.lang()).into())
    }

    /// Takes an event in. After the view is gone nothing happens any more.
    pub(super) fn send(self, event: Event) {
        let Some(effects) = self.machine.try_update(|machine| machine.apply(event)) else { return };
        for effect in effects {
            self.perform(effect);
        }
    }

    /// Draws a form inside the page; it goes with the handle.
    pub(super) fn form(self, place: HtmlElement, inside: &Inside) -> Option<Handle> {
        let world = self.world.try_get_value()?;
        let done = Closure::<dyn Fn(JsValue)>::new(move |word: JsValue| {
            self.send(Event::Inside(word.as_string().unwrap_or_default()));
        });
        let setting = Setting {
            embedded: true,
            inside: true,
            opening: inside.opening.clone(),
            username: self.machine.with_untracked(|m| m.overview().map(|o| o.username.clone()))?,
            endpoint: world.api.base().to_owned(),
            host: passkey::host(),
            ..Setting::default()
        };
        let world = FormWorld {
            root: place,
            api: world.api.clone(),
            locale: world.locale.clone(),
            on_ticket: None,
            on_done: Some(done.into_js_value().unchecked_into()),
            standalone: false,
            front: Some(self.front.get_value()),
        };
        Some(entry::put(setting, world))
    }

    fn perform(self, effect: Effect) {
        let Some(world) = self.world.try_get_value() else { return };
        match effect {
            Effect::Load => self.load(world),
            Effect::Ask(Request::Account(step)) => spawn_local(async move {
                self.send(Event::Answered(world.api.post("/account", &step).await.and_then(parse)));
            }),
            Effect::Ask(Request::Enroll(step)) => spawn_local(async move {
                let reply = world.api.post("/enrollment", &step).await;
                self.send(Event::Enrolled(reply.and_then(parse)));
            }),
            Effect::Make(flow, options) => spawn_local(async move {
                let made = passkey::make(&options, None, |device| self.say(device)).await;
                self.send(Event::Made(flow, made.map_err(Into::into)));
            }),
            Effect::Save(document) => save(&document),
            Effect::Done(what) => call(world.on_done.as_ref(), what),
            Effect::Announce => announce(Announcement::SignedOut),
            Effect::Leave(path) => {
                let path = path.unwrap_or_else(|| [world.api.base(), "/"].concat());
                go(|location| location.assign(&path));
            }
            Effect::Reload => go(web_sys::Location::reload),
            // What has the focus is drawn first.
            Effect::Focus(id) => after(0, move || focus(&id)),
        }
    }

    fn load(self, world: Rc<World>) {
        spawn_local(async move {
            let asked = async {
                let step = AccountStep::Overview {};
                join3(world.api.get("/config"), world.api.get("/session"), world.api.post("/account", &step))
                    .await
            };
            let ((config, session, account), words) =
                futures_util::future::join(asked, Words::load(world.locale.as_deref())).await;
            if let (Ok(config), Ok(session)) = (&config, &session) {
                let front = Object::new();
                set(&front, "config", config);
                set(&front, "session", session);
                self.front.try_set_value(front.into());
            }
            self.words.try_set(Rc::new(words));
            self.send(Event::Loaded(session.and(config).and_then(parse), account.and_then(parse)));
            if world.standalone {
                self.name_page();
            }
        });
    }

    /// The page of its own carries its name and language.
    fn name_page(self) {
        let Some(document) = web_sys::window().and_then(|w| w.document()) else { return };
        let app = self.machine.try_with_untracked(|m| m.config().map(|c| c.app_name.clone())).flatten();
        let title = self.say(Own::Title);
        document.set_title(&app.map_or_else(|| title.clone(), |app| [&title, " · ", &app].concat()));
        if let Some(html) = document.document_element() {
            // The attribute is always a valid name.
            html.set_attribute("lang", &self.tongue().0).ok();
        }
    }
}

fn set(object: &Object, key: &str, value: &JsValue) {
    let set = Reflect::set(object, &key.into(), value);
    debug_assert!(set.is_ok(), "a plain object takes any key");
}

#[expect(clippy::cast_possible_truncation, reason = "the browser's clock is whole enough")]
fn milliseconds(now: f64) -> i64 {
    now as i64
}

fn go(how: impl FnOnce(&web_sys::Location) -> Result<(), JsValue>) {
    if let Some(window) = web_sys::window() {
        let went = how(&window.location());
        debug_assert!(went.is_ok(), "a path on this origin can be opened");
    }
}

fn focus(id: &str) {
    let element = web_sys::window().and_then(|w| w.document()).and_then(|d| d.get_element_by_id(id));
    if let Some(Ok(element)) = element.map(JsCast::dyn_into::<HtmlElement>) {
        // What is gone already needs no focus.
        element.focus().ok();
    }
}

/// Saves a document as a file, as a click on a link does.
fn save(document: &str) {
    let Some(page) = web_sys::window().and_then(|w| w.document()) else { return };
    let Ok(link) = page.create_element("a") else { return };
    let href =
        ["data:application/json;charset=utf-8,", &String::from(encode_uri_component(document))].concat();
    let ready =
        link.set_attribute("href", &href).and_then(|()| link.set_attribute("download", "my-data.json"));
    debug_assert!(ready.is_ok(), "a link takes any address");
    if let Ok(link) = link.dyn_into::<HtmlElement>() {
        link.click();
    }
}
