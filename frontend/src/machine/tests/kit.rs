//! A form as a person has it before them: the machine, and what stands in the inputs of the screen just drawn.

use gatehouse_protocol::{
    ClientConfig, CodeChannel, ErrorCode, Field, FlowToken, LoginForm, LoginState, MailToken, Problem,
    RegistrationMode, SessionState, Ticket, rule::Class,
};
use unicode_normalization::UnicodeNormalization as _;

use crate::machine::{
    Effect, Event, Failure, Line, Link, Machine, Opening, Place, Reply, Rules, Setting, Text, Values,
};

pub(super) const PASSWORD: &str = "quiet harbor window lamp";
pub(super) const FIELDS: [Field; 6] =
    [Field::Identifier, Field::Username, Field::Email, Field::Password, Field::CurrentPassword, Field::Code];

pub(super) fn rules() -> Rules {
    Rules { nfc: |text| text.nfc().collect(), nfkc: |text| text.nfkc().collect(), class }
}

/// Letters as the standard library knows them; the vectors hold the rules to the real classes.
fn class(c: char) -> Class {
    if c.is_alphanumeric() { Class::Letter } else { Class::Other }
}

/// An app that sends mail and lets everybody register.
pub(super) fn config() -> ClientConfig {
    ClientConfig {
        app_name: "Quickstart".to_owned(),
        logo: None,
        tagline: String::new(),
        login: LoginForm::NameAndPassword,
        registration: RegistrationMode::Open,
        recovery: true,
        password_min: 8,
        app_path: "/app".to_owned(),
        providers: Vec::new(),
        codes: vec![CodeChannel::Mail, CodeChannel::Sms],
        passkeys: None,
    }
}

/// The session of who is signed in.
pub(super) fn bob() -> SessionState {
    SessionState::SignedIn {
        username: "bob".to_owned(),
        email: None,
        roles: vec!["editor".to_owned()],
        aal: 1,
    }
}

/// Inside an app that waits for a ticket.
pub(super) fn embedded() -> Setting {
    Setting { embedded: true, challenge: Some("challenge-1".to_owned()), ..Setting::default() }
}

/// The page of its own, opened by a link.
pub(super) fn by(link: Link) -> Setting {
    Setting { opening: Opening::Link(link), ..Setting::default() }
}

pub(super) fn token() -> MailToken {
    MailToken::new("token-of-a-link")
}

pub(super) fn complete() -> LoginState {
    LoginState::Complete { ticket: Some(Ticket::new("ticket-1")) }
}

pub(super) fn must_change() -> LoginState {
    LoginState::NewPassword { flow: FlowToken::new("flow-1") }
}

/// How a request that failed is told to the form.
pub(super) type Failed = fn(Failure) -> Event;

pub(super) fn refused<T>(code: ErrorCode) -> Reply<T> {
    Err(Failure::Refused(Problem::new(code)))
}

pub(super) fn refused_at<T>(field: Field, code: ErrorCode) -> Reply<T> {
    Err(Failure::Refused(Problem::of(field, code)))
}

pub(super) struct Form {
    pub(super) machine: Machine,
    /// What stands in the inputs: typed, or filled in by a password manager that tells nobody.
    pub(super) inputs: Values,
    drawn: u32,
}

impl Form {
    /// A form that waits for the endpoint's first word.
    pub(super) fn new(setting: Setting) -> Self {
        Self { machine: Machine::new(rules(), setting), inputs: Values::default(), drawn: 0 }
    }

    /// A form whose endpoint answered, and what that led to.
    pub(super) fn open(setting: Setting, config: ClientConfig, session: SessionState) -> (Self, Vec<Effect>) {
        let mut form = Self::new(setting);
        let effects = form.happens(Event::Loaded(Ok((config, session))));
        (form, effects)
    }

    /// The sign-in form on the page of its own.
    pub(super) fn login() -> Self {
        Self::open(Setting::default(), config(), SessionState::Anonymous).0
    }

    /// The sign-in form inside an app.
    pub(super) fn login_in_app() -> Self {
        Self::open(embedded(), config(), SessionState::Anonymous).0
    }

    /// Another screen is drawn with inputs of its own, which hold what the card says.
    pub(super) fn happens(&mut self, event: Event) -> Vec<Effect> {
        let effects = self.machine.apply(event);
        if self.machine.drawn() != self.drawn {
            self.drawn = self.machine.drawn();
            self.inputs = Values::default();
            for field in self.machine.card().map(|card| card.fields).unwrap_or_default() {
                *self.inputs.of_mut(field.field) = field.value;
            }
        }
        effects
    }

    /// Types a text into a field that the screen has.
    pub(super) fn types(&mut self, field: Field, text: &str) -> Vec<Effect> {
        assert!(self.has(field), "{} has no {field:?}", self.name());
        text.clone_into(self.inputs.of_mut(field));
        self.happens(Event::Typed(field, self.inputs.clone()))
    }

    pub(super) fn leaves(&mut self, field: Field) {
        let effects = self.happens(Event::Left(field, self.inputs.clone()));
        assert!(effects.is_empty(), "{effects:?}");
    }

    pub(super) fn submit(&mut self) -> Vec<Effect> {
        self.happens(Event::Submit(self.inputs.clone()))
    }

    pub(super) fn go(&mut self, place: Place) -> Vec<Effect> {
        self.happens(Event::Go(place, self.inputs.clone()))
    }

    /// Signs in as Bob and waits for the answer.
    pub(super) fn signs_in(&mut self) -> Vec<Effect> {
        self.types(Field::Identifier, "bob");
        self.types(Field::Password, PASSWORD);
        self.submit()
    }

    pub(super) fn has(&self, field: Field) -> bool {
        self.machine.card().is_some_and(|card| card.fields.iter().any(|f| f.field == field))
    }

    /// The screen that is drawn, by the name that styles and tests know.
    pub(super) fn name(&self) -> &'static str {
        self.machine.card().map_or("loading", |card| card.name)
    }

    pub(super) fn drawn(&self) -> u32 {
        self.machine.drawn()
    }

    pub(super) fn error(&self, field: Field) -> Option<Text> {
        self.machine.error(field).map(|line| line.text)
    }

    /// What is said about the whole form, and whether it is good news.
    pub(super) fn notice(&self) -> Option<(Text, bool)> {
        self.machine.notice().map(|notice| (notice.line.text, notice.good))
    }

    pub(super) fn notice_line(&self) -> &Line {
        &self.machine.notice().expect("nothing is said").line
    }

    /// The links below the form.
    pub(super) fn turns(&self) -> Vec<Text> {
        self.machine.card().map(|card| card.turns).unwrap_or_default().iter().map(|turn| turn.link).collect()
    }
}

/// Where the focus goes: to a field, or to the heading.
pub(super) fn focus(effects: &[Effect]) -> Option<Field> {
    let mut targets = effects.iter().filter_map(|effect| match effect {
        Effect::Focus(field) => Some(*field),
        _ => None,
    });
    let target = targets.next().expect("the focus stays where it was");
    assert!(targets.next().is_none(), "the focus can go to one place only");
    target
}

/// The only effect.
pub(super) fn one(mut effects: Vec<Effect>) -> Effect {
    assert_eq!(effects.len(), 1, "{effects:?}");
    effects.remove(0)
}
