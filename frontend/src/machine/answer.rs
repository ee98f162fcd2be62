//! What the endpoint's answers lead to.

use gatehouse_protocol::{
    ClientConfig, ErrorCode, Field, LoginState, LoginStep, LogoutState, MailToken, PasswordChanged, Problem,
    RecoveryState, RecoveryStep, RegistrationState, RegistrationStep, SessionState, Ticket,
    VerificationState, VerificationStep,
};

use super::{
    Announcement, Effect, Failure, Gap, Line, Link, Machine, Offer, Opening, Purpose, Reply, Screen, Text,
};

impl Machine {
    pub(super) fn loaded(&mut self, reply: Reply<(ClientConfig, SessionState)>) -> Vec<Effect> {
        self.busy = false;
        if let Some(link) = self.waiting.take() {
            self.setting.opening = Opening::Link(link);
        }
        match reply {
            Ok((config, session)) => {
                self.config = Some(config);
                self.session = Some(session);
                self.begin()
            }
            Err(failure) => {
                if !matches!(self.screen, Screen::Unreachable) {
                    self.show(Screen::Unreachable);
                }
                if let Failure::Refused(problem) = failure {
                    let line = self.line(&problem);
                    self.say(line, false);
                }
                vec![Effect::Focus(None)]
            }
        }
    }

    /// A link was opened, at the start or while the page was there. Its question is never mixed up with another one.
    pub(super) fn opened(&mut self, link: Link) -> Vec<Effect> {
        let effect = match &link {
            Link::None => return Vec::new(),
            _ if self.busy => {
                self.waiting = Some(link);
                return Vec::new();
            }
            _ if self.config.is_none() => {
                self.setting.opening = Opening::Link(link);
                return self.sending(Effect::Load);
            }
            Link::Refused(code) => {
                self.show(if self.signed_in() { Screen::SignedIn } else { Screen::Login });
                let why = self.line(&Problem::new(*code));
                self.say(why, false);
                return vec![Effect::Focus(self.first_empty())];
            }
            Link::Challenge(flow, factors) => {
                let (flow, factors) = (flow.clone(), factors.clone());
                self.purpose = Purpose::SignIn;
                return self.challenge_factor(flow, factors);
            }
            Link::SignIn(token) => {
                let token = token.clone();
                self.purpose = Purpose::SignIn;
                return self.show(Screen::CodeLink { token });
            }
            Link::Enroll(flow) => self.setting_up(flow.clone()),
            Link::ChangePassword if self.signed_in() => return self.show(Screen::ChangePassword),
            Link::ChangePassword => return self.log_in_then_change(),
            Link::Setup(token) | Link::Invite(token) => {
                Effect::Register(RegistrationStep::Open { token: token.clone() })
            }
            Link::Verify(token) => Effect::Verify(VerificationStep::Confirm { token: token.clone() }),
            Link::Reset(token) => Effect::Recover(RecoveryStep::Open { token: token.clone() }),
        };
        // Kept until it is answered, so that a retry opens it again.
        self.setting.opening = Opening::Link(link);
        self.purpose = Purpose::SignIn;
        self.screen = Screen::Loading;
        self.sending(effect)
    }

    /// The token of the link that was just answered.
    fn answered_link(&mut self) -> Option<MailToken> {
        match core::mem::take(&mut self.setting.opening) {
            Opening::Link(Link::Setup(token) | Link::Invite(token) | Link::Reset(token)) => Some(token),
            _ => None,
        }
    }

    pub(super) fn logged_in(&mut self, reply: Reply<LoginState>) -> Vec<Effect> {
        let again = core::mem::take(&mut self.again);
        match reply {
            Err(_) if again => self.turned_away(),
            Ok(LoginState::Complete { ticket }) => self.complete(ticket),
            Ok(LoginState::NewPassword { flow }) => {
                let (identifier, keep) = (self.values.identifier.clone(), self.values.keep);
                self.show(Screen::MustChange { flow, identifier, keep })
            }
            Ok(LoginState::VerifyAddress) => {
                let to = self.values.identifier.clone();
                self.show(Screen::CheckMail { to, recovery: false })
            }
            Ok(LoginState::Challenge { flow, factors }) => self.challenge_factor(flow, factors),
            Ok(LoginState::Enroll { flow }) => self.enroll(flow),
            Ok(LoginState::CodeSent { flow, channel }) => self.code_sent(flow, channel),
            Ok(LoginState::Passkey { flow, options }) => vec![Effect::Sign(flow, options)],
            Err(failure) => self.unproven(failure),
        }
    }

    pub(super) fn registered(&mut self, reply: Reply<RegistrationState>) -> Vec<Effect> {
        match reply {
            Ok(RegistrationState::Offer { email, setup }) => match self.answered_link() {
                Some(token) => {
                    if let Some(email) = &email {
                        self.values.email.clone_from(email);
                    }
                    self.show(Screen::Registration { offer: Some(Offer { token, email, setup }) })
                }
                None => self.show(Screen::Login),
            },
            Ok(RegistrationState::VerifyAddress) => {
                let to = self.values.email.clone();
                // Until the address is confirmed nobody is known by the name: who signs in by the address is told so.
                self.values.identifier.clone_from(&to);
                self.show(Screen::CheckMail { to, recovery: false })
            }
            Ok(RegistrationState::Complete { ticket }) => self.complete(ticket),
            Ok(RegistrationState::Enroll { flow }) => self.enroll(flow),
            Err(failure) => self.refused(failure),
        }
    }

    pub(super) fn verified(&mut self, reply: Reply<VerificationState>) -> Vec<Effect> {
        match reply {
            Ok(VerificationState::Verified { username }) => {
                self.setting.opening = Opening::default();
                self.values.identifier = username;
                let effects = self.show(Screen::Login);
                self.say(Text::Verified, true);
                effects
            }
            Ok(VerificationState::Sent) if matches!(self.screen, Screen::CheckMail { .. }) => {
                self.sent_again()
            }
            Ok(VerificationState::Sent) => self.show(Screen::Login),
            Err(failure) => self.refused(failure),
        }
    }

    pub(super) fn recovered(&mut self, reply: Reply<RecoveryState>) -> Vec<Effect> {
        match reply {
            Ok(RecoveryState::Sent) if matches!(self.screen, Screen::CheckMail { .. }) => self.sent_again(),
            Ok(RecoveryState::Sent) => {
                let to = self.values.identifier.clone();
                self.show(Screen::CheckMail { to, recovery: true })
            }
            Ok(RecoveryState::ChoosePassword { username }) => match self.answered_link() {
                Some(token) => self.show(Screen::Reset { token, username }),
                None => self.show(Screen::Login),
            },
            Ok(RecoveryState::Complete) => {
                if let Screen::Reset { username, .. } = &self.screen {
                    self.values.identifier.clone_from(username);
                }
                // The reset ended every session, also this browser's.
                self.session = Some(SessionState::Anonymous);
                let mut effects = self.show(Screen::Login);
                self.say(Text::ResetDone, true);
                effects.push(Effect::Announce(Announcement::SignedOut));
                effects
            }
            Err(failure) => self.refused(failure),
        }
    }

    pub(super) fn changed(&mut self, reply: Reply<PasswordChanged>) -> Vec<Effect> {
        match reply {
            Ok(PasswordChanged { .. }) => {
                let mut effects = self.show(Screen::PasswordChanged);
                effects.push(Effect::Done("password_changed"));
                effects
            }
            Err(Failure::Refused(problem)) if self.must_reauthenticate(&problem) => {
                vec![Effect::Done("reauthentication_required")]
            }
            Err(Failure::Refused(problem)) if problem.code == ErrorCode::SignedOut => {
                self.session = Some(SessionState::Anonymous);
                self.log_in_then_change();
                self.say(Text::ErrorSignedOut, false);
                vec![Effect::Focus(self.first_empty())]
            }
            Err(failure) => self.refused(failure),
        }
    }

    pub(super) fn signed_out(&mut self, reply: Reply<LogoutState>) -> Vec<Effect> {
        match reply {
            Ok(LogoutState::SignedOut) => {
                self.session = Some(SessionState::Anonymous);
                let mut effects = if self.setting.embedded {
                    // The app draws the sign-in form in its next run: until then the button keeps working.
                    vec![Effect::Done("signed_out")]
                } else {
                    self.show(Screen::Login)
                };
                effects.insert(0, Effect::Announce(Announcement::SignedOut));
                effects
            }
            Err(failure) => self.refused(failure),
        }
    }

    /// The app waits with another challenge. If it was handed a ticket before, it did not take it.
    pub(super) fn challenged(&mut self, challenge: Option<String>) -> Vec<Effect> {
        if self.setting.challenge == challenge {
            return Vec::new();
        }
        self.setting.challenge = challenge;
        if !self.ticketed {
            return Vec::new();
        }
        self.ticketed = false;
        match self.challenge() {
            // The ticket was for a connection that is gone, after a restart perhaps; the browser is signed in all the same.
            Some(challenge) if !self.resumed => {
                self.resumed = true;
                self.again = true;
                self.sending(Effect::Login(LoginStep::Resume { challenge }))
            }
            _ => self.turned_away(),
        }
    }

    /// The app took no ticket.
    fn turned_away(&mut self) -> Vec<Effect> {
        self.log_in(Text::TicketRefused)
    }

    /// Signed in. The form stays as it is, working, until it is taken away.
    pub(super) fn complete(&mut self, ticket: Option<Ticket>) -> Vec<Effect> {
        let announce = Effect::Announce(Announcement::SignedIn);
        if let Some(ticket) = ticket {
            self.ticketed = true;
            return vec![Effect::Ticket(ticket), announce];
        }
        if self.purpose != Purpose::SignIn {
            return self.proven();
        }
        if self.then_change {
            self.then_change = false;
            self.setting.opening = Opening::ChangePassword;
            return vec![announce, Effect::Load];
        }
        vec![announce, self.leave()]
    }

    fn sent_again(&mut self) -> Vec<Effect> {
        self.busy = false;
        self.say(Text::CheckMailResent, true);
        Vec::new()
    }

    /// A step was refused, or nothing came back: say so where it belongs and keep what was typed.
    pub(super) fn refused(&mut self, failure: Failure) -> Vec<Effect> {
        self.busy = false;
        let problem = match failure {
            Failure::Unreachable if matches!(self.screen, Screen::Loading) => {
                return self.show(Screen::Unreachable);
            }
            Failure::Unreachable => {
                self.say(Text::UnreachableNote, false);
                return Vec::new();
            }
            Failure::Refused(problem) => problem,
        };
        if matches!(self.screen, Screen::Loading) || problem.code == ErrorCode::LinkExpired {
            self.setting.opening = Opening::default();
            return self.show(Screen::Broken { code: problem.code });
        }
        if let Some(field) = problem.field.filter(|field| self.has(*field)) {
            let line = self.field_line(field, problem.code);
            self.errors.push((field, line));
            return vec![Effect::Focus(Some(field))];
        }
        let line = self.line(&problem);
        self.say(line, false);
        let wrong = problem.code == ErrorCode::CredentialsRejected && self.has(Field::Password);
        if wrong { vec![Effect::Focus(Some(Field::Password))] } else { Vec::new() }
    }

    pub(super) fn has(&self, field: Field) -> bool {
        self.card().is_some_and(|card| card.fields.iter().any(|f| f.field == field))
    }

    /// The sentence for a problem of the whole form.
    pub(super) fn line(&self, problem: &Problem) -> Line {
        let wait = problem.retry_after.unwrap_or(60).max(1);
        match problem.code {
            ErrorCode::TooManyAttempts | ErrorCode::Busy => {
                Line::from(Text::from(problem.code)).with("wait", Gap::Seconds(wait))
            }
            #[cfg(feature = "later")]
            ErrorCode::CredentialsRejected if self.purpose == Purpose::Reauthenticate => {
                Text::ErrorCurrentPasswordWrong.into()
            }
            ErrorCode::CredentialsRejected if self.password_only() => Text::ErrorPasswordRejected.into(),
            ErrorCode::CredentialsRejected if !self.config.as_ref().is_some_and(|c| c.recovery) => {
                Text::ErrorCredentialsRejectedPlain.into()
            }
            code => self.sentence(code),
        }
    }
}
