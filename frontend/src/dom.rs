//! Reading the form and moving the focus: the few places that touch the page beside the views.

use gatehouse_protocol::Field;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement};

use crate::machine::Values;

const FIELDS: [Field; 6] =
    [Field::Identifier, Field::Username, Field::Email, Field::Password, Field::CurrentPassword, Field::Code];

/// The id of the checkbox.
pub(crate) const KEEP: &str = "gh-keep";
/// The id of the heading.
pub(crate) const TITLE: &str = "gh-title";

/// The id of a field's input. It never changes: password managers remember it.
pub(crate) const fn id(field: Field) -> &'static str {
    match field {
        Field::Identifier => "gh-identifier",
        Field::Username => "gh-username",
        Field::Email => "gh-email",
        Field::Password => "gh-password",
        Field::CurrentPassword => "gh-current-password",
        Field::Code => "gh-code",
    }
}

/// The name of a field's input.
pub(crate) const fn name(field: Field) -> &'static str {
    match field {
        Field::Identifier | Field::Username => "username",
        Field::Email => "email",
        Field::Password => "password",
        Field::CurrentPassword => "current-password",
        Field::Code => "one-time-code",
    }
}

/// What stands in the inputs right now, whoever put it there.
pub(crate) fn read(root: &Element) -> Values {
    let mut values = Values::default();
    for field in FIELDS {
        if let Some(input) = input(root, id(field)) {
            *values.of_mut(field) = input.value();
        }
    }
    values.keep = input(root, KEEP).is_some_and(|input| input.checked());
    values
}

/// Moves the focus to a field, or to the heading. A secret that was refused is selected, ready to be replaced.
pub(crate) fn focus(root: &Element, field: Option<Field>) {
    let target = field.and_then(|field| input(root, id(field)));
    if let Some(input) = target {
        let focused = input.focus();
        if focused.is_ok() && (field == Some(Field::Code) || input.type_() == "password") {
            input.select();
        }
        return;
    }
    let heading = find(root, TITLE).and_then(|element| element.dyn_into::<HtmlElement>().ok());
    if let Some(heading) = heading {
        // A heading that is gone already needs no focus.
        heading.focus().ok();
    }
}

fn input(root: &Element, id: &str) -> Option<HtmlInputElement> {
    find(root, id)?.dyn_into().ok()
}

fn find(root: &Element, id: &str) -> Option<Element> {
    root.query_selector(&["#", id].concat()).ok().flatten()
}
