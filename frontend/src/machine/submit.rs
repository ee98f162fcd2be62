//! What submitting a form means: the checks that need no endpoint, then one step of the flow.

use gatehouse_protocol::{
    ChangePassword, Code, ErrorCode, Field, LoginStep, Password, RecoveryStep, RegistrationStep,
    SecondFactor, VerificationStep, rule,
};

#[cfg(feature = "later")]
use super::Purpose;
use super::{Effect, Gap, Line, Machine, Screen, Text, Values};

impl Machine {
    /// Takes the form's values, checks them, and sends the step. A second submit while the first is under way does
    /// nothing.
    pub(super) fn submit(&mut self, values: Values) -> Vec<Effect> {
        if self.busy {
            return Vec::new();
        }
        self.take(values);
        let Some(card) = self.card() else { return Vec::new() };
        self.errors.clear();
        for field in &card.fields {
            if let Err(code) = self.check(field.field, true) {
                self.errors.push((field.field, self.field_line(field.field, code)));
            }
        }
        if let Some((first, _)) = self.errors.first() {
            let first = *first;
            self.notice = None;
            return vec![Effect::Focus(Some(first))];
        }
        let Some(step) = self.step() else { return Vec::new() };
        self.sending(step)
    }

    /// Sends the mail, or the code, again.
    pub(super) fn resend(&mut self) -> Vec<Effect> {
        let effect = match &self.screen {
            Screen::CheckMail { to, recovery: true } => {
                Effect::Recover(RecoveryStep::Request { identifier: to.clone() })
            }
            Screen::CheckMail { to, .. } => Effect::Verify(VerificationStep::Resend { email: to.clone() }),
            Screen::Challenge { flow, .. } => Effect::Login(LoginStep::SendSms { flow: flow.clone() }),
            Screen::Code { channel, .. } => return self.ask_for_code(*channel),
            _ => return Vec::new(),
        };
        self.sending(effect)
    }

    /// Checks one field as the endpoint will. Passwords that prove something are only asked to be there.
    pub(super) fn check(&self, field: Field, at_submit: bool) -> Result<(), ErrorCode> {
        let text = self.values.of(field);
        if text.is_empty() {
            let optional =
                field == Field::Email && matches!(&self.screen, Screen::Registration { offer: Some(_) });
            return if optional || !at_submit { Ok(()) } else { Err(ErrorCode::Required) };
        }
        match field {
            Field::Username => self.rules.username(text),
            Field::Email => rule::email(text).map(drop),
            Field::Password if self.fresh() => self.rules.password(text, self.password_min()),
            Field::Identifier | Field::Code if text.trim().is_empty() => Err(ErrorCode::Required),
            Field::Identifier | Field::Password | Field::CurrentPassword | Field::Code => Ok(()),
        }
    }

    /// True where the password field chooses a new password.
    pub(super) fn fresh(&self) -> bool {
        matches!(
            self.screen,
            Screen::Registration { .. }
                | Screen::Reset { .. }
                | Screen::MustChange { .. }
                | Screen::ChangePassword
        )
    }

    pub(super) fn password_min(&self) -> u16 {
        self.config.as_ref().map_or(rule::PASSWORD_MIN, |c| c.password_min)
    }

    /// The sentence for a code beside a field.
    pub(super) fn field_line(&self, field: Field, code: ErrorCode) -> Line {
        match (code, field) {
            (ErrorCode::Required, Field::Identifier) => Text::RequiredIdentifier.into(),
            (ErrorCode::Required, Field::Username) => Text::RequiredUsername.into(),
            (ErrorCode::Required, Field::Email) => Text::RequiredEmail.into(),
            (ErrorCode::Required, Field::Password) => Text::RequiredPassword.into(),
            (ErrorCode::Required, Field::CurrentPassword) => Text::RequiredCurrentPassword.into(),
            (ErrorCode::Required, Field::Code) => Text::RequiredCode.into(),
            _ => self.sentence(code),
        }
    }

    /// The sentence for a code, with the numbers that it names.
    pub(super) fn sentence(&self, code: ErrorCode) -> Line {
        let line = Line::from(Text::from(code));
        match code {
            ErrorCode::PasswordTooShort => line.with("min", Gap::Number(u32::from(self.password_min()))),
            ErrorCode::UsernameTooLong => {
                line.with("max", Gap::Number(u32::try_from(rule::USERNAME_MAX).unwrap_or(u32::MAX)))
            }
            _ => line,
        }
    }

    /// The step that the screen's form sends.
    fn step(&self) -> Option<Effect> {
        let Values { identifier, username, email, password, current, keep } = self.values.clone();
        let password = Password::new(password);
        let code = || Code::new(password.expose());
        Some(match &self.screen {
            Screen::Login => {
                let challenge = self.challenge();
                let identifier = if self.password_only() { String::new() } else { identifier };
                Effect::Login(LoginStep::Password { identifier, password, keep, challenge })
            }
            Screen::MustChange { flow, keep, .. } => Effect::Login(LoginStep::NewPassword {
                flow: flow.clone(),
                password,
                keep: *keep,
                challenge: self.challenge(),
            }),
            Screen::Challenge { flow, factor, .. } => {
                let (flow, challenge) = (flow.clone(), self.challenge());
                Effect::Login(match factor {
                    SecondFactor::Passkey => LoginStep::BeginPasskey { flow: Some(flow) },
                    SecondFactor::Totp => LoginStep::Totp { flow, code: code(), keep, challenge },
                    SecondFactor::RecoveryCode => {
                        LoginStep::RecoveryCode { flow, code: code(), keep, challenge }
                    }
                    SecondFactor::Sms => LoginStep::Code { flow, code: code(), keep, challenge },
                })
            }
            #[cfg(feature = "later")]
            Screen::Code { flow, .. } if self.purpose == Purpose::Enroll => {
                Effect::Enroll(gatehouse_protocol::EnrollmentStep::ConfirmPhone {
                    flow: flow.clone(),
                    code: code(),
                })
            }
            Screen::Code { flow, .. } => {
                let (flow, challenge) = (flow.clone(), self.challenge());
                Effect::Login(LoginStep::Code { flow, code: code(), keep, challenge })
            }
            Screen::CodeLink { token } => {
                let (token, challenge) = (token.clone(), self.challenge());
                Effect::Login(LoginStep::CodeLink { token, keep, challenge })
            }
            #[cfg(feature = "later")]
            Screen::Enroll { flow, .. } => Effect::Enroll(gatehouse_protocol::EnrollmentStep::ConfirmTotp {
                flow: flow.clone(),
                code: code(),
                keep,
            }),
            #[cfg(feature = "later")]
            Screen::Reauthenticate => Effect::Login(LoginStep::Reauthenticate { password }),
            Screen::Registration { offer } => {
                let token = offer.as_ref().map(|offer| offer.token.clone());
                let challenge = self.challenge();
                Effect::Register(RegistrationStep::Submit { username, email, password, token, challenge })
            }
            Screen::Recovery => Effect::Recover(RecoveryStep::Request { identifier }),
            Screen::Reset { token, .. } => {
                Effect::Recover(RecoveryStep::Reset { token: token.clone(), password })
            }
            Screen::ChangePassword => {
                Effect::ChangePassword(ChangePassword { current: Password::new(current), new: password })
            }
            Screen::Loading
            | Screen::Unreachable
            | Screen::CheckMail { .. }
            | Screen::PasswordChanged
            | Screen::SignedIn
            | Screen::NotAllowed
            | Screen::Broken { .. } => return None,
            #[cfg(feature = "later")]
            Screen::Codes { .. } => return None,
        })
    }
}
