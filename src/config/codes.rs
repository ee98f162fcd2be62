//! Codes that are sent, and who sends SMS.

use gatehouse_protocol::Password;
use serde::{Deserialize, Serialize};

/// What a code that was sent is good for. See [codes.md](codes.md).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CodeSettings {
    /// People may sign in with a code or a link that is mailed to their confirmed address, without a password. Whoever reads
    /// the mailbox is let in: this is one weak factor. See [codes.md](codes.md).
    pub mail: bool,
    /// People may sign in with a code by SMS to the number that they have set up, without a password. Whoever gets the
    /// number is let in: this is one weak factor.
    pub sms: bool,
}

/// How SMS are sent: by a webhook, or by a service that speaks as Twilio does.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SmsSettings {
    /// Where each SMS is posted to as JSON, for example `https://sms.example.org/send`. See [codes.md](codes.md).
    pub webhook: Option<String>,
    /// A secret of at least 16 characters that signs what is posted there. Better from the environment than from a file.
    pub webhook_secret: Option<Password>,
    /// The account at Twilio, or at a service that speaks as it does.
    pub twilio_account_sid: Option<String>,
    /// The token that goes with it. Better from the environment than from a file.
    pub twilio_auth_token: Option<Password>,
    /// The number, the name or the messaging service (`MG…`) that sends.
    pub twilio_from: Option<String>,
    /// Where the service is, if not at Twilio.
    pub twilio_base_url: String,
    /// SMS to one number, and for one person, per hour.
    pub per_number_per_hour: u32,
    /// SMS that one address asks for per hour.
    pub per_address_per_hour: u32,
    /// SMS in all per day: what a thief of airtime can cost at most.
    pub per_day: u32,
}

impl SmsSettings {
    /// Whether anybody sends.
    pub const fn is_set(&self) -> bool {
        self.webhook.is_some() || self.twilio_account_sid.is_some()
    }
}

impl Default for SmsSettings {
    fn default() -> Self {
        Self {
            webhook: None,
            webhook_secret: None,
            twilio_account_sid: None,
            twilio_auth_token: None,
            twilio_from: None,
            twilio_base_url: "https://api.twilio.com".into(),
            per_number_per_hour: 5,
            per_address_per_hour: 20,
            per_day: 500,
        }
    }
}
