//! The account page as a pure state machine: what is known, what is under way, what is asked in place, and which of the
//! forms is open inside the page.
//!
//! Like [`crate::machine`] it knows nothing of the web. The forms inside (a new password, an authenticator app, a fresh
//! proof) are machines of their own and say by one word how they ended.

mod act;
mod answer;
mod came;
mod device;
mod moment;
#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests;
mod text;

pub use act::{Act, Request, Section};
pub use came::Came;
pub use device::device;
pub use moment::ago;
pub use text::{Own, Said};

use gatehouse_protocol::{
    AccountOverview, AccountState, ClientConfig, EnrollmentState, FlowToken, LinkedSummary,
};

use crate::machine::{Opening, Reply, Text};

/// Something that happened.
#[derive(Debug)]
pub enum Event {
    /// The endpoint described itself and the account.
    Loaded(Reply<ClientConfig>, Reply<AccountState>),
    /// A button was pressed.
    Pressed(Act),
    /// What was asked in place is answered: yes, or with a text.
    Confirmed(String),
    /// No, or never mind.
    Cancelled,
    /// The answer to a step of the account.
    Answered(Reply<AccountState>),
    /// The answer to a step of setting a factor up.
    Enrolled(Reply<EnrollmentState>),
    /// The browser made a passkey in this flow, and the device is called so; or why it made none.
    Made(FlowToken, Result<(String, String), Said>),
    /// A form inside the page said how it ended.
    Inside(String),
    /// Try again, sign in, or back to the app.
    Leave,
}

/// Something to be done outside.
#[derive(Debug)]
pub enum Effect {
    /// Ask what the endpoint is, who is signed in, and for the account.
    Load,
    /// Ask for a step.
    Ask(Request),
    /// Have the browser make a passkey in this flow, by these options.
    Make(FlowToken, String),
    /// Save a JSON document as a file.
    Save(String),
    /// Tell the app that something is done.
    Done(&'static str),
    /// Tell the other tabs that somebody signed out.
    Announce,
    /// Leave for a path on this origin, or for the sign-in page.
    Leave(Option<String>),
    /// Load the page again.
    Reload,
    /// Move the focus to the element with this id.
    Focus(String),
}

/// What the person looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum View {
    /// Nothing is known yet.
    Loading,
    /// A card that says one thing, and a button that leads on from it.
    Only {
        /// The heading.
        title: Said,
        /// The sentence.
        lead: Said,
        /// Where the button leads, if there is one.
        on: Option<On>,
    },
    /// The account.
    Account,
}

/// Where a page leads that says one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// To ask again.
    Retry,
    /// To the sign-in form.
    SignIn,
    /// To what a link asks for: that is done by a press, never by opening it.
    Follow(Own),
    /// To the account.
    Account,
}

impl On {
    /// The button.
    pub fn button(self) -> Said {
        match self {
            Self::Retry => Text::Retry.into(),
            Self::SignIn => Text::LoginSubmit.into(),
            Self::Follow(text) => text.into(),
            Self::Account => Own::ToAccount.into(),
        }
    }
}

/// Something said in a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Where.
    pub section: Section,
    /// What.
    pub said: Said,
    /// True for good news.
    pub good: bool,
}

/// A form inside the page.
#[derive(Debug, Clone)]
pub struct Inside {
    /// Counts the forms opened.
    pub serial: u32,
    /// Where it stands.
    pub section: Section,
    /// What it opens with.
    pub opening: Opening,
    /// What it is part of.
    act: Act,
}

/// The page's state.
#[derive(Debug)]
pub struct Account {
    embedded: bool,
    view: View,
    config: Option<ClientConfig>,
    overview: Option<AccountOverview>,
    under_way: Option<(Act, Option<Request>)>,
    asked: Option<Act>,
    inside: Option<Inside>,
    opened: u32,
    /// Where a provider is asked for a fresh proof.
    proving: Option<Section>,
    /// What waits for a fresh proof.
    waiting: Option<(Act, Option<Request>)>,
    notice: Option<Notice>,
    /// The page's host, where the browser has passkeys.
    host: Option<String>,
    /// The page of the app to come back to, where it is one.
    here: Option<String>,
    came: Came,
}

impl Account {
    /// A page that knows nothing yet: the first thing to do is [`Effect::Load`].
    pub fn new(embedded: bool) -> Self {
        Self {
            embedded,
            view: View::Loading,
            config: None,
            overview: None,
            under_way: Some((Act::Look, None)),
            asked: None,
            inside: None,
            opened: 0,
            proving: None,
            waiting: None,
            notice: None,
            host: None,
            here: None,
            came: Came::Anywhere,
        }
    }

    /// The same on this host, in a browser that has passkeys.
    #[must_use]
    pub fn on_host(self, host: Option<String>) -> Self {
        Self { host, ..self }
    }

    /// Whether a passkey can be made here: they belong to this host.
    pub fn passkeys(&self) -> bool {
        let host = self.config.as_ref().and_then(|config| config.passkeys.as_ref());
        host.is_some() && host == self.host.as_ref()
    }

    /// The same, on this page of an app, and after what its address says.
    #[must_use]
    pub fn at(self, here: Option<String>, came: Came) -> Self {
        Self { here, came, ..self }
    }

    /// What the person looks at.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// The account, once it is known.
    pub fn overview(&self) -> Option<&AccountOverview> {
        self.overview.as_ref()
    }

    /// What the endpoint said of itself.
    pub fn config(&self) -> Option<&ClientConfig> {
        self.config.as_ref()
    }

    /// What is asked in its place before it is done.
    pub fn asked(&self) -> Option<&Act> {
        self.asked.as_ref()
    }

    /// The form inside a section.
    pub fn inside(&self, section: Section) -> Option<&Inside> {
        self.inside.as_ref().filter(|inside| inside.section == section)
    }

    /// The providers that are asked for a fresh proof in a section.
    pub fn proving(&self, section: Section) -> Option<Vec<LinkedSummary>> {
        self.proving.filter(|proving| *proving == section)?;
        let mut able = Vec::new();
        for one in self.overview.iter().flat_map(|account| &account.linked) {
            if one.name.is_some() && !able.iter().any(|known: &LinkedSummary| known.name == one.name) {
                able.push(one.clone());
            }
        }
        Some(able)
    }

    /// What is said in a section.
    pub fn notice(&self, section: Section) -> Option<&Notice> {
        self.notice.as_ref().filter(|notice| notice.section == section)
    }

    /// True while a request is under way: nothing else can be done then.
    pub fn busy(&self) -> bool {
        self.under_way.is_some()
    }

    /// Takes an event in and says what has to be done.
    pub fn apply(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Loaded(config, account) => self.loaded(config, account),
            Event::Answered(reply) => self.answered(reply),
            Event::Enrolled(reply) => self.enrolled(reply),
            Event::Made(flow, made) => self.made(flow, made),
            Event::Inside(word) => self.ended(&word),
            _ if self.busy() => Vec::new(),
            Event::Pressed(act) => self.pressed(act),
            Event::Confirmed(text) => self.confirmed(&text),
            Event::Cancelled => self.cancelled(),
            Event::Leave => self.leave(),
        }
    }

    fn pressed(&mut self, act: Act) -> Vec<Effect> {
        self.notice = None;
        self.inside = None;
        self.waiting = None;
        self.asked = None;
        self.proving = None;
        if act.asks() {
            self.asked = Some(act);
            return vec![Effect::Focus("gh-asked".to_owned())];
        }
        self.run(act, "")
    }

    fn confirmed(&mut self, text: &str) -> Vec<Effect> {
        let Some(act) = self.asked.clone() else { return Vec::new() };
        let username = self.overview.as_ref().map_or("", |overview| &overview.username);
        if act == Act::Delete && text.trim() != username {
            self.say(act.section(), Own::DeleteMismatch, false);
            return vec![Effect::Focus("gh-asked".to_owned())];
        }
        if act == Act::ChangeAddress && self.has_address(text.trim()) {
            self.say(act.section(), Own::AddressSame, false);
            return vec![Effect::Focus("gh-asked".to_owned())];
        }
        self.run(act, text)
    }

    /// Whether this is the confirmed address already.
    fn has_address(&self, text: &str) -> bool {
        self.overview.as_ref().is_some_and(|account| {
            account.email_verified
                && account.email.as_deref().is_some_and(|email| email.eq_ignore_ascii_case(text))
        })
    }

    fn cancelled(&mut self) -> Vec<Effect> {
        self.notice = None;
        self.waiting = None;
        if let Some(section) = self.proving.take() {
            return vec![Effect::Focus(section.id().to_owned())];
        }
        let act = match (self.asked.take(), self.inside.take()) {
            (Some(act), _) => act,
            // It may have come further than it looks.
            (None, Some(inside)) if matches!(inside.opening, Opening::At(_)) => {
                return self.run(Act::Look, "");
            }
            (None, Some(inside)) => inside.act,
            (None, None) => return Vec::new(),
        };
        vec![Effect::Focus(act.id())]
    }

    /// Does it, or opens the form for it.
    fn run(&mut self, act: Act, text: &str) -> Vec<Effect> {
        let request = act.request(text, self.here.as_deref());
        self.send(act, request)
    }

    fn send(&mut self, act: Act, request: Option<Request>) -> Vec<Effect> {
        // Good news of something else stay while the account is looked at again.
        if act != Act::Look {
            self.notice = None;
        }
        let Some(request) = request else {
            self.open(act, Opening::ChangePassword);
            return Vec::new();
        };
        self.under_way = Some((act, Some(request.clone())));
        vec![Effect::Ask(request)]
    }

    /// Opens a form inside the page.
    fn open(&mut self, act: Act, opening: Opening) {
        self.asked = None;
        self.proving = None;
        self.opened = self.opened.wrapping_add(1);
        self.inside = Some(Inside { serial: self.opened, section: act.section(), opening, act });
    }

    fn say(&mut self, section: Section, said: impl Into<Said>, good: bool) {
        self.notice = Some(Notice { section, said: said.into(), good });
    }

    fn only(&mut self, title: impl Into<Said>, lead: impl Into<Said>, on: Option<On>) {
        self.asked = None;
        self.inside = None;
        self.proving = None;
        self.notice = None;
        self.view = View::Only { title: title.into(), lead: lead.into(), on };
    }

    fn leave(&mut self) -> Vec<Effect> {
        match (&self.view, &self.config) {
            (View::Account, Some(config)) => {
                let path = crate::machine::local_path(&config.app_path).unwrap_or("/");
                vec![Effect::Leave(Some(path.to_owned()))]
            }
            (View::Only { on: Some(On::SignIn), .. }, _) if self.embedded => vec![Effect::Reload],
            (View::Only { on: Some(On::SignIn), .. }, _) => vec![Effect::Leave(None)],
            (View::Only { on: Some(On::Follow(_)), .. }, _) => match self.came.step() {
                Some(step) => self.send(Act::Look, Some(Request::Account(step))),
                None => Vec::new(),
            },
            _ => {
                self.under_way = Some((Act::Look, None));
                vec![Effect::Load]
            }
        }
    }
}
