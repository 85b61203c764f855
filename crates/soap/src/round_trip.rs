//! What the encoder writes, the decoder reads: for records of every type and whole messages of
//! every operation.
//!
//! Values are canonical: no empty lists, no attribute equal to its default, and none of the white
//! space that the recorded style of writing loses (TAB in attributes, CR in text).

use crate::decode::Decoder;
use crate::encode::Encoder;
use crate::fault::open_envelope;
use crate::meter::Tally;
use crate::table::Tables;
use crate::write::Writer;
use crate::xml::{Event, Ns, Reader};
use crate::{Codec, Incoming, Limits, Quirks, SessionHeader, Unmetered, Version, content_type};
use contract::handles::operation;
use contract::{
    Contract, Decimal, EnumValue, Kind, Member, OperationId, Record, Scalar, Timestamp, TypeId, TypeRef,
    Value,
};
use proptest::prelude::*;

/// Makes random values out of a seed.
struct Maker<'c> {
    contract: &'static Contract,
    tables: &'c Tables,
    state: u64,
}

impl Maker<'_> {
    /// The next number of SplitMix64, below `bound`.
    fn below(&mut self, bound: usize) -> usize {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ z >> 31) % bound as u64) as usize
    }

    fn record(&mut self, ty: TypeId) -> Record {
        let contract = self.contract;
        let mut record = contract.record(ty);
        for (field, member) in contract.model.ty(ty).fields() {
            if member.kind == Kind::Hidden || self.below(2) == 0 {
                continue;
            }
            if !member.repeated {
                let value = self.value(member);
                if self.tables.of(ty).defaults[usize::from(field.0)].as_ref() != Some(&value) {
                    record.set(field, value);
                }
                continue;
            }
            for _ in 0..self.below(3) {
                let null = member.nillable && self.below(4) == 0;
                let value = if null { Value::Nil } else { self.value(member) };
                record.push(field, value);
            }
        }
        record
    }

    fn value(&mut self, member: &Member) -> Value {
        match member.ty {
            TypeRef::Scalar(kind) => self.scalar(kind, member.kind),
            TypeRef::Enumeration(id) => {
                let count = self.contract.model.enumeration(id).values.len();
                Value::Enumeration(EnumValue(self.below(count) as u16))
            }
            TypeRef::Complex(declared) => {
                let types = (0..self.contract.model.types.len()).map(|index| TypeId(index as u16));
                let fitting: Vec<TypeId> =
                    types.filter(|&ty| self.contract.model.extends(ty, declared)).collect();
                let ty = fitting[self.below(fitting.len())];
                self.record(ty).into()
            }
        }
    }

    fn scalar(&mut self, kind: Scalar, place: Kind) -> Value {
        let number = (self.below(1 << 32) as i64) << 31 ^ self.below(1 << 32) as i64;
        match kind {
            Scalar::String | Scalar::Integer => Value::from(self.text(place)),
            Scalar::Boolean => Value::from(number & 1 == 1),
            Scalar::Int => Value::Integer(i64::from(number as i32)),
            Scalar::Long => Value::Integer(number),
            Scalar::Decimal => Value::Decimal(Decimal::new(number, self.below(10) as u32)),
            Scalar::Double => Value::Double(number as f64 / (1i64 << self.below(60)) as f64),
            Scalar::DateTime => {
                let span = Timestamp::MAX.0 - Timestamp::MIN.0;
                Value::from(Timestamp(Timestamp::MIN.0 + number.rem_euclid(span)))
            }
        }
    }

    fn text(&mut self, place: Kind) -> String {
        const CHARS: &[char] = &[
            'a',
            'Z',
            '0',
            ' ',
            '<',
            '>',
            '&',
            '"',
            '\'',
            ']',
            ';',
            '#',
            '\n',
            '\u{7F}',
            '\u{85}',
            'é',
            '\u{2028}',
            '日',
            '\u{FFFD}',
            '\u{F000}',
            '😀',
            '\u{10FFFF}',
        ];
        let kept = if place == Kind::Attribute { '\r' } else { '\t' };
        (0..self.below(12)).map(|_| CHARS.get(self.below(CHARS.len() + 1)).copied().unwrap_or(kept)).collect()
    }
}

fn check_type(
    contract: &'static Contract,
    tables: &Tables,
    ty: TypeId,
    seed: u64,
) -> Result<(), TestCaseError> {
    let record = Maker { contract, tables, state: seed }.record(ty);
    let complex = contract.model.ty(ty);
    let mut writer = Writer::new();
    // Any element will do; the prefix it declares is the one that `xsi:type` and `xsi:nil` need.
    writer.open(&complex.name, contract.address(complex.namespace));
    writer.attribute("xmlns:xsi", crate::XSI);
    let written = Encoder { contract, tables }.record(&mut writer, &record, ty);
    prop_assert_eq!(written, Ok(()));
    let text = String::from_utf8(writer.finish()).unwrap();

    let known = known(contract);
    let mut meter = Unmetered;
    let mut tally = Tally::new(&mut meter);
    let reader = Reader::new(&text, &known, Limits::default(), &mut tally);
    let mut decoder =
        Decoder::new(contract, tables, Limits::default(), Timestamp(0), reader, operation::LOGIN);
    let Ok(Event::Start(_)) = decoder.reader.content() else { panic!("no element in {text}") };
    match decoder.record(ty) {
        Ok(read) => prop_assert_eq!(read, record, "{}", text),
        Err(halt) => panic!("{halt:?} in {text}"),
    }
    prop_assert_eq!(decoder.reader.content(), Ok(Event::Eof));
    Ok(())
}

fn known(contract: &'static Contract) -> crate::xml::WellKnown {
    Ns::well_known(
        contract.address(contract::Namespace::Messages),
        contract.address(contract::Namespace::Objects),
    )
}

/// A request of an operation, as a client would send it.
fn request(
    codec: (&'static Contract, &Tables),
    version: Version,
    operation: OperationId,
    body: &Record,
) -> Vec<u8> {
    let (contract, tables) = codec;
    let described = contract.model.operation(operation);
    let mut writer = Writer::new();
    open_envelope(&mut writer, version);
    writer.open_prefixed("soap", "Header");
    SessionHeader::new("a<b>&c").write(&mut writer, contract, version);
    writer.close();
    writer.open_prefixed("soap", "Body");
    writer.open(&described.name, contract.address(contract::Namespace::Messages));
    Encoder { contract, tables }.record(&mut writer, body, described.request).unwrap();
    writer.finish()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn records_of_every_type(seed: u64) {
        let contract = Contract::get().unwrap();
        let tables = Tables::new(contract);
        for index in 0..contract.model.types.len() {
            let seed = seed.wrapping_add(index as u64);
            check_type(contract, &tables, TypeId(index as u16), seed)?;
        }
    }

    #[test]
    fn requests_of_every_operation_in_both_versions(seed: u64) {
        let contract = Contract::get().unwrap();
        let tables = Tables::new(contract);
        let codec = Codec::new(contract, Limits::default(), Quirks::default());
        for index in 0..contract.model.operations.len() {
            let operation = OperationId(index as u16);
            let described = contract.model.operation(operation);
            let body = Maker { contract, tables: &tables, state: seed }.record(described.request);
            let action = contract.action(operation);
            for version in [Version::V11, Version::V12] {
                let sent = request((contract, &tables), version, operation, &body);
                let read = codec.read(Incoming {
                    soap_action: (version == Version::V11).then_some(action.as_bytes()),
                    content_type: Some(content_type(version).as_bytes()),
                    body: &sent,
                    now: Timestamp(0),
                    endpoint: "",
                }, &mut Unmetered);
                let read = read.unwrap();
                prop_assert_eq!(read.version, version);
                prop_assert_eq!(read.operation, operation);
                let session = read.session.as_ref().and_then(SessionHeader::value);
                prop_assert_eq!(session, described.header.then_some("a<b>&c"));
                prop_assert_eq!(&read.body, &body);
            }
        }
    }

    #[test]
    fn answers_of_every_operation_in_both_versions(seed: u64) {
        let contract = Contract::get().unwrap();
        let tables = Tables::new(contract);
        let codec = Codec::new(contract, Limits::default(), Quirks::default());
        let known = known(contract);
        for index in 0..contract.model.operations.len() {
            let operation = OperationId(index as u16);
            let response = contract.model.operation(operation).response;
            let answer = Maker { contract, tables: &tables, state: seed }.record(response);
            for version in [Version::V11, Version::V12] {
                let session = SessionHeader::new("s");
                let written = codec.write(version, operation, Some(&session), &answer).unwrap();
                let text = String::from_utf8(written).unwrap();
                prop_assert!(roxmltree::Document::parse(&text).is_ok(), "{}", text);
                let (mut meter, limits) = (Unmetered, Limits::default());
                let mut tally = Tally::new(&mut meter);
                let reader = Reader::new(&text, &known, limits, &mut tally);
                let mut decoder = Decoder::new(contract, &tables, limits, Timestamp(0), reader, operation);
                loop {
                    match decoder.reader.content() {
                        Ok(Event::Start(element)) if element.local == contract.model.ty(response).name => break,
                        Ok(Event::Eof) | Err(_) => panic!("no wrapper in {text}"),
                        Ok(_) => {}
                    }
                }
                prop_assert_eq!(decoder.record(response).unwrap(), answer.clone(), "{}", text);
            }
        }
    }

    #[test]
    fn no_bytes_make_the_codec_panic(body: Vec<u8>, content_type: Option<Vec<u8>>, action: Option<Vec<u8>>) {
        let codec = Codec::new(Contract::get().unwrap(), Limits::default(), Quirks::default());
        for (content_type, soap_action) in [
            (content_type.as_deref(), action.as_deref()),
            (Some(&b"application/soap+xml"[..]), None),
        ] {
            let incoming = Incoming { soap_action, content_type, body: &body, now: Timestamp(0), endpoint: "" };
            prop_assert!(codec.read(incoming, &mut Unmetered).is_err());
        }
    }
}
