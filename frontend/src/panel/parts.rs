//! What several sections have: buttons, and questions in their place.

use leptos::prelude::*;

use super::stage::Panel;
use crate::account::{Account, Act, Event, Own, Said};

/// A button that does something, or asks first.
pub(super) fn button(panel: Panel, act: Act, text: impl Into<Said> + 'static) -> impl IntoView {
    let id = act.id();
    view! {
        <button
            type="button"
            class="gh-link"
            id=id
            aria-disabled=move || panel.see(Account::busy).then_some("true")
            on:click=move |_| panel.send(Event::Pressed(act.clone()))
        >
            {panel.say(text)}
        </button>
    }
}

/// The same, quiet but as wide as the card.
pub(super) fn wide(panel: Panel, act: Act, text: impl Into<Said> + 'static) -> impl IntoView {
    let id = act.id();
    view! {
        <button
            type="button"
            class="gh-submit gh-quiet"
            id=id
            aria-disabled=move || panel.see(Account::busy).then_some("true")
            on:click=move |_| panel.send(Event::Pressed(act.clone()))
        >
            <span class="gh-submit-text">{panel.say(text)}</span>
            <span class="gh-spinner" aria-hidden="true"></span>
        </button>
    }
}

/// A question in the place of the button that was pressed.
pub(super) fn question(panel: Panel, text: Own) -> impl IntoView {
    view! {
        <span class="gh-asked" role="group" aria-labelledby="gh-question">
            <span id="gh-question">{panel.say(text)}</span>
            <button
                type="button"
                class="gh-link gh-danger"
                aria-describedby="gh-question"
                aria-disabled=move || panel.see(Account::busy).then_some("true")
                on:click=move |_| panel.send(Event::Confirmed(String::new()))
            >
                {panel.say(Own::Yes)}
            </button>
            // The safe answer has the focus.
            <button
                type="button"
                class="gh-link"
                id="gh-asked"
                aria-describedby="gh-question"
                on:click=move |_| panel.send(Event::Cancelled)
            >
                {panel.say(Own::No)}
            </button>
        </span>
    }
}
