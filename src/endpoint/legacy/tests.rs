use super::*;
use crate::keys::Key;

fn hashes(counts: &[(u32, u64)], passwords: u64) -> LegacyHashes {
    let counts = counts.iter().map(|(cost, count)| (BcryptCost::new(*cost).unwrap(), *count)).collect();
    LegacyHashes { counts, passwords }
}

fn draw(hashes: &LegacyHashes, name: u32) -> Option<u32> {
    let mac = Key::from_bytes([9; 32]).mac("legacy", format!("name-{name}").as_bytes());
    drawn(hashes, &mac).map(BcryptCost::get)
}

#[test]
fn the_share_and_the_costs_are_those_of_the_accounts() {
    let mix = hashes(&[(10, 200), (12, 400)], 1000);
    let mut seen = [0_u32; 3];
    for name in 0..10_000 {
        match draw(&mix, name) {
            None => seen[0] += 1,
            Some(10) => seen[1] += 1,
            other => {
                assert_eq!(other, Some(12));
                seen[2] += 1;
            }
        }
    }
    for (seen, expected) in seen.into_iter().zip([4000_u32, 2000, 4000]) {
        assert!(seen.abs_diff(expected) < 200, "{seen} instead of about {expected}");
    }
}

#[test]
fn none_pay_where_none_is_left_and_all_where_all_are() {
    let (none, all) = (hashes(&[], 0), hashes(&[(12, 7)], 7));
    for name in 0..1000 {
        assert_eq!((draw(&none, name), draw(&all, name)), (None, Some(12)));
    }
}

/// Who asks every day sees an account change once, when its owner signs in; nobody must change back and forth.
#[test]
fn identifiers_change_from_bcrypt_to_none_and_never_back() {
    for name in 0..200 {
        let mut before = true;
        for left in (0..=100).rev() {
            let now = draw(&hashes(&[(12, left)], 100), name).is_some();
            assert!(before || !now, "name-{name} pays again at {left}");
            before = now;
        }
        assert!(!before);
    }
}
