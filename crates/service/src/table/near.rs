//! Names that were probably meant.

/// A name as names are compared: without regard to case, blanks, `_` and `-`.
pub(super) fn plain(name: &str) -> String {
    let kept = name.chars().filter(|c| !c.is_whitespace() && *c != '_' && *c != '-');
    kept.flat_map(char::to_lowercase).collect()
}

/// Up to three of the names that are near to one, the nearest first.
pub(super) fn near<'n>(wanted: &str, names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    let wanted = plain(wanted);
    if wanted.is_empty() {
        return Vec::new();
    }
    let most = (wanted.chars().count() / 4).max(1);
    let mut found: Vec<(usize, &str)> = names
        .filter_map(|name| {
            let other = plain(name);
            let distance = distance(&wanted, &other);
            let is_part = wanted.len() > 3 && (other.contains(&wanted) || wanted.contains(&other));
            (distance <= most || is_part).then_some((distance, name))
        })
        .collect();
    found.sort_by_key(|(distance, _)| *distance);
    found.into_iter().map(|(_, name)| name).take(3).collect()
}

/// How many letters must be put in, left out or changed to make one text of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, c) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], index + 1);
        for place in 0..other.len() {
            let changed = diagonal + usize::from(other[place] != c);
            diagonal = row[place + 1];
            row[place + 1] = changed.min(row[place] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_letters() {
        for (one, other, expected) in [("", "abc", 3), ("abc", "abc", 0), ("kitten", "sitting", 3)] {
            assert_eq!(distance(one, other), expected);
            assert_eq!(distance(other, one), expected);
        }
    }

    #[test]
    fn near_names_come_in_order_and_far_ones_not_at_all() {
        let names = ["FirstName", "LastName", "EmailAddress", "CCEmailAddress", "Title"];
        let found = |wanted| near(wanted, names.into_iter());
        assert_eq!(found("Frist Name"), ["FirstName"]);
        assert_eq!(found("email"), ["EmailAddress", "CCEmailAddress"]);
        assert_eq!(found("Shoe size"), [""; 0]);
        assert_eq!(found(""), [""; 0]);
    }
}
