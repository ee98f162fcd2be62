//! Where one frame of a websocket ends and the next begins (RFC 6455 §5.2): a close frame of ours may only stand there.

/// `Close`, from us: the session has ended.
pub(super) const SIGNED_OUT: u16 = 4401;
/// `Close`, from us: the server stops.
pub(super) const GOING_AWAY: u16 = 1001;

/// The longest head of a frame.
const HEAD_MAX: usize = 14;

/// Follows the frames of one direction.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// The head of the frame that is arriving, as far as it is there.
    head: [u8; HEAD_MAX],
    have: usize,
    /// What is still missing of its payload.
    payload: u64,
}

impl Frames {
    /// Follows what was moved. True if a message of text or bytes began in it.
    pub(super) fn follow(&mut self, mut bytes: &[u8]) -> bool {
        let mut message = false;
        while let Some((first, rest)) = bytes.split_first() {
            if self.payload > 0 {
                let part = usize::try_from(self.payload).unwrap_or(usize::MAX).min(bytes.len());
                self.payload -= part as u64;
                bytes = bytes.get(part..).unwrap_or_default();
                continue;
            }
            if let Some(place) = self.head.get_mut(self.have) {
                *place = *first;
            }
            self.have += 1;
            bytes = rest;
            if let Some(payload) = self.payload_of_head() {
                message |= matches!(self.head[0] & 0x0f, 1 | 2);
                (self.have, self.payload) = (0, payload);
            }
        }
        message
    }

    /// Whether the last frame is whole.
    pub(super) const fn between(&self) -> bool {
        self.have == 0 && self.payload == 0
    }

    /// How long the payload is, once the head is whole.
    fn payload_of_head(&self) -> Option<u64> {
        let [_, second, rest @ ..] = &self.head;
        let (extended, short) = match second & 0x7f {
            126 => (2, 0),
            127 => (8, 0),
            short => (0, u64::from(short)),
        };
        let mask = if second & 0x80 == 0 { 0 } else { 4 };
        if self.have < 2 + extended + mask {
            return None;
        }
        let length = rest.iter().take(extended).fold(0, |length, byte| length << 8 | u64::from(*byte));
        Some(length + short)
    }
}

/// A close frame as a server sends it.
pub(super) fn close(code: u16) -> [u8; 4] {
    let [high, low] = code.to_be_bytes();
    [0x88, 2, high, low]
}

#[cfg(test)]
mod tests;
