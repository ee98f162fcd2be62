//! As much of protobuf as a span needs: fields with a length, by number.

/// A span, as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) name: String,
    pub(crate) trace: String,
    pub(crate) parent: String,
}

/// The spans of an `ExportTraceServiceRequest`: resource spans (1), scope spans (2), spans (2).
pub(crate) fn spans(message: &[u8]) -> Vec<Span> {
    let mut found = Vec::new();
    for resource in fields(message, 1) {
        for scope in fields(resource, 2) {
            found.extend(fields(scope, 2).map(|span| Span {
                name: String::from_utf8(first(span, 5)).unwrap(),
                trace: hex(&first(span, 1)),
                parent: hex(&first(span, 4)),
            }));
        }
    }
    found
}

fn first(message: &[u8], number: u64) -> Vec<u8> {
    fields(message, number).next().unwrap_or_default().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// The fields with a length and this number.
fn fields(mut rest: &[u8], number: u64) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let key = varint(&mut rest);
            let field = match key & 7 {
                0 => {
                    varint(&mut rest);
                    continue;
                }
                1 => take(&mut rest, 8),
                2 => {
                    let length = varint(&mut rest);
                    take(&mut rest, usize::try_from(length).unwrap())
                }
                5 => take(&mut rest, 4),
                wire => panic!("wire type {wire}"),
            };
            if key >> 3 == number && key & 7 == 2 {
                return Some(field);
            }
        }
        None
    })
}

fn take<'m>(rest: &mut &'m [u8], length: usize) -> &'m [u8] {
    let (taken, after) = rest.split_at(length);
    *rest = after;
    taken
}

fn varint(rest: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(rest, 1)[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    value
}
