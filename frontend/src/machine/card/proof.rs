//! The cards of second factors and fresh proofs.

use gatehouse_protocol::{Field, GUEST, LoginForm, SecondFactor};

use super::{Around, Card, FieldCard, Place, Purpose, Text, Turn, TurnTo, field, turn};

/// A way out: back to the sign-in form, or out of the session that a page does not suffice.
pub(super) fn out(around: &Around<'_>, back: Turn) -> Option<Turn> {
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
    let (title, lead, label, digits) = match factor {
        SecondFactor::Totp => (Text::ChallengeTitle, Text::ChallengeLead, Text::FieldCode, true),
        SecondFactor::RecoveryCode => {
            (Text::ChallengeRecoveryTitle, Text::ChallengeRecoveryLead, Text::FieldRecoveryCode, false)
        }
    };
    let mut turns = Vec::new();
    if factors.iter().any(|other| *other != factor) {
        let link = if digits { Text::ChallengeToRecovery } else { Text::ChallengeToApp };
        turns.push(turn(None, link, Place::OtherFactor));
    }
    turns.extend(out(around, back));
    let code = FieldCard { digits, ..field(Field::Code, label, around.values) };
    Card { lead: vec![lead.into()], turns, ..Card::form("challenge", title, Text::Confirm, vec![code]) }
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
