//! Accounts at providers, and the way to one for a fresh proof.

use gatehouse_protocol::{AccountOverview, LinkedSummary};
use leptos::prelude::*;

use super::{
    parts::{button, question, wide},
    stage::Panel,
};
use crate::account::{Act, Own, Said, Section};

pub(super) fn linked(panel: Panel) -> impl IntoView {
    let seen = Memo::new(move |_| {
        panel.see(|m| {
            let asked = m.asked().filter(|act| act.section() == Section::Linked).cloned();
            (m.overview().cloned(), asked)
        })
    });
    move || {
        let (account, asked) = seen.get();
        account.map(|account| list(panel, account, asked.as_ref()))
    }
}

fn list(panel: Panel, account: AccountOverview, asked: Option<&Act>) -> impl IntoView + use<> {
    let AccountOverview { linked, linkable, .. } = account;
    let empty = linked.is_empty();
    let rows: Vec<_> = linked.into_iter().map(|one| row(panel, one, asked)).collect();
    let more: Vec<_> = linkable
        .into_iter()
        .map(|one| wide(panel, Act::Link(one.name), Said::from(Own::LinkedLink).words("name", &one.label)))
        .collect();
    view! {
        {empty.then(|| view! { <p class="gh-lead">{panel.say(Own::LinkedLead)}</p> })}
        {(!empty).then(|| view! { <ul class="gh-rows">{rows}</ul> })}
        {more}
    }
}

fn row(panel: Panel, one: LinkedSummary, asked: Option<&Act>) -> impl IntoView + use<> {
    let LinkedSummary { id, label, created_at, last_used_at, name: _ } = one;
    let unlink = Act::Unlink(id);
    let since = Said::from(Own::LinkedSince)
        .words("date", &panel.day(created_at))
        .words("ago", &panel.ago(last_used_at));
    let acts = if asked == Some(&unlink) {
        question(panel, Own::LinkedAsk).into_any()
    } else {
        button(panel, unlink, Own::LinkedUnlink).into_any()
    };
    view! {
        <li class="gh-row">
            <p class="gh-row-title"><bdi>{label}</bdi></p>
            <p class="gh-row-note">{panel.say(since)}</p>
            <p class="gh-acts">{acts}</p>
        </li>
    }
}

/// The ways to prove who asks, for who has no password.
pub(super) fn proving(panel: Panel, section: Section) -> impl IntoView {
    let seen = Memo::new(move |_| panel.see(|m| m.proving(section)));
    move || {
        seen.get().map(|able| {
            let lead = if able.is_empty() { Own::ProveElsewhere } else { Own::ProveLead };
            let ways: Vec<_> = able
                .into_iter()
                .filter_map(|one| Some((one.name?, one.label)))
                .map(|(name, label)| {
                    wide(panel, Act::Prove(section, name), Said::from(Own::ProveWith).words("name", &label))
                })
                .collect();
            view! {
                <div class="gh-inside">
                    <p class="gh-lead" id="gh-proving" tabindex="-1">{panel.say(lead)}</p>
                    {ways}
                </div>
                <button
                    type="button"
                    class="gh-link gh-cancel"
                    on:click=move |_| panel.send(crate::account::Event::Cancelled)
                >
                    {panel.say(Own::Cancel)}
                </button>
            }
        })
    }
}
