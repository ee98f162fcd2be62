//! How a factor is set up, and where that leads.

use gatehouse_protocol::{Code, CodeChannel, EnrollmentState, LoginStep};

use super::{Effect, Failure, Machine, Opening, Reply, Screen, proof::Purpose};

impl Machine {
    /// Draws what the account page asks of who is signed in; who isn't any more signs in first.
    pub(super) fn ask_again(&mut self, opening: Opening) -> Vec<Effect> {
        let (purpose, screen) = match opening {
            _ if !self.signed_in() => (Purpose::SignIn, Screen::Login),
            Opening::At(screen) => (Purpose::Enroll, screen),
            _ => (Purpose::Reauthenticate, Screen::Reauthenticate),
        };
        self.purpose = purpose;
        self.show(screen)
    }

    pub(super) fn enrolled(&mut self, reply: Reply<EnrollmentState>) -> Vec<Effect> {
        match reply {
            Ok(EnrollmentState::Totp { flow, key, picture }) => {
                self.setting.opening = Opening::default();
                // The picture is the key, too.
                self.show(Screen::Enroll { flow, key, picture: Code::new(picture) })
            }
            Ok(EnrollmentState::CodeSent { flow }) => {
                self.show(Screen::Code { flow, channel: CodeChannel::Sms })
            }
            Ok(EnrollmentState::Complete { codes }) if codes.is_empty() => self.stored(),
            Ok(EnrollmentState::Complete { codes }) => self.show(Screen::Codes { codes }),
            // The account page makes passkeys, and asks for them itself.
            Ok(EnrollmentState::Passkey { .. }) => self.unproven(Failure::Unreachable),
            Err(failure) => self.unproven(failure),
        }
    }

    /// The recovery codes are stored: on to where a completed login leads.
    pub(super) fn stored(&mut self) -> Vec<Effect> {
        self.busy = true;
        match self.challenge() {
            Some(challenge) if self.purpose != Purpose::Enroll => {
                self.purpose = Purpose::SignIn;
                self.sending(Effect::Login(LoginStep::Resume { challenge }))
            }
            _ => self.complete(None),
        }
    }
}
