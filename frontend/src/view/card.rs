//! One card: heading, sentences, a form, and the quiet lines below.

use leptos::{ev::SubmitEvent, prelude::*};

#[cfg(feature = "later")]
use super::shown::shown;
use super::{elsewhere::elsewhere, field::field};
use crate::{
    dom,
    machine::{Card, Event, Machine, Press, Text, Turn, TurnTo},
    stage::Stage,
};

pub(super) fn card(stage: Stage, card: Card) -> impl IntoView {
    #[cfg(feature = "later")]
    let secret = shown(stage, card.shown);
    #[cfg(not(feature = "later"))]
    let secret = ();
    let Card { name, tagline, title, lead, fields, account, keep, submit, ways, turns, .. } = card;
    let press = submit.as_ref().map_or(Press::Submit, |(_, press)| *press);
    let submitted = move |event: SubmitEvent| {
        event.prevent_default();
        stage.send(press.event(stage.values()));
    };
    view! {
        <section class="gh-card" data-screen=name aria-labelledby=dom::TITLE>
            <header class="gh-head">
                {brand(stage)}
                {tagline.map(|tagline| view! { <p class="gh-tagline">{tagline}</p> })}
                <h1 class="gh-title" id=dom::TITLE tabindex="-1">{stage.line(&title)}</h1>
                {lead.iter().map(|line| view! { <p class="gh-lead">{stage.line(line)}</p> }).collect_view()}
            </header>
            <form class="gh-form" method="post" novalidate on:submit=submitted aria-busy=move || working(stage)>
                {account.map(|account| view! {
                    <input
                        class="gh-account"
                        type="text"
                        name="username"
                        autocomplete="username"
                        value=account
                        readonly
                        tabindex="-1"
                        aria-hidden="true"
                    />
                })}
                {secret}
                {fields.into_iter().map(|card| field(stage, card)).collect_view()}
                {keep.then(|| view! {
                    <label class="gh-keep">
                        <input type="checkbox" class="gh-check" id=dom::KEEP name="keep" />
                        <span>{stage.text(Text::LoginKeep)}</span>
                    </label>
                })}
                <div
                    class="gh-notice"
                    class:gh-good=move || stage.see(|m| m.notice().is_some_and(|n| n.good))
                    role="alert"
                >
                    {move || stage.see(|m| m.notice().map(|n| n.line.clone())).map(|line| stage.line(&line))}
                </div>
                {submit.map(|(line, _)| view! {
                    <button type="submit" class="gh-submit" aria-disabled=move || working(stage)>
                        <span class="gh-submit-text">{stage.line(&line)}</span>
                        <span class="gh-spinner" aria-hidden="true"></span>
                    </button>
                })}
                <p class="gh-hidden" aria-live="polite">
                    {move || stage.see(Machine::busy).then(|| stage.text(Text::Working))}
                </p>
            </form>
            {(!ways.is_empty()).then(|| view! { <div class="gh-ways" inner_html=elsewhere(stage, &ways)></div> })}
            {turns.into_iter().map(|turn| quiet(stage, turn)).collect_view()}
        </section>
    }
}

fn working(stage: Stage) -> Option<&'static str> {
    stage.see(Machine::busy).then_some("true")
}

/// The app's logo and name, if they are known.
fn brand(stage: Stage) -> impl IntoView {
    let known = stage.see(|m| m.config().map(|c| (c.logo.clone(), c.app_name.clone())));
    known.map(|(logo, app)| {
        view! {
            <p class="gh-brand">
                {logo.map(|logo| view! { <img class="gh-logo" src=logo alt="" /> })}
                <span>{app}</span>
            </p>
        }
    })
}

fn quiet(stage: Stage, Turn { lead, link, to }: Turn) -> impl IntoView {
    let go = move |_| {
        stage.send(match to {
            TurnTo::Place(place) => Event::Go(place, stage.values()),
            TurnTo::SignOut => Event::SignOut,
            TurnTo::App => Event::Continue,
            TurnTo::Resend => Event::Resend,
        });
    };
    view! {
        <p class="gh-turn">
            {lead.map(|lead| view! { <span>{stage.text(lead)}" "</span> })}
            <button type="button" class="gh-link" on:click=go>{stage.text(link)}</button>
        </p>
    }
}
