//! The rules that the form checks while one types and the endpoint checks again: the endpoint's word counts.
//!
//! Unicode tables are heavy in a bundle, so normalization and the classes of characters are arguments:
//! `String.normalize` and `RegExp` in the browser, the `unicode-…` crates on the endpoint. Both pass the same vectors,
//! `protocol/tests/vectors.json`.

use crate::ErrorCode;

/// The longest username, in code points.
pub const USERNAME_MAX: usize = 64;
/// The most marks on one letter: Burmese writes five.
const MARKS_MAX: usize = 5;
/// The most accents on one letter that are not one with it.
const ACCENTS_MAX: usize = 2;
/// The shortest and the longest phone number, in digits (E.164).
const PHONE_MIN: usize = 7;
const PHONE_MAX: usize = 15;
/// The longest e-mail address, in bytes (RFC 5321: 254 for the whole path).
pub const EMAIL_MAX: usize = 254;
/// The longest password, in bytes as sent. Nothing is ever truncated.
pub const PASSWORD_MAX_BYTES: usize = 1024;
/// The shortest password, in code points after NFC, unless the settings ask for more.
pub const PASSWORD_MIN: u16 = 8;
/// The longest path that is led back to, in bytes.
const RETURN_MAX: usize = 1024;

/// A path on this origin, or nothing: whatever could lead to another host is refused.
///
/// Browsers treat `\` as `/` and drop tabs and line breaks, so that `/\evil.example` and `/<tab>/evil.example` are
/// other hosts.
pub fn local_path(text: &str) -> Option<&str> {
    let safe = text.starts_with('/')
        && !text.starts_with("//")
        && !text.chars().any(|c| c == '\\' || c.is_control());
    safe.then_some(text)
}

/// A path on this origin that an address carries as it is, and that somebody is led back to; or nothing.
pub fn return_path(text: &str) -> Option<&str> {
    let fits = |path: &&str| path.len() <= RETURN_MAX && path.bytes().all(|byte| byte.is_ascii_graphic());
    local_path(text).filter(fits)
}

/// Brings a phone number into the form of E.164: `+`, country code and number. Spaces and what else is written between
/// digits is left out; without a country code nobody knows whose number it is.
pub fn phone(text: &str) -> Result<String, ErrorCode> {
    let written = text.replace("(0)", "");
    if written.trim().is_empty() {
        return Err(ErrorCode::Required);
    }
    let plain: String =
        written.chars().filter(|c| !matches!(c, ' ' | '\u{a0}' | '-' | '.' | '/' | '(' | ')')).collect();
    let digits =
        plain.strip_prefix('+').or_else(|| plain.strip_prefix("00")).ok_or(ErrorCode::PhoneInvalid)?;
    let fits = (PHONE_MIN..=PHONE_MAX).contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    if fits { Ok(["+", digits].concat()) } else { Err(ErrorCode::PhoneInvalid) }
}

/// What a character may do in a username.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// A letter or digit of any script (general categories L and N).
    Letter,
    /// A mark that is written on, under or beside a letter: a vowel sign, a tone, a virama (Mn and Mc).
    Mark,
    /// Anything else.
    Other,
}

/// Checks the shape of a username.
///
/// `nfkc` brings the text into normalization form KC; `class` tells letters from marks. Letters and digits of any
/// script are allowed with the marks that the script writes on them, and `.`, `_` and `-` between them; `@` never is,
/// so that a username can't pass for an address.
pub fn username(
    text: &str,
    nfkc: impl Fn(&str) -> String,
    class: impl Fn(char) -> Class,
) -> Result<String, ErrorCode> {
    let name = nfkc(text.trim());
    if name.is_empty() {
        return Err(ErrorCode::Required);
    }
    if name.chars().count() > USERNAME_MAX {
        return Err(ErrorCode::UsernameTooLong);
    }
    let separator = |c: char| matches!(c, '.' | '_' | '-');
    if name.starts_with(separator) || name.ends_with(separator) {
        return Err(ErrorCode::UsernameInvalid);
    }
    let mut letter: Option<Written> = None;
    for c in name.chars() {
        letter = match class(c) {
            _ if invisible(c) => return Err(ErrorCode::UsernameInvalid),
            Class::Letter => Some(Written::default()),
            Class::Mark => Some(letter.and_then(|letter| letter.with(c)).ok_or(ErrorCode::UsernameInvalid)?),
            Class::Other if separator(c) => None,
            Class::Other => return Err(ErrorCode::UsernameInvalid),
        };
    }
    Ok(name)
}

/// The marks on one letter so far.
#[derive(Default)]
struct Written {
    marks: usize,
    accents: usize,
    last: Option<char>,
}

impl Written {
    /// One more, unless it makes a heap: no script writes so many, and none the same twice (UTS #39 §5.4).
    fn with(self, mark: char) -> Option<Self> {
        let (marks, accents) = (self.marks + 1, self.accents + usize::from(accent(mark)));
        (marks <= MARKS_MAX && accents <= ACCENTS_MAX && self.last != Some(mark)).then_some(Self {
            marks,
            accents,
            last: Some(mark),
        })
    }
}

/// The marks of no script in particular, which go on any letter.
const fn accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{fe20}'..='\u{fe2f}')
}

/// Letters and marks that are not seen (`Default_Ignorable_Code_Point`): fillers, joiners, variation selectors.
const fn invisible(c: char) -> bool {
    matches!(c, '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{e0100}'..='\u{e01ef}')
}

/// Checks the shape of an e-mail address: one `@`, a local part of at most 64 bytes, a domain with a dot, no
/// white space and no control characters (RFC 5321 §4.5.3.1, without quoted local parts).
pub fn email(text: &str) -> Result<&str, ErrorCode> {
    let address = text.trim();
    if address.is_empty() {
        return Err(ErrorCode::Required);
    }
    let Some((local, domain)) = address.rsplit_once('@') else {
        return Err(ErrorCode::EmailInvalid);
    };
    let bad = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '<' | '>' | '"' | '(' | ')' | ',' | ';' | ':' | '\\' | '[' | ']' | '@')
    };
    let labels_ok = domain.split('.').all(|label| {
        !label.is_empty() && label.len() <= 63 && !label.starts_with('-') && !label.ends_with('-')
    });
    let ok = address.len() <= EMAIL_MAX
        && (1..=64).contains(&local.len())
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && domain.contains('.')
        && labels_ok
        && !address.chars().filter(|c| *c != '@').any(bad)
        && !local.contains('@');
    if ok { Ok(address) } else { Err(ErrorCode::EmailInvalid) }
}

/// Checks the length of a new password.
///
/// `min` counts code points after `nfc`, as NIST SP 800-63B-4 asks; the upper bound counts bytes as sent.
pub fn password(text: &str, min: u16, nfc: impl Fn(&str) -> String) -> Result<(), ErrorCode> {
    if text.is_empty() {
        return Err(ErrorCode::Required);
    }
    if text.len() > PASSWORD_MAX_BYTES {
        return Err(ErrorCode::PasswordTooLong);
    }
    if nfc(text).chars().count() < usize::from(min) {
        return Err(ErrorCode::PasswordTooShort);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_number_is_written_in_one_way() {
        for written in
            ["+49 151 23456789", "0049 (151) 234-567.89", "+49 (0) 151/23456789", " +4915123456789 "]
        {
            assert_eq!(phone(written).as_deref(), Ok("+4915123456789"), "{written}");
        }
        assert_eq!(phone(" "), Err(ErrorCode::Required));
    }

    /// A line break in a number would begin a header, or another field, of whoever sends the SMS.
    #[test]
    fn what_is_no_phone_number_is_refused() {
        for written in [
            "0151 23456789",
            "151 23456789",
            "+0151 23456789",
            "+49 151",
            "+1234567890123456",
            "+49151234567\r\nBcc: x",
            "+4915123456789\r\n",
            "+49151234567 ext 8",
            "+٤٩١٥١٢٣٤٥٦٧",
            "++4915123456789",
        ] {
            assert_eq!(phone(written), Err(ErrorCode::PhoneInvalid), "{written:?}");
        }
    }
}
