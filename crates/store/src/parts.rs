//! Texts that are looked for in other texts: many of them in each of many.

use memchr::memmem;

/// A text that is folded, once for all that it is compared with.
pub(crate) struct Folded {
    pub text: String,
    pairs: u64,
}

/// Texts of which one has to be found.
#[derive(Debug, Default)]
pub(crate) struct Parts(Vec<Part>);

#[derive(Debug)]
struct Part {
    pairs: u64,
    text: String,
}

impl Folded {
    /// A text as it is looked through.
    pub fn new(text: String) -> Folded {
        Folded { pairs: pairs(&text), text }
    }
}

impl Parts {
    /// Each of these texts once, shorter ones first.
    pub fn new(mut texts: Vec<String>) -> Parts {
        texts.sort_by(|one, other| one.len().cmp(&other.len()).then_with(|| one.cmp(other)));
        texts.dedup();
        Parts(texts.into_iter().map(|text| Part { pairs: pairs(&text), text }).collect())
    }

    /// The texts.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &String> {
        self.0.iter().map(|part| &part.text)
    }

    /// Whether one of them is in a text.
    pub fn any_in(&self, Folded { text, pairs }: &Folded) -> bool {
        let fitting = self.0.iter().take_while(|part| part.text.len() <= text.len());
        let mut likely = fitting.filter(|part| part.pairs & !pairs == 0);
        likely.any(|part| memmem::find(text.as_bytes(), part.text.as_bytes()).is_some())
    }
}

/// Which pairs of neighbouring bytes a text has, each as one of 64 bits. A text has all the pairs of its parts,
/// which rules most others out at the cost of one comparison.
fn pairs(text: &str) -> u64 {
    text.as_bytes().windows(2).fold(0, |all, pair| {
        let pair = u16::from_le_bytes([pair[0], pair[1]]);
        all | 1 << (pair.wrapping_mul(0x9e37) >> 10)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parts_are_found_where_they_are(parts in prop::collection::vec("[a-c]{0,4}|[äöb]{0,3}", 0..6), text in "[a-cäö]{0,9}") {
            let one_is_in = parts.iter().any(|part| text.contains(part));
            prop_assert_eq!(Parts::new(parts).any_in(&Folded::new(text)), one_is_in);
        }
    }

    #[test]
    fn each_part_is_kept_once() {
        let parts = Parts::new(["bc", "a", "bc"].map(str::to_owned).into());
        assert_eq!(parts.iter().collect::<Vec<_>>(), ["a", "bc"]);
    }
}
