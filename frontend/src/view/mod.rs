//! The views: they draw what the state machine describes and hand back what people do.

mod card;
mod elsewhere;
mod field;
mod icon;
mod safe;
#[cfg(feature = "later")]
mod shown;

use leptos::prelude::*;

use crate::stage::Stage;

/// Everything that is drawn. While nothing is known yet, the outline of a card.
pub(crate) fn root(stage: Stage) -> impl IntoView {
    let cards = move || stage.see(|machine| machine.card().map(|card| (machine.drawn(), card)));
    let children = move |(_, drawn)| card::card(stage, drawn);
    view! {
        <div
            class="gh-root"
            class:gh-loading=move || cards().is_none()
            lang=move || stage.tongue().0
            dir=move || stage.tongue().1
        >
            <div class="gh-card gh-skeleton" aria-hidden="true"></div>
            // Keyed by drawing: another screen never inherits an input, and what was typed in it, from the one before.
            <For each=cards key=|(drawn, _)| *drawn children />
        </div>
    }
}
