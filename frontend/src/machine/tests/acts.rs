//! What people and networks do at random, and what the endpoint might answer.

use gatehouse_protocol::{
    ClientConfig, Code, CodeChannel, EnrollmentState, ErrorCode, Field, FlowToken, LoginState, LogoutState,
    MailToken, PasswordChanged, Problem, RecoveryState, RegistrationState, SecondFactor, SessionState,
    Ticket, VerificationState,
};
use proptest::{option, prelude::*, sample::select};

use super::kit::{FIELDS, bob, config};
use crate::machine::{Effect, Event, Failure, Link, Opening, Reply, Screen, Setting, Text, Values};

/// In every password and token, and never to be seen where something is printed.
pub(super) const SECRET: &str = "s3cr3t";

/// Where passkeys belong.
const HOST: &str = "app.example.org";

/// What a person or the network does.
#[derive(Debug, Clone)]
pub(super) enum Act {
    Type(Field, String),
    /// A password manager fills a field without telling.
    Fill(Field, String),
    Leave(Field),
    Submit,
    /// Presses the primary button, whatever it does.
    Press,
    /// Follows one of the links below the form.
    Follow(usize),
    Forgot,
    Open(Link),
    Retry,
    Resend,
    SignOut,
    Challenge(u8),
    /// The request under way is answered, well, badly or not at all.
    Answer(Answer),
    /// One of the questions about passwords is answered, in any order.
    Judge(usize, Option<ErrorCode>),
}

#[derive(Debug, Clone)]
pub(super) enum Answer {
    Well(u8),
    Refused(Problem),
    Nothing,
}

fn flow() -> FlowToken {
    FlowToken::new(format!("{SECRET}-flow"))
}

fn code() -> Code {
    Code::new(format!("{SECRET}-code"))
}

fn link() -> impl Strategy<Value = Link> {
    let token = || MailToken::new(format!("{SECRET}-link"));
    select(vec![
        Link::None,
        Link::Setup(token()),
        Link::Invite(token()),
        Link::Verify(token()),
        Link::Reset(token()),
        Link::ChangePassword,
        Link::SignIn(token()),
    ])
}

fn text(field: Field) -> BoxedStrategy<String> {
    match field {
        Field::Password | Field::CurrentPassword | Field::Code => "s3cr3t[a-z ]{0,12}".boxed(),
        Field::Email => "([a-z]{1,5}(@([a-z]{1,5}\\.org)?)?)?".boxed(),
        Field::Identifier | Field::Username => "([a-z]{1,5}(@[a-z]{1,5}\\.org)?)?".boxed(),
    }
}

fn typing() -> impl Strategy<Value = (Field, String)> {
    select(FIELDS.to_vec()).prop_flat_map(|field| (Just(field), text(field)))
}

fn problem() -> impl Strategy<Value = Problem> {
    let at = option::of(select(FIELDS.to_vec()));
    (select(ErrorCode::ALL.to_vec()), at, option::of(any::<u32>()))
        .prop_map(|(code, field, retry_after)| Problem { code, field, retry_after })
}

pub(super) fn act() -> impl Strategy<Value = Act> {
    let answer = prop_oneof![
        4 => any::<u8>().prop_map(Answer::Well),
        2 => problem().prop_map(Answer::Refused),
        1 => Just(Answer::Nothing),
    ];
    prop_oneof![
        8 => typing().prop_map(|(field, text)| Act::Type(field, text)),
        2 => typing().prop_map(|(field, text)| Act::Fill(field, text)),
        2 => select(FIELDS.to_vec()).prop_map(Act::Leave),
        5 => Just(Act::Submit),
        3 => Just(Act::Press),
        4 => (0..3_usize).prop_map(Act::Follow),
        1 => Just(Act::Forgot),
        1 => link().prop_map(Act::Open),
        1 => Just(Act::Retry),
        1 => Just(Act::Resend),
        1 => Just(Act::SignOut),
        1 => any::<u8>().prop_map(|n| Act::Challenge(n % 3)),
        10 => answer.prop_map(Act::Answer),
        2 => (any::<usize>(), option::of(select(ErrorCode::ALL.to_vec())))
            .prop_map(|(which, refused)| Act::Judge(which, refused)),
    ]
}

pub(super) fn setting() -> impl Strategy<Value = Setting> {
    let opening = prop_oneof![
        3 => link().prop_map(Opening::Link),
        1 => Just(Opening::ChangePassword),
        1 => Just(Opening::NotAllowed),
        1 => Just(Opening::StepUp),
        1 => Just(Opening::Reauthenticate),
        1 => Just(Opening::At(Screen::Enroll { flow: flow(), key: code(), picture: code() })),
        1 => any::<bool>().prop_map(|keep| Opening::Enroll { flow: flow(), keep }),
        1 => Just(Opening::At(Screen::Codes { codes: vec![code(), code()] })),
    ];
    let next = option::of(select(vec!["/reports", "//evil.example", "/\\evil.example", "javascript:1"]));
    (any::<u8>(), opening, any::<bool>(), next).prop_map(|(place, opening, waits, next)| Setting {
        embedded: place % 3 == 0,
        inside: place % 6 == 0,
        in_place: place % 3 == 1,
        opening,
        challenge: waits.then(|| "challenge".to_owned()),
        next: next.map(str::to_owned),
        host: (place % 2 == 0).then(|| HOST.to_owned()),
        ..Setting::default()
    })
}

fn reply<T>(failure: Option<Failure>, well: impl FnOnce() -> T) -> Reply<T> {
    failure.map_or_else(|| Ok(well()), Err)
}

pub(super) fn answered(request: &Effect, answer: Answer) -> Event {
    let which = if let Answer::Well(which) = answer { which } else { 0 };
    let failure = match answer {
        Answer::Well(_) => None,
        Answer::Refused(problem) => Some(Failure::Refused(problem)),
        Answer::Nothing => Some(Failure::Unreachable),
    };
    let even = which.is_multiple_of(2);
    let ticket = even.then(|| Ticket::new(format!("{SECRET}-ticket")));
    match request {
        Effect::Load => {
            let session = if even { SessionState::Anonymous } else { bob() };
            let config = ClientConfig { passkeys: Some(HOST.to_owned()), ..config() };
            Event::Loaded(reply(failure, || (config, session)))
        }
        Effect::Sign(flow, _) => {
            Event::Signed(flow.clone(), failure.is_none().then(|| "{}".to_owned()), Values::default())
        }
        Effect::Make(flow, _) => {
            let made = ("{}".to_owned(), "Chrome on Linux".to_owned());
            let made = if failure.is_none() { Ok(made) } else { Err(Text::NewPasskeyCancelled) };
            Event::Made(flow.clone(), made, Values::default())
        }
        Effect::Login(_) => Event::Login(reply(failure, || match which % 10 {
            0 | 1 => LoginState::Complete { ticket },
            2 => LoginState::NewPassword { flow: flow() },
            3 => LoginState::Challenge { flow: flow(), factors: vec![SecondFactor::Totp] },
            4 => LoginState::Challenge {
                flow: flow(),
                factors: vec![SecondFactor::Passkey, SecondFactor::Totp, SecondFactor::RecoveryCode],
            },
            5 => LoginState::Enroll { flow: flow() },
            6 => LoginState::CodeSent { flow: flow(), channel: CodeChannel::Mail },
            7 => LoginState::Challenge { flow: flow(), factors: vec![SecondFactor::Sms, SecondFactor::Totp] },
            8 => LoginState::Passkey { flow: flow(), options: "{}".to_owned() },
            _ => LoginState::VerifyAddress,
        })),
        Effect::Enroll(_) => Event::Enrollment(reply(failure, || match which % 5 {
            0 => EnrollmentState::Totp { flow: flow(), key: code(), picture: SECRET.to_owned() },
            1 => EnrollmentState::Complete { codes: vec![code(), code()] },
            2 => EnrollmentState::CodeSent { flow: flow() },
            3 => EnrollmentState::Passkey { flow: flow(), options: "{}".to_owned() },
            _ => EnrollmentState::Complete { codes: Vec::new() },
        })),
        Effect::Register(_) => Event::Registration(reply(failure, || match which % 3 {
            0 => RegistrationState::Complete { ticket },
            1 => RegistrationState::Offer {
                email: even.then(|| "offered@example.org".to_owned()),
                setup: which % 9 == 1,
            },
            _ => RegistrationState::VerifyAddress,
        })),
        Effect::Verify(_) => Event::Verification(reply(failure, || {
            if even {
                VerificationState::Verified { username: "carol".to_owned() }
            } else {
                VerificationState::Sent
            }
        })),
        Effect::Recover(_) => Event::Recovery(reply(failure, || match which % 3 {
            0 => RecoveryState::Complete,
            1 => RecoveryState::ChoosePassword { username: "erin".to_owned() },
            _ => RecoveryState::Sent,
        })),
        Effect::ChangePassword(_) => Event::Changed(reply(failure, || PasswordChanged { ended: 1 })),
        Effect::SignOut => Event::SignedOut(reply(failure, || LogoutState::SignedOut)),
        other => unreachable!("{other:?} is no request"),
    }
}
