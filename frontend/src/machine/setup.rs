//! How a factor is set up, and where that leads.

use gatehouse_protocol::{Code, CodeChannel, EnrollmentState, EnrollmentStep, FlowToken, LoginStep};

use super::{Effect, Machine, Opening, Reply, Screen, Text, Values, proof::Purpose};

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
            Ok(EnrollmentState::Passkey { flow, options }) => vec![Effect::Make(flow, options)],
            Err(failure) => self.unproven(failure),
        }
    }

    /// How a factor is set up: here, or by the program that is loaded for it.
    pub(super) fn setting_up(&mut self, flow: FlowToken) -> Effect {
        self.unfinished = Some(flow.clone());
        Effect::Enroll(EnrollmentStep::BeginTotp { flow: Some(flow) })
    }

    /// A passkey in place of what was begun.
    pub(super) fn make_passkey(&mut self) -> Vec<Effect> {
        let Some(flow) = self.unfinished.clone() else { return Vec::new() };
        self.sending(Effect::Enroll(EnrollmentStep::BeginPasskey { flow: Some(flow) }))
    }

    /// The browser made a passkey: it is handed over, under the name of the device. Or it made none, and what was typed
    /// stays.
    pub(super) fn made(
        &mut self,
        flow: FlowToken,
        made: Result<(String, String), Text>,
        values: Values,
    ) -> Vec<Effect> {
        self.take(values);
        match made {
            Ok((credential, name)) => {
                let keep = self.values.keep;
                self.sending(Effect::Enroll(EnrollmentStep::ConfirmPasskey { flow, credential, name, keep }))
            }
            Err(why) if matches!(self.screen, Screen::Loading) => self.log_in(why),
            Err(why) => {
                self.busy = false;
                self.say(why, false);
                Vec::new()
            }
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
