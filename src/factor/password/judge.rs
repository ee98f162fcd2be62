//! Whether a password may be chosen, and how good it is.

use gatehouse_protocol::{ErrorCode, Password, PasswordStrength, StrengthReport, rule};
use unicode_normalization::UnicodeNormalization as _;
use zxcvbn::{Score, matching::patterns::MatchPattern};

use crate::config::{PasswordProfile, PasswordSettings};

/// The shortest name that is looked for inside a password.
const SHORTEST_NAME: usize = 3;
/// The most names that are looked at, and the longest.
const MOST_NAMES: usize = 8;

/// The rules of this installation.
#[derive(Debug, Clone)]
pub struct Judge {
    min: u16,
    app_name: String,
}

impl Judge {
    /// The rules that these settings ask for.
    pub fn new(settings: &PasswordSettings, app_name: &str) -> Self {
        let min = match settings.profile {
            PasswordProfile::Standard => rule::PASSWORD_MIN,
            PasswordProfile::Hardened => 15,
        };
        Self { min, app_name: app_name.to_owned() }
    }

    /// The shortest password accepted, in code points after NFC.
    pub const fn min(&self) -> u16 {
        self.min
    }

    /// Whether the password may be chosen by someone with these names (username, address).
    pub fn check(&self, password: &Password, names: &[&str]) -> Result<(), ErrorCode> {
        self.report(password, names).refused.map_or(Ok(()), Err)
    }

    /// How good the password is, and why it is refused, if it is. Costs some milliseconds.
    pub fn report(&self, password: &Password, names: &[&str]) -> StrengthReport {
        let text = password.expose();
        if let Err(code) = rule::password(text, self.min, |text| text.nfc().collect()) {
            let strength = if code == ErrorCode::PasswordTooLong {
                strength(text, &[]).0
            } else {
                PasswordStrength::VeryWeak
            };
            return StrengthReport { strength, refused: Some(code) };
        }
        let names = self.parts(names);
        let (strength, common) = strength(text, &names);
        let refused = if is_name(text, &names) {
            Some(ErrorCode::PasswordIsName)
        } else if common {
            Some(ErrorCode::PasswordCommon)
        } else {
            None
        };
        let strength = if refused.is_some() { PasswordStrength::VeryWeak } else { strength };
        StrengthReport { strength, refused }
    }

    /// The names to compare with, folded: as they are, and the part before an `@`.
    fn parts(&self, names: &[&str]) -> Vec<String> {
        let mut parts = Vec::new();
        for name in names.iter().take(MOST_NAMES).copied().chain([self.app_name.as_str()]) {
            let name = fold(&name.chars().take(rule::EMAIL_MAX).collect::<String>());
            if let Some((local, _)) = name.split_once('@') {
                parts.push(local.to_owned());
            }
            parts.push(name);
        }
        parts.retain(|part| part.chars().count() >= SHORTEST_NAME);
        parts
    }
}

/// zxcvbn's estimate, and whether the whole password is one that attackers try first.
fn strength(text: &str, names: &[String]) -> (PasswordStrength, bool) {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let estimate = zxcvbn::zxcvbn(text, &names);
    let strength = match estimate.score() {
        Score::Zero => PasswordStrength::VeryWeak,
        Score::One => PasswordStrength::Weak,
        Score::Two => PasswordStrength::Fair,
        Score::Three => PasswordStrength::Good,
        _ => PasswordStrength::Strong,
    };
    let listed = match estimate.sequence() {
        // The type of the dictionary's name is not exported; its name is.
        [only] => {
            matches!(&only.pattern, MatchPattern::Dictionary(found) if format!("{:?}", found.dictionary_name) == "Passwords")
        }
        _ => false,
    };
    (strength, listed || strength == PasswordStrength::VeryWeak)
}

/// Whether the password is a name, written in whatever case, forwards or backwards, with digits or signs behind it.
fn is_name(text: &str, names: &[String]) -> bool {
    let whole = fold(text);
    let stem = whole.trim_end_matches(|c: char| !c.is_alphabetic());
    let squeezed: String = whole.chars().filter(|c| !c.is_whitespace()).collect();
    names.iter().any(|name| {
        let reversed: String = name.chars().rev().collect();
        let name_squeezed: String = name.chars().filter(|c| !c.is_whitespace()).collect();
        [whole.as_str(), stem].contains(&name.as_str())
            || [whole.as_str(), stem].contains(&reversed.as_str())
            || squeezed == name_squeezed
            || (whole.len() > name.len() && whole.replace(name.as_str(), "").is_empty())
    })
}

fn fold(text: &str) -> String {
    text.nfkc().collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests;
