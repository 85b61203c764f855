//! The reader against another parser: both must agree on what is well-formed.

use super::{Event, Malformed, Ns, Reader, Stop};
use crate::meter::Tally;
use crate::{Limits, Unmetered};
use proptest::prelude::*;

fn verdict(text: &str) -> Result<(), Malformed> {
    let known = Ns::well_known("urn:messages", "urn:objects");
    let mut meter = Unmetered;
    let mut tally = Tally::new(&mut meter);
    let mut reader = Reader::new(text, &known, Limits::default(), &mut tally);
    loop {
        match reader.next() {
            Ok(Event::Eof) => return Ok(()),
            Ok(_) => {}
            Err(Stop::OverBudget) => panic!("nothing counts"),
            Err(Stop::Malformed(error)) => {
                assert!(error.at <= text.len(), "{error:?} in {text:?}");
                return Err(error.kind);
            }
        }
    }
}

/// Documents that both are meant to judge alike. Not so document types, which the oracle reads, and
/// undefined entities, which it refuses and the reader does not.
fn is_common_ground(text: &str) -> bool {
    let five = ["amp;", "lt;", "gt;", "quot;", "apos;", "#"];
    let references = text.split('&').skip(1);
    !text.contains("<!DOCTYPE")
        && references.into_iter().all(|behind| five.iter().any(|name| behind.starts_with(name)))
}

fn agrees(text: &str) -> Result<(), TestCaseError> {
    if !is_common_ground(text) {
        return Ok(());
    }
    let oracle = roxmltree::Document::parse(text);
    let ours = verdict(text);
    if ours == Err(Malformed::DuplicateAttribute) && text.matches(" xmlns='u'").count() > 1 {
        // The oracle does not notice a repeated declaration of the default namespace.
        return Ok(());
    }
    if ours == Err(Malformed::Instruction) {
        // Nor that an instruction's target ends with something that is not white space.
        return Ok(());
    }
    prop_assert_eq!(
        ours.is_ok(),
        oracle.is_ok(),
        "{:?}: we say {:?}, it says {:?}",
        text,
        ours,
        oracle.err()
    );
    Ok(())
}

/// Pieces that, strung together, come near to a document now and then.
fn piece() -> impl Strategy<Value = String> {
    let fixed = prop::sample::select(vec![
        "<",
        ">",
        "/>",
        "</",
        "=",
        "\"",
        "'",
        " ",
        "\n",
        "&",
        ";",
        "#",
        "x",
        "-",
        "--",
        "]",
        "]]>",
        "<!--",
        "-->",
        "<![CDATA[",
        "<?",
        "?>",
        "<?xml version='1.0'?>",
        "<?xml version=\"1.0\" encoding='utf-8'?>",
        "<a>",
        "</a>",
        "<a",
        "<b/>",
        "<p:a>",
        "</p:a>",
        "<a:b:c/>",
        "<1/>",
        " x='1'",
        " ='1'",
        " x=\"2\"",
        " p:x='1'",
        " q:x='1'",
        " xmlns='u'",
        " xmlns:p='u'",
        " xmlns:q='u'",
        " xmlns:xml='u'",
        " y=''",
        " xml:lang='en'",
        " z='<'",
        " z='&amp;&#65;'",
        " z='&#0;'",
        " z='a&b'",
        "&amp;",
        "&lt;",
        "&#65;",
        "&#x1F600;",
        "&#1;",
        "&#xFFFF;",
        "text",
        "é",
        "😀",
        "\u{FFFE}",
        "\u{1}",
        "\t",
        "\r\n",
        "<!-- c -->",
        "<!-- -- -->",
        "<!--->",
        "<!---->",
        "<?p x?>",
        "<?p?>",
        "<??>",
        "<? x?>",
        "<a x='1'y='2'/>",
        "<a x/>",
        "<a x=1/>",
        "<é/>",
        "<a/ >",
        "< a/>",
        "</a >",
        "</ a>",
        "<xmlns:a/>",
    ]);
    fixed.prop_map(str::to_owned)
}

/// A document that is well-formed, and then damaged at one place.
fn damaged() -> impl Strategy<Value = String> {
    let inner = prop::collection::vec(piece(), 0..4).prop_map(|pieces| pieces.concat());
    let whole = prop::sample::select(vec![
        "<a xmlns:p='u' xmlns:q='u'>@</a>",
        "<?xml version='1.0'?>\n<a>@<b x='1' y=\"2\">t</b></a>\n<!-- end -->",
        "<a@><b/></a>",
        "<p:a xmlns:p='u' x='1' p:x='2'@/>",
        "@<a/>@",
        "<a x='@'>&lt;</a>",
        "<a><![CDATA[@]]></a>",
        "<a><!--@--></a>",
        "<a><?p @?></a>",
    ]);
    (whole, inner).prop_map(|(whole, inner)| whole.replace('@', &inner))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn pieces_strung_together(pieces in prop::collection::vec(piece(), 1..12)) {
        let text = pieces.concat();
        agrees(&text)?;
    }

    #[test]
    fn documents_with_one_damage(text in damaged()) {
        agrees(&text)?;
    }

    #[test]
    fn any_text_is_read_without_panic(text in any::<String>()) {
        let _ = verdict(&text);
    }

    #[test]
    fn any_markup_is_read_without_panic(text in "[<>/!?&;#='\" \\[\\]a:x-]{0,60}") {
        let _ = verdict(&text);
    }
}

#[test]
fn refuses_what_the_tokeniser_lets_pass() {
    for (text, kind) in [
        ("", Malformed::NoRoot),
        (" <!-- c --> ", Malformed::NoRoot),
        ("<a/><b/>", Malformed::SecondRoot),
        ("<a/>t", Malformed::RootLevel),
        ("t<a/>", Malformed::RootLevel),
        ("<a/>&amp;", Malformed::RootLevel),
        ("<a>", Malformed::Truncated),
        ("<a", Malformed::Truncated),
        ("<a></b>", Malformed::Mismatched),
        ("<!DOCTYPE a><a/>", Malformed::DocumentType),
        ("<a><!DOCTYPE a></a>", Malformed::DocumentType),
        ("<a>\u{1}</a>", Malformed::Character),
        ("<a x='\u{1}'/>", Malformed::Character),
        ("<a>&#1;</a>", Malformed::Reference),
        ("<a x='&#1;'/>", Malformed::Reference),
        ("<a x='a&b'/>", Malformed::Reference),
        ("<a x='<'/>", Malformed::Attribute),
        ("<a x='1'y='2'/>", Malformed::Attribute),
        ("<a x='1' x='2'/>", Malformed::DuplicateAttribute),
        ("<a xmlns:p='u' xmlns:q='u' p:x='1' q:x='2'/>", Malformed::DuplicateAttribute),
        ("<a xmlns:p='u' xmlns:p='v'/>", Malformed::DuplicateAttribute),
        ("<a p:x='1'/>", Malformed::UndeclaredPrefix),
        ("<p:a/>", Malformed::UndeclaredPrefix),
        ("<a><b xmlns:p='u'/><p:c/></a>", Malformed::UndeclaredPrefix),
        ("<a xmlns:p=''/>", Malformed::Namespace),
        ("<1a/>", Malformed::Name),
        ("<a><!-- -- --></a>", Malformed::Comment),
        ("<a>]]></a>", Malformed::CDataEnd),
        (" <?xml version='1.0'?><a/>", Malformed::Declaration),
        ("<?xml version='1.1'?><a/>", Malformed::Declaration),
        ("<a><?xml version='1.0'?></a>", Malformed::Declaration),
    ] {
        assert_eq!(verdict(text), Err(kind), "{text}");
    }
}

#[test]
fn keeps_to_its_limits() {
    let known = Ns::well_known("urn:messages", "urn:objects");
    let limits = Limits { depth: 3, attributes: 2, name: 7, text: 5, namespaces: 2, ..Limits::default() };
    for (text, expected) in [
        ("<a><b><c/></b></a>", None),
        ("<a><b><c><d/></c></b></a>", Some(Malformed::TooDeep)),
        ("<a x='1' y='2'/>", None),
        ("<a x='1' y='2' z='3'/>", Some(Malformed::TooManyAttributes)),
        ("<abcdefg/>", None),
        ("<abcdefgh/>", Some(Malformed::NameTooLong)),
        ("<a abcdefgh='1'/>", Some(Malformed::NameTooLong)),
        ("<a x='12345'>12345</a>", None),
        ("<a x='123456'/>", Some(Malformed::TextTooLong)),
        ("<a>123456</a>", Some(Malformed::TextTooLong)),
        ("<a><![CDATA[123456]]></a>", Some(Malformed::TextTooLong)),
        ("<a xmlns:p='u'><b xmlns:p='v'/></a>", None),
        ("<a xmlns:p='u'><b xmlns:p='v'><c xmlns:p='u'/></b></a>", Some(Malformed::TooManyNamespaces)),
        ("<a><b xmlns:p='u'/><b xmlns:p='v'/><b xmlns:p='w'/></a>", Some(Malformed::TooManyNamespaces)),
    ] {
        let mut meter = Unmetered;
        let mut tally = Tally::new(&mut meter);
        let mut reader = Reader::new(text, &known, limits, &mut tally);
        let found = loop {
            match reader.next() {
                Ok(Event::Eof) => break None,
                Ok(_) => {}
                Err(Stop::OverBudget) => panic!("nothing counts"),
                Err(Stop::Malformed(error)) => break Some(error.kind),
            }
        };
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn many_attributes_are_compared_in_time() {
    let many: String = (0..1000).map(|index| format!(" a{index}='1'")).collect();
    assert_eq!(verdict(&format!("<a{many}/>")), Ok(()));
    assert_eq!(verdict(&format!("<a{many} a7='2'/>")), Err(Malformed::DuplicateAttribute));
}
