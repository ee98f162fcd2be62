//! A stolen copy of the database opens nothing.

use gatehouse::{entropy::OsEntropy, session::Secret, storage::LinkKind};

use crate::kit::{Db, START, each_backend, new_link, new_session, new_ticket};

each_backend!(a_stolen_copy_holds_no_token);

/// The attacker has a backup, and every page and log that the server left on its disk beside it: no session, ticket
/// or link in it can be presented, neither as text nor as the bytes behind it.
async fn a_stolen_copy_holds_no_token(db: Db) {
    let ann = db.person("ann").await;
    let (session, ticket, link, handle) = (draw(), draw(), draw(), draw());
    let mut new = new_session(&ann, session.expose(), START);
    new.ticket = Some(new_ticket(ticket.expose(), &new.session.id, START));
    db.add_session(new).await.unwrap();
    db.redeem_ticket(ticket.hash(), handle.hash(), START).await.unwrap();
    db.add_link(new_link(link.expose(), LinkKind::Recovery, Some(&ann.id))).await.unwrap();
    db.copy_into(db.folder.path()).await;

    let files: Vec<_> =
        std::fs::read_dir(db.folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!files.is_empty());
    let mut seen = false;
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        // As bytes, or as PostgreSQL writes bytes into a dump.
        let has = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
        let holds = |needle: &[u8]| has(needle) || has(hex(needle).as_bytes());
        // If the hash were not found either, the search would prove nothing.
        seen |= holds(&session.hash().0);
        for secret in [&session, &ticket, &link, &handle] {
            assert!(!holds(secret.expose().as_bytes()), "{}", file.display());
            assert!(!holds(&raw(secret)), "{}", file.display());
        }
    }
    assert!(seen);
}

fn draw() -> Secret {
    Secret::draw(&OsEntropy)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// The 32 bytes that the token spells in base64url.
fn raw(secret: &Secret) -> Vec<u8> {
    const DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits = secret.expose().chars().flat_map(|digit| {
        let value = DIGITS.find(digit).unwrap();
        (0..6).rev().map(move |bit| value >> bit & 1 == 1)
    });
    let bits: Vec<bool> = bits.collect();
    bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | u8::from(*bit))).collect()
}
