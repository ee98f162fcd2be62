//! What the endpoint's answers, and the ends of the forms inside, lead to.

use gatehouse_protocol::{
    AccountState, ClientConfig, Code, CodeChannel, EnrollmentState, EnrollmentStep, ErrorCode, FlowToken,
    Problem, rule,
};

use super::{Account, Act, Came, Effect, On, Own, Request, Said, Section, View};
use crate::machine::{Failure, Gap, Opening, Reply, Screen, Text};

impl Account {
    pub(super) fn loaded(
        &mut self,
        config: Reply<ClientConfig>,
        account: Reply<AccountState>,
    ) -> Vec<Effect> {
        match config {
            Ok(config) => {
                self.config = Some(config);
                if self.came.step().is_some() {
                    // A link of a mail is good for whoever has it, signed in or not.
                    self.under_way = None;
                    return self.offered();
                }
                self.answered(account)
            }
            Err(failure) => self.answered(Err(failure)),
        }
    }

    pub(super) fn answered(&mut self, reply: Reply<AccountState>) -> Vec<Effect> {
        let Some((act, request)) = self.under_way.take() else { return Vec::new() };
        match reply {
            Ok(AccountState::Overview { account }) => {
                let first = !matches!(self.view, View::Account);
                self.overview = Some(*account);
                self.view = View::Account;
                self.asked = None;
                self.proving = None;
                let told = if first { self.arrived() } else { None };
                if let Some(section) = told {
                    return vec![Effect::Focus(section.id().to_owned())];
                }
                if let Some(said) = act.done() {
                    self.say(act.section(), said, true);
                }
                match act {
                    Act::Look if first => Vec::new(),
                    Act::Look => self.focus_said(),
                    act => vec![Effect::Focus(act.section().id().to_owned())],
                }
            }
            Ok(AccountState::Export { document }) => {
                self.say(act.section(), Own::DataExported, true);
                vec![Effect::Save(document)]
            }
            Ok(AccountState::AddressChanged) => self.followed(Own::AddressDoneTitle, Own::AddressDoneLead),
            Ok(AccountState::AddressWaits { approval }) => {
                let lead = if approval { Own::AddressWaitsPresent } else { Own::AddressWaitsNew };
                self.followed(Own::AddressWaitsTitle, lead)
            }
            Ok(AccountState::Leave { location }) => {
                // The page works until it is gone.
                self.under_way = Some((act, None));
                vec![Effect::Leave(Some(location))]
            }
            Ok(AccountState::Deleted) => {
                self.only(Own::DeletedTitle, Own::DeletedLead, (!self.embedded).then_some(On::SignIn));
                let mut effects = vec![Effect::Announce, Effect::Focus("gh-account".to_owned())];
                effects.extend(self.embedded.then_some(Effect::Done("deleted")));
                effects
            }
            Err(failure) => self.refused(act, request, failure),
        }
    }

    /// Shows what a link of a mail asks for.
    fn offered(&mut self) -> Vec<Effect> {
        let (title, lead, button) = match self.came {
            Came::Approve(_) => (Own::ApproveTitle, Own::ApproveLead, Own::ApproveYes),
            _ => (Own::ConfirmTitle, Own::ConfirmLead, Own::ConfirmYes),
        };
        self.only(title, lead, Some(On::Follow(button)));
        vec![Effect::Focus("gh-account".to_owned())]
    }

    /// A link of a mail was followed.
    fn followed(&mut self, title: Own, lead: Own) -> Vec<Effect> {
        self.came = Came::Anywhere;
        self.only(title, lead, Some(On::Account));
        vec![Effect::Focus("gh-account".to_owned())]
    }

    pub(super) fn enrolled(&mut self, reply: Reply<EnrollmentState>) -> Vec<Effect> {
        let Some((act, request)) = self.under_way.take() else { return Vec::new() };
        match reply {
            Ok(EnrollmentState::Totp { flow, key, picture }) => {
                self.open(act, Opening::At(Screen::Enroll { flow, key, picture: Code::new(picture) }));
                Vec::new()
            }
            Ok(EnrollmentState::CodeSent { flow }) => {
                self.open(act, Opening::At(Screen::Code { flow, channel: CodeChannel::Sms }));
                Vec::new()
            }
            Ok(EnrollmentState::Passkey { flow, options }) => {
                self.under_way = Some((act, request));
                vec![Effect::Make(flow, options)]
            }
            Ok(EnrollmentState::Complete { codes }) if codes.is_empty() => self.finished(&act),
            Ok(EnrollmentState::Complete { codes }) => {
                self.open(act, Opening::At(Screen::Codes { codes }));
                Vec::new()
            }
            Err(failure) => self.refused(act, request, failure),
        }
    }

    /// The browser made a passkey: it is handed over, under the name of the device.
    pub(super) fn made(&mut self, flow: FlowToken, made: Result<(String, String), Said>) -> Vec<Effect> {
        let Some((act, _)) = self.under_way.take() else { return Vec::new() };
        match made {
            Ok((credential, name)) => {
                let keep = false;
                let step = EnrollmentStep::ConfirmPasskey { flow, credential, name, keep };
                self.send(act, Some(Request::Enroll(step)))
            }
            Err(why) => {
                self.say(act.section(), why, false);
                vec![Effect::Focus(act.id())]
            }
        }
    }

    /// A form inside the page ended, and says how.
    pub(super) fn ended(&mut self, word: &str) -> Vec<Effect> {
        let Some(inside) = self.inside.take() else { return Vec::new() };
        match word {
            "reauthenticated" => match self.waiting.take() {
                Some((act, request)) => self.send(act, request),
                None => Vec::new(),
            },
            "enrolled" | "password_changed" => self.finished(&inside.act),
            "expired" => {
                self.say(inside.section, Own::Expired, false);
                vec![Effect::Focus(inside.section.id().to_owned())]
            }
            "reauthentication_required" => self.reauthenticate(inside.act, None),
            _ => {
                self.inside = Some(inside);
                Vec::new()
            }
        }
    }

    /// Something was changed elsewhere: say so, and look at the account as it is now.
    fn finished(&mut self, act: &Act) -> Vec<Effect> {
        if let Some(said) = act.done() {
            self.say(act.section(), said, true);
        }
        self.run(Act::Look, "")
    }

    /// Asks for a fresh proof; then it is done after all. Who has no password leaves the page for it, and comes back.
    fn reauthenticate(&mut self, act: Act, request: Option<Request>) -> Vec<Effect> {
        if self.overview.as_ref().is_some_and(|account| !account.has_password) {
            self.asked = None;
            self.proving = Some(act.section());
            return vec![Effect::Focus("gh-proving".to_owned())];
        }
        self.open(act.clone(), Opening::Reauthenticate);
        self.waiting = Some((act, request));
        Vec::new()
    }

    /// Says how a way through a provider ended, and where that is said.
    fn arrived(&mut self) -> Option<Section> {
        let (section, said, good): (_, Said, _) = match core::mem::take(&mut self.came) {
            Came::Anywhere | Came::Approve(_) | Came::Confirm(_) => return None,
            Came::Linked => (Section::Linked, Own::LinkedDone.into(), true),
            Came::Proven => (Section::Profile, Own::Proven.into(), true),
            Came::Refused(code) => (Section::Linked, self.sentence(&Problem::new(code)), false),
        };
        self.say(section, said, good);
        Some(section)
    }

    fn refused(&mut self, act: Act, request: Option<Request>, failure: Failure) -> Vec<Effect> {
        let known = matches!(self.view, View::Account);
        match failure {
            // The link is still good: the same button tries again.
            Failure::Unreachable if self.came.step().is_some() && self.config.is_some() => {
                self.offered();
            }
            Failure::Unreachable if !known => {
                self.only(Text::UnreachableTitle, Text::UnreachableLead, Some(On::Retry));
            }
            Failure::Unreachable => self.say(act.section(), Text::UnreachableNote, false),
            Failure::Refused(problem) if problem.code == ErrorCode::LinkExpired => {
                self.followed(Own::AddressBrokenTitle, Own::AddressBrokenLead);
            }
            Failure::Refused(problem) => match problem.code {
                ErrorCode::ReauthenticationRequired if known => return self.reauthenticate(act, request),
                ErrorCode::SignedOut => {
                    self.only(Own::SignedOutTitle, Own::SignedOutLead, Some(On::SignIn));
                }
                _ if !known => self.only(Text::UnreachableTitle, self.sentence(&problem), Some(On::Retry)),
                _ => self.say(act.section(), self.sentence(&problem), false),
            },
        }
        if matches!(self.view, View::Only { .. }) {
            return vec![Effect::Focus("gh-account".to_owned())];
        }
        Vec::new()
    }

    fn sentence(&self, problem: &Problem) -> Said {
        let said = Said::from(Text::from(problem.code));
        match problem.code {
            ErrorCode::TooManyAttempts | ErrorCode::Busy => {
                said.with("wait", Gap::Seconds(problem.retry_after.unwrap_or(60).max(1)))
            }
            ErrorCode::PasswordTooShort => {
                let min = self.config.as_ref().map_or(rule::PASSWORD_MIN, |config| config.password_min);
                said.with("min", Gap::Number(u32::from(min)))
            }
            _ => said,
        }
    }

    fn focus_said(&self) -> Vec<Effect> {
        let section = self.notice.as_ref().map(|notice| notice.section);
        section.map(|section| Effect::Focus(section.id().to_owned())).into_iter().collect()
    }
}
