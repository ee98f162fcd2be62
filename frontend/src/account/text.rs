//! What the account page says. The sentences are in `frontend/messages/account/`, one file per language.

use crate::machine::{Gap, Line, Text, texts};

texts! {
    /// A sentence or word of the account page.
    Own:
    Title = "account.title",
    Back = "account.back",
    ProfileTitle = "account.profile.title",
    ProfileRoles = "account.profile.roles",
    EmailConfirmed = "account.email.confirmed",
    EmailUnconfirmed = "account.email.unconfirmed",
    Managed = "account.managed",
    AddressChange = "account.address.change",
    AddressConfirm = "account.address.confirm",
    AddressNew = "account.address.new",
    AddressAsked = "account.address.asked",
    AddressSame = "account.address.same",
    AddressPending = "account.address.pending",
    AddressNeedsApproval = "account.address.needs_approval",
    AddressNeedsConfirmation = "account.address.needs_confirmation",
    AddressCancel = "account.address.cancel",
    AddressCancelled = "account.address.cancelled",
    ApproveTitle = "account.approve.title",
    ApproveLead = "account.approve.lead",
    ApproveYes = "account.approve.yes",
    ConfirmTitle = "account.confirm.title",
    ConfirmLead = "account.confirm.lead",
    ConfirmYes = "account.confirm.yes",
    AddressDoneTitle = "account.address.done_title",
    AddressDoneLead = "account.address.done_lead",
    AddressWaitsTitle = "account.address.waits_title",
    AddressWaitsPresent = "account.address.waits_present",
    AddressWaitsNew = "account.address.waits_new",
    AddressBrokenTitle = "account.address.broken_title",
    AddressBrokenLead = "account.address.broken_lead",
    ToAccount = "account.to_account",
    PasswordTitle = "account.password.title",
    PasswordLead = "account.password.lead",
    PasswordDone = "account.password.done",
    FactorsTitle = "account.factors.title",
    FactorsOff = "account.factors.off",
    FactorsRequired = "account.factors.required",
    FactorsSetUp = "account.factors.set_up",
    FactorsAdd = "account.factors.add",
    FactorsDone = "account.factors.done",
    FactorApp = "account.factor.app",
    FactorUsed = "account.factor.used",
    FactorUnused = "account.factor.unused",
    FactorName = "account.factor.name",
    FactorRenamed = "account.factor.renamed",
    FactorRemoveAsk = "account.factor.remove_ask",
    FactorRemoved = "account.factor.removed",
    CodesTitle = "account.codes.title",
    CodesLeft = "account.codes.left",
    CodesOne = "account.codes.one",
    CodesNone = "account.codes.none",
    CodesNew = "account.codes.new",
    CodesNewAsk = "account.codes.new_ask",
    LinkedTitle = "account.linked.title",
    LinkedLead = "account.linked.lead",
    LinkedSince = "account.linked.since",
    LinkedLink = "account.linked.link",
    LinkedUnlink = "account.linked.unlink",
    LinkedAsk = "account.linked.ask",
    LinkedDone = "account.linked.done",
    LinkedGone = "account.linked.gone",
    ProveLead = "account.prove.lead",
    ProveWith = "account.prove.with",
    ProveElsewhere = "account.prove.elsewhere",
    Proven = "account.prove.done",
    PasswordNone = "account.password.none",
    PasswordSetAct = "account.password.set",
    PasswordSet = "account.password.set_done",
    SessionsTitle = "account.sessions.title",
    SessionHere = "account.session.here",
    SessionUsed = "account.session.used",
    SessionAsk = "account.session.ask",
    SessionEnded = "account.session.ended",
    SessionsOthers = "account.sessions.others",
    SessionsOthersAsk = "account.sessions.others_ask",
    SessionsOthersEnded = "account.sessions.others_ended",
    DeviceOn = "account.device.on",
    DeviceOnly = "account.device.only",
    DeviceUnknown = "account.device.unknown",
    DataTitle = "account.data.title",
    DataLead = "account.data.lead",
    DataExport = "account.data.export",
    DataExported = "account.data.exported",
    DeleteTitle = "account.delete.title",
    DeleteLead = "account.delete.lead",
    DeleteName = "account.delete.name",
    DeleteYes = "account.delete.yes",
    DeleteMismatch = "account.delete.mismatch",
    DeletedTitle = "account.deleted.title",
    DeletedLead = "account.deleted.lead",
    SignedOutTitle = "account.signed_out.title",
    SignedOutLead = "account.signed_out.lead",
    Expired = "account.expired",
    Rename = "account.rename",
    Remove = "account.remove",
    Save = "account.save",
    Cancel = "account.cancel",
    Yes = "account.yes",
    No = "account.no",
    FactorPhone = "account.factor.phone",
    PhoneAdd = "account.phone.add",
    PhoneNumber = "account.phone.number",
    PhoneSend = "account.phone.send",
    FactorPasskey = "account.factor.passkey",
    PasskeyAdd = "account.passkey.add",
    PasskeyAdded = "account.passkey.added",
}

/// Something said, in words of the account page or of the forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The key in the message files.
    pub key: &'static str,
    /// What fills its gaps.
    pub gaps: Vec<(&'static str, Gap)>,
}

impl From<Own> for Said {
    fn from(text: Own) -> Self {
        Self { key: text.key(), gaps: Vec::new() }
    }
}

impl From<Text> for Said {
    fn from(text: Text) -> Self {
        Self { key: text.key(), gaps: Vec::new() }
    }
}

impl From<Line> for Said {
    fn from(line: Line) -> Self {
        Self { key: line.text.key(), gaps: line.gaps }
    }
}

impl Said {
    /// Fills a gap.
    #[must_use]
    pub fn with(mut self, name: &'static str, gap: Gap) -> Self {
        self.gaps.push((name, gap));
        self
    }

    /// Fills a gap with words.
    #[must_use]
    pub fn words(self, name: &'static str, words: &str) -> Self {
        self.with(name, Gap::Words(words.to_owned()))
    }
}
