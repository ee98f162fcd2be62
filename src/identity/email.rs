//! E-mail addresses: mailed as written, compared with the domain in ASCII and all of it in lower case.

use gatehouse_protocol::{ErrorCode, rule};
use unicode_normalization::UnicodeNormalization as _;

/// An e-mail address of the right shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailAddress {
    written: String,
    folded: String,
    domain: String,
}

impl EmailAddress {
    /// Reads an address as typed (RFC 5321; international domains by IDNA).
    pub fn parse(text: &str) -> Result<Self, ErrorCode> {
        let address: String = rule::email(text)?.nfc().collect();
        let (local, domain) = address.rsplit_once('@').ok_or(ErrorCode::EmailInvalid)?;
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| ErrorCode::EmailInvalid)?;
        Ok(Self {
            folded: format!("{}@{domain}", local.to_lowercase()),
            written: format!("{local}@{domain}"),
            domain,
        })
    }

    /// As written, with the domain in ASCII: what mail is sent to.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The form in which two addresses are the same.
    pub fn folded(&self) -> &str {
        &self.folded
    }

    /// The domain, in ASCII and lower case.
    pub fn domain(&self) -> &str {
        &self.domain
    }
}
