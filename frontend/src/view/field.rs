//! One field: label above, input, and a line of fixed height below for a hint or what is wrong.

use gatehouse_protocol::Field;
use leptos::prelude::*;

use super::icon;
use crate::{
    dom,
    machine::{Event, FieldCard, Line, Machine, Place, Text},
    stage::Stage,
};

pub(super) fn field(stage: Stage, card: FieldCard) -> impl IntoView {
    let FieldCard { field, label, hint, value, locked, fresh, digits, forgot } = card;
    let id = dom::id(field);
    let note = [id, "-note"].concat();
    let secret = matches!(field, Field::Password | Field::CurrentPassword);
    let shown = RwSignal::new(false);
    // While the form works, a password is a password again: managers look at the type to know what to store.
    let kind = move || {
        let hidden = stage.see(Machine::busy) || !shown.get();
        if secret && hidden { "password" } else { "text" }
    };
    let autocomplete = match field {
        // The browser lists passkeys beside the names, where one is asked for.
        Field::Identifier if untrack(|| stage.see(|machine| machine.autofill().is_some())) => {
            "username webauthn"
        }
        Field::Identifier | Field::Username => "username",
        Field::Email => "email",
        Field::Password if fresh => "new-password",
        Field::Password | Field::CurrentPassword => "current-password",
        Field::Code => "one-time-code",
    };
    let code = field == Field::Code;
    let keyboard = match field {
        Field::Email => Some("email"),
        _ => digits.then_some("numeric"),
    };
    let wrong = move || stage.see(|m| m.error(field).is_some());
    let said = move || {
        stage.see(|m| say(m.error(field), m.meter().line.as_ref().filter(|_| fresh), hint.as_ref()).cloned())
    };
    view! {
        <div class="gh-field" class:gh-wrong=wrong>
            <label class="gh-label" for=id>{stage.text(label)}</label>
            <div class="gh-box">
                <input
                    class="gh-input"
                    class:gh-code=code
                    id=id
                    name=dom::name(field)
                    type=kind
                    autocomplete=autocomplete
                    inputmode=keyboard
                    autocapitalize="none"
                    spellcheck="false"
                    readonly=locked
                    value=value
                    aria-invalid=move || wrong().then_some("true")
                    aria-describedby=note.clone()
                    on:input=move |_| stage.send(Event::Typed(field, stage.values()))
                    on:change=move |_| stage.send(Event::Left(field, stage.values()))
                />
                {secret.then(|| reveal(stage, shown, id))}
            </div>
            {fresh.then(|| meter(stage))}
            <p class="gh-note" id=note aria-live="polite">{move || said().map(|line| stage.line(&line))}</p>
            {forgot.then(|| view! {
                <button
                    type="button"
                    class="gh-link gh-forgot"
                    on:click=move |_| stage.send(Event::Go(Place::Recovery, stage.values()))
                >
                    {stage.text(Text::LoginForgot)}
                </button>
            })}
        </div>
    }
}

/// What is wrong comes first, then what the endpoint thinks, then the hint.
fn say<'a>(error: Option<&'a Line>, judged: Option<&'a Line>, hint: Option<&'a Line>) -> Option<&'a Line> {
    error.or(judged).or(hint)
}

fn reveal(stage: Stage, shown: RwSignal<bool>, id: &'static str) -> impl IntoView {
    view! {
        <button
            type="button"
            class="gh-reveal"
            aria-controls=id
            aria-label=move || stage.text(if shown.get() { Text::PasswordHide } else { Text::PasswordShow })
            on:click=move |_| shown.update(|shown| *shown = !*shown)
            inner_html=move || icon::eye(shown.get())
        ></button>
    }
}

fn meter(stage: Stage) -> impl IntoView {
    view! {
        <div class="gh-meter" data-level=move || stage.see(|m| m.meter().level).to_string() aria-hidden="true">
            <i></i><i></i><i></i><i></i><i></i>
        </div>
    }
}
