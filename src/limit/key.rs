//! The names of the counters.

use std::net::IpAddr;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{identity::IdentityId, keys::Key, storage::LimitKey, telemetry::metrics::LIMITS};

/// Makes the names, by the key of the installation.
#[derive(Debug, Clone)]
pub struct Keys(Key);

impl Keys {
    /// With this key.
    pub const fn new(key: Key) -> Self {
        Self(key)
    }

    /// The account of an identity.
    pub fn account(&self, id: &IdentityId) -> LimitKey {
        self.named("account", &format!("id:{}", id.0))
    }

    /// An account that nobody has, by the identifier as folded.
    pub fn unknown(&self, folded: &str) -> LimitKey {
        self.named("account", &format!("no:{folded}"))
    }

    /// An account, as one address guesses at it.
    pub fn account_from(&self, account: &LimitKey, address: IpAddr) -> LimitKey {
        self.named("account", &format!("from:{}:{}", account.0, network(address)))
    }

    /// A device that is known to an identity.
    pub fn device(&self, id: &IdentityId, device: &str) -> LimitKey {
        self.named("device", &format!("{}:{device}", id.0))
    }

    /// Changing the password of an identity while signed in.
    pub fn change(&self, id: &IdentityId) -> LimitKey {
        self.named("change", &id.0)
    }

    /// Codes of the second factor of an identity.
    pub fn factor(&self, id: &IdentityId) -> LimitKey {
        self.named("factor", &id.0)
    }

    /// Codes that were sent to an identity in place of a password.
    pub fn code(&self, id: &IdentityId) -> LimitKey {
        self.named("code", &format!("id:{}", id.0))
    }

    /// Codes that nobody was sent, by the identifier as folded.
    pub fn no_code(&self, folded: &str) -> LimitKey {
        self.named("code", &format!("no:{folded}"))
    }

    /// SMS to a number, for a person, or to nobody.
    pub fn sms(&self, to: &str) -> LimitKey {
        self.named("sms", to)
    }

    /// SMS that an address asks for.
    pub fn sms_from(&self, app: Option<&str>, address: IpAddr) -> LimitKey {
        self.named("sms", &format!("from:{}", at(app, &network(address))))
    }

    /// Answers with a passkey, by its id, known or not.
    pub fn passkey(&self, credential_id: &[u8]) -> LimitKey {
        self.named("factor", &format!("passkey:{}", URL_SAFE_NO_PAD.encode(credential_id)))
    }

    /// Changes of the address of an identity.
    pub fn address_change(&self, id: &IdentityId) -> LimitKey {
        self.named("address_change", &id.0)
    }

    /// Wrong passwords from an address, as those below at the forms of one app or the endpoint's own: what is wrong with
    /// one app's forms, or with the address that its process names, is not the others'. (How often the password of one
    /// account may be guessed is counted for all of them together.)
    pub fn address(&self, app: Option<&str>, address: IpAddr) -> LimitKey {
        self.named("address", &at(app, &network(address)))
    }

    /// Registrations from an address.
    pub fn registration(&self, app: Option<&str>, address: IpAddr) -> LimitKey {
        self.named("registration", &at(app, &network(address)))
    }

    /// Registrations for one e-mail address, folded.
    pub fn mail(&self, folded: &str) -> LimitKey {
        self.named("mail", folded)
    }

    /// Cheap calls from an address.
    pub fn question(&self, app: Option<&str>, address: IpAddr) -> LimitKey {
        self.named("question", &at(app, &network(address)))
    }

    /// Everything of one kind.
    pub fn all(&self, app: Option<&str>, kind: &str) -> LimitKey {
        self.named("all", &at(app, kind))
    }

    fn named(&self, kind: &str, what: &str) -> LimitKey {
        let mac = self.0.mac("limit", format!("{kind}:{what}").as_bytes());
        LimitKey(format!("{kind}:{}", URL_SAFE_NO_PAD.encode(mac)))
    }
}

/// Which limit a counter belongs to, as a label.
pub fn kind_of(key: &LimitKey) -> &'static str {
    let kind = key.0.split(':').next().unwrap_or_default();
    LIMITS.iter().find(|known| **known == kind).copied().unwrap_or("other")
}

/// The same at the forms of an app. No name of one has a slash.
fn at(app: Option<&str>, what: &str) -> String {
    app.map_or_else(|| what.to_owned(), |app| format!("{app}/{what}"))
}

/// One subscriber: an IPv4 address, or the /64 that an IPv6 subscriber has to himself.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One IPv6 subscriber has 2^64 addresses.
    #[test]
    fn an_ipv6_network_counts_as_one_address_and_mapped_ipv4_as_ipv4() {
        let net = |text: &str| network(text.parse().unwrap());
        assert_eq!(net("2001:db8:1:2:3::4"), net("2001:db8:1:2:ffff::1"));
        assert_ne!(net("2001:db8:1:2::1"), net("2001:db8:1:3::1"));
        assert_eq!(net("::ffff:192.0.2.7"), net("192.0.2.7"));
    }

    #[test]
    fn every_counter_belongs_to_a_limit_that_can_be_shown() {
        let (keys, here) = (Keys::new(Key::from_bytes([1; 32])), [192, 0, 2, 1].into());
        let id = IdentityId("a".into());
        let account = keys.account(&id);
        for key in [
            keys.account_from(&account, here),
            account,
            keys.unknown("a"),
            keys.device(&id, "d"),
            keys.change(&id),
            keys.factor(&id),
            keys.code(&id),
            keys.no_code("a"),
            keys.sms("+4915123456789"),
            keys.sms_from(None, here),
            keys.address_change(&id),
            keys.address(None, here),
            keys.registration(None, here),
            keys.mail("a"),
            keys.question(None, here),
            keys.all(None, "login"),
        ] {
            assert_ne!(kind_of(&key), "other", "{key:?}");
        }
    }

    #[test]
    fn the_forms_of_each_app_have_counters_of_their_own() {
        let (keys, here) = (Keys::new(Key::from_bytes([1; 32])), [192, 0, 2, 1].into());
        let all = [None, Some("ledger"), Some("maps")].map(|app| keys.address(app, here));
        assert!(all[0] != all[1] && all[1] != all[2] && all[0] != all[2]);
    }

    #[test]
    fn the_name_of_a_counter_does_not_say_whom_it_counts() {
        let keys = Keys::new(Key::from_bytes([1; 32]));
        assert!(!keys.unknown("alice").0.contains("alice"));
        assert_ne!(keys.unknown("alice"), Keys::new(Key::from_bytes([2; 32])).unknown("alice"));
        assert_ne!(keys.account(&IdentityId("a".into())), keys.unknown("a"));
    }
}
