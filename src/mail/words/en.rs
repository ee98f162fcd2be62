//! English.

use super::{Subject, Words, span};
use crate::storage::{AccountChange, MailTemplate};

#[expect(clippy::too_many_lines, reason = "an arm for each mail")]
pub(super) fn words(Subject { template, app, username, address, ttl, code, linked }: Subject<'_>) -> Words {
    let span = span(ttl, [("day", "days"), ("hour", "hours"), ("minute", "minutes")]);
    let (subject, body, button, otherwise) = match template {
        MailTemplate::Verification => (
            format!("Confirm your address for {app}"),
            format!("One more step: confirm that this address is yours, and your account at {app} is ready."),
            "Confirm address",
            "If you didn't register, ignore this mail: without your confirmation there is no account."
                .to_owned(),
        ),
        MailTemplate::Recovery => (
            format!("Reset your password for {app}"),
            format!("Choose a new password for your account {username} at {app}."),
            "Choose a new password",
            "If you didn't ask for this, ignore this mail: your password stays as it is.".to_owned(),
        ),
        MailTemplate::Invitation => (
            format!("You are invited to {app}"),
            format!("You are invited to {app}. Choose a username and a password, and you are in."),
            "Create account",
            "If you don't know what this is about, ignore this mail.".to_owned(),
        ),
        MailTemplate::AlreadyRegistered => (
            format!("You already have an account at {app}"),
            format!(
                "Someone tried to register at {app} with this address. It belongs to your account {username} already; \
                 nothing was changed. Sign in as usual, or reset the password if you forgot it."
            ),
            "Sign in",
            "If it wasn't you, there is nothing to do.".to_owned(),
        ),
        MailTemplate::PasswordChanged => (
            format!("Your password for {app} was changed"),
            format!(
                "The password of your account {username} at {app} was just changed. All other sessions were ended."
            ),
            "Open the app",
            "If it wasn't you, reset your password now and tell whoever runs the app.".to_owned(),
        ),
        MailTemplate::SignInCode => (
            format!("Your code for {app}"),
            format!(
                "Your code to sign in at {app} as {username} is {code}. Enter it where you asked for it{}. Tell it to nobody.",
                if linked { ", or open the link in the same browser" } else { "" }
            ),
            "Sign in",
            "If you didn't ask for this, ignore this mail: without the code nobody gets in.".to_owned(),
        ),
        MailTemplate::ApproveAddress => (
            format!("Another address for your account at {app}"),
            format!(
                "Somebody who is signed in to your account {username} at {app} wants to change its address to {address}. \
                 If that was you, approve of it here, and follow the link that went to the other address, too."
            ),
            "It was me",
            "If it wasn't you, don't: your address stays as it is. Change your password now and tell whoever runs the app."
                .to_owned(),
        ),
        MailTemplate::ConfirmAddress => (
            format!("Confirm your new address for {app}"),
            format!("Confirm that this address is yours, and your account {username} at {app} changes to it."),
            "Confirm address",
            "If you don't know what this is about, ignore this mail: without your confirmation nothing changes.".to_owned(),
        ),
        MailTemplate::AddressTaken => (
            format!("Your address at {app}"),
            format!(
                "Somebody with another account at {app} wanted to use this address for it. It belongs to your account \
                 {username} already; nothing was changed."
            ),
            "Open the app",
            "If it wasn't you, there is nothing to do.".to_owned(),
        ),
        MailTemplate::AccountChanged(change) => {
            let done = match change {
                AccountChange::FactorAdded => {
                    "Two-step verification was set up: from now on signing in asks for a code, too."
                }
                AccountChange::FactorRemoved => "A second step was removed from signing in.",
                AccountChange::RecoveryCodesRenewed => {
                    "New recovery codes were made. The earlier ones don't work any more."
                }
                AccountChange::FactorsReset => {
                    "Whoever runs the app has reset two-step verification. All sessions were ended."
                }
                AccountChange::Deleted => "The account was deleted, with everything that hung on it.",
                AccountChange::AccountLinked => {
                    "An account at another service was linked: signing in there opens it from now on."
                }
                AccountChange::AccountUnlinked => {
                    "An account at another service was unlinked: signing in there opens it no more."
                }
                AccountChange::AddressChanged => {
                    "Its e-mail address was changed to another one. You get no more mail about it here."
                }
                AccountChange::PasswordSet => {
                    "It had no password, and now it has one. All other sessions were ended."
                }
            };
            (
                format!("Your account at {app} was changed"),
                format!("This is about your account {username} at {app}. {done}"),
                "Open the app",
                "If it wasn't you, change your password now and tell whoever runs the app.".to_owned(),
            )
        }
    };
    let validity = match template {
        MailTemplate::Verification
        | MailTemplate::Recovery
        | MailTemplate::Invitation
        | MailTemplate::ApproveAddress
        | MailTemplate::ConfirmAddress => {
            format!("The link works once, for {span}.")
        }
        MailTemplate::SignInCode if linked => format!("Code and link work once, for {span}."),
        MailTemplate::SignInCode => format!("The code works once, for {span}."),
        MailTemplate::AlreadyRegistered
        | MailTemplate::PasswordChanged
        | MailTemplate::AddressTaken
        | MailTemplate::AccountChanged(_) => String::new(),
    };
    Words {
        language: "en",
        subject,
        body,
        button,
        validity,
        otherwise,
        copy: "Or copy this link into your browser:",
    }
}

pub(super) fn sms(app: &str, code: &str) -> String {
    format!("{code} is your code for {app}. Tell it to nobody.")
}
