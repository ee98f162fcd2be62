//! What a card shows once: the key for an authenticator app, and recovery codes, to copy, to keep and to print.
//!
//! It never changes while it is there. As text for the browser to parse it weighs a fraction of what views would.

use js_sys::encode_uri_component;
use leptos::{ev::MouseEvent, prelude::*};
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlDocument};

use super::safe::safe;
use crate::{
    machine::{Shown, Text},
    stage::Stage,
};

const COPY: &str = "copy";
const PRINT: &str = "print";

pub(super) fn shown(stage: Stage, shown: Shown) -> impl IntoView {
    let html = match shown {
        Shown::Nothing => String::new(),
        Shown::Key { key, picture } => secret_key(stage, &key, &picture),
        Shown::Codes(codes) => recovery_codes(stage, &codes),
    };
    let pressed = move |event| {
        pressed(stage, &event);
    };
    view! { <div class="gh-shown" inner_html=html on:click=pressed></div> }
}

/// Copies what the card shows, or prints the page. What the browser does not do leaves everything as it is.
fn pressed(stage: Stage, event: &MouseEvent) -> Option<()> {
    let button: Element = event.target()?.dyn_into().ok()?;
    let window = web_sys::window()?;
    if button.get_attribute("data-act")? == PRINT {
        return window.print().ok();
    }
    // By selection: it needs no permission, works without https, and shows what was copied.
    let secret = button.closest(".gh-shown").ok()??.query_selector(".gh-secret,.gh-codes").ok()??;
    window.get_selection().ok()??.select_all_children(&secret).ok()?;
    let document: HtmlDocument = window.document()?.unchecked_into();
    let copied = document.exec_command("copy").ok()?;
    copied.then(|| button.set_text_content(Some(&stage.text(Text::Copied))))
}

fn secret_key(stage: Stage, key: &str, picture: &str) -> String {
    let alt = safe(&stage.text(Text::EnrollPicture));
    [
        r#"<img class="gh-picture" width="176" height="176" src=""#,
        &data("image/svg+xml", picture),
        r#"" alt=""#,
        &alt,
        r#""><div class="gh-key"><span class="gh-label">"#,
        &safe(&stage.text(Text::EnrollKey)),
        "</span>",
        &button(COPY, &stage.text(Text::Copy)),
        r#"<code class="gh-secret" dir="ltr">"#,
        &safe(key),
        "</code></div>",
    ]
    .concat()
}

fn recovery_codes(stage: Stage, codes: &[String]) -> String {
    let mut html = r#"<ol class="gh-codes" dir="ltr">"#.to_owned();
    for code in codes {
        html.push_str(&["<li><code>", &safe(code), "</code></li>"].concat());
    }
    let file = data("text/plain;charset=utf-8", &codes.join("\r\n"));
    html.push_str(
        &[
            r#"</ol><p class="gh-tools">"#,
            &button(COPY, &stage.text(Text::Copy)),
            r#"<a class="gh-link" download="recovery-codes.txt" href=""#,
            &file,
            r#"">"#,
            &safe(&stage.text(Text::Download)),
            "</a>",
            &button(PRINT, &stage.text(Text::Print)),
            "</p>",
        ]
        .concat(),
    );
    html
}

fn button(act: &str, text: &str) -> String {
    [
        r#"<button type="button" class="gh-link gh-"#,
        act,
        r#"" aria-live="polite" data-act=""#,
        act,
        r#"">"#,
        &safe(text),
        "</button>",
    ]
    .concat()
}

/// A small file as an address. What is not safe in an attribute is escaped by it.
fn data(kind: &str, content: &str) -> String {
    ["data:", kind, ",", &String::from(encode_uri_component(content))].concat()
}
