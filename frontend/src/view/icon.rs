//! The two pictures of the reveal button.

const HEAD: &str = r#"<svg viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12Z"/><circle cx="12" cy="12" r="3"/>"#;

/// An eye, open or crossed out.
pub(super) fn eye(crossed: bool) -> String {
    let cross = if crossed { r#"<path d="M4 20 20 4"/>"# } else { "" };
    [HEAD, cross, "</svg>"].concat()
}
