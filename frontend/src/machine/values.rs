//! What the fields of a form hold at the moment it is read.

use core::fmt;

use gatehouse_protocol::Field;

/// The values of a form. They are read from the form itself at submit, because password managers fill fields
/// without telling.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Values {
    /// Username or e-mail address.
    pub identifier: String,
    /// The wished username.
    pub username: String,
    /// The e-mail address.
    pub email: String,
    /// The password, or the new one; a code where one is asked for, which no form does beside a password.
    pub password: String,
    /// The password that holds until now.
    pub current: String,
    /// Keep me signed in.
    pub keep: bool,
}

impl Values {
    /// The text of one field.
    pub fn of(&self, field: Field) -> &str {
        match field {
            Field::Identifier => &self.identifier,
            Field::Username => &self.username,
            Field::Email => &self.email,
            Field::Password | Field::Code => &self.password,
            Field::CurrentPassword => &self.current,
        }
    }

    /// The same, to be written.
    pub fn of_mut(&mut self, field: Field) -> &mut String {
        match field {
            Field::Identifier => &mut self.identifier,
            Field::Username => &mut self.username,
            Field::Email => &mut self.email,
            Field::Password | Field::Code => &mut self.password,
            Field::CurrentPassword => &mut self.current,
        }
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values")
            .field("identifier", &self.identifier)
            .field("username", &self.username)
            .field("email", &self.email)
            .field("keep", &self.keep)
            .finish_non_exhaustive()
    }
}
