//! Profile, password and data.

use gatehouse_protocol::AccountOverview;
use leptos::{html, prelude::*};

use super::{
    parts::{button, wide},
    stage::Panel,
};
use crate::{
    account::{Account, Act, Event, Own, Said, Section},
    machine::Text,
};

pub(super) fn profile(panel: Panel) -> impl IntoView {
    let seen = Memo::new(move |_| {
        panel.see(|m| {
            let mails = m.config().is_some_and(|config| config.recovery);
            (m.overview().cloned(), m.asked() == Some(&Act::ChangeAddress), mails)
        })
    });
    move || {
        let (account, asked, mails) = seen.get();
        account.map(|account| {
            let address = address(panel, &account, asked, mails);
            let email = account.email.map(|email| {
                let (text, good) = if account.email_verified {
                    (Own::EmailConfirmed, true)
                } else {
                    (Own::EmailUnconfirmed, false)
                };
                view! {
                    <dt>{panel.say(Text::FieldEmail)}</dt>
                    <dd>
                        <bdi>{email}</bdi>
                        " "
                        <span class="gh-badge" class:gh-good=good>{panel.say(text)}</span>
                    </dd>
                }
            });
            let roles = (!account.roles.is_empty()).then(|| {
                view! {
                    <dt>{panel.say(Own::ProfileRoles)}</dt>
                    <dd><bdi>{account.roles.join(", ")}</bdi></dd>
                }
            });
            view! {
                <dl class="gh-facts">
                    <dt>{panel.say(Text::FieldUsername)}</dt>
                    <dd><bdi>{account.username}</bdi></dd>
                    {email}
                    {roles}
                </dl>
                {address}
                {account.managed.then(|| view! { <p class="gh-lead">{panel.say(Own::Managed)}</p> })}
            }
        })
    }
}

/// The address: changed in its place, or what a change of it waits for.
fn address(panel: Panel, account: &AccountOverview, asked: bool, mails: bool) -> Option<AnyView> {
    if account.managed || !mails {
        return None;
    }
    if asked {
        let value = account.email.clone().filter(|_| !account.email_verified).unwrap_or_default();
        let form = asked_for(panel, Own::AddressNew, value, Own::Save, false, Input::Email);
        return Some(form.into_any());
    }
    let Some(pending) = &account.pending_address else {
        let unconfirmed = account.email.is_some() && !account.email_verified;
        let text = if unconfirmed { Own::AddressConfirm } else { Own::AddressChange };
        let button = button(panel, Act::ChangeAddress, text);
        return Some(view! { <p class="gh-acts">{button}</p> }.into_any());
    };
    let waits = [
        pending.approval.then_some(Own::AddressNeedsApproval),
        pending.confirmation.then_some(Own::AddressNeedsConfirmation),
    ];
    let waits: Vec<_> = waits
        .into_iter()
        .flatten()
        .map(|text| view! { <p class="gh-row-note">{panel.say(text)}</p> })
        .collect();
    let title = Said::from(Own::AddressPending).words("email", &pending.email);
    let view = view! {
        <div class="gh-row gh-pending">
            <p class="gh-row-title"><bdi>{panel.say(title)}</bdi></p>
            {waits}
            <p class="gh-acts">{button(panel, Act::CancelAddress, Own::AddressCancel)}</p>
        </div>
    };
    Some(view.into_any())
}

pub(super) fn password(panel: Panel) -> impl IntoView {
    let seen = Memo::new(move |_| {
        panel.see(|m| {
            let there = m.overview().is_some_and(|account| account.has_password);
            (m.inside(Section::Password).is_some(), there, m.asked() == Some(&Act::SetPassword))
        })
    });
    move || match seen.get() {
        (true, ..) => ().into_any(),
        (false, true, _) => view! {
            <p class="gh-lead">{panel.say(Own::PasswordLead)}</p>
            {wide(panel, Act::ChangePassword, Text::SignedInChange)}
        }
        .into_any(),
        (false, false, true) => {
            asked_for(panel, Text::FieldNewPassword, String::new(), Own::Save, false, Input::NewPassword)
                .into_any()
        }
        (false, false, false) => view! {
            <p class="gh-lead">{panel.say(Own::PasswordNone)}</p>
            {wide(panel, Act::SetPassword, Own::PasswordSetAct)}
        }
        .into_any(),
    }
}

pub(super) fn data(panel: Panel) -> impl IntoView {
    let managed = Memo::new(move |_| panel.see(|m| m.overview().is_some_and(|account| account.managed)));
    let asked = Memo::new(move |_| panel.see(|m| m.asked() == Some(&Act::Delete)));
    view! {
        <p class="gh-lead">{panel.say(Own::DataLead)}</p>
        {wide(panel, Act::Export, Own::DataExport)}
        {move || (!managed.get()).then(|| view! {
            <h3 class="gh-row-title">{panel.say(Own::DeleteTitle)}</h3>
            <p class="gh-lead">{panel.say(Own::DeleteLead)}</p>
            {move || if asked.get() {
                delete(panel).into_any()
            } else {
                view! { <p class="gh-acts">{button(panel, Act::Delete, Own::DeleteTitle)}</p> }.into_any()
            }}
        })}
    }
}

/// Deleting asks for the name.
fn delete(panel: Panel) -> impl IntoView {
    let name = panel.peek(|m| m.overview().map(|account| account.username.clone())).unwrap_or_default();
    let label = Said::from(Own::DeleteName).words("name", &name);
    asked_text(panel, label, String::new(), Own::DeleteYes, true)
}

/// A text that is asked for in its place.
pub(super) fn asked_text(
    panel: Panel,
    label: impl Into<Said> + 'static,
    value: String,
    yes: Own,
    danger: bool,
) -> impl IntoView {
    asked_for(panel, label, value, yes, danger, Input::Text)
}

/// What is typed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Input {
    /// A text.
    Text,
    /// An address.
    Email,
    /// A password that is chosen.
    NewPassword,
}

/// Something that is asked for in its place.
fn asked_for(
    panel: Panel,
    label: impl Into<Said> + 'static,
    value: String,
    yes: Own,
    danger: bool,
    typed: Input,
) -> impl IntoView {
    let (kind, complete) = match typed {
        Input::Text => ("text", "off"),
        Input::Email => ("email", "email"),
        Input::NewPassword => ("password", "new-password"),
    };
    // Password managers store nothing without a name.
    let name = panel.peek(|m| m.overview().map(|account| account.username.clone())).unwrap_or_default();
    let named = (typed == Input::NewPassword).then(|| {
        view! { <input type="text" autocomplete="username" value=name readonly hidden tabindex="-1" aria-hidden="true" /> }
    });
    let input = NodeRef::<html::Input>::new();
    let submitted = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let text = input.get_untracked().map(|input| input.value()).unwrap_or_default();
        panel.send(Event::Confirmed(text));
    };
    view! {
        <form class="gh-asked-text" method="post" novalidate on:submit=submitted>
            {named}
            <label class="gh-label" for="gh-asked">{panel.say(label)}</label>
            <input
                class="gh-input"
                id="gh-asked"
                type=kind
                autocomplete=complete
                autocapitalize="none"
                spellcheck="false"
                value=value
                node_ref=input
            />
            <p class="gh-acts">
                <button
                    type="submit"
                    class="gh-link"
                    class:gh-danger=danger
                    aria-disabled=move || panel.see(Account::busy).then_some("true")
                >
                    {panel.say(yes)}
                </button>
                <button type="button" class="gh-link" on:click=move |_| panel.send(Event::Cancelled)>
                    {panel.say(Own::Cancel)}
                </button>
            </p>
        </form>
    }
}
