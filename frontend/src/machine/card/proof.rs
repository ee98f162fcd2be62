//! The cards of second factors and fresh proofs.

use gatehouse_protocol::{CodeChannel, Field, SecondFactor};

use super::{Around, Card, FieldCard, Place, Purpose, Text, Turn, TurnTo, field, named, turn};

/// A way out: back to the sign-in form, or out of the session that a page does not suffice.
#[cfg_attr(
    not(feature = "later"),
    expect(clippy::unnecessary_wraps, reason = "what is opened later can be closed")
)]
pub(super) fn out(around: &Around<'_>, back: Turn) -> Option<Turn> {
    match around.purpose {
        Purpose::SignIn => Some(back),
        Purpose::StepUp => Some(Turn { lead: None, link: Text::SignOut, to: TurnTo::SignOut }),
        // Who opened the form can close it.
        #[cfg(feature = "later")]
        Purpose::Reauthenticate | Purpose::Enroll => None,
    }
}

pub(super) fn challenge(
    factors: &[SecondFactor],
    factor: SecondFactor,
    around: &Around<'_>,
    back: Turn,
) -> Card {
    let code = |digits, label| vec![FieldCard { digits, ..field(Field::Code, label, around.values) }];
    let (title, lead, fields) = match factor {
        SecondFactor::Passkey => (Text::ChallengePasskeyTitle, Text::ChallengePasskeyLead, Vec::new()),
        SecondFactor::Totp => (Text::ChallengeTitle, Text::ChallengeLead, code(true, Text::FieldCode)),
        SecondFactor::RecoveryCode => {
            (Text::ChallengeRecoveryTitle, Text::ChallengeRecoveryLead, code(false, Text::FieldRecoveryCode))
        }
        SecondFactor::Sms => (Text::CodeTitle, Text::CodeSms, code(true, Text::FieldSentCode)),
    };
    let mut turns: Vec<_> = (factor == SecondFactor::Sms).then(again).into_iter().collect();
    turns.extend(factors.iter().filter(|other| **other != factor).map(|other| {
        let link = match other {
            SecondFactor::Passkey => Text::ChallengeToPasskey,
            SecondFactor::Totp => Text::ChallengeToApp,
            SecondFactor::RecoveryCode => Text::ChallengeToRecovery,
            SecondFactor::Sms => Text::ChallengeToSms,
        };
        turn(None, link, Place::Factor(*other))
    }));
    turns.extend(out(around, back));
    Card { lead: vec![lead.into()], turns, ..Card::form("challenge", title, Text::Confirm, fields) }
}

/// The code that was sent in place of a password, or to a phone that is set up.
pub(super) fn code(around: &Around<'_>, back: Turn) -> Card {
    let sign_in = around.purpose == Purpose::SignIn;
    let lead =
        if sign_in { named(Text::CodeAsked, "to", &around.values.identifier) } else { Text::CodeSms.into() };
    let code = FieldCard { digits: true, ..field(Field::Code, Text::FieldSentCode, around.values) };
    Card {
        lead: vec![lead],
        turns: sign_in.then(again).into_iter().chain(out(around, back)).collect(),
        ..Card::form("code", Text::CodeTitle, Text::Confirm, vec![code])
    }
}

/// The button that a link of a mail asks for.
pub(super) fn code_link(back: Turn) -> Card {
    Card {
        lead: vec![Text::CodeLink.into()],
        turns: vec![back],
        ..Card::form("code-link", Text::LoginTitle, Text::LoginSubmit, Vec::new())
    }
}

/// The quiet line below the sign-in form.
pub(super) fn code_turn(channel: CodeChannel) -> Turn {
    let link = match channel {
        CodeChannel::Mail => Text::LoginMailCode,
        CodeChannel::Sms => Text::LoginSmsCode,
    };
    turn(None, link, Place::Code(channel))
}

fn again() -> Turn {
    Turn { lead: None, link: Text::CheckMailResend, to: TurnTo::Resend }
}
