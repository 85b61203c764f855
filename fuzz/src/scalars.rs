//! The lexical forms: no text may panic, and what is read must be written so that it reads the same.
#![no_main]

use contract::scalar::{
    Guid, Timestamp, format_double, parse_boolean, parse_date_time, parse_decimal, parse_double, parse_int, parse_long,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = (parse_boolean(text), parse_int(text), parse_long(text));
    if let Ok(time) = parse_date_time(text, Timestamp(0)) {
        assert_eq!(parse_date_time(&time.to_string(), Timestamp(0)), Ok(time));
    }
    if let Ok(number) = parse_decimal(text) {
        assert_eq!(parse_decimal(&number.to_string()), Ok(number));
    }
    if let Ok(number) = parse_double(text) {
        assert!(parse_double(&format_double(number)).is_ok_and(|again| again == number || number.is_nan()));
    }
    if let Some(guid) = Guid::parse(text) {
        assert_eq!(Guid::parse(&guid.to_string()), Some(guid));
    }
});
