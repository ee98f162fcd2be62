//! Twilio, or a service that speaks as it does: a form with the number, who sends, and the text.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use gatehouse_protocol::Password;
use http::{
    HeaderValue,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use url::form_urlencoded;

use super::{Message, Post};
use crate::{
    config::SmsSettings,
    provider::{Failure, secret_header},
};

#[derive(Debug)]
pub(super) struct Twilio {
    base: String,
    account: String,
    token: Password,
    from: String,
}

impl Twilio {
    pub(super) fn of(sms: &SmsSettings) -> Option<Self> {
        Some(Self {
            base: sms.twilio_base_url.trim_end_matches('/').to_owned(),
            account: sms.twilio_account_sid.clone()?,
            token: sms.twilio_auth_token.clone()?,
            from: sms.twilio_from.clone()?,
        })
    }

    pub(super) fn address(&self) -> String {
        format!("{}/2010-04-01/Accounts/{}/Messages.json", self.base, self.account)
    }

    pub(super) fn post(&self, message: &Message) -> Result<Post, Failure> {
        // A messaging service chooses the number by itself.
        let sender = if self.from.starts_with("MG") { "MessagingServiceSid" } else { "From" };
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("To", &message.to)
            .append_pair(sender, &self.from)
            .append_pair("Body", &message.text)
            .finish();
        let credentials = STANDARD.encode(format!("{}:{}", self.account, self.token.expose()));
        let headers = vec![
            (CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded")),
            (AUTHORIZATION, secret_header(&format!("Basic {credentials}"))?),
        ];
        Ok(Post { address: self.address(), headers, body })
    }
}
