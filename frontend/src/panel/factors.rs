//! Second factors and recovery codes.

use gatehouse_protocol::{AccountOverview, FactorSummary, SecondFactor};
use leptos::prelude::*;

use super::{
    parts::{button, question, wide},
    rest::asked_text,
    stage::Panel,
};
use crate::{
    account::{Account, Act, Own, Said, Section},
    machine::Gap,
};

pub(super) fn factors(panel: Panel) -> impl IntoView {
    let seen = Memo::new(move |_| {
        panel.see(|m| {
            let asked = m.asked().filter(|act| act.section() == Section::Factors).cloned();
            (m.overview().cloned(), asked, m.inside(Section::Factors).is_some())
        })
    });
    move || {
        let (account, asked, inside) = seen.get();
        account.filter(|_| !inside).map(|account| list(panel, account, asked.as_ref()))
    }
}

fn list(panel: Panel, account: AccountOverview, asked: Option<&Act>) -> AnyView {
    let AccountOverview { factors, recovery_codes, factor_required, phone, .. } = account;
    let phone = phone && factors.iter().all(|factor| factor.kind != SecondFactor::Sms);
    let phone = phone.then(|| add_phone(panel, asked));
    if factors.is_empty() {
        return view! {
            <p class="gh-lead">{panel.say(Own::FactorsOff)}</p>
            {wide(panel, Act::SetUp, Own::FactorsSetUp)}
            {passkey(panel)}
            {phone}
        }
        .into_any();
    }
    let last = factor_required && factors.len() == 1;
    let rows: Vec<_> = factors.into_iter().map(|factor| row(panel, factor, asked, last)).collect();
    view! {
        <ul class="gh-rows">{rows} {codes(panel, recovery_codes, asked)}</ul>
        {last.then(|| view! { <p class="gh-lead">{panel.say(Own::FactorsRequired)}</p> })}
        {wide(panel, Act::SetUp, Own::FactorsAdd)}
        {passkey(panel)}
        {phone}
    }
    .into_any()
}

fn add_phone(panel: Panel, asked: Option<&Act>) -> AnyView {
    if asked == Some(&Act::AddPhone) {
        return asked_text(panel, Own::PhoneNumber, String::new(), Own::PhoneSend, false).into_any();
    }
    wide(panel, Act::AddPhone, Own::PhoneAdd).into_any()
}

/// Only where the browser can make one that belongs here.
fn passkey(panel: Panel) -> impl IntoView {
    panel.peek(Account::passkeys).then(|| wide(panel, Act::AddPasskey, Own::PasskeyAdd))
}

fn row(panel: Panel, factor: FactorSummary, asked: Option<&Act>, last: bool) -> impl IntoView + use<> {
    let FactorSummary { id, name, created_at, last_used_at, kind } = factor;
    let (rename, remove) = (Act::Rename(id.clone()), Act::Remove(id));
    let date = panel.day(created_at);
    let since = match last_used_at {
        Some(then) => Said::from(Own::FactorUsed).words("ago", &panel.ago(then)),
        None => Own::FactorUnused.into(),
    };
    let what = panel.say(match kind {
        SecondFactor::Passkey => Own::FactorPasskey,
        SecondFactor::Sms => Own::FactorPhone,
        SecondFactor::Totp | SecondFactor::RecoveryCode => Own::FactorApp,
    });
    // Until a phone is called something else, its name is how its number ends.
    let ending = kind == SecondFactor::Sms && name.starts_with('…');
    let (title, named) = match name.as_str() {
        "" => (what.clone(), false),
        _ if ending => ([&what, " ", &name].concat(), false),
        _ => (name.clone(), true),
    };
    let acts = if asked == Some(&rename) {
        asked_text(panel, Own::FactorName, name, Own::Save, false).into_any()
    } else if asked == Some(&remove) {
        view! { <p class="gh-acts">{question(panel, Own::FactorRemoveAsk)}</p> }.into_any()
    } else {
        view! {
            <p class="gh-acts">
                {button(panel, rename, Own::Rename)}
                {(!last).then(|| button(panel, remove, Own::Remove))}
            </p>
        }
        .into_any()
    };
    view! {
        <li class="gh-row">
            <p class="gh-row-title"><bdi>{title}</bdi></p>
            <p class="gh-row-note">
                {named.then_some([what.as_str(), " · "].concat())} {panel.say(since.words("date", &date))}
            </p>
            {acts}
        </li>
    }
}

fn codes(panel: Panel, left: u32, asked: Option<&Act>) -> impl IntoView + use<> {
    let left = match left {
        0 => Said::from(Own::CodesNone),
        1 => Own::CodesOne.into(),
        left => Said::from(Own::CodesLeft).with("count", Gap::Number(left)),
    };
    let acts = if asked == Some(&Act::NewCodes) {
        question(panel, Own::CodesNewAsk).into_any()
    } else {
        button(panel, Act::NewCodes, Own::CodesNew).into_any()
    };
    view! {
        <li class="gh-row">
            <p class="gh-row-title">{panel.say(Own::CodesTitle)}</p>
            <p class="gh-row-note">{panel.say(left)}</p>
            <p class="gh-acts">{acts}</p>
        </li>
    }
}
