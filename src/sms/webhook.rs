//! A webhook of the operator's: each SMS as JSON, signed, so that it can tell ours from anybody's.

use std::fmt::Write as _;

use gatehouse_protocol::Password;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderName, HeaderValue, header::CONTENT_TYPE};
use serde_json::json;
use sha2::Sha256;

use super::{Message, Post};
use crate::{
    clock::Timestamp,
    config::SmsSettings,
    provider::{Failure, secret_header},
};

/// When it was signed, in seconds since 1970.
const TIMESTAMP: HeaderName = HeaderName::from_static("x-gatehouse-timestamp");
/// `sha256=` and the HMAC of the timestamp, a dot and the body, in hexadecimal digits.
const SIGNATURE: HeaderName = HeaderName::from_static("x-gatehouse-signature");

#[derive(Debug)]
pub(super) struct Webhook {
    address: String,
    secret: Password,
}

impl Webhook {
    pub(super) fn of(sms: &SmsSettings) -> Option<Self> {
        Some(Self { address: sms.webhook.clone()?, secret: sms.webhook_secret.clone()? })
    }

    pub(super) fn address(&self) -> String {
        self.address.clone()
    }

    pub(super) fn post(&self, message: &Message, now: Timestamp) -> Result<Post, Failure> {
        let Message { id, to, text } = message;
        let body = json!({ "id": id, "to": to, "text": text }).to_string();
        let seconds = (now.0 / 1000).to_string();
        let headers = vec![
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (SIGNATURE, secret_header(&self.signature(&seconds, &body))?),
            (TIMESTAMP, secret_header(&seconds)?),
        ];
        Ok(Post { address: self.address(), headers, body })
    }

    fn signature(&self, seconds: &str, body: &str) -> String {
        let mut signature = String::from("sha256=");
        // HMAC takes keys of every length.
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.secret.expose().as_bytes()) {
            mac.update(format!("{seconds}.{body}").as_bytes());
            for byte in mac.finalize().into_bytes() {
                // Writing to a String can't fail.
                let _ = write!(signature, "{byte:02x}");
            }
        }
        signature
    }
}
