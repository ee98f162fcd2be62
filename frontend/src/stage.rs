//! Carries events into the state machine and its effects out to the world.

use std::rc::Rc;

use futures_util::future::join;
use gatehouse_protocol::{FlowToken, LoginStep};
use js_sys::Function;
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{AbortController, AbortSignal, BroadcastChannel, HtmlElement};

use crate::{
    dom,
    http::{Api, Question, part},
    machine::{Announcement, Effect, Event, Line, Machine, Text, Values, Way},
    passkey::{self, Ceremony},
    words::Words,
};

/// Typing pauses for this long before a password is judged.
const PAUSE_MS: i32 = 300;

/// What the forms reach outside themselves.
pub(crate) struct World {
    pub(crate) root: HtmlElement,
    pub(crate) api: Api,
    pub(crate) locale: Option<String>,
    pub(crate) on_ticket: Option<Function>,
    pub(crate) on_done: Option<Function>,
    pub(crate) standalone: bool,
    /// What the page was told at once, and does not have to ask for.
    pub(crate) front: Option<JsValue>,
}

/// The machine and its world. Copied freely; everything goes with the mounted view.
#[derive(Clone, Copy)]
pub(crate) struct Stage {
    machine: RwSignal<Machine>,
    words: RwSignal<Rc<Words>, LocalStorage>,
    world: StoredValue<Rc<World>, LocalStorage>,
    /// Ends what a passkey is asked for.
    asking: StoredValue<Option<AbortController>, LocalStorage>,
    /// The drawing of the form in whose field passkeys are offered.
    offered: StoredValue<Option<u32>, LocalStorage>,
}

impl Stage {
    pub(crate) fn new(machine: Machine, world: World) -> Self {
        Self {
            asking: StoredValue::new_local(None),
            offered: StoredValue::new_local(None),
            machine: RwSignal::new(machine),
            words: RwSignal::new_local(Rc::new(Words::english())),
            world: StoredValue::new_local(Rc::new(world)),
        }
    }

    /// Loads everything that the first screen needs.
    pub(crate) fn open(self) {
        self.perform(Effect::Load);
    }

    /// Reads the machine, and again whenever it changes.
    pub(crate) fn see<T>(self, read: impl FnOnce(&Machine) -> T) -> T {
        self.machine.with(read)
    }

    /// A sentence in the person's language. The language is known before the first card is drawn.
    pub(crate) fn line(self, line: &Line) -> String {
        self.words.with_untracked(|words| words.line(line))
    }

    /// A sentence without gaps.
    pub(crate) fn text(self, text: Text) -> String {
        self.words.with_untracked(|words| words.text(text))
    }

    /// Where a way in leads: on the endpoint's origin, and from there back to what the person came for.
    pub(crate) fn way(self, way: &Way) -> String {
        let here = self.machine.with_untracked(|machine| machine.return_to().map(str::to_owned));
        let here = here.or_else(|| {
            let location = web_sys::window()?.location();
            Some([location.pathname().ok()?, location.search().ok()?].concat())
        });
        let base = self.world.with_value(|world| world.api.base().to_owned());
        let here = js_sys::encode_uri_component(here.as_deref().unwrap_or("/"));
        [&base, "/provider/", &way.name, "?return_to=", &String::from(here)].concat()
    }

    /// The language and its direction.
    pub(crate) fn tongue(self) -> (String, String) {
        self.words.with(|words| (words.lang(), words.dir()))
    }

    /// What stands in the form right now.
    pub(crate) fn values(self) -> Values {
        self.world.with_value(|world| dom::read(&world.root))
    }

    /// Takes an event in. After the view is gone nothing happens any more.
    pub(crate) fn send(self, event: Event) {
        let Some(effects) = self.machine.try_update(|machine| machine.apply(event)) else { return };
        for effect in effects {
            self.perform(effect);
        }
        // What a button asked for goes on; the quiet offer goes with its field.
        let offer = self.machine.try_with_untracked(|machine| (!machine.busy()).then(|| machine.autofill()));
        let Some((Some(offer), offered)) = offer.zip(self.offered.try_get_value()) else { return };
        if offer != offered {
            self.offered.set_value(offer);
            self.ask_no_passkey();
            if offer.is_some() {
                self.offer();
            }
        }
    }

    /// Offers passkeys in the field for the name. Whatever becomes of it, the form says nothing.
    fn offer(self) {
        let Some((world, signal)) = self.world.try_get_value().zip(self.signal()) else { return };
        spawn_local(async move {
            if !passkey::is_offered().await {
                return;
            }
            let begin = world.api.post("/login", &LoginStep::BeginPasskey { flow: None });
            let Ok((flow, options)) = begin
                .await
                .and_then(|state| Ok((part::<String>(&state, "flow")?, part::<String>(&state, "options")?)))
            else {
                return;
            };
            let signed = Ceremony::OFFER.hold(&options, Some(&signal)).await;
            // Offered once more if this one does not open.
            if let (Ok(answer), Some(false)) = (signed, self.machine.try_with_untracked(Machine::busy)) {
                self.offered.try_set_value(None);
                self.send(Event::Signed(FlowToken::new(flow), Some(answer), self.values()));
            }
        });
    }

    /// Has a passkey sign, and ends the quiet offer, which comes again afterwards.
    fn sign(self, flow: FlowToken, options: String) {
        let Some(signal) = self.signal() else { return };
        self.offered.set_value(None);
        spawn_local(async move {
            let signed = Ceremony::SIGN.hold(&options, Some(&signal)).await;
            if self.world.try_get_value().is_some() {
                self.send(Event::Signed(flow, signed.ok(), self.values()));
            }
        });
    }

    /// Has the browser make a passkey.
    #[cfg(feature = "later")]
    fn make(self, flow: FlowToken, options: String) {
        let Some(signal) = self.signal() else { return };
        spawn_local(async move {
            let say = |device: crate::account::Said| {
                self.words.with_untracked(|words| words.fill(device.key, &device.gaps))
            };
            let made = passkey::make(&options, Some(&signal), say).await;
            if self.world.try_get_value().is_some() {
                self.send(Event::Made(flow, made, self.values()));
            }
        });
    }

    /// Ends what a passkey is asked for.
    pub(crate) fn ask_no_passkey(self) {
        if let Some(Some(asking)) = self.asking.try_update_value(Option::take) {
            asking.abort();
        }
    }

    /// For the next thing that a passkey is asked for; the one before ends.
    fn signal(self) -> Option<AbortSignal> {
        self.ask_no_passkey();
        let asking = AbortController::new().ok()?;
        let signal = asking.signal();
        self.asking.try_set_value(Some(asking));
        Some(signal)
    }

    fn perform(self, effect: Effect) {
        let Some(world) = self.world.try_get_value() else { return };
        match effect {
            Effect::Load => self.load(world),
            Effect::Login(step) => self.ask(&world, Question::login(&step)),
            Effect::Sign(flow, options) => self.sign(flow, options),
            #[cfg(feature = "later")]
            Effect::Enroll(step) => self.ask(&world, Question::enrollment(&step)),
            #[cfg(feature = "later")]
            Effect::Make(flow, options) => self.make(flow, options),
            #[cfg(not(feature = "later"))]
            Effect::HandOver(flow, keep) => {
                // A browser asks for one passkey at a time, and the next program may have one made.
                self.ask_no_passkey();
                hand_over(&world, flow.expose(), keep);
            }
            Effect::Register(step) => self.ask(&world, Question::registration(&step)),
            Effect::Verify(step) => self.ask(&world, Question::verification(&step)),
            Effect::Recover(step) => self.ask(&world, Question::recovery(&step)),
            Effect::ChangePassword(change) => self.ask(&world, Question::change_password(&change)),
            Effect::SignOut => self.ask(&world, Question::logout()),
            Effect::Judge(serial, question) => after(PAUSE_MS, move || {
                let young = self.machine.try_with_untracked(|machine| machine.meter().serial() == serial);
                if young == Some(true) {
                    self.ask(&world, Question::strength(serial, &question));
                }
            }),
            Effect::Ticket(ticket) => call(world.on_ticket.as_ref(), ticket.expose()),
            Effect::Done(what) => call(world.on_done.as_ref(), what),
            Effect::Leave(path) => leave(&world, Some(&path)),
            Effect::Reload => leave(&world, None),
            Effect::Announce(news) => announce(news),
            // The screen that has the field is drawn first.
            Effect::Focus(field) => after(0, move || {
                self.name_page(&world);
                dom::focus(&world.root, field);
            }),
        }
    }

    fn ask(self, world: &World, question: Question) {
        let answer = world.api.clone().ask(question);
        spawn_local(async move { self.send(answer.await) });
    }

    fn load(self, world: Rc<World>) {
        // Only at first: who asks again wants to know what is true by now.
        let first = self.machine.with_untracked(|machine| machine.config().is_none());
        let told = world.front.clone().filter(|_| first);
        spawn_local(async move {
            let (loaded, words) =
                join(world.api.clone().load(told), Words::load(world.locale.as_deref())).await;
            self.words.try_set(Rc::new(words));
            self.send(Event::Loaded(loaded));
        });
    }

    /// The page of its own carries the screen's name and language.
    fn name_page(self, world: &World) {
        let Some(document) = web_sys::window().and_then(|w| w.document()).filter(|_| world.standalone) else {
            return;
        };
        let named = self.machine.try_with_untracked(|machine| {
            let app = machine.config().map(|config| config.app_name.clone());
            (machine.card().map(|card| card.title), app)
        });
        let Some((Some(title), app)) = named else { return };
        let title = self.words.with_untracked(|words| words.line(&title));
        document.set_title(&app.map_or_else(|| title.clone(), |app| [&title, " · ", &app].concat()));
        if let Some(html) = document.document_element() {
            let lang = self.words.with_untracked(|words| words.lang());
            // The attribute is always a valid name.
            html.set_attribute("lang", &lang).ok();
        }
    }
}

/// Does something some milliseconds later.
pub(crate) fn after(milliseconds: i32, something: impl FnOnce() + 'static) {
    let Some(window) = web_sys::window() else { return };
    let wake = Closure::once_into_js(something);
    let set =
        window.set_timeout_with_callback_and_timeout_and_arguments_0(wake.unchecked_ref(), milliseconds);
    debug_assert!(set.is_ok(), "a window has timers");
}

pub(crate) fn call(callback: Option<&Function>, argument: &str) {
    if let Some(callback) = callback {
        // What the host's callback throws is the host's.
        callback.call1(&JsValue::UNDEFINED, &JsValue::from_str(argument)).ok();
    }
}

/// Asks the page for the program that sets factors up. From here on it has the element.
#[cfg(not(feature = "later"))]
fn hand_over(world: &World, flow: &str, keep: bool) {
    let asked = web_sys::CustomEventInit::new();
    asked.set_detail(&js_sys::Array::of2(&flow.into(), &keep.into()));
    if let Ok(event) = web_sys::CustomEvent::new_with_event_init_dict("gatehouse-enroll", &asked) {
        let heard = world.root.dispatch_event(&event);
        debug_assert!(heard.is_ok(), "an element takes any event");
    }
}

/// Goes to a path on this origin. Without one, and inside an app, the page is loaded again.
fn leave(world: &World, path: Option<&str>) {
    let Some(window) = web_sys::window() else { return };
    let went = match path.filter(|_| world.standalone) {
        Some(path) => window.location().assign(path),
        None => window.location().reload(),
    };
    debug_assert!(went.is_ok(), "a path on this origin can be opened");
}

pub(crate) fn announce(news: Announcement) {
    let word = match news {
        Announcement::SignedIn => "signed-in",
        Announcement::SignedOut => "signed-out",
    };
    if let Some(channel) = channel() {
        // A tab that can't be told finds out at its next message.
        channel.post_message(&JsValue::from_str(word)).ok();
    }
}

/// The page's one channel, which `channel.js` may have opened: a channel never hears itself, so the tab that speaks does
/// not load itself again.
fn channel() -> Option<BroadcastChannel> {
    let (global, name) = (js_sys::global(), JsValue::from_str("gatehouseChannel"));
    if let Some(open) = js_sys::Reflect::get(&global, &name).ok().and_then(|open| open.dyn_into().ok()) {
        return Some(open);
    }
    let opened = BroadcastChannel::new("gatehouse").ok()?;
    js_sys::Reflect::set(&global, &name, &opened).ok()?;
    Some(opened)
}
