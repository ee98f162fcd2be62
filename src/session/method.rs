//! What was proven, and how sure that makes us.

use serde::{Deserialize, Serialize};

/// One thing that was proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The password.
    Password,
    /// What a trusted proxy said.
    Proxy,
    /// An account of somebody else.
    Provider,
    /// A code of an authenticator app.
    Totp,
    /// A recovery code.
    RecoveryCode,
    /// A code, or a link, that was mailed.
    MailCode,
    /// A code by SMS in place of a password.
    SmsCode,
    /// A code by SMS beside something else.
    Sms,
    /// A passkey that verified its person by a fingerprint, a face or a PIN: what one has and what one is or knows.
    Passkey,
    /// A passkey or security key that was touched, and verified nobody.
    SecurityKey,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 10] = [
        Self::Password,
        Self::Proxy,
        Self::Provider,
        Self::Totp,
        Self::RecoveryCode,
        Self::MailCode,
        Self::SmsCode,
        Self::Sms,
        Self::Passkey,
        Self::SecurityKey,
    ];

    /// As stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Proxy => "proxy",
            Self::Provider => "provider",
            Self::Totp => "totp",
            Self::RecoveryCode => "recovery_code",
            Self::MailCode => "mail_code",
            Self::SmsCode => "sms_code",
            Self::Sms => "sms",
            Self::Passkey => "passkey",
            Self::SecurityKey => "security_key",
        }
    }

    /// Whether it says who somebody is to begin with; what doesn't is asked for after that.
    const fn is_first(self) -> bool {
        match self {
            Self::Password
            | Self::Proxy
            | Self::Provider
            | Self::MailCode
            | Self::SmsCode
            | Self::Passkey => true,
            Self::Totp | Self::RecoveryCode | Self::Sms | Self::SecurityKey => false,
        }
    }
}

/// How sure we are who it is (NIST SP 800-63B-4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AssuranceLevel {
    /// One factor.
    Aal1,
    /// Two distinct factors.
    Aal2,
}

impl AssuranceLevel {
    /// 1 or 2, as stored and as apps see it.
    pub const fn number(self) -> u8 {
        match self {
            Self::Aal1 => 1,
            Self::Aal2 => 2,
        }
    }
}

/// Everything that was proven in a session, each thing once.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Methods(Vec<Method>);

impl Methods {
    /// One thing.
    pub fn only(method: Method) -> Self {
        Self(vec![method])
    }

    /// The same and one more.
    #[must_use]
    pub fn and(mut self, method: Method) -> Self {
        if !self.0.contains(&method) {
            self.0.push(method);
            self.0.sort_unstable();
        }
        self
    }

    /// Whether this was proven.
    pub fn contains(&self, method: Method) -> bool {
        self.0.contains(&method)
    }

    /// How sure that makes us: two factors count where they are distinct, and neither stands for the other. One phone is
    /// one factor, whatever its codes were asked for; a passkey that verified its person is two.
    pub fn assurance(&self) -> AssuranceLevel {
        let beside = |first: Method, second: &Method| {
            !(second.is_first() || first == Method::SmsCode && *second == Method::Sms)
        };
        let mut firsts = self.0.iter().filter(|method| method.is_first());
        let both = self.0.contains(&Method::Passkey);
        let two = both || firsts.any(|first| self.0.iter().any(|second| beside(*first, second)));
        if two { AssuranceLevel::Aal2 } else { AssuranceLevel::Aal1 }
    }

    /// As stored: the names in order, with a space between.
    pub fn to_text(&self) -> String {
        self.0.iter().map(|method| method.name()).collect::<Vec<_>>().join(" ")
    }

    /// From what is stored; `None` where that names something unknown.
    pub fn from_text(text: &str) -> Option<Self> {
        let known = |name: &str| Method::ALL.into_iter().find(|method| method.name() == name);
        let all = text.split_whitespace().map(known).collect::<Option<Vec<_>>>()?;
        Some(all.into_iter().fold(Self::default(), Self::and))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assurance_counts_distinct_factors_and_none_twice() {
        let password = Methods::only(Method::Password);
        assert_eq!(password.assurance(), AssuranceLevel::Aal1);
        assert_eq!(password.clone().and(Method::Password).assurance(), AssuranceLevel::Aal1);
        assert_eq!(password.clone().and(Method::Proxy).assurance(), AssuranceLevel::Aal1);
        assert_eq!(password.clone().and(Method::Totp).assurance(), AssuranceLevel::Aal2);
        assert_eq!(password.and(Method::RecoveryCode).assurance(), AssuranceLevel::Aal2);
        let phone = Methods::only(Method::SmsCode).and(Method::Sms);
        assert_eq!(phone.assurance(), AssuranceLevel::Aal1, "one phone is one factor");
        assert_eq!(phone.and(Method::Password).assurance(), AssuranceLevel::Aal2);
        assert_eq!(Methods::only(Method::MailCode).and(Method::Sms).assurance(), AssuranceLevel::Aal2);
        assert_eq!(Methods::only(Method::MailCode).and(Method::SmsCode).assurance(), AssuranceLevel::Aal1);
        let codes = Methods::only(Method::Totp).and(Method::RecoveryCode);
        assert_eq!(codes.assurance(), AssuranceLevel::Aal1);
        assert_eq!(Methods::default().assurance(), AssuranceLevel::Aal1);
        assert_eq!(Methods::only(Method::Passkey).assurance(), AssuranceLevel::Aal2);
        assert_eq!(Methods::only(Method::SecurityKey).assurance(), AssuranceLevel::Aal1);
        let touched = Methods::only(Method::SecurityKey);
        assert_eq!(touched.clone().and(Method::Totp).assurance(), AssuranceLevel::Aal1);
        assert_eq!(touched.and(Method::Password).assurance(), AssuranceLevel::Aal2);
    }

    #[test]
    fn what_is_stored_comes_back_and_what_is_unknown_does_not() {
        for method in Method::ALL {
            let methods = Methods::only(Method::Password).and(method);
            assert_eq!(Methods::from_text(&methods.to_text()), Some(methods));
        }
        assert_eq!(Methods::from_text("password telepathy"), None);
    }
}
