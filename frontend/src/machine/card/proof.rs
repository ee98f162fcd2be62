//! The cards of second factors and fresh proofs.

use gatehouse_protocol::{Code, Field, GUEST, LoginForm, SecondFactor};

use super::super::proof::after;
use super::{Around, Card, FieldCard, Place, Press, Purpose, Shown, Text, Turn, TurnTo, field, turn};

/// A way out: back to the sign-in form, or out of the session that a page does not suffice.
fn out(around: &Around<'_>, back: Turn) -> Option<Turn> {
    match around.purpose {
        Purpose::SignIn => Some(back),
        Purpose::StepUp => Some(Turn { lead: None, link: Text::SignOut, to: TurnTo::SignOut }),
        // Who opened the form can close it.
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
    };
    let mut turns = Vec::new();
    let other = after(factors, factor);
    if other != factor {
        let link = match other {
            SecondFactor::Passkey => Text::ChallengeToPasskey,
            SecondFactor::Totp => Text::ChallengeToApp,
            SecondFactor::RecoveryCode => Text::ChallengeToRecovery,
        };
        turns.push(turn(None, link, Place::OtherFactor));
    }
    turns.extend(out(around, back));
    Card { lead: vec![lead.into()], turns, ..Card::form("challenge", title, Text::Confirm, fields) }
}

pub(super) fn enroll(key: &Code, picture: &Code, around: &Around<'_>, back: Turn) -> Card {
    let shown = Shown::Key { key: key.expose().to_owned(), picture: picture.expose().to_owned() };
    let code = FieldCard { digits: true, ..field(Field::Code, Text::FieldCode, around.values) };
    Card {
        lead: vec![Text::EnrollLead.into()],
        shown,
        turns: out(around, back).into_iter().collect(),
        ..Card::form("enroll", Text::EnrollTitle, Text::EnrollSubmit, vec![code])
    }
}

pub(super) fn codes(codes: &[Code]) -> Card {
    Card {
        lead: vec![Text::CodesLead.into()],
        shown: Shown::Codes(codes.iter().map(|code| code.expose().to_owned()).collect()),
        submit: Some((Text::CodesStored.into(), Press::Continue)),
        ..Card::plain("codes", Text::CodesTitle)
    }
}

pub(super) fn reauthenticate(around: &Around<'_>) -> Card {
    let password = field(Field::Password, Text::FieldPassword, around.values);
    let nameless = around.config.is_some_and(|c| c.login == LoginForm::PasswordOnly);
    let (account, fields) = if nameless {
        (Some(GUEST.to_owned()), vec![password])
    } else {
        let name = field(Field::Identifier, Text::FieldUsername, around.values);
        (None, vec![FieldCard { value: around.username.to_owned(), locked: true, ..name }, password])
    };
    Card {
        lead: vec![Text::ReauthenticateLead.into()],
        account,
        ..Card::form("reauthenticate", Text::ReauthenticateTitle, Text::Confirm, fields)
    }
}
