//! Numbers: `xs:int`, `xs:long`, `xs:decimal` and `xs:double`.

use super::{ScalarError, trim};

pub use rust_decimal::Decimal;

/// `xs:int`: 32 bits, a sign allowed, white space around it allowed.
pub fn parse_int(text: &str) -> Result<i64, ScalarError> {
    let value = parse_whole(text, "an Int32")?;
    if i32::try_from(value).is_err() {
        return Err(ScalarError::Range("an Int32"));
    }
    Ok(value)
}

/// `xs:long`: 64 bits.
pub fn parse_long(text: &str) -> Result<i64, ScalarError> {
    parse_whole(text, "an Int64")
}

fn parse_whole(text: &str, name: &'static str) -> Result<i64, ScalarError> {
    let text = trim(text);
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ScalarError::Number);
    }
    text.parse().map_err(|_| ScalarError::Range(name))
}

/// `xs:decimal`: a sign and a point allowed, no exponent; at most 28 significant digits.
pub fn parse_decimal(text: &str) -> Result<Decimal, ScalarError> {
    let text = trim(text);
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty()
        || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit())
    {
        return Err(ScalarError::Number);
    }
    text.parse().map_err(|_| ScalarError::Range("a Decimal"))
}

/// `xs:double`: decimal or exponent form, `INF`, `-INF`, `NaN`.
pub fn parse_double(text: &str) -> Result<f64, ScalarError> {
    let text = trim(text);
    match text {
        "INF" => return Ok(f64::INFINITY),
        "-INF" => return Ok(f64::NEG_INFINITY),
        "NaN" => return Ok(f64::NAN),
        _ => {}
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) {
        return Err(ScalarError::Number);
    }
    let value: f64 = text.parse().map_err(|_| ScalarError::Number)?;
    if value.is_finite() { Ok(value) } else { Err(ScalarError::Range("a Double")) }
}

/// The shortest text that reads back as the same double, in .NET's form: an exponent of at least
/// two digits from 1E+15 up and from 1E-05 down.
pub fn format_double(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "INF" } else { "-INF" }.to_owned();
    }
    let scientific = format!("{value:E}");
    let Some((mantissa, exponent)) = scientific.split_once('E') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-5..15).contains(&exponent) && exponent != -5 {
        return format!("{value}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}E{sign}{:02}", exponent.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_keep_to_their_size() {
        assert_eq!(parse_int(" -12 "), Ok(-12));
        assert_eq!(parse_int("2147483648"), Err(ScalarError::Range("an Int32")));
        assert_eq!(parse_long("2147483648"), Ok(2_147_483_648));
        for text in ["", "1.0", "0x1", "one", "-"] {
            assert_eq!(parse_int(text), Err(ScalarError::Number), "{text}");
        }
    }

    #[test]
    fn decimals_keep_their_scale() {
        assert_eq!(parse_decimal("1.50").map(|value| value.to_string()).as_deref(), Ok("1.50"));
        assert_eq!(parse_decimal("-.5").map(|value| value.to_string()).as_deref(), Ok("-0.5"));
        assert_eq!(parse_decimal("1e3"), Err(ScalarError::Number));
        assert_eq!(parse_decimal(&"9".repeat(40)), Err(ScalarError::Range("a Decimal")));
    }

    #[test]
    fn doubles_are_written_as_the_framework_does() {
        for (value, text) in [
            (1.0, "1"),
            (0.1, "0.1"),
            (-2.5, "-2.5"),
            (1e14, "100000000000000"),
            (1e15, "1E+15"),
            (1.5e300, "1.5E+300"),
            (0.0001, "0.0001"),
            (0.00001, "1E-05"),
            (f64::INFINITY, "INF"),
        ] {
            assert_eq!(format_double(value), text);
            assert_eq!(parse_double(text), Ok(value));
        }
        assert_eq!(parse_double("infinity"), Err(ScalarError::Number));
    }
}
