use std::fs;

use axum::http::{HeaderMap, HeaderValue, header::ACCEPT_ENCODING};

use super::{Assets, accepts, is_hashed};

fn encodings(value: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(value))])
}

#[test]
fn codings_are_negotiated() {
    assert!(accepts(&encodings("gzip, deflate, br, zstd"), "br"));
    assert!(accepts(&encodings("GZIP;q=0.5"), "gzip"));
    assert!(!accepts(&encodings("br;q=0, gzip"), "br") && !accepts(&encodings("br;q=0.000"), "br"));
    assert!(!accepts(&encodings("brotli"), "br") && !accepts(&HeaderMap::new(), "br"));
}

#[test]
fn hashed_names_are_recognized() {
    for name in ["gatehouse-1a2b3c4d5e6f7081.js", "gatehouse-1a2b3c4d5e6f7081_bg.wasm", "watch-deadbeef.js"] {
        assert!(is_hashed(name), "{name}");
    }
    for name in ["manifest.json", "de.json", "gatehouse-facade.js", "index.html"] {
        assert!(!is_hashed(name), "{name}");
    }
}

#[test]
fn variants_are_chosen_and_kept_apart_for_caches() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
    write("form-0123456789abcdef.js", "plain");
    write("form-0123456789abcdef.js.gz", "gzipped");
    write("form-0123456789abcdef.js.br", "brotli");
    write("index.html", "<p>");
    fs::create_dir(directory.path().join("messages")).unwrap();
    write("messages/de.json", "{}");
    let assets = Assets::load(directory.path()).unwrap();
    let header = |name: &str, accepted, wanted: &str| {
        let response = assets.serve(name, &encodings(accepted)).unwrap();
        response.headers().get(wanted).map(|value| value.to_str().unwrap().to_owned())
    };
    let name = "form-0123456789abcdef.js";
    assert_eq!(header(name, "gzip, br", "content-encoding").as_deref(), Some("br"));
    assert_eq!(header(name, "gzip", "content-encoding").as_deref(), Some("gzip"));
    assert_eq!(header(name, "identity", "content-encoding"), None);
    assert_eq!(header(name, "identity", "vary").as_deref(), Some("accept-encoding"));
    assert_eq!(header(name, "br", "cache-control").as_deref(), Some("public, max-age=31536000, immutable"));
    assert_eq!(header("messages/de.json", "br", "cache-control").as_deref(), Some("no-store"));
    assert!(assets.serve("index.html", &HeaderMap::new()).is_none());
    assert!(assets.serve("form-0123456789abcdef.js.gz", &HeaderMap::new()).is_none());
}

/// A link in the bundle's directory that leads out of it.
#[cfg(unix)]
#[test]
fn a_symlink_out_of_the_bundle() {
    let outside = tempfile::NamedTempFile::with_suffix(".js").unwrap();
    let directory = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(outside.path(), directory.path().join("out.js")).unwrap();
    fs::write(directory.path().join("in.js"), "x").unwrap();
    let assets = Assets::load(directory.path()).unwrap();
    assert!(
        assets.serve("in.js", &HeaderMap::new()).is_some()
            && assets.serve("out.js", &HeaderMap::new()).is_none()
    );
}
