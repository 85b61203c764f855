//! The codes that the server gives objects, for people to read out.

use contract::Guid;

/// Letters and digits that are not mistaken for each other.
const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
const LENGTH: usize = 11;

/// The code of a new object: eleven characters, as the service's event codes have, made from 55 of
/// the random bits of its identifier, so that no two objects of an account get the same.
pub(crate) fn code_of(id: Guid) -> String {
    let bits = id.0.iter().skip(8).fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte));
    let digit = |place: usize| ALPHABET[(bits >> (5 * place) & 31) as usize] as char;
    (0..LENGTH).rev().map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_that_differ_give_codes_that_differ() {
        let mut bytes = [7; 16];
        let one = code_of(Guid(bytes));
        bytes[15] ^= 1;
        let other = code_of(Guid(bytes));
        assert_eq!((one.len(), other.len()), (11, 11));
        assert_ne!(one, other);
    }
}
