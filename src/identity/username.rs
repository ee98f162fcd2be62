//! Usernames: shown as written, compared after folding.

use gatehouse_protocol::{
    ErrorCode,
    rule::{self, Class},
};
use unicode_normalization::UnicodeNormalization as _;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory as _};

/// Names that would pass for the operator (compared after folding, like every other).
const RESERVED: [&str; 20] = [
    "admin",
    "administrator",
    "root",
    "system",
    "superuser",
    "sysadmin",
    "owner",
    "operator",
    "support",
    "help",
    "security",
    "staff",
    "moderator",
    "postmaster",
    "webmaster",
    "hostmaster",
    "abuse",
    "noreply",
    "gatehouse",
    "streamlit",
];

/// The longest name that a proxy may give somebody, in bytes: that of an address.
const ASSERTED_MAX: usize = 254;

/// A username of the right shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Username {
    shown: String,
    folded: String,
}

impl Username {
    /// Reads a username as typed. Checks its shape, not whether it is reserved or taken.
    pub fn parse(text: &str) -> Result<Self, ErrorCode> {
        let shown = rule::username(text, |name| name.nfkc().collect(), class)?;
        let folded = fold(&shown);
        Ok(Self { shown, folded })
    }

    /// Reads the name of somebody whom a trusted proxy names, letter for letter: it may be an address. What is no username
    /// is compared as it is written, and never with what people chose; what is one, like every other.
    pub fn asserted(text: &str) -> Option<Self> {
        if let Ok(name) = Self::parse(text)
            && name.shown == text
        {
            return Some(name);
        }
        let fits = (1..=ASSERTED_MAX).contains(&text.len()) && !text.chars().any(char::is_control);
        // No username has an `=` in it, folded or not.
        fits.then(|| Self { shown: text.to_owned(), folded: format!("={text}") })
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// The form in which two usernames are the same: case, width and script look-alikes folded (UTS #39).
    pub fn folded(&self) -> &str {
        &self.folded
    }

    /// Whether the name would pass for the operator or for the app itself.
    pub fn is_reserved(&self, app_name: &str) -> bool {
        RESERVED.iter().any(|name| fold(name) == self.folded) || fold(app_name) == self.folded
    }
}

/// What a character may do in a username.
fn class(c: char) -> Class {
    match c.general_category() {
        GeneralCategory::NonspacingMark | GeneralCategory::SpacingMark => Class::Mark,
        _ => match c.general_category_group() {
            GeneralCategoryGroup::Letter | GeneralCategoryGroup::Number => Class::Letter,
            _ => Class::Other,
        },
    }
}

/// Case, width and look-alikes folded. Folding twice changes nothing, whatever order the tables imply.
fn fold(text: &str) -> String {
    let mut folded = once(text);
    for _ in 0..4 {
        let again = once(&folded);
        if again == folded {
            break;
        }
        folded = again;
    }
    folded
}

fn once(text: &str) -> String {
    let lower: String = text.nfkc().collect::<String>().to_lowercase();
    let skeleton: String = unicode_security::skeleton(&lower).collect::<String>().nfkc().collect();
    // UTS #39 takes `I` for `l`; lowering first turned it into `i`, so `i` joins them.
    skeleton.to_lowercase().replace(['i', 'ı'], "l")
}

#[cfg(test)]
mod tests;
