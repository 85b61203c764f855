//! A statement as words, and as lists within brackets.

/// A part of a statement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Part {
    /// A word or a quoted name. Words are in lower case.
    Name(String),
    /// `$1` is 1.
    Parameter(u32),
    /// A text, a number or a sign.
    Other(String),
    /// What stands in round brackets.
    Brackets(Vec<Part>),
    /// What stands between CASE and END.
    Case(Vec<Part>),
}

impl Part {
    /// True if it is that word.
    pub fn is(&self, word: &str) -> bool {
        matches!(self, Part::Name(name) if name == word)
    }

    /// True if it is one of those words.
    pub fn is_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(word))
    }

    /// True if it is that sign.
    pub fn is_sign(&self, sign: &str) -> bool {
        matches!(self, Part::Other(other) if other == sign)
    }
}

/// The parts of a statement, or what keeps it from being read.
pub(super) fn parts(sql: &str) -> Result<Vec<Part>, String> {
    let mut levels: Vec<Level> = vec![Level::default()];
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let length = length(rest, first)?;
        let (text, after) = rest.split_at(length);
        rest = after;
        let top = levels.last_mut().ok_or("a bracket closes that was not opened")?;
        match first {
            _ if first.is_whitespace() || text.starts_with("--") || text.starts_with("/*") => {}
            '(' => levels.push(Level::default()),
            ')' => close(&mut levels, false)?,
            '"' => top.parts.push(Part::Name(text.trim_matches('"').to_owned())),
            '$' => {
                let number = text[1..].parse().map_err(|_| "a parameter without a number")?;
                top.parts.push(Part::Parameter(number));
            }
            _ if first.is_alphabetic() || first == '_' => match text.to_ascii_lowercase() {
                word if word == "case" => levels.push(Level { is_case: true, parts: Vec::new() }),
                word if word == "end" => close(&mut levels, true)?,
                word => top.parts.push(Part::Name(word)),
            },
            _ => top.parts.push(Part::Other(text.to_owned())),
        }
    }
    match <[Level; 1]>::try_from(levels) {
        Ok([Level { is_case: false, parts }]) => Ok(parts),
        _ => Err("a bracket or a CASE that nothing closes".to_owned()),
    }
}

#[derive(Default)]
struct Level {
    is_case: bool,
    parts: Vec<Part>,
}

fn close(levels: &mut Vec<Level>, is_case: bool) -> Result<(), String> {
    match (levels.pop(), levels.last_mut()) {
        (Some(level), Some(outer)) if level.is_case == is_case => {
            outer.parts.push(if is_case { Part::Case(level.parts) } else { Part::Brackets(level.parts) });
            Ok(())
        }
        _ => Err("a bracket or an END that nothing opened".to_owned()),
    }
}

/// The length of the token at the beginning.
fn length(rest: &str, first: char) -> Result<usize, String> {
    let until = |end: &str, from: usize| {
        let found = rest.get(from..).and_then(|rest| rest.find(end));
        found.map(|at| from + at + end.len()).ok_or_else(|| format!("nothing closes {first}"))
    };
    let while_true = |from: usize, is_part: fn(char) -> bool| {
        rest[from..].find(|c| !is_part(c)).map_or(rest.len(), |at| from + at)
    };
    match first {
        '\'' | '"' => until(&first.to_string(), 1),
        _ if rest.starts_with("--") => Ok(rest.find('\n').map_or(rest.len(), |at| at + 1)),
        _ if rest.starts_with("/*") => until("*/", 2),
        '$' => Ok(while_true(1, |c| c.is_ascii_digit())),
        _ if first.is_whitespace() => Ok(while_true(0, char::is_whitespace)),
        _ if first.is_alphanumeric() || first == '_' => {
            Ok(while_true(0, |c| c.is_alphanumeric() || c == '_'))
        }
        _ => Ok(["<=", ">=", "<>", "!=", "::", "||"]
            .iter()
            .find(|sign| rest.starts_with(**sign))
            .map_or(first.len_utf8(), |sign| sign.len())),
    }
}
