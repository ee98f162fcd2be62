//! Codes in place of a password: whom one may be sent to, and what it proves.

use gatehouse_protocol::CodeChannel;

use super::proven::Proven;
use crate::{
    identity::{EmailAddress, Identity, IdentityId},
    session::{Method, Methods},
};

/// Where a code is mailed to: an address that its owner confirmed. People of settings and of proxies are who those say.
pub fn recipient(identity: &Identity) -> Option<&EmailAddress> {
    identity.confirmed_address().filter(|_| identity.is_open())
}

/// A code came back that was sent to `owner`, who is looked up again: what it proves is who reads there.
pub fn proven(owner: &IdentityId, identity: &Identity, channel: CodeChannel) -> Option<Proven> {
    let method = match channel {
        CodeChannel::Mail => recipient(identity).map(|_| Method::MailCode)?,
        CodeChannel::Sms => Method::SmsCode,
    };
    let same = *owner == identity.id && identity.is_open();
    same.then(|| Proven::new(identity.id.clone(), None, Methods::only(method)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::Timestamp,
        identity::{Source, Username, VerifiableAddress},
    };

    fn identity(verified: bool) -> Identity {
        let address = EmailAddress::parse("alice@example.org").unwrap();
        Identity {
            id: IdentityId("id_a".into()),
            username: Username::parse("alice").unwrap(),
            email: Some(VerifiableAddress { address, verified_at: verified.then_some(Timestamp(0)) }),
            roles: Vec::new(),
            disabled: false,
            must_change: false,
            created_at: Timestamp(0),
            source: None,
        }
    }

    #[test]
    fn a_code_goes_to_a_confirmed_address_of_an_account_that_is_open_and_its_owners_own() {
        assert!(recipient(&identity(true)).is_some());
        assert!(recipient(&identity(false)).is_none());
        assert!(recipient(&Identity { disabled: true, ..identity(true) }).is_none());
        let source = Some(Source("settings:app".into()));
        assert!(recipient(&Identity { source: source.clone(), ..identity(true) }).is_none());
        assert!(!Identity { source, ..identity(true) }.is_open());
    }

    #[test]
    fn a_code_proves_its_owner_as_long_as_that_could_be_sent_one() {
        let owner = IdentityId("id_a".into());
        for channel in [CodeChannel::Mail, CodeChannel::Sms] {
            assert!(proven(&owner, &identity(true), channel).is_some());
            assert!(proven(&IdentityId("id_b".into()), &identity(true), channel).is_none());
            assert!(proven(&owner, &Identity { disabled: true, ..identity(true) }, channel).is_none());
        }
        assert!(proven(&owner, &identity(false), CodeChannel::Mail).is_none());
    }
}
