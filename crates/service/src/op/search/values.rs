//! What a filter says: its operator and its values.

use contract::handles::enumeration::cv_search_operator_type;
use contract::handles::object::{array_of_string, filter};
use contract::scalar::parse_date_time;
use contract::{EnumValue, Record, Timestamp};
use store::Operator;

/// The values a filter compares with: the array for Includes and Excludes, else the single value.
pub(super) fn texts(filter: &Record, operator: Operator) -> Vec<String> {
    let single = || filter.text(filter::VALUE).unwrap_or_default().to_owned();
    let array = filter.record(filter::VALUE_ARRAY);
    let many: Vec<String> = array
        .iter()
        .flat_map(|array| array.list(array_of_string::VALUE))
        .filter_map(|value| value.as_text().map(str::to_owned))
        .collect();
    if matches!(operator, Operator::Includes | Operator::Excludes) && !many.is_empty() {
        return many;
    }
    vec![single()]
}

pub(super) fn operator(value: EnumValue) -> Operator {
    match value {
        cv_search_operator_type::NOT_EQUAL_TO => Operator::NotEqual,
        cv_search_operator_type::LESS_THAN => Operator::Less,
        cv_search_operator_type::GREATER_THAN => Operator::Greater,
        cv_search_operator_type::LESS_THAN_OR_EQUAL_TO => Operator::LessOrEqual,
        cv_search_operator_type::GREATER_THAN_OR_EQUAL_TO => Operator::GreaterOrEqual,
        cv_search_operator_type::CONTAINS => Operator::Contains,
        cv_search_operator_type::DOES_NOT_CONTAIN => Operator::DoesNotContain,
        cv_search_operator_type::STARTS_WITH => Operator::StartsWith,
        cv_search_operator_type::INCLUDES => Operator::Includes,
        cv_search_operator_type::EXCLUDES => Operator::Excludes,
        _ => Operator::Equals,
    }
}

/// `YYYY-MM-DDTHH:MM:SS`, `YYYY-MM-DD` or `MM/DD/YYYY`.
pub(super) fn date(text: &str, now: Timestamp) -> Option<Timestamp> {
    let text = text.trim();
    match text.split('/').collect::<Vec<_>>()[..] {
        [month, day, year] if year.len() == 4 => {
            parse_date_time(&format!("{year}-{month:0>2}-{day:0>2}"), now).ok()
        }
        _ if text.len() >= 10 => parse_date_time(text, now).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_come_in_three_forms() {
        let read = |text| date(text, Timestamp(0)).map(|time| time.to_string());
        assert_eq!(read("2026-11-24T10:00:00").as_deref(), Some("2026-11-24T10:00:00"));
        assert_eq!(read("2026-11-24").as_deref(), Some("2026-11-24T00:00:00"));
        assert_eq!(read("1/2/2026").as_deref(), Some("2026-01-02T00:00:00"));
        for text in ["", "2026", "13/01/2026", "2026-13-01", "1/2/26"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
