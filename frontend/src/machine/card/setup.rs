//! The cards of setting a factor up, and what they show beside sentences.

use core::fmt;

use gatehouse_protocol::{Code, Field, GUEST, LoginForm};

use super::{Around, Card, FieldCard, Place, Press, Text, Turn, field, proof::out, turn};

/// What a card shows beside sentences. It is secret, and never printed.
#[derive(Clone, PartialEq, Eq)]
pub enum Shown {
    /// Nothing.
    Nothing,
    /// The key for an authenticator app.
    Key {
        /// As text.
        key: String,
        /// As a picture: an SVG document.
        picture: String,
    },
    /// Recovery codes.
    Codes(Vec<String>),
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown(…)")
    }
}

pub(super) fn enroll(key: &Code, picture: &Code, around: &Around<'_>, back: Turn) -> Card {
    let shown = Shown::Key { key: key.expose().to_owned(), picture: picture.expose().to_owned() };
    let code = FieldCard { digits: true, ..field(Field::Code, Text::FieldCode, around.values) };
    let passkey = (around.unfinished.is_some() && around.passkeys)
        .then(|| turn(None, Text::EnrollPasskey, Place::NewPasskey));
    Card {
        lead: vec![Text::EnrollLead.into()],
        shown,
        turns: passkey.into_iter().chain(out(around, back)).collect(),
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

/// The password of who is signed in, once more.
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
