//! The rules that the form checks while one types and the endpoint checks again: the endpoint's word counts.
//!
//! Unicode tables are heavy in a bundle, so normalization is an argument: `String.normalize` in the browser,
//! the `unicode-normalization` crate on the endpoint. Both pass the same vectors, `protocol/tests/vectors.json`.

use crate::ErrorCode;

/// The longest username, in code points.
pub const USERNAME_MAX: usize = 64;
/// The longest e-mail address, in bytes (RFC 5321: 254 for the whole path).
pub const EMAIL_MAX: usize = 254;
/// The longest password, in bytes as sent. Nothing is ever truncated.
pub const PASSWORD_MAX_BYTES: usize = 1024;
/// The shortest password, in code points after NFC, unless the settings ask for more.
pub const PASSWORD_MIN: u16 = 8;

/// Checks the shape of a username.
///
/// `nfkc` brings the text into normalization form KC. Letters and digits of any script are allowed, and `.`, `_`
/// and `-` between them; `@` never is, so that a username can't pass for an address.
pub fn username(text: &str, nfkc: impl Fn(&str) -> String) -> Result<String, ErrorCode> {
    let name = nfkc(text.trim());
    if name.is_empty() {
        return Err(ErrorCode::Required);
    }
    if name.chars().count() > USERNAME_MAX {
        return Err(ErrorCode::UsernameTooLong);
    }
    let separator = |c: char| matches!(c, '.' | '_' | '-');
    let allowed = |c: char| separator(c) || c.is_alphanumeric();
    if !name.chars().all(allowed) || name.starts_with(separator) || name.ends_with(separator) {
        return Err(ErrorCode::UsernameInvalid);
    }
    Ok(name)
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
