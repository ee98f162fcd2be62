//! The sentences of the command line for the codes that an operator can meet.

use gatehouse_protocol::ErrorCode;

/// What to do about a code, for an operator.
pub(super) const fn sentence(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::Required => "the value is empty",
        ErrorCode::UsernameInvalid => {
            "a username has letters and digits of any script, with '.', '_' and '-' between them"
        }
        ErrorCode::UsernameTooLong => "a username has at most 64 characters",
        ErrorCode::UsernameTaken => "the username is taken, or looks like one that is",
        ErrorCode::UsernameReserved => "the username is reserved",
        ErrorCode::EmailInvalid => "that is not an e-mail address",
        ErrorCode::PasswordTooShort => "the password is too short",
        ErrorCode::PasswordTooLong => "a password has at most 1024 bytes",
        ErrorCode::PasswordCommon => "the password is one that attackers try first: choose another",
        ErrorCode::PasswordIsName => "the password is a name that anybody would try: choose another",
        ErrorCode::Busy => "there is too much to do right now: try again in a moment",
        ErrorCode::Unavailable => "the database can't be reached or written: nothing was changed",
        _ => "that was refused",
    }
}
