//! Protocol buffers, as much of them as BuildKit's messages need.

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// A number or a flag.
    Number(u64),
    /// Bytes, text, or a message.
    Bytes(&'a [u8]),
}

/// The fields of a message, each with its number. What is malformed ends it.
pub(super) fn parts(message: &[u8]) -> impl Iterator<Item = (u64, Part<'_>)> {
    let mut rest = message;
    std::iter::from_fn(move || {
        loop {
            let key = number(&mut rest)?;
            let part = match key & 7 {
                0 => Part::Number(number(&mut rest)?),
                2 => {
                    let length = usize::try_from(number(&mut rest)?).ok()?;
                    Part::Bytes(take(&mut rest, length)?)
                }
                fixed => {
                    take(&mut rest, if fixed == 1 { 8 } else { 4 })?;
                    continue;
                }
            };
            return Some((key >> 3, part));
        }
    })
}

/// The text of the field `wanted`; empty where there is none.
pub(super) fn text(message: &[u8], wanted: u64) -> String {
    let found = parts(message).find_map(|(field, part)| match part {
        Part::Bytes(bytes) if field == wanted => Some(String::from_utf8_lossy(bytes).into_owned()),
        _ => None,
    });
    found.unwrap_or_default()
}

fn number(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(rest, 1)?[0];
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(taken)
}

/// A message that is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Message(Vec<u8>);

impl Message {
    /// The message, with a number more.
    pub(super) fn number(mut self, field: u64, number: u64) -> Self {
        self.write(field << 3);
        self.write(number);
        self
    }

    /// The message, with bytes, text or a message more.
    pub(super) fn bytes(mut self, field: u64, bytes: &[u8]) -> Self {
        self.write(field << 3 | 2);
        self.write(bytes.len() as u64);
        self.0.extend(bytes);
        self
    }

    /// How it is sent.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn write(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(u8::try_from(number & 0x7f).unwrap_or(0) | 0x80);
            number >>= 7;
        }
        self.0.push(u8::try_from(number).unwrap_or(0));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn as_the_format_says() {
        // The examples of the format's own description.
        assert_eq!(Message::default().number(1, 150).into_bytes(), [0x08, 0x96, 0x01]);
        assert_eq!(Message::default().bytes(2, b"testing").into_bytes(), b"\x12\x07testing");
        assert_eq!(text(b"\x12\x07testing", 2), "testing");
        assert_eq!(text(b"\x12\x07testing", 1), "");
        // Numbers of fixed width are passed over.
        let parts: Vec<_> = parts(b"\x0d\x01\x02\x03\x04\x11\x01\x02\x03\x04\x05\x06\x07\x08\x18\x05").collect();
        assert_eq!(parts, [(3, Part::Number(5))]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(number: u64, field in 1_u64..1000, bytes: Vec<u8>) {
            let message = Message::default().number(field, number).bytes(field + 1, &bytes).into_bytes();
            let read: Vec<_> = parts(&message).collect();
            prop_assert_eq!(read, [(field, Part::Number(number)), (field + 1, Part::Bytes(&bytes))]);
        }

        #[test]
        fn nothing_that_comes_is_too_odd(bytes: Vec<u8>) {
            prop_assert!(parts(&bytes).count() <= bytes.len());
        }
    }
}
