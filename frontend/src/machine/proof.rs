//! Second factors and fresh proofs: what is asked for, and where it leads.

use gatehouse_protocol::{
    CodeChannel, ErrorCode, Field, FlowToken, LoginStep, Problem, SecondFactor, SessionState,
};

use super::{Effect, Failure, Line, Machine, Opening, Screen, Text, Values};

/// What proofs are asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To sign in.
    #[default]
    SignIn,
    /// A page needs a second factor.
    StepUp,
    /// Something sensitive is changed.
    #[cfg(feature = "later")]
    Reauthenticate,
    /// Who is signed in sets a factor up.
    #[cfg(feature = "later")]
    Enroll,
}

impl Machine {
    /// Asks for a second factor of who is signed in; who isn't signs in first.
    pub(super) fn step_up(&mut self) -> Vec<Effect> {
        if !self.signed_in() {
            return self.show(Screen::Login);
        }
        self.purpose = Purpose::StepUp;
        // Kept until it is answered, so that a retry asks again.
        self.setting.opening = Opening::StepUp;
        self.screen = Screen::Loading;
        self.sending(Effect::Login(LoginStep::StepUp {}))
    }

    /// One of these factors has to be proven, the first by preference.
    pub(super) fn challenge_factor(&mut self, flow: FlowToken, factors: Vec<SecondFactor>) -> Vec<Effect> {
        self.setting.opening = Opening::default();
        let usable = |factor: &&SecondFactor| self.passkeys() || **factor != SecondFactor::Passkey;
        let factor = factors.iter().find(usable).or(factors.first()).copied().unwrap_or(SecondFactor::Totp);
        self.ask_for(flow, factors, factor)
    }

    /// Another way to prove a factor.
    pub(super) fn other_factor(&mut self, factor: SecondFactor) -> Vec<Effect> {
        let Screen::Challenge { flow, factors, .. } = &self.screen else { return Vec::new() };
        let (flow, factors) = (flow.clone(), factors.clone());
        self.ask_for(flow, factors, factor)
    }

    /// Asks for a factor. A code by SMS is sent now, and not before.
    fn ask_for(&mut self, flow: FlowToken, factors: Vec<SecondFactor>, factor: SecondFactor) -> Vec<Effect> {
        let mut effects = self.show(Screen::Challenge { flow, factors, factor });
        if factor == SecondFactor::Sms {
            effects.extend(self.resend());
        }
        effects
    }

    /// A code in place of the password, for whom the form names.
    pub(super) fn ask_for_code(&mut self, channel: CodeChannel) -> Vec<Effect> {
        if let Err(code) = self.check(Field::Identifier, true) {
            if !self.has(Field::Identifier) {
                return Vec::new();
            }
            self.errors = vec![(Field::Identifier, self.field_line(Field::Identifier, code))];
            self.notice = None;
            return vec![Effect::Focus(Some(Field::Identifier))];
        }
        let identifier = self.values.identifier.clone();
        self.sending(Effect::Login(LoginStep::SendCode { identifier, channel }))
    }

    /// A code is on its way.
    pub(super) fn code_sent(&mut self, flow: FlowToken, channel: CodeChannel) -> Vec<Effect> {
        self.busy = false;
        let first = matches!(self.screen, Screen::Login);
        let effects = match self.screen {
            Screen::Challenge { .. } => Vec::new(),
            _ => self.show(Screen::Code { flow, channel }),
        };
        if !first {
            self.say(Text::CodeSent, true);
        }
        effects
    }

    /// Whether a passkey can be used here: the browser has them, and they belong to this host.
    pub(super) fn passkeys(&self) -> bool {
        let host = self.config.as_ref().and_then(|config| config.passkeys.as_ref());
        host.is_some() && host == self.setting.host.as_ref()
    }

    /// Which drawing of the sign-in form it is in whose field passkeys are to be offered, quietly; nothing on every other
    /// screen.
    pub fn autofill(&self) -> Option<u32> {
        let open = matches!(self.screen, Screen::Login) && !self.password_only();
        (open && self.passkeys()).then_some(self.drawn)
    }

    /// A passkey signed, or nobody used one. What was typed stays.
    pub(super) fn signed(&mut self, flow: FlowToken, answer: Option<String>, values: Values) -> Vec<Effect> {
        self.take(values);
        let Some(credential) = answer else {
            if matches!(self.screen, Screen::Loading) {
                return self.log_in(Text::PasskeyCancelled);
            }
            self.busy = false;
            self.say(Text::PasskeyCancelled, false);
            return Vec::new();
        };
        let (keep, challenge) = (self.values.keep, self.challenge());
        self.sending(Effect::Login(LoginStep::Passkey { flow, credential, keep, challenge }))
    }

    /// A factor has to be set up before anything else. Until its key is there the form stays as it is, working.
    pub(super) fn enroll(&mut self, flow: FlowToken) -> Vec<Effect> {
        let effect = self.setting_up(flow);
        self.sending(effect)
    }

    /// How a factor is set up: here, or by the program that is loaded for it.
    #[cfg(not(feature = "later"))]
    pub(super) fn setting_up(&mut self, flow: FlowToken) -> Effect {
        Effect::HandOver(flow, self.values.keep)
    }

    /// Everything that was asked for is proven, and it was not to sign in.
    pub(super) fn proven(&mut self) -> Vec<Effect> {
        vec![match self.purpose {
            #[cfg(feature = "later")]
            Purpose::Reauthenticate => Effect::Done("reauthenticated"),
            #[cfg(feature = "later")]
            Purpose::Enroll => Effect::Done("enrolled"),
            Purpose::StepUp | Purpose::SignIn => match self.challenge() {
                Some(challenge) => {
                    self.purpose = Purpose::SignIn;
                    return self.sending(Effect::Login(LoginStep::Resume { challenge }));
                }
                None if self.setting.embedded => Effect::Done("stepped_up"),
                None => Effect::Reload,
            },
        }]
    }

    /// A proof was refused, or nothing came back.
    pub(super) fn unproven(&mut self, failure: Failure) -> Vec<Effect> {
        let loading = matches!(self.screen, Screen::Loading);
        match failure {
            // The attempt to go on without a password is quiet: the form comes instead.
            Failure::Refused(_) if loading && self.purpose == Purpose::SignIn => self.show(Screen::Login),
            Failure::Refused(problem) if problem.code == ErrorCode::SignedOut => {
                self.session = Some(SessionState::Anonymous);
                self.log_in(Text::ErrorSignedOut)
            }
            Failure::Refused(problem) if problem.code == ErrorCode::FlowExpired => self.start_over(),
            Failure::Refused(problem) if self.must_reauthenticate(&problem) => {
                vec![Effect::Done("reauthentication_required")]
            }
            Failure::Refused(problem) if loading => {
                let line = self.line(&problem);
                self.log_in(line)
            }
            failure => self.refused(failure),
        }
    }

    /// True where who draws the form has to ask for a fresh proof first.
    pub(super) fn must_reauthenticate(&self, problem: &Problem) -> bool {
        problem.code == ErrorCode::ReauthenticationRequired && self.setting.inside
    }

    /// What was proven so far is too old.
    fn start_over(&mut self) -> Vec<Effect> {
        match self.purpose {
            #[cfg(feature = "later")]
            Purpose::Enroll => vec![Effect::Done("expired")],
            #[cfg(feature = "later")]
            Purpose::Reauthenticate => {
                self.show(Screen::Reauthenticate);
                self.say(Text::ErrorFlowExpired, false);
                vec![Effect::Focus(self.first_empty())]
            }
            Purpose::SignIn | Purpose::StepUp => self.log_in(Text::ErrorFlowExpired),
        }
    }

    /// Shows the sign-in form and says why.
    pub(super) fn log_in(&mut self, why: impl Into<Line>) -> Vec<Effect> {
        self.purpose = Purpose::SignIn;
        self.setting.opening = Opening::default();
        let effects = self.show(Screen::Login);
        self.say(why, false);
        effects
    }
}
