//! Profile, password and data.

use leptos::{html::Input, prelude::*};

use super::{
    parts::{button, wide},
    stage::Panel,
};
use crate::{
    account::{Account, Act, Event, Own, Said, Section},
    machine::Text,
};

pub(super) fn profile(panel: Panel) -> impl IntoView {
    let account = Memo::new(move |_| panel.see(|m| m.overview().cloned()));
    move || {
        account.get().map(|account| {
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
                {account.managed.then(|| view! { <p class="gh-lead">{panel.say(Own::Managed)}</p> })}
            }
        })
    }
}

pub(super) fn password(panel: Panel) -> impl IntoView {
    let inside = Memo::new(move |_| panel.see(|m| m.inside(Section::Password).is_some()));
    move || {
        (!inside.get()).then(|| {
            view! {
                <p class="gh-lead">{panel.say(Own::PasswordLead)}</p>
                {wide(panel, Act::ChangePassword, Text::SignedInChange)}
            }
        })
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
    let input = NodeRef::<Input>::new();
    let submitted = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let text = input.get_untracked().map(|input| input.value()).unwrap_or_default();
        panel.send(Event::Confirmed(text));
    };
    view! {
        <form class="gh-asked-text" method="post" novalidate on:submit=submitted>
            <label class="gh-label" for="gh-asked">{panel.say(label)}</label>
            <input
                class="gh-input"
                id="gh-asked"
                type="text"
                autocomplete="off"
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
