//! Where this person is signed in.

use gatehouse_protocol::SessionSummary;
use leptos::prelude::*;

use super::{
    parts::{button, question, wide},
    stage::Panel,
};
use crate::{
    account::{Act, Own, Said, Section, device},
    machine::Text,
};

pub(super) fn sessions(panel: Panel) -> impl IntoView {
    let seen = Memo::new(move |_| {
        panel.see(|m| {
            let asked = m.asked().filter(|act| act.section() == Section::Sessions).cloned();
            (m.overview().map(|account| account.sessions.clone()).unwrap_or_default(), asked)
        })
    });
    move || {
        let (sessions, asked) = seen.get();
        let others = sessions.iter().any(|session| !session.current);
        let rows: Vec<_> = sessions.into_iter().map(|session| row(panel, session, asked.as_ref())).collect();
        let end = others.then(|| {
            if asked == Some(Act::EndOthers) {
                view! { <p class="gh-acts gh-acts-wide">{question(panel, Own::SessionsOthersAsk)}</p> }
                    .into_any()
            } else {
                wide(panel, Act::EndOthers, Own::SessionsOthers).into_any()
            }
        });
        view! {
            <ul class="gh-rows">{rows}</ul>
            {end}
        }
    }
}

fn row(panel: Panel, session: SessionSummary, asked: Option<&Act>) -> impl IntoView + use<> {
    let SessionSummary { id, current, user_agent, address, last_used_at, created_at: _ } = session;
    let act = Act::End(id);
    let acts = if current {
        ().into_any()
    } else if asked == Some(&act) {
        view! { <p class="gh-acts">{question(panel, Own::SessionAsk)}</p> }.into_any()
    } else {
        view! { <p class="gh-acts">{button(panel, act, Text::SignOut)}</p> }.into_any()
    };
    let used = Said::from(Own::SessionUsed).words("ago", &panel.ago(last_used_at));
    view! {
        <li class="gh-row">
            <p class="gh-row-title">
                {panel.say(device(&user_agent))}
                {current.then(|| view! { " " <span class="gh-badge gh-good">{panel.say(Own::SessionHere)}</span> })}
            </p>
            <p class="gh-row-note">
                {panel.say(used)}
                {(!address.is_empty()).then(|| view! { " · " <bdi>{address}</bdi> })}
            </p>
            {acts}
        </li>
    }
}
