//! Signing in with a code or a link that was sent, in place of a password.
//!
//! Whoever asks is answered the same, after the same work: a row is kept for nobody, too, and nobody is sent a code. What
//! is kept of a code is its MAC under the key of the installation, bound to the flow: a copy of the database opens nothing,
//! and the code of one flow is none of another.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use gatehouse_protocol::{Code, CodeChannel, ErrorCode, Field, FlowToken, LoginState, MailToken, Problem};

use super::{
    Answer, CookieChange, Endpoint, RequestContext,
    attempt::Attempt,
    begin::{Wish, shaped},
    challenge::code_typed,
    login::entry,
    password::MAIL_WINDOW,
    problem,
    texting::phone_of,
};
use crate::{
    audit::Event,
    flow::{code as flow, login::Identifier},
    identity::{Identity, IdentityId},
    mail,
    session::{Secret, TokenHash},
    storage::{LoginCode, MailTemplate, NewLoginCode, NewMail, StorageError},
};

/// How long a code holds, from when it was asked for.
pub(super) const CODE_TTL: Duration = Duration::from_mins(10);
/// What codes are keyed for that take the place of a password.
pub(super) const LOGIN_CODE: &str = "login code";
/// What codes are keyed for that come after one, or set a phone up: they begin nothing, also when what they were sent for
/// is gone.
pub(super) const SECOND_CODE: &str = "second code";
/// So many codes there are: eight digits.
const CODES: u64 = 100_000_000;

/// What goes into a mail with a code.
pub(super) struct Minted {
    pub(super) code: String,
    /// `None` where there is no page for it to lead to.
    pub(super) link: Option<String>,
    pub(super) username: String,
    /// How long both hold from now on.
    pub(super) rest: Duration,
}

impl Endpoint {
    /// By which ways a code can be had in place of a password.
    pub(super) fn code_channels(&self) -> Vec<CodeChannel> {
        let settings = &self.settings;
        // Where one password is everybody's there is nobody to send a code to.
        let own = self.password_alone().is_none();
        let mail = own && settings.codes.mail && mail::available(settings);
        let sms = own && settings.codes.sms && self.sms.is_some();
        let mail = mail.then_some(CodeChannel::Mail);
        mail.into_iter().chain(sms.then_some(CodeChannel::Sms)).collect()
    }

    /// Somebody asks for a code. The answer says nothing of who that is, nor of whether anything is sent.
    pub(super) async fn send_code(
        &self,
        ctx: &RequestContext,
        identifier: &str,
        channel: CodeChannel,
    ) -> Result<Answer<LoginState>, Problem> {
        if !self.code_channels().contains(&channel) {
            return Err(Problem::new(ErrorCode::NotFound));
        }
        self.question(ctx)?;
        let said = identifier.trim();
        if said.is_empty() {
            return Err(Problem::of(Field::Identifier, ErrorCode::Required));
        }
        let identifier = Identifier::parse(said);
        let identity = self.meant(&identifier).await?;
        let token = Secret::draw(&*self.entropy);
        let browser = ctx.browser.clone().unwrap_or_else(|| Secret::draw(&*self.entropy));
        match channel {
            CodeChannel::Mail => {
                self.mail_code(ctx, &identifier, identity.as_ref(), token.hash(), &browser).await?;
            }
            CodeChannel::Sms => self.text_code(ctx, &identifier, identity.as_ref(), token.hash()).await?,
        }
        let who = identity.as_ref().map(|identity| &identity.id);
        let asked = entry(Event::LoginCodeAsked, ctx, who).with("channel", name(channel));
        self.record(asked.with("identifier", said));
        Ok(Answer {
            browser_cookie: CookieChange::Set { value: browser, max_age: Some(CODE_TTL) },
            ..Answer::new(LoginState::CodeSent { flow: FlowToken::new(token.expose()), channel })
        })
    }

    /// Whom the identifier means.
    async fn meant(&self, identifier: &Identifier) -> Result<Option<Identity>, Problem> {
        let found = match identifier {
            Identifier::Email(address) => self.storage.find_by_email(address.folded()).await,
            Identifier::Username(name) => self.storage.find_by_username(name.folded()).await,
            Identifier::Impossible(text) => self.storage.find_by_username(text).await.map(|_| None),
        };
        Ok(found.map_err(problem::storage)?.map(|record| record.identity))
    }

    /// Queues a mail, or as much work. The code is drawn when it is sent.
    async fn mail_code(
        &self,
        ctx: &RequestContext,
        identifier: &Identifier,
        identity: Option<&Identity>,
        hash: TokenHash,
        browser: &Secret,
    ) -> Result<(), Problem> {
        let to = identity.and_then(|identity| Some((identity, flow::recipient(identity)?)));
        let new = NewLoginCode {
            browser: Some(browser.hash()),
            ..self.asked(identifier, to.map(|(identity, _)| &identity.id), CodeChannel::Mail, hash)
        };
        self.storage.add_login_code(new).await.map_err(problem::storage)?;
        let Some((identity, address)) = to else {
            return self.send_nothing(ctx, MailTemplate::SignInCode, identifier.folded()).await;
        };
        let letter = NewMail {
            identity_id: Some(identity.id.clone()),
            context: URL_SAFE_NO_PAD.encode(hash.0),
            ..self.letter(ctx, MailTemplate::SignInCode, address.as_str(), address.folded())
        };
        let cap = self.settings.limits.mails_per_address;
        if self.storage.enqueue_mail(letter, cap, MAIL_WINDOW).await.map_err(problem::storage)? {
            self.mail_notify.notify_one();
        }
        Ok(())
    }

    /// A code that is asked for, so far without a code.
    pub(super) fn asked(
        &self,
        identifier: &Identifier,
        owner: Option<&IdentityId>,
        channel: CodeChannel,
        hash: TokenHash,
    ) -> NewLoginCode {
        let now = self.now();
        let keys = &self.limit_keys;
        NewLoginCode {
            hash,
            identity_id: owner.cloned(),
            channel,
            counted: owner.map_or_else(|| keys.no_code(identifier.folded()), |id| keys.code(id)),
            browser: None,
            mac: None,
            created_at: now,
            expires_at: now.plus(CODE_TTL),
        }
    }

    /// Draws the code and the link of a mail that is about to be sent. `None`: nobody waits for it any more, or its address
    /// is not its owner's any more.
    pub(super) async fn mint_code(
        &self,
        mail: &NewMail,
        home: Option<&str>,
    ) -> Result<Option<Minted>, StorageError> {
        let hash = URL_SAFE_NO_PAD.decode(&mail.context).ok().and_then(|bytes| bytes.try_into().ok());
        let (Some(hash), Some(id)) = (hash.map(TokenHash), &mail.identity_id) else { return Ok(None) };
        let Some(owner) = self.storage.lookup_identity(id).await? else { return Ok(None) };
        if flow::recipient(&owner).is_none_or(|address| address.folded() != mail.to_folded) {
            return Ok(None);
        }
        let (code, token, now) = (self.draw_code(), Secret::draw(&*self.entropy), self.now());
        let mac = self.code_mac(LOGIN_CODE, hash, code.expose());
        let link = home.map(|_| token.hash());
        let Some(until) = self.storage.mint_login_code(hash, mac, link, now).await? else { return Ok(None) };
        let (one, other) = code.expose().split_at_checked(4).unwrap_or((code.expose(), ""));
        Ok(Some(Minted {
            code: format!("{one} {other}"),
            link: home.map(|home| super::link::sign_in_link(home, &token)),
            username: owner.username.as_str().to_owned(),
            rest: until.since(now),
        }))
    }

    /// Eight digits.
    pub(super) fn draw_code(&self) -> Code {
        Code::new(format!("{:08}", self.entropy.number() % CODES))
    }

    /// What is kept of a code.
    pub(super) fn code_mac(&self, purpose: &str, hash: TokenHash, digits: &str) -> [u8; 32] {
        self.key.mac(purpose, &bound(hash, digits))
    }

    /// Whether a code is the one that was sent.
    pub(super) fn is_sent_code(&self, purpose: &str, sent: &LoginCode, code: &Code) -> bool {
        let digits: String = code.expose().chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        sent.mac.is_some_and(|mac| self.key.verify(purpose, &bound(sent.hash, &digits), &mac))
    }

    /// A code comes back: in place of a password, or as the second factor that a challenge asks for.
    pub(super) async fn login_code(
        &self,
        ctx: &RequestContext,
        token: &FlowToken,
        code: &Code,
        wish: Wish,
    ) -> Result<Answer<LoginState>, Problem> {
        shaped(wish.challenge.as_ref())?;
        code_typed(code)?;
        self.question(ctx)?;
        let expired = Problem::new(ErrorCode::FlowExpired);
        let (hash, now) = (Secret::received(token.expose()).hash(), self.now());
        if self.storage.find_flow(hash, now).await.map_err(problem::storage)?.is_some() {
            return self.login_sms(ctx, token, code, wish).await;
        }
        let sent = self.storage.try_login_code(hash, now).await.map_err(problem::storage)?;
        let sent = sent.ok_or(expired.clone())?;
        let attempt = self.attempt_sent(ctx, &sent).await?;
        if !self.is_sent_code(LOGIN_CODE, &sent, code) {
            self.failed(attempt).await?;
            let wrong = entry(Event::LoginCodeRejected, ctx, sent.identity_id.as_ref());
            self.record(wrong.with("channel", name(sent.channel)));
            return Err(Problem::of(Field::Code, ErrorCode::CodeRejected));
        }
        if !self.storage.use_login_code(hash, now).await.map_err(problem::storage)? {
            return Err(expired);
        }
        self.proven_by_code(ctx, &sent, Wish { clear: attempt.own(), ..wish }).await
    }

    /// The link of a mail was opened, and the button pressed. It opens nothing but in the browser that asked for it:
    /// whoever is talked into asking, or into opening, is of no use to somebody else.
    pub(super) async fn login_code_link(
        &self,
        ctx: &RequestContext,
        token: &MailToken,
        wish: Wish,
    ) -> Result<Answer<LoginState>, Problem> {
        shaped(wish.challenge.as_ref())?;
        self.question(ctx)?;
        let gone = Problem::new(ErrorCode::LinkExpired);
        let (link, now) = (Secret::received(token.expose()).hash(), self.now());
        let sent = self.storage.find_login_link(link, now).await.map_err(problem::storage)?;
        let sent = sent.ok_or(gone.clone())?;
        let browser = ctx.browser.as_ref().map(Secret::hash);
        if browser.is_none() || browser != sent.browser {
            return Err(Problem::new(ErrorCode::OtherBrowser));
        }
        if !self.storage.use_login_code(sent.hash, now).await.map_err(problem::storage)? {
            return Err(gone);
        }
        self.proven_by_code(ctx, &sent, wish).await
    }

    /// What was sent came back, and is used up: on to a session, or to what is missing.
    async fn proven_by_code(
        &self,
        ctx: &RequestContext,
        sent: &LoginCode,
        wish: Wish,
    ) -> Result<Answer<LoginState>, Problem> {
        let expired = Problem::new(ErrorCode::FlowExpired);
        // What was switched off meanwhile signs nobody in.
        let owner = sent.identity_id.as_ref().filter(|_| self.code_channels().contains(&sent.channel));
        let owner = owner.ok_or(expired.clone())?;
        let identity = self.storage.lookup_identity(owner).await.map_err(problem::storage)?;
        let identity = identity.ok_or(expired.clone())?;
        // What was on its way to a phone that was removed meanwhile is worth nothing.
        let there = sent.channel != CodeChannel::Sms || phone_of(&self.factors(owner).await?).is_some();
        let proven = flow::proven(owner, &identity, sent.channel).filter(|_| there).ok_or(expired)?;
        self.record(entry(Event::LoginCodeProven, ctx, Some(owner)).with("channel", name(sent.channel)));
        self.go_on(ctx, proven, &identity, wish).await
    }

    /// An attempt at a code that was sent, or at one that never was.
    async fn attempt_sent(&self, ctx: &RequestContext, sent: &LoginCode) -> Result<Attempt, Problem> {
        self.attempt_code(ctx, sent.counted.clone(), sent.identity_id.as_ref()).await
    }
}

/// The code of a flow is none of another.
fn bound(hash: TokenHash, digits: &str) -> Vec<u8> {
    [hash.0.as_slice(), digits.as_bytes()].concat()
}

pub(super) const fn name(channel: CodeChannel) -> &'static str {
    match channel {
        CodeChannel::Mail => "mail",
        CodeChannel::Sms => "sms",
    }
}
