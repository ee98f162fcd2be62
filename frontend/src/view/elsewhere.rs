//! The ways in through an account of somebody else: plain links, so that they work by keyboard, in a new tab, and whatever
//! becomes of the form. A provider's page is never shown in a frame.

use super::safe::safe;
use crate::{
    machine::{Text, Way},
    stage::Stage,
};

/// All of them, as text: that weighs less than views.
pub(super) fn elsewhere(stage: Stage, ways: &[Way]) -> String {
    let or = safe(&stage.text(Text::LoginOr));
    let mut html = [r#"<p class="gh-or"><span>"#, &or, "</span></p>"].concat();
    for way in ways {
        let (to, label) = (safe(&stage.way(way)), safe(&stage.line(&way.label)));
        html.push_str(&[r#"<a class="gh-way" target="_top" href=""#, &to, r#"">"#, &label, "</a>"].concat());
    }
    html
}
