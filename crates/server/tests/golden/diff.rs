//! Shows where an answer differs from the one expected.

/// How many equal lines stand around the difference.
const AROUND: usize = 2;

/// The lines that differ: `-` expected, `+` answered. XML is broken between its tags first.
pub fn of(expected: &str, actual: &str) -> String {
    let (expected, actual) = (lines(expected), lines(actual));
    let shorter = expected.len().min(actual.len());
    let same = |pair: &(&String, &String)| pair.0 == pair.1;
    let before = expected.iter().zip(&actual).take_while(same).count();
    let after = expected.iter().rev().zip(actual.iter().rev()).take_while(same).count().min(shorter - before);
    let mut out = String::new();
    let mut show = |mark: char, lines: &[String]| {
        for line in lines {
            out.push_str(&format!("  {mark} {line}\n"));
        }
    };
    show(' ', &expected[before.saturating_sub(AROUND)..before]);
    show('-', &expected[before..expected.len() - after]);
    show('+', &actual[before..actual.len() - after]);
    show(' ', &actual[actual.len() - after..(actual.len() - after + AROUND).min(actual.len())]);
    out
}

fn lines(text: &str) -> Vec<String> {
    text.replace("><", ">\n<").split('\n').map(str::to_owned).collect()
}

#[test]
fn only_what_differs_is_shown() {
    assert_eq!(
        of("<a><b><c/></b></a>", "<a><b><d/></b></a>"),
        "    <a>\n    <b>\n  - <c/>\n  + <d/>\n    </b>\n    </a>\n"
    );
}
