//! Lists of values: countries, states, currencies, time zones, and the short lists of Describe.

use crate::read::Mistake;
use std::collections::HashMap;

/// A country of ISO 3166-1.
#[derive(Debug)]
pub struct Country {
    /// Two letters.
    pub alpha2: String,
    /// Three letters.
    pub alpha3: String,
    /// Its English short name.
    pub name: String,
}

/// A subdivision of ISO 3166-2.
#[derive(Debug)]
pub struct State {
    /// Its country, two letters.
    pub country: String,
    /// Its code without the country's.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// A currency or a time zone: a code, or number, and a name.
#[derive(Debug)]
pub struct Named {
    /// ISO 4217 code, or the time zone's number.
    pub code: String,
    /// The time zone's IANA name, or the currency's number.
    pub detail: String,
    /// The English name.
    pub name: String,
}

/// All lists.
#[derive(Debug, Default)]
pub struct Lists {
    /// Countries in the order of their two-letter codes.
    pub countries: Vec<Country>,
    /// States in the order of country and code.
    pub states: Vec<State>,
    /// Currencies in the order of their codes.
    pub currencies: Vec<Named>,
    /// Time zones from west to east.
    pub timezones: Vec<Named>,
    short: HashMap<String, Vec<String>>,
    by_country_code: HashMap<String, usize>,
    by_state_code: HashMap<(String, String), usize>,
}

/// The texts of the five list files.
pub struct Texts<'a> {
    /// `lists.txt`
    pub lists: &'a str,
    /// `countries.tsv`
    pub countries: &'a str,
    /// `states.tsv`
    pub states: &'a str,
    /// `currencies.tsv`
    pub currencies: &'a str,
    /// `timezones.tsv`
    pub timezones: &'a str,
}

impl Lists {
    /// The country of a two- or three-letter code in any case.
    pub fn country(&self, code: &str) -> Option<&Country> {
        self.by_country_code.get(&code.trim().to_uppercase()).map(|&index| &self.countries[index])
    }

    /// The state of a code, with or without its country's prefix, in any case; in `country` if
    /// that is given, else the first country that has it.
    pub fn state(&self, code: &str, country: Option<&Country>) -> Option<&State> {
        let code = code.trim().to_uppercase();
        let prefix = code.split_once('-').and_then(|(prefix, rest)| Some((self.country(prefix)?, rest)));
        if let Some((found, rest)) = prefix {
            return match country {
                Some(wanted) if wanted.alpha2 != found.alpha2 => None,
                _ => self.state_of(&found.alpha2, rest),
            };
        }
        match country {
            Some(country) => self.state_of(&country.alpha2, &code),
            None => self.states.iter().find(|state| state.code == code),
        }
    }

    fn state_of(&self, country: &str, code: &str) -> Option<&State> {
        self.by_state_code.get(&(country.to_owned(), code.to_owned())).map(|&index| &self.states[index])
    }

    /// The time zone of a code, an IANA name or an English name, in any case.
    pub fn timezone(&self, text: &str) -> Option<&Named> {
        let text = text.trim();
        let is = |name: &str| name.eq_ignore_ascii_case(text);
        self.timezones.iter().find(|zone| is(&zone.code) || is(&zone.detail) || is(&zone.name))
    }

    /// The currency of a code or an English name, in any case.
    pub fn currency(&self, text: &str) -> Option<&Named> {
        let text = text.trim();
        let is = |name: &str| name.eq_ignore_ascii_case(text);
        self.currencies.iter().find(|currency| is(&currency.code) || is(&currency.name))
    }

    /// The values of a list that a field's property names, an empty first one included where the
    /// service's own list begins so.
    pub fn values(&self, name: &str) -> Vec<&str> {
        let blank = std::iter::once("");
        match name {
            "country" => blank.chain(self.countries.iter().map(|country| country.name.as_str())).collect(),
            "state" => blank.chain(self.states.iter().map(|state| state.name.as_str())).collect(),
            "currency" => self.currencies.iter().map(|currency| currency.name.as_str()).collect(),
            "timezone" => self.timezones.iter().map(|timezone| timezone.name.as_str()).collect(),
            other => self.short.get(other).into_iter().flatten().map(String::as_str).collect(),
        }
    }

    /// True if a property may name that list.
    pub fn has(&self, name: &str) -> bool {
        ["country", "state", "currency", "timezone"].contains(&name) || self.short.contains_key(name)
    }

    /// Reads the five files.
    pub fn read(texts: &Texts) -> Result<Lists, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        let mut out = Lists { short: short(texts.lists, &mut mistakes), ..Lists::default() };
        for [alpha2, alpha3, _, name] in rows(texts.countries, "countries.tsv", &mut mistakes) {
            out.countries.push(Country { alpha2, alpha3, name });
        }
        for [country, code, name] in rows(texts.states, "states.tsv", &mut mistakes) {
            out.states.push(State { country, code, name });
        }
        let named = |[code, detail, name]: [String; 3]| Named { code, detail, name };
        out.currencies = rows(texts.currencies, "currencies.tsv", &mut mistakes).map(named).collect();
        out.timezones = rows(texts.timezones, "timezones.tsv", &mut mistakes).map(named).collect();
        for (index, country) in out.countries.iter().enumerate() {
            out.by_country_code.insert(country.alpha2.clone(), index);
            out.by_country_code.insert(country.alpha3.clone(), index);
        }
        for (index, state) in out.states.iter().enumerate() {
            out.by_state_code.insert((state.country.clone(), state.code.clone()), index);
        }
        if mistakes.is_empty() { Ok(out) } else { Err(mistakes) }
    }
}

fn short(text: &str, mistakes: &mut Vec<Mistake>) -> HashMap<String, Vec<String>> {
    let mut out: HashMap<String, Vec<String>> = HashMap::new();
    let mut current = None;
    for (index, line) in text.lines().enumerate() {
        match line.split_once(' ') {
            Some(("L", name)) => current = Some(out.entry(name.to_owned()).or_default()),
            Some(("v", value)) => match &mut current {
                Some(values) => values.push(value.to_owned()),
                None => mistakes.push(mistake("lists.txt", index, "a value outside a list")),
            },
            _ if line.is_empty() || line.starts_with('#') => {}
            _ => mistakes.push(mistake("lists.txt", index, "needs `L name` or `v value`")),
        }
    }
    out
}

fn rows<const N: usize>(
    text: &str,
    file: &'static str,
    mistakes: &mut Vec<Mistake>,
) -> impl Iterator<Item = [String; N]> + use<N> {
    let mut out = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
        let cells: Vec<String> = line.split('\t').map(str::to_owned).collect();
        match cells.try_into() {
            Ok(cells) => out.push(cells),
            Err(_) => mistakes.push(mistake(file, index, "has the wrong number of cells")),
        }
    }
    out.into_iter()
}

fn mistake(file: &'static str, index: usize, reason: &str) -> Mistake {
    Mistake { file, line: index + 1, reason: reason.to_owned() }
}
