//! Recovery codes: ten, shown once, each good for one sign-in without the authenticator.

use gatehouse_protocol::Code;
use sha2::{Digest as _, Sha256};

use crate::{entropy::Entropy, identity::IdentityId, session::TokenHash};

/// How many are made at once.
pub const COUNT: usize = 10;
/// Letters and digits that nobody mistakes for another (Crockford's base32, in small letters).
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Characters of a code, five bits each: 80 bits hold against guessing at a stolen database.
const LENGTH: usize = 16;

/// Draws the codes.
pub fn draw(entropy: &dyn Entropy) -> Vec<Code> {
    (0..COUNT).map(|_| one(entropy)).collect()
}

fn one(entropy: &dyn Entropy) -> Code {
    let mut bytes = [0; LENGTH];
    entropy.fill(&mut bytes);
    let letter = |byte: &u8| ALPHABET.get(usize::from(byte % 32)).copied().map_or('0', char::from);
    let letters: Vec<char> = bytes.iter().map(letter).collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    Code::new(groups.join("-"))
}

/// What is stored of a code. Bound to its owner, so that equal codes of two people have nothing in common.
pub fn hash(owner: &IdentityId, code: &Code) -> TokenHash {
    let mut digest = Sha256::new();
    digest.update(owner.0.as_bytes());
    digest.update([0]);
    digest.update(folded(code.expose()).as_bytes());
    TokenHash(digest.finalize().into())
}

/// The code as it is compared: without what people put between the groups, and with the letters that they misread.
fn folded(text: &str) -> String {
    text.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| match c.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::entropy::OsEntropy;

    #[test]
    fn ten_different_codes_of_four_groups() {
        let codes = draw(&OsEntropy);
        let texts: BTreeSet<&str> = codes.iter().map(Code::expose).collect();
        assert_eq!(texts.len(), COUNT);
        for text in texts {
            assert_eq!(text.split('-').map(str::len).collect::<Vec<_>>(), [4, 4, 4, 4]);
        }
    }

    #[test]
    fn case_spaces_and_misread_letters_do_not_matter_but_the_owner_does() {
        let (alice, bob) = (IdentityId("alice".into()), IdentityId("bob".into()));
        let code = Code::new("0123-4567-89ab-cdef");
        let same = hash(&alice, &code);
        for typed in
            ["0123456789ABCDEF", " o123 4567 89ab cdef ", "0l23-4567-89ab-cdef", "0I23.4567.89ab.cdef"]
        {
            assert_eq!(hash(&alice, &Code::new(typed)), same, "{typed}");
        }
        assert_ne!(hash(&bob, &code), same);
        assert_ne!(hash(&alice, &Code::new("0123-4567-89ab-cdee")), same);
    }
}
