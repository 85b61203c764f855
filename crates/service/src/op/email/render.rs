//! Words with the values of the recipient's objects put in, as text and as HTML.

use contract::handles::object::weblink_detail;
use contract::words::Piece;
use contract::{Contract, FieldId, Record, TypeRef, Value, Words};

/// The subject: one line.
pub(super) fn subject(contract: &Contract, words: &Words, objects: &[&Record]) -> String {
    line(contract, words, objects).unwrap_or_default().replace('\n', " ")
}

/// The text: a line without a value where it has places for some is left out.
pub(super) fn text(contract: &Contract, lines: &[Words], objects: &[&Record]) -> String {
    let lines: Vec<String> = lines.iter().filter_map(|words| line(contract, words, objects)).collect();
    let mut text = lines.join("\n").trim_end().to_owned();
    text.push('\n');
    text
}

/// The text as HTML: a paragraph for each block of lines, and addresses to click on.
pub(super) fn html(text: &str) -> String {
    let blocks = text.split("\n\n").map(str::trim).filter(|block| !block.is_empty());
    let paragraphs: Vec<String> = blocks
        .map(|block| format!("<p>{}</p>", block.lines().map(html_line).collect::<Vec<_>>().join("<br>\n")))
        .collect();
    format!("<!DOCTYPE html>\n<html><body>\n{}\n</body></html>\n", paragraphs.join("\n"))
}

fn html_line(line: &str) -> String {
    let word = |word: &str| {
        let escaped = escape(word);
        if word.starts_with("https://") || word.starts_with("http://") {
            format!(r#"<a href="{escaped}">{escaped}</a>"#)
        } else {
            escaped
        }
    };
    line.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn line(contract: &Contract, words: &Words, objects: &[&Record]) -> Option<String> {
    let mut out = String::new();
    let (mut members, mut values, mut after_nothing) = (0, 0, false);
    for piece in words.pieces() {
        match piece {
            // What is empty takes the blank behind it along.
            Piece::Text(text) if after_nothing => out.push_str(text.strip_prefix(' ').unwrap_or(text)),
            Piece::Text(text) => out.push_str(text),
            Piece::Member(ty, field) => {
                let object = objects.iter().find(|object| object.ty() == *ty);
                let value = object.map(|object| shown(contract, object, *field)).unwrap_or_default();
                members += 1;
                values += usize::from(!value.is_empty());
                after_nothing = value.is_empty();
                out.push_str(&value);
                continue;
            }
        }
        after_nothing = false;
    }
    (members == 0 || values > 0).then_some(out)
}

/// A member's value for people; empty if it has none. Values are one line each, so that none of
/// them can put on the looks of another part of the mail.
fn shown(contract: &Contract, object: &Record, field: FieldId) -> String {
    match object.get(field) {
        Value::Text(text) => text.split(char::is_control).collect::<Vec<_>>().join(" ").trim().to_owned(),
        Value::Time(time) => {
            let time = time.to_string();
            format!("{} GMT", time.get(..16).unwrap_or(&time).replace('T', " "))
        }
        Value::Boolean(truth) => if *truth { "yes" } else { "no" }.to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Double(number) => number.to_string(),
        Value::Decimal(number) => number.to_string(),
        Value::Enumeration(value) => match contract.model.member(object.ty(), field).ty {
            TypeRef::Enumeration(id) => {
                let values = &contract.model.enumeration(id).values;
                values.get(usize::from(value.0)).cloned().unwrap_or_default()
            }
            _ => String::new(),
        },
        Value::List(_) => {
            let links = object.records(field).filter(|record| record.ty() == weblink_detail::TYPE_ID);
            links.filter_map(|link| link.text(weblink_detail::URL)).collect::<Vec<_>>().join("\n")
        }
        Value::Absent | Value::Nil | Value::Record(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Contract;
    use contract::handles::object::contact;

    fn lines(contract: &'static Contract, text: &str) -> Vec<Words> {
        text.lines().map(|line| Words::read(line, &contract.model).unwrap()).collect()
    }

    #[test]
    fn what_is_empty_leaves_no_hole() {
        let contract = Contract::get().unwrap();
        let mut person = contract.record(contact::TYPE_ID);
        person.set(contact::LAST_NAME, "Nakamura\r\nBcc: x@y.example");
        let words = lines(
            contract,
            "Dear {Contact.FirstName} {Contact.LastName},\n\nTown: {Contact.HomeCity}\n{Event.EventTitle}\nBye",
        );
        let text = text(contract, &words, &[&person]);
        assert_eq!(text, "Dear Nakamura  Bcc: x@y.example,\n\nBye\n");
    }

    #[test]
    fn html_has_paragraphs_links_and_no_markup_of_the_values() {
        let html = html("Dear <b>A</b> & \"B\",\nsee\n\nhttps://x.example/?a=1&b=2\n");
        assert_eq!(
            html,
            "<!DOCTYPE html>\n<html><body>\n<p>Dear &lt;b&gt;A&lt;/b&gt; &amp; &quot;B&quot;,<br>\nsee</p>\n\
             <p><a href=\"https://x.example/?a=1&amp;b=2\">https://x.example/?a=1&amp;b=2</a></p>\n\
             </body></html>\n"
        );
    }
}
