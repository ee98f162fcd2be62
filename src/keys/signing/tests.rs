use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signature, VerifyingKey};
use serde_json::{Value, json};

use super::SigningKey;
use crate::keys::Key;

fn decoded(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

#[test]
fn a_token_is_verified_with_the_public_key_alone() {
    let key = SigningKey::of(&Key::from_bytes([7; 32]));
    let token = key.sign(&json!({"sub": "id_alice", "name": "Jürgen"})).unwrap();
    let [head, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("{token}") };
    let public = VerifyingKey::from_bytes(&decoded(&key.public().x).try_into().unwrap()).unwrap();
    let signature = Signature::from_bytes(&decoded(signature).try_into().unwrap());
    public.verify_strict(format!("{head}.{claims}").as_bytes(), &signature).unwrap();
    public.verify_strict(format!("{head}.{claims}x").as_bytes(), &signature).unwrap_err();
    let head: Value = serde_json::from_slice(&decoded(head)).unwrap();
    assert_eq!(head, json!({"alg": "EdDSA", "typ": "JWT", "kid": key.public().kid}));
    let claims: Value = serde_json::from_slice(&decoded(claims)).unwrap();
    assert_eq!(claims["name"], "Jürgen");
}

/// Replicas share the installation's key and nothing else.
#[test]
fn replicas_sign_with_the_same_key_and_other_installations_do_not() {
    let id = |byte| SigningKey::of(&Key::from_bytes([byte; 32])).public().kid;
    assert_eq!(id(7), id(7));
    assert_ne!(id(7), id(8));
}

#[test]
fn what_is_printed_of_the_key_is_no_secret() {
    let key = SigningKey::of(&Key::from_bytes([7; 32]));
    assert_eq!(format!("{key:?}"), format!("SigningKey {{ id: {:?}, .. }}", key.public().kid));
}
