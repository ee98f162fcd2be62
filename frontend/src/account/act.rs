//! What somebody does on the account page.

use gatehouse_protocol::{AccountStep, EnrollmentStep, Password};

use super::{Own, Said};

/// One of the cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Who this is.
    Profile,
    /// The password.
    Password,
    /// Second factors and recovery codes.
    Factors,
    /// Accounts at providers.
    Linked,
    /// Where this person is signed in.
    Sessions,
    /// The data, and the end of the account.
    Data,
}

impl Section {
    /// Every section, in order.
    pub const ALL: [Self; 6] =
        [Self::Profile, Self::Password, Self::Factors, Self::Linked, Self::Sessions, Self::Data];

    /// True where everything in it is the owner's to change, and nothing is left to see when it isn't.
    pub fn kept_by_its_owner(self) -> bool {
        matches!(self, Self::Password | Self::Factors | Self::Linked)
    }

    /// Its heading.
    pub fn title(self) -> Own {
        match self {
            Self::Profile => Own::ProfileTitle,
            Self::Password => Own::PasswordTitle,
            Self::Factors => Own::FactorsTitle,
            Self::Linked => Own::LinkedTitle,
            Self::Sessions => Own::SessionsTitle,
            Self::Data => Own::DataTitle,
        }
    }

    /// The id of its heading.
    pub fn id(self) -> &'static str {
        match self {
            Self::Profile => "gh-profile",
            Self::Password => "gh-section-password",
            Self::Factors => "gh-factors",
            Self::Linked => "gh-linked",
            Self::Sessions => "gh-sessions",
            Self::Data => "gh-data",
        }
    }
}

/// Something that can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Look at the account.
    Look,
    /// Replace the password.
    ChangePassword,
    /// Set an authenticator app up.
    SetUp,
    /// Make a passkey.
    AddPasskey,
    /// Make new recovery codes.
    NewCodes,
    /// Give a factor another name.
    Rename(String),
    /// Take a factor away.
    Remove(String),
    /// End a session.
    End(String),
    /// End every other session.
    EndOthers,
    /// Download everything.
    Export,
    /// Delete the account.
    Delete,
    /// Set a phone up.
    AddPhone,
    /// Choose a password where there is none.
    SetPassword,
    /// Link an account at a provider.
    Link(String),
    /// Unlink one.
    Unlink(String),
    /// Sign in at a provider once more, for what is done in this section.
    Prove(Section, String),
    /// Ask for another address.
    ChangeAddress,
    /// Don't, after all.
    CancelAddress,
}

impl Act {
    /// The card where it is done.
    pub fn section(&self) -> Section {
        match self {
            Self::Look | Self::ChangeAddress | Self::CancelAddress => Section::Profile,
            Self::ChangePassword | Self::SetPassword => Section::Password,
            Self::SetUp
            | Self::NewCodes
            | Self::Rename(_)
            | Self::Remove(_)
            | Self::AddPhone
            | Self::AddPasskey => Section::Factors,
            Self::End(_) | Self::EndOthers => Section::Sessions,
            Self::Export | Self::Delete => Section::Data,
            Self::Link(_) | Self::Unlink(_) => Section::Linked,
            Self::Prove(section, _) => *section,
        }
    }

    /// The id of its button, to which the focus comes back.
    pub fn id(&self) -> String {
        match self {
            Self::Look => "gh-look".to_owned(),
            Self::ChangePassword => "gh-change".to_owned(),
            Self::SetUp => "gh-set-up".to_owned(),
            Self::AddPasskey => "gh-add-passkey".to_owned(),
            Self::NewCodes => "gh-new-codes".to_owned(),
            Self::Rename(id) => ["gh-rename-", id].concat(),
            Self::Remove(id) => ["gh-remove-", id].concat(),
            Self::End(id) => ["gh-end-", id].concat(),
            Self::EndOthers => "gh-end-others".to_owned(),
            Self::Export => "gh-export".to_owned(),
            Self::Delete => "gh-delete".to_owned(),
            Self::AddPhone => "gh-add-phone".to_owned(),
            Self::SetPassword => "gh-set-password".to_owned(),
            Self::ChangeAddress => "gh-change-address".to_owned(),
            Self::CancelAddress => "gh-cancel-address".to_owned(),
            Self::Link(name) => ["gh-link-", name].concat(),
            Self::Unlink(id) => ["gh-unlink-", id].concat(),
            Self::Prove(_, name) => ["gh-prove-", name].concat(),
        }
    }

    /// True where it is asked or told more in its place before it is done.
    pub fn asks(&self) -> bool {
        matches!(
            self,
            Self::NewCodes
                | Self::Rename(_)
                | Self::Remove(_)
                | Self::End(_)
                | Self::EndOthers
                | Self::Delete
                | Self::AddPhone
                | Self::SetPassword
                | Self::ChangeAddress
                | Self::Unlink(_)
        )
    }

    /// What is asked for it; `text` is what was typed for it, `here` the page of the app to come back to. Changing the
    /// password is a form of its own.
    pub(super) fn request(&self, text: &str, here: Option<&str>) -> Option<Request> {
        let return_to = here.map(str::to_owned);
        Some(Request::Account(match self {
            Self::ChangePassword => return None,
            Self::SetUp => return Some(Request::Enroll(EnrollmentStep::BeginTotp { flow: None })),
            Self::AddPasskey => return Some(Request::Enroll(EnrollmentStep::BeginPasskey { flow: None })),
            Self::NewCodes => return Some(Request::Enroll(EnrollmentStep::RecoveryCodes {})),
            Self::AddPhone => {
                return Some(Request::Enroll(EnrollmentStep::BeginPhone { number: text.trim().to_owned() }));
            }
            Self::Look => AccountStep::Overview {},
            Self::Rename(id) => AccountStep::RenameFactor { id: id.clone(), name: text.trim().to_owned() },
            Self::Remove(id) => AccountStep::RemoveFactor { id: id.clone() },
            Self::End(id) => AccountStep::EndSession { id: id.clone() },
            Self::EndOthers => AccountStep::EndOtherSessions {},
            Self::Export => AccountStep::Export {},
            Self::Delete => AccountStep::Delete {},
            Self::ChangeAddress => AccountStep::ChangeAddress { email: text.trim().to_owned() },
            Self::CancelAddress => AccountStep::CancelAddress {},
            Self::SetPassword => AccountStep::SetPassword { password: Password::new(text) },
            Self::Link(name) => AccountStep::LinkProvider { name: name.clone(), return_to },
            Self::Unlink(id) => AccountStep::UnlinkProvider { id: id.clone() },
            Self::Prove(_, name) => AccountStep::ProveAgain { name: name.clone(), return_to },
        }))
    }

    /// What is said when it is done.
    pub(super) fn done(&self) -> Option<Said> {
        let text = match self {
            Self::Look | Self::Delete | Self::Link(_) | Self::Prove(..) => return None,
            Self::ChangePassword => Own::PasswordDone,
            Self::SetUp | Self::NewCodes | Self::AddPhone => Own::FactorsDone,
            Self::AddPasskey => Own::PasskeyAdded,
            Self::Rename(_) => Own::FactorRenamed,
            Self::Remove(_) => Own::FactorRemoved,
            Self::End(_) => Own::SessionEnded,
            Self::EndOthers => Own::SessionsOthersEnded,
            Self::Export => Own::DataExported,
            Self::SetPassword => Own::PasswordSet,
            Self::ChangeAddress => Own::AddressAsked,
            Self::CancelAddress => Own::AddressCancelled,
            Self::Unlink(_) => Own::LinkedGone,
        };
        Some(text.into())
    }
}

/// A step that the endpoint is asked for.
#[derive(Debug, Clone)]
pub enum Request {
    /// Of the account.
    Account(AccountStep),
    /// Of setting a factor up.
    Enroll(EnrollmentStep),
}
