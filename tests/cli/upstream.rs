//! `gatehouse serve --upstream`: what an operator may not write, and what is printed.

use crate::{kit::Place, server::Server};

/// A folder with what `serve` needs of a browser bundle.
fn place() -> Place {
    let place = Place::empty();
    for page in ["index.html", "account.html"] {
        std::fs::write(place.path().join(page), "<div data-endpoint=\".\"></div>").unwrap();
    }
    place.set("assets = \".\"\n");
    place
}

#[test]
fn an_upstream_that_can_not_be_is_refused_with_a_sentence() {
    let place = place();
    for (upstream, reason) in [
        ("127.0.0.1:8501", "is no URL"),
        ("https://127.0.0.1:8501", "speaks https"),
        ("http://alice:secret@127.0.0.1:8501", "carries a name"),
        ("http://127.0.0.1:8501/app", "has more than"),
        ("http://localhost:8766", "is this server itself"),
    ] {
        let sentence = place.refused(&["serve", "--upstream", upstream], "");
        assert!(sentence.contains(reason), "{upstream}: {sentence}");
        assert!(sentence.contains("--upstream http://127.0.0.1:8501"), "it says what to write: {sentence}");
    }
    assert!(!place.path().join(".gatehouse").exists(), "nothing was made");
}

#[test]
fn settings_that_a_proxy_can_not_keep_are_refused() {
    let place = place();
    for more in ["gate = \"script\"\n", "[pages]\nadmin = [\"admin\"]\n"] {
        place.set(&format!("assets = \".\"\n{more}"));
        let sentence = place.refused(&["serve", "--upstream", "http://127.0.0.1:8501"], "");
        assert!(sentence.contains("out of the settings"), "{more}: {sentence}");
    }
    place.set("");
    let sentence = place.refused(&["serve", "--upstream", "http://127.0.0.1:8501"], "");
    assert!(sentence.contains("no browser bundle"), "{sentence}");
    place.set("assets = \".\"\n[upstream]\naudience = \"\"\n");
    let sentence = place.refused(&["serve", "--upstream", "http://127.0.0.1:8501"], "");
    assert!(sentence.contains("upstream.audience"), "{sentence}");
}

#[test]
fn the_front_prints_where_it_is_and_the_set_up_link() {
    let place = place();
    let server = Server::start_before(&place, "http://127.0.0.1:9");
    assert!(server.link.contains("/_gatehouse/#setup="));
    assert!(server.get("/_gatehouse/jwks.json").contains("\"crv\":\"Ed25519\""));
    assert!(server.get("/metrics").contains("signed_out"), "the app's paths are the app's");
    // The endpoint alone describes its routes, and answers each of them.
    assert!(Server::start(&place).get("/_gatehouse/jwks.json").contains("Ed25519"));
}
