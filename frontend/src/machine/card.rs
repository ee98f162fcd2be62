//! What a screen consists of: the views draw this and decide nothing.

mod proof;
#[cfg(feature = "later")]
mod setup;

use gatehouse_protocol::{
    ClientConfig, ErrorCode, Field, GUEST, LoginForm, ProviderButton, RegistrationMode,
};

#[cfg(feature = "later")]
pub use setup::Shown;

use super::{Event, Gap, Line, Offer, Place, Purpose, Screen, Text, Values};

/// One card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// Names the screen for styles and tests.
    pub name: &'static str,
    /// The app's sentence about itself, where people arrive.
    pub tagline: Option<String>,
    /// The heading.
    pub title: Line,
    /// The sentences below it.
    pub lead: Vec<Line>,
    /// What is shown above the fields.
    #[cfg(feature = "later")]
    pub shown: Shown,
    /// The fields, in order.
    pub fields: Vec<FieldCard>,
    /// The account that a new password belongs to, so that password managers store it rightly.
    pub account: Option<String>,
    /// Whether "Keep me signed in" is offered.
    pub keep: bool,
    /// The primary button, if there is one.
    pub submit: Option<(Line, Press)>,
    /// The ways in through an account of somebody else.
    pub ways: Vec<Way>,
    /// The quiet lines to somewhere else.
    pub turns: Vec<Turn>,
}

/// A way in through an account of somebody else: a plain link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// What stands on it.
    pub label: Line,
    /// Its provider's name.
    pub name: String,
}

/// One field of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct FieldCard {
    /// Which one.
    pub field: Field,
    /// Its label.
    pub label: Text,
    /// What helps to fill it, while nothing is wrong.
    pub hint: Option<Line>,
    /// What stands in it at first.
    pub value: String,
    /// True where it can't be changed.
    pub locked: bool,
    /// True where a new password is chosen.
    pub fresh: bool,
    /// True where only digits are typed.
    pub digits: bool,
    /// True where a link to the form for a forgotten password stands beside the label.
    pub forgot: bool,
}

/// What the primary button does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Press {
    /// Submits the form.
    Submit,
    /// Asks the endpoint again.
    Retry,
    /// Sends the mail again.
    Resend,
    /// Signs out.
    SignOut,
    /// Goes on to the app.
    Continue,
}

impl Press {
    /// The event behind a button outside a form.
    pub fn event(self, values: Values) -> Event {
        match self {
            Self::Submit => Event::Submit(values),
            Self::Retry => Event::Retry,
            Self::Resend => Event::Resend,
            Self::SignOut => Event::SignOut,
            Self::Continue => Event::Continue,
        }
    }
}

/// A quiet line that leads elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// A question before the link.
    pub lead: Option<Text>,
    /// The link.
    pub link: Text,
    /// Where it leads.
    pub to: TurnTo,
}

/// Where a quiet line leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnTo {
    /// To another form.
    Place(Place),
    /// Out.
    SignOut,
    /// To the app.
    App,
    /// Nowhere: the code is sent again.
    Resend,
}

/// What else a card needs to know.
pub(super) struct Around<'a> {
    pub config: Option<&'a ClientConfig>,
    pub values: &'a Values,
    pub username: &'a str,
    pub roles: &'a [String],
    pub endpoint: &'a str,
    pub embedded: bool,
    pub in_place: bool,
    pub purpose: Purpose,
    pub passkeys: bool,
    /// The sign-in that asks for a factor to be set up, whichever it will be.
    #[cfg(feature = "later")]
    pub unfinished: Option<&'a gatehouse_protocol::FlowToken>,
}

fn field(field: Field, label: Text, values: &Values) -> FieldCard {
    let value = match field {
        // A secret is never put back into a page.
        Field::Password | Field::CurrentPassword | Field::Code => String::new(),
        _ => values.of(field).to_owned(),
    };
    FieldCard { field, label, hint: None, value, locked: false, fresh: false, digits: false, forgot: false }
}

fn fresh(label: Text, around: &Around<'_>) -> FieldCard {
    let min = around.config.map_or(gatehouse_protocol::rule::PASSWORD_MIN, |c| c.password_min);
    let hint = Line::from(Text::HintPassword).with("min", Gap::Number(u32::from(min)));
    FieldCard { hint: Some(hint), fresh: true, ..field(Field::Password, label, around.values) }
}

fn turn(lead: Option<Text>, link: Text, place: Place) -> Turn {
    Turn { lead, link, to: TurnTo::Place(place) }
}

fn named(text: Text, name: &'static str, words: &str) -> Line {
    Line::from(text).with(name, Gap::Words(words.to_owned()))
}

impl Card {
    fn plain(name: &'static str, title: impl Into<Line>) -> Self {
        Self {
            name,
            tagline: None,
            title: title.into(),
            lead: Vec::new(),
            #[cfg(feature = "later")]
            shown: Shown::Nothing,
            fields: Vec::new(),
            account: None,
            keep: false,
            submit: None,
            ways: Vec::new(),
            turns: Vec::new(),
        }
    }

    fn form(name: &'static str, title: Text, submit: Text, fields: Vec<FieldCard>) -> Self {
        Self { submit: Some((submit.into(), Press::Submit)), fields, ..Self::plain(name, title) }
    }

    /// The card of a screen; nothing while loading.
    pub(super) fn of(screen: &Screen, around: &Around<'_>) -> Option<Self> {
        let back = || turn(None, Text::BackToLogin, Place::Login);
        let app = around.config.map_or("", |c| c.app_name.as_str());
        Some(match screen {
            Screen::Loading => return None,
            Screen::Unreachable => Self {
                lead: vec![
                    Text::UnreachableLead.into(),
                    named(Text::UnreachableHint, "endpoint", around.endpoint),
                ],
                submit: Some((Text::Retry.into(), Press::Retry)),
                ..Self::plain("unreachable", Text::UnreachableTitle)
            },
            Screen::Login => login(around),
            Screen::Registration { offer } => registration(offer.as_ref(), around, app),
            Screen::CheckMail { to, recovery } => {
                let said = if *recovery { Text::CheckMailRecovery } else { Text::CheckMailVerify };
                Self {
                    lead: vec![named(said, "to", to), Text::CheckMailHint.into()],
                    submit: Some((Text::CheckMailResend.into(), Press::Resend)),
                    turns: vec![back()],
                    ..Self::plain("check-mail", Text::CheckMailTitle)
                }
            }
            Screen::Recovery => Self {
                lead: vec![Text::RecoveryLead.into()],
                turns: vec![back()],
                ..Self::form(
                    "recovery",
                    Text::RecoveryTitle,
                    Text::RecoverySubmit,
                    vec![field(Field::Identifier, Text::FieldIdentifier, around.values)],
                )
            },
            Screen::Reset { username, .. } => Self {
                lead: vec![named(Text::ResetLead, "name", username)],
                account: Some(username.clone()),
                ..Self::form(
                    "reset",
                    Text::ResetTitle,
                    Text::ResetSubmit,
                    vec![fresh(Text::FieldNewPassword, around)],
                )
            },
            Screen::MustChange { identifier, .. } => Self {
                lead: vec![Text::MustChangeLead.into()],
                account: Some(identifier.clone()),
                turns: vec![back()],
                ..Self::form(
                    "must-change",
                    Text::MustChangeTitle,
                    Text::MustChangeSubmit,
                    vec![fresh(Text::FieldNewPassword, around)],
                )
            },
            Screen::Challenge { factors, factor, .. } => proof::challenge(factors, *factor, around, back()),
            Screen::Code { .. } => proof::code(around, back()),
            Screen::CodeLink { .. } => proof::code_link(back()),
            #[cfg(feature = "later")]
            Screen::Enroll { key, picture, .. } => setup::enroll(key, picture, around, back()),
            #[cfg(feature = "later")]
            Screen::Codes { codes } => setup::codes(codes),
            #[cfg(feature = "later")]
            Screen::Reauthenticate => setup::reauthenticate(around),
            Screen::ChangePassword => Self {
                lead: vec![Text::ChangeLead.into()],
                account: Some(around.username.to_owned()),
                ..Self::form(
                    "change-password",
                    Text::ChangeTitle,
                    Text::ChangeSubmit,
                    vec![
                        field(Field::CurrentPassword, Text::FieldCurrentPassword, around.values),
                        fresh(Text::FieldNewPassword, around),
                    ],
                )
            },
            Screen::PasswordChanged => Self {
                lead: vec![Text::ChangeDone.into()],
                submit: (!around.embedded)
                    .then(|| (named(Text::SignedInContinue, "app", app), Press::Continue)),
                ..Self::plain("password-changed", Text::ChangeDoneTitle)
            },
            Screen::SignedIn => Self {
                lead: vec![named(Text::SignedInLead, "name", around.username)],
                submit: Some((named(Text::SignedInContinue, "app", app), Press::Continue)),
                turns: signed_in_turns(around),
                ..Self::plain("signed-in", Text::SignedInTitle)
            },
            Screen::NotAllowed => not_allowed(around),
            Screen::Broken { code } => Self {
                lead: vec![Text::from(*code).into()],
                turns: broken_turns(*code, around, back()),
                ..Self::plain("broken", Text::BrokenTitle)
            },
        })
    }
}

fn not_allowed(around: &Around<'_>) -> Card {
    let mut lead = vec![named(Text::NotAllowedLead, "name", around.username)];
    if !around.roles.is_empty() {
        lead.push(named(Text::NotAllowedRoles, "roles", &around.roles.join(", ")));
    }
    let app = Turn { lead: None, link: Text::NotAllowedBack, to: TurnTo::App };
    Card {
        lead,
        turns: around.in_place.then_some(app).into_iter().collect(),
        submit: Some((Text::NotAllowedSwitch.into(), Press::SignOut)),
        ..Card::plain("not-allowed", Text::NotAllowedTitle)
    }
}

/// The one password of an app is not its visitors' to change.
fn signed_in_turns(around: &Around<'_>) -> Vec<Turn> {
    let own = around.config.is_none_or(|c| c.login == LoginForm::NameAndPassword);
    let change = own.then(|| turn(None, Text::SignedInChange, Place::ChangePassword));
    change.into_iter().chain([Turn { lead: None, link: Text::SignOut, to: TurnTo::SignOut }]).collect()
}

fn login(around: &Around<'_>) -> Card {
    let open = around.config.map_or(RegistrationMode::Closed, |c| c.registration);
    let mut turns: Vec<_> =
        around.config.iter().flat_map(|c| &c.codes).map(|channel| proof::code_turn(*channel)).collect();
    if around.passkeys {
        turns.insert(0, turn(None, Text::LoginPasskey, Place::Passkey));
    }
    if matches!(open, RegistrationMode::Open | RegistrationMode::Domains) {
        let lead = Some(Text::LoginToRegistration);
        turns.push(turn(lead, Text::LoginToRegistrationLink, Place::Registration));
    }
    let forgot = around.config.is_some_and(|c| c.recovery);
    let password = FieldCard { forgot, ..field(Field::Password, Text::FieldPassword, around.values) };
    let (account, fields) = match around.config.map(|c| c.login) {
        // Password managers store nothing without a name.
        Some(LoginForm::PasswordOnly) => (Some(GUEST.to_owned()), vec![password]),
        _ => (None, vec![field(Field::Identifier, Text::FieldIdentifier, around.values), password]),
    };
    Card {
        tagline: tagline(around),
        account,
        keep: true,
        ways: around.config.map(ways).unwrap_or_default(),
        turns,
        ..Card::form("login", Text::LoginTitle, Text::LoginSubmit, fields)
    }
}

fn ways(config: &ClientConfig) -> Vec<Way> {
    let way = |button: &ProviderButton| Way {
        label: named(Text::LoginProvider, "name", &button.label),
        name: button.name.clone(),
    };
    config.providers.iter().map(way).collect()
}

fn registration(offer: Option<&Offer>, around: &Around<'_>, app: &str) -> Card {
    let (title, lead) = match offer {
        Some(Offer { setup: true, .. }) => {
            (Text::RegistrationSetupTitle, named(Text::RegistrationSetupLead, "app", app))
        }
        Some(_) => (Text::RegistrationInviteTitle, Text::RegistrationInviteLead.into()),
        None => (Text::RegistrationTitle, Text::RegistrationLead.into()),
    };
    let username = FieldCard {
        hint: Some(Text::HintUsername.into()),
        ..field(Field::Username, Text::FieldUsername, around.values)
    };
    let mut email = field(Field::Email, Text::FieldEmail, around.values);
    match offer {
        Some(Offer { email: Some(address), .. }) => {
            email.value.clone_from(address);
            email.locked = true;
            email.hint = Some(Text::HintEmailLocked.into());
        }
        Some(_) => email.hint = Some(Text::HintEmailOptional.into()),
        None => {}
    }
    let turns = vec![turn(Some(Text::RegistrationToLogin), Text::RegistrationToLoginLink, Place::Login)];
    let fields = vec![username, email, fresh(Text::FieldPassword, around)];
    Card {
        tagline: tagline(around),
        lead: vec![lead],
        turns,
        ..Card::form("registration", title, Text::RegistrationSubmit, fields)
    }
}

fn tagline(around: &Around<'_>) -> Option<String> {
    around.config.map(|c| c.tagline.clone()).filter(|tagline| !tagline.is_empty())
}

fn broken_turns(code: ErrorCode, around: &Around<'_>, back: Turn) -> Vec<Turn> {
    let mut turns = vec![back];
    if code == ErrorCode::LinkExpired && around.config.is_some_and(|c| c.recovery) {
        turns.push(turn(None, Text::LoginForgot, Place::Recovery));
    }
    turns
}
