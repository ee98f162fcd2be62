//! The form as a pure state machine: events in, effects out, and a description of what is to be drawn.
//!
//! No web types, no I/O, no clock: everything here is tested natively. A new screen is a variant of [`Screen`], its
//! card in `card.rs`, and what submitting it means in `submit.rs`; the compiler lists what is missing.

mod answer;
mod card;
mod event;
mod link;
mod proof;
mod rules;
mod screen;
mod setting;
#[cfg(feature = "later")]
mod setup;
mod submit;
#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests;
mod text;
mod typing;
mod values;

#[cfg(feature = "later")]
pub use card::Shown;
pub use card::{Card, FieldCard, Press, Turn, TurnTo, Way};
pub use event::{Announcement, Effect, Event, Failure, Place, Reply};
pub use link::{Link, local_path};
pub use rules::Rules;
pub use screen::{Offer, Screen};
pub use setting::{Opening, Setting};
#[cfg(feature = "later")]
pub(crate) use text::texts;
pub use text::{Gap, Line, Text};
pub use typing::Meter;
pub use values::Values;

#[cfg(feature = "later")]
use gatehouse_protocol::FlowToken;
use gatehouse_protocol::{Challenge, ClientConfig, Field, LoginForm, LoginStep, SessionState};

use proof::Purpose;

/// Something said about the whole form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What is said.
    pub line: Line,
    /// True for good news.
    pub good: bool,
}

/// The form's state.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and any of them goes with any other"
)]
pub struct Machine {
    rules: Rules,
    setting: Setting,
    screen: Screen,
    /// Counts the screens drawn, so that the views know a new one from the same one.
    drawn: u32,
    config: Option<ClientConfig>,
    session: Option<SessionState>,
    values: Values,
    errors: Vec<(Field, Line)>,
    notice: Option<Notice>,
    busy: bool,
    /// A link that was opened while a request was under way: it has its turn after the answer.
    waiting: Option<Link>,
    meter: Meter,
    /// True once the app was handed a ticket.
    ticketed: bool,
    /// True once a ticket was asked for without a password: that is tried once.
    resumed: bool,
    /// True while that is done because the app refused the first ticket.
    again: bool,
    /// Where a login leads when it is complete, if not to the app.
    then_change: bool,
    /// What proofs are asked for.
    purpose: Purpose,
    /// The flow of a sign-in that asks for a factor to be set up, whichever it will be.
    #[cfg(feature = "later")]
    unfinished: Option<FlowToken>,
}

impl Machine {
    /// A form that has not been drawn yet: the first thing to do is [`Effect::Load`].
    pub fn new(rules: Rules, setting: Setting) -> Self {
        Self {
            rules,
            setting,
            screen: Screen::Loading,
            drawn: 0,
            config: None,
            session: None,
            values: Values::default(),
            errors: Vec::new(),
            notice: None,
            busy: true,
            waiting: None,
            meter: Meter::default(),
            ticketed: false,
            resumed: false,
            again: false,
            then_change: false,
            purpose: Purpose::default(),
            #[cfg(feature = "later")]
            unfinished: None,
        }
    }

    /// What the person looks at.
    pub fn screen(&self) -> &Screen {
        &self.screen
    }

    /// Which drawing this is: a new number means another screen.
    pub fn drawn(&self) -> u32 {
        self.drawn
    }

    /// What the endpoint said of itself.
    pub fn config(&self) -> Option<&ClientConfig> {
        self.config.as_ref()
    }

    /// What is to be drawn; nothing while loading.
    pub fn card(&self) -> Option<Card> {
        let around = card::Around {
            config: self.config.as_ref(),
            values: &self.values,
            username: self.username(),
            roles: &self.setting.roles,
            endpoint: &self.setting.endpoint,
            embedded: self.setting.embedded,
            in_place: self.setting.in_place,
            purpose: self.purpose,
            passkeys: self.passkeys(),
            #[cfg(feature = "later")]
            unfinished: self.unfinished.as_ref(),
        };
        Card::of(&self.screen, &around)
    }

    /// What is wrong with a field.
    pub fn error(&self, field: Field) -> Option<&Line> {
        self.errors.iter().find(|(at, _)| *at == field).map(|(_, line)| line)
    }

    /// What is said about the whole form.
    pub fn notice(&self) -> Option<&Notice> {
        self.notice.as_ref()
    }

    /// True while a request is under way: nothing can be submitted then.
    pub fn busy(&self) -> bool {
        self.busy
    }

    /// What is known of the new password.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Takes an event in and says what has to be done.
    pub fn apply(&mut self, event: Event) -> Vec<Effect> {
        let mut effects = self.react(event);
        if let Some(link) = self.waiting.take_if(|_| !self.busy) {
            // Nobody sees the screen that the answer led to.
            effects.retain(|effect| !matches!(effect, Effect::Focus(_)));
            effects.extend(self.opened(link));
        }
        effects
    }

    fn react(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Loaded(reply) => self.loaded(reply),
            Event::Submit(values) => self.submit(values),
            Event::Typed(field, values) => self.typed(field, values),
            Event::Left(field, values) => self.left(field, values),
            Event::Judged(serial, reply) => self.judged(serial, reply),
            Event::Challenged(challenge) => self.challenged(challenge),
            Event::Opened(link) => self.opened(link),
            Event::Retry => self.retry(),
            Event::Login(reply) => self.logged_in(reply),
            Event::Signed(flow, answer, values) => self.signed(flow, answer, values),
            #[cfg(feature = "later")]
            Event::Enrollment(reply) => self.enrolled(reply),
            #[cfg(feature = "later")]
            Event::Made(flow, made, values) => self.made(flow, made, values),
            Event::Registration(reply) => self.registered(reply),
            Event::Verification(reply) => self.verified(reply),
            Event::Recovery(reply) => self.recovered(reply),
            Event::Changed(reply) => self.changed(reply),
            Event::SignedOut(reply) => self.signed_out(reply),
            // What follows asks the endpoint for something or changes the screen: one thing at a time.
            _ if self.busy => Vec::new(),
            Event::Go(place, values) => self.go(place, values),
            Event::Resend => self.resend(),
            Event::SignOut => self.sending(Effect::SignOut),
            // To the page that was refused there is no way on: it leads to the app's first one.
            Event::Continue if matches!(self.screen, Screen::NotAllowed) => {
                vec![Effect::Leave(self.app().to_owned())]
            }
            #[cfg(feature = "later")]
            Event::Continue if matches!(self.screen, Screen::Codes { .. }) => self.stored(),
            Event::Continue => vec![self.leave()],
        }
    }

    fn username(&self) -> &str {
        match &self.session {
            Some(SessionState::SignedIn { username, .. }) => username,
            _ => &self.setting.username,
        }
    }

    fn challenge(&self) -> Option<Challenge> {
        self.setting.challenge.clone().map(Challenge)
    }

    /// Where a sign-in that leaves this page is to lead back to: `None` where it is the page that the form stands in.
    pub fn return_to(&self) -> Option<&str> {
        let alone = !self.setting.embedded && !self.setting.in_place;
        alone.then(|| self.setting.next.as_deref().and_then(local_path).unwrap_or_else(|| self.app()))
    }

    /// On to what the person came for.
    fn leave(&self) -> Effect {
        if self.setting.in_place {
            return Effect::Reload;
        }
        let wished = self.setting.next.as_deref().and_then(local_path).map(ToOwned::to_owned);
        Effect::Leave(wished.unwrap_or_else(|| self.app().to_owned()))
    }

    /// True where one password opens the app to everybody who knows it.
    fn password_only(&self) -> bool {
        self.config.as_ref().is_some_and(|c| c.login == LoginForm::PasswordOnly)
    }

    /// Where the app is.
    fn app(&self) -> &str {
        self.config.as_ref().and_then(|c| local_path(&c.app_path)).unwrap_or("/")
    }

    /// Shows another screen: what was wrong with the one before is forgotten, what was typed is kept, save passwords.
    fn show(&mut self, screen: Screen) -> Vec<Effect> {
        self.screen = screen;
        self.drawn = self.drawn.wrapping_add(1);
        self.errors.clear();
        self.notice = None;
        self.busy = false;
        self.meter = self.meter.renewed();
        self.values.password.clear();
        self.values.current.clear();
        vec![Effect::Focus(self.first_empty())]
    }

    /// The field to begin with: the first that can be filled and isn't.
    fn first_empty(&self) -> Option<Field> {
        let fields = self.card().map(|card| card.fields).unwrap_or_default();
        let open = || fields.iter().filter(|f| !f.locked);
        open().find(|f| f.value.is_empty()).or_else(|| open().next()).map(|f| f.field)
    }

    /// Marks the form as working and asks for one thing.
    fn sending(&mut self, effect: Effect) -> Vec<Effect> {
        self.busy = true;
        self.errors.clear();
        self.notice = None;
        vec![effect]
    }

    fn say(&mut self, line: impl Into<Line>, good: bool) {
        self.notice = Some(Notice { line: line.into(), good });
    }

    /// Draws the first screen.
    fn begin(&mut self) -> Vec<Effect> {
        let signed_in = self.signed_in();
        match core::mem::take(&mut self.setting.opening) {
            Opening::NotAllowed => self.show(Screen::NotAllowed),
            Opening::ChangePassword if signed_in => self.show(Screen::ChangePassword),
            Opening::ChangePassword => self.log_in_then_change(),
            Opening::Link(Link::None) => match self.challenge() {
                // This browser is signed in already, the app only does not know it: no password is needed.
                Some(challenge) if signed_in && !self.resumed => {
                    self.resumed = true;
                    self.sending(Effect::Login(LoginStep::Resume { challenge }))
                }
                None if signed_in => self.show(Screen::SignedIn),
                _ => self.show(Screen::Login),
            },
            Opening::Link(link) => self.opened(link),
            #[cfg(feature = "later")]
            Opening::Enroll { flow, keep } => {
                self.values.keep = keep;
                self.enroll(flow)
            }
            #[cfg(feature = "later")]
            opening @ (Opening::Reauthenticate | Opening::At(_)) => self.ask_again(opening),
            Opening::StepUp => self.step_up(),
        }
    }

    fn signed_in(&self) -> bool {
        matches!(self.session, Some(SessionState::SignedIn { .. }))
    }

    fn log_in_then_change(&mut self) -> Vec<Effect> {
        self.then_change = true;
        self.show(Screen::Login)
    }

    /// Takes over what stands in the fields of the current form; what other forms held is kept.
    fn take(&mut self, mut values: Values) {
        let Some(card) = self.card() else { return };
        for field in card.fields {
            *self.values.of_mut(field.field) = core::mem::take(values.of_mut(field.field));
        }
        if card.keep {
            self.values.keep = values.keep;
        }
    }

    fn go(&mut self, place: Place, values: Values) -> Vec<Effect> {
        self.take(values);
        match place {
            Place::Factor(factor) => self.other_factor(factor),
            Place::Code(channel) => self.ask_for_code(channel),
            #[cfg(feature = "later")]
            Place::NewPasskey => self.make_passkey(),
            Place::Passkey => self.sending(Effect::Login(LoginStep::BeginPasskey { flow: None })),
            Place::Login => {
                self.then_change = false;
                self.purpose = Purpose::SignIn;
                if self.values.identifier.is_empty() {
                    self.values.identifier.clone_from(&self.values.username);
                }
                self.show(Screen::Login)
            }
            Place::Registration => {
                // A name with an @ is an address: it goes where addresses go, unless one stands there already.
                let Values { identifier, username, email, .. } = &mut self.values;
                let fits = if identifier.contains('@') { email } else { username };
                if fits.is_empty() {
                    fits.clone_from(identifier);
                }
                self.show(Screen::Registration { offer: None })
            }
            Place::Recovery => self.show(Screen::Recovery),
            Place::ChangePassword => self.show(Screen::ChangePassword),
        }
    }

    fn retry(&mut self) -> Vec<Effect> {
        if !matches!(self.screen, Screen::Unreachable) || self.busy {
            return Vec::new();
        }
        self.sending(Effect::Load)
    }
}
