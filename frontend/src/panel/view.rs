//! The page as a whole: a heading, a card for each section, and the place for a form inside a section.

use leptos::{html::Div, prelude::*};

use super::{
    factors::factors,
    linked::{linked, proving},
    rest,
    sessions::sessions,
    stage::Panel,
};
use crate::{
    account::{Account, Event, Own, Section, View},
    entry::Handle,
};

/// Everything that is drawn. While nothing is known yet, the outline of a card.
pub(super) fn root(panel: Panel) -> impl IntoView {
    let shown = Memo::new(move |_| panel.see(|m| m.view().clone()));
    let body = move || match shown.get() {
        View::Loading => ().into_any(),
        View::Only { title, lead, on } => view! {
            <section class="gh-card" data-screen="only">
                <header class="gh-head">
                    <h1 class="gh-title" id="gh-account" tabindex="-1">{panel.say(title)}</h1>
                    <p class="gh-lead">{panel.say(lead)}</p>
                </header>
                {on.map(|on| view! {
                    <p class="gh-turn"></p>
                    <button type="button" class="gh-submit" on:click=move |_| panel.send(Event::Leave)>
                        {panel.say(on.button())}
                    </button>
                })}
            </section>
        }
        .into_any(),
        View::Account => account(panel).into_any(),
    };
    view! {
        <div
            class="gh-root gh-panel"
            class:gh-loading=move || shown.with(|view| *view == View::Loading)
            lang=move || panel.tongue().0
            dir=move || panel.tongue().1
            aria-busy=move || panel.see(Account::busy).then_some("true")
        >
            <div class="gh-card gh-skeleton" aria-hidden="true"></div>
            {body}
        </div>
    }
}

fn account(panel: Panel) -> impl IntoView {
    let app = panel.peek(|m| m.config().map(|c| (c.logo.clone(), c.app_name.clone())));
    let standalone = panel.standalone();
    let managed = panel.peek(|m| m.overview().is_some_and(|account| account.managed));
    let elsewhere = panel.peek(|m| {
        m.overview().is_some_and(|account| !account.linked.is_empty() || !account.linkable.is_empty())
    });
    view! {
        <header class="gh-panel-head">
            {app.filter(|_| standalone).map(|(logo, app)| view! {
                <p class="gh-brand">
                    {logo.map(|logo| view! { <img class="gh-logo" src=logo alt="" /> })}
                    <span>{app.clone()}</span>
                    <button type="button" class="gh-link gh-back" on:click=move |_| panel.send(Event::Leave)>
                        {panel.say(crate::account::Said::from(Own::Back).words("app", &app))}
                    </button>
                </p>
            })}
            <h1 class="gh-title" id="gh-account" tabindex="-1">{panel.say(Own::Title)}</h1>
        </header>
        {Section::ALL
            .into_iter()
            .filter(|section| !(managed && section.kept_by_its_owner()))
            .filter(|section| elsewhere || *section != Section::Linked)
            .map(|section| card(panel, section))
            .collect_view()}
    }
}

fn card(panel: Panel, section: Section) -> impl IntoView {
    let body = match section {
        Section::Profile => rest::profile(panel).into_any(),
        Section::Password => rest::password(panel).into_any(),
        Section::Factors => factors(panel).into_any(),
        Section::Linked => linked(panel).into_any(),
        Section::Sessions => sessions(panel).into_any(),
        Section::Data => rest::data(panel).into_any(),
    };
    let inside = move || panel.see(|m| m.inside(section).map(|inside| inside.serial));
    let notice = move || panel.see(|m| m.notice(section).map(|notice| notice.said.clone()));
    view! {
        <section class="gh-card gh-section" aria-labelledby=section.id()>
            <h2 class="gh-subtitle" id=section.id() tabindex="-1">{panel.say(section.title())}</h2>
            {body}
            <For each=inside key=|serial| *serial children=move |_| form(panel, section) />
            {proving(panel, section)}
            <div
                class="gh-notice"
                class:gh-good=move || panel.see(|m| m.notice(section).is_some_and(|n| n.good))
                role="status"
            >
                {move || notice().map(|said| panel.say(said))}
            </div>
        </section>
    }
}

/// A form inside a section, and the way out of it.
fn form(panel: Panel, section: Section) -> impl IntoView {
    let place = NodeRef::<Div>::new();
    let mounted = StoredValue::new_local(None::<Handle>);
    place.on_load(move |place| {
        let inside = panel.peek(|m| m.inside(section).cloned());
        let handle = inside.and_then(|inside| panel.form(place.into(), &inside));
        mounted.try_set_value(handle);
    });
    view! {
        <div class="gh-inside" node_ref=place></div>
        <button type="button" class="gh-link gh-cancel" on:click=move |_| panel.send(Event::Cancelled)>
            {panel.say(Own::Cancel)}
        </button>
    }
}
