use proptest::prelude::*;

use super::Frames;

fn frame(opcode: u8, masked: bool, length: usize) -> Vec<u8> {
    let mask = if masked { 0x80 } else { 0 };
    let mut frame = vec![0x80 | opcode];
    match length {
        0..=125 => frame.push(mask | u8::try_from(length).unwrap()),
        126..=65_535 => {
            frame.push(mask | 0x7e);
            frame.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
        _ => {
            frame.push(mask | 0x7f);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend(vec![0xaa; if masked { 4 } else { 0 }]);
    frame.extend(vec![0x88; length]);
    frame
}

#[test]
fn a_frame_is_whole_at_its_last_byte_and_not_before() {
    for length in [0, 1, 125, 126, 65_535, 65_536] {
        for masked in [false, true] {
            let frame = frame(2, masked, length);
            let mut frames = Frames::default();
            for byte in &frame[..frame.len() - 1] {
                frames.follow(&[*byte]);
                assert!(!frames.between(), "{length} {masked}");
            }
            frames.follow(&frame[frame.len() - 1..]);
            assert!(frames.between(), "{length} {masked}");
        }
    }
}

#[test]
fn text_and_bytes_are_messages_and_the_rest_is_not() {
    for (opcode, message) in [(0, false), (1, true), (2, true), (8, false), (9, false), (10, false)] {
        assert_eq!(Frames::default().follow(&frame(opcode, true, 5)), message, "{opcode}");
    }
}

/// A length that no memory has is only a number.
#[test]
fn endless_frame_is_never_whole() {
    let mut frames = Frames::default();
    frames.follow(&[0x82, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    frames.follow(&[0; 4096]);
    assert!(!frames.between());
}

proptest! {
    #[test]
    fn frames_are_followed_however_they_are_cut(
        lengths in prop::collection::vec((0_usize..70_000, any::<bool>()), 1..6),
        cut in 1_usize..5000,
    ) {
        let stream: Vec<u8> =
            lengths.iter().flat_map(|(length, masked)| frame(2, *masked, *length)).collect();
        let mut frames = Frames::default();
        let began = stream.chunks(cut).filter(|part| frames.follow(part)).count();
        prop_assert!(frames.between());
        prop_assert!(began >= 1 && began <= lengths.len());
    }
}
