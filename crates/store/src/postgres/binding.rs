//! Whether a statement stays within one account.
//!
//! Every table that a statement names must be bound: `account_id` of it is `$1`, or that of a table that
//! is bound, in a condition that holds for all rows; what is inserted begins with `account_id` and `$1`.
//! A database that is spread by account then answers the statement in one place, and no account sees
//! another's rows. This reads the SQL of this crate and refuses what it does not understand.

mod tree;

use std::collections::HashSet;
use tree::{Part, parts};

/// Whether every table of a statement is bound by the account, which is `$1`; or what is not.
pub(super) fn check(sql: &str) -> Result<(), String> {
    query(&parts(sql)?, &Scope::default())
}

type Check = Result<(), String>;

/// What a query may refer to that it does not name itself.
#[derive(Clone, Default)]
struct Scope {
    /// Queries before it that have names.
    queries: HashSet<String>,
    /// Bound tables of the queries around it.
    bound: HashSet<String>,
}

/// Words that begin a query.
const QUERY: [&str; 5] = ["with", "select", "insert", "update", "delete"];
/// Words that begin a table of a list, or end the one before.
const JOIN: [&str; 7] = ["join", "left", "inner", "cross", "right", "full", "natural"];
/// Words that end the conditions of a query.
const AFTER: [&str; 9] =
    ["group", "having", "window", "order", "limit", "offset", "for", "returning", "fetch"];

fn query(parts: &[Part], around: &Scope) -> Check {
    let mut scope = around.clone();
    let mut rest = parts;
    if let [Part::Name(with), after @ ..] = rest
        && with == "with"
    {
        rest = after;
        loop {
            let [Part::Name(name), Part::Name(as_), Part::Brackets(inner), after @ ..] = rest else {
                return Err("WITH without `name AS (query)`".to_owned());
            };
            if as_ != "as" {
                return Err(format!("WITH {name} without AS"));
            }
            query(inner, &scope)?;
            scope.queries.insert(name.clone());
            rest = after;
            match rest {
                [comma, after @ ..] if comma.is_sign(",") => rest = after,
                _ => break,
            }
        }
    }
    if rest.iter().any(|part| part.is_sign(";")) {
        return Err("more than one statement".to_owned());
    }
    match rest.first() {
        Some(first) if first.is("select") => {
            let set = |part: &Part| part.is_any(&["union", "intersect", "except"]);
            rest.split(set).try_for_each(|select| plain(skip_all(select), &scope))
        }
        Some(first) if first.is("insert") => insert(rest, &scope),
        Some(first) if first.is_any(&["update", "delete"]) => plain(rest, &scope),
        _ => Err("not a query".to_owned()),
    }
}

/// After `UNION`, without its `ALL`.
fn skip_all(select: &[Part]) -> &[Part] {
    match select {
        [all, rest @ ..] if all.is("all") => rest,
        _ => select,
    }
}

fn insert(parts: &[Part], scope: &Scope) -> Check {
    let [_, into, Part::Name(table), Part::Brackets(columns), rest @ ..] = parts else {
        return Err("INSERT without `INTO table (columns)`".to_owned());
    };
    let begins = |columns: &[Part]| columns.first().is_some_and(|column| column.is("account_id"));
    if !into.is("into") || !begins(columns) {
        return Err(format!("what is inserted into {table} does not begin with account_id"));
    }
    let end = rest.iter().position(|part| part.is_any(&["on", "returning"])).unwrap_or(rest.len());
    let (rows, after) = rest.split_at(end);
    let is_account = |values: &[Part]| match values {
        [Part::Parameter(1)] => true,
        [Part::Parameter(1), comma, ..] => comma.is_sign(","),
        _ => false,
    };
    let unbound = || Err(format!("what is inserted into {table} does not begin with $1"));
    match rows {
        [select, values @ ..] if select.is("select") => {
            if !is_account(values) || values.iter().any(|part| part.is("union")) {
                return unbound();
            }
            query(rows, scope)?;
        }
        [values, lists @ ..] if values.is("values") => {
            for list in lists.iter().filter(|part| !part.is_sign(",")) {
                match list {
                    Part::Brackets(values) if is_account(values) => expressions(values, scope)?,
                    _ => return unbound(),
                }
            }
        }
        _ => return Err(format!("what is inserted into {table} is neither VALUES nor SELECT")),
    }
    if let [on, conflict, target, ..] = after
        && on.is("on")
        && conflict.is("conflict")
        && !matches!(target, Part::Brackets(columns) if begins(columns))
        && !target.is("do")
    {
        return Err(format!("a conflict in {table} that does not begin with account_id"));
    }
    let mut inner = scope.clone();
    inner.bound.extend([table.clone(), "excluded".to_owned()]);
    expressions(after, &inner)
}

/// A table under the name that the query gives it.
struct Table {
    alias: String,
    /// False for what is no table: a function, a query.
    is_table: bool,
}

/// That the accounts of two are the same. None is the account that the statement is about.
struct Equality {
    sides: [Option<String>; 2],
    /// The only table that it restricts, as for the right side of a LEFT JOIN.
    only: Option<String>,
}

/// A SELECT, UPDATE or DELETE without what stands before it.
fn plain(parts: &[Part], scope: &Scope) -> Check {
    let (mut tables, mut equalities) = (Vec::new(), Vec::new());
    let mut rest = parts;
    if let [update, after @ ..] = rest
        && update.is("update")
    {
        rest = table(after, &mut tables, scope)?;
        let end = rest.iter().position(|part| part.is_any(&["from", "where", "returning"]));
        let settings = rest[..end.unwrap_or(rest.len())].split(|part| part.is("set") || part.is_sign(","));
        let sets = |setting: &[Part]| matches!(setting, [column, ..] if column.is("account_id"));
        let sets_many = |setting: &[Part]| matches!(setting, [Part::Brackets(_), ..]);
        if settings.clone().any(|setting| sets(setting) || sets_many(setting)) {
            return Err("an UPDATE that may change account_id".to_owned());
        }
    }
    while let [first, after @ ..] = rest {
        // `IS DISTINCT FROM` is a comparison.
        let compares = first.is("distinct") && after.first().is_some_and(|part| part.is("from"));
        rest = if compares {
            &after[1..]
        } else if first.is_any(&["from", "using"]) {
            list(after, &mut tables, &mut equalities, scope)?
        } else if first.is("where") {
            let end = after.iter().position(|part| part.is_any(&AFTER)).unwrap_or(after.len());
            conditions(&after[..end], None, &mut equalities);
            &after[end..]
        } else {
            after
        };
    }
    let mut inner = scope.clone();
    bind(&tables, &equalities, &mut inner.bound);
    if let Some(table) = tables.iter().find(|table| table.is_table && !inner.bound.contains(&table.alias)) {
        return Err(format!("{} is not bound by the account", table.alias));
    }
    expressions(parts, &inner)
}

/// The tables of FROM or USING.
fn list<'a>(
    parts: &'a [Part],
    tables: &mut Vec<Table>,
    equalities: &mut Vec<Equality>,
    scope: &Scope,
) -> Result<&'a [Part], String> {
    let mut rest = table(parts, tables, scope)?;
    loop {
        let join = rest.iter().take_while(|part| part.is_any(&JOIN)).count();
        let (words, after) = rest.split_at(join);
        let kind = match words {
            [] => match after {
                [comma, after @ ..] if comma.is_sign(",") => {
                    rest = table(after, tables, scope)?;
                    continue;
                }
                _ => return Ok(rest),
            },
            [kind, ..] => kind,
        };
        if kind.is_any(&["right", "full", "natural"]) {
            return Err("a join of a kind that is not understood".to_owned());
        }
        rest = table(after, tables, scope)?;
        if let [on, after @ ..] = rest
            && on.is("on")
        {
            let ends = |part: &Part| {
                part.is_any(&JOIN) || part.is_any(&AFTER) || part.is("where") || part.is_sign(",")
            };
            let end = after.iter().position(ends).unwrap_or(after.len());
            let joined = tables.last().filter(|_| kind.is("left")).map(|table| table.alias.clone());
            conditions(&after[..end], joined, equalities);
            rest = &after[end..];
        }
    }
}

/// One table, function or query, with its name here.
fn table<'a>(parts: &'a [Part], tables: &mut Vec<Table>, scope: &Scope) -> Result<&'a [Part], String> {
    let (name, mut rest) = match parts {
        [lateral, Part::Brackets(inner), rest @ ..] if lateral.is("lateral") && is_query(inner) => {
            (None, rest)
        }
        [Part::Brackets(inner), rest @ ..] if is_query(inner) => (None, rest),
        [Part::Name(_), Part::Brackets(_), rest @ ..] => (None, rest),
        [Part::Name(name), rest @ ..] if name != "only" => (Some(name), rest),
        _ => return Err("a table that is not understood".to_owned()),
    };
    if rest.first().is_some_and(|part| part.is_sign(".")) {
        return Err("a table with the name of its schema".to_owned());
    }
    while let [word, after @ ..] = rest
        && word.is_any(&["with", "ordinality", "as"])
    {
        rest = after;
    }
    let stops = |word: &Part| {
        word.is_any(&JOIN) || word.is_any(&AFTER) || word.is_any(&["on", "where", "set", "using", "from"])
    };
    let mut alias = name.cloned();
    if let [word @ Part::Name(given), after @ ..] = rest
        && !stops(word)
    {
        alias = Some(given.clone());
        rest = after;
        if let [Part::Brackets(_), after @ ..] = rest {
            rest = after;
        }
    }
    let is_table = name.is_some_and(|name| !scope.queries.contains(name));
    tables.push(Table { alias: alias.unwrap_or_default(), is_table });
    Ok(rest)
}

/// The equalities of accounts among conditions that all hold.
fn conditions(parts: &[Part], only: Option<String>, equalities: &mut Vec<Equality>) {
    if parts.iter().any(|part| part.is("or")) {
        return;
    }
    for condition in parts.split(|part| part.is("and")) {
        let Some(sign) = condition.iter().position(|part| part.is_sign("=")) else { continue };
        if let (Some(one), Some(other)) = (account(&condition[..sign]), account(&condition[sign + 1..])) {
            equalities.push(Equality { sides: [one, other], only: only.clone() });
        }
    }
}

/// `$1`, which is no table's; `account_id` or `alias.account_id`. None for anything else.
fn account(side: &[Part]) -> Option<Option<String>> {
    match side {
        [Part::Parameter(1)] => Some(None),
        [column] if column.is("account_id") => Some(Some(String::new())),
        [Part::Name(alias), dot, column] if dot.is_sign(".") && column.is("account_id") => {
            Some(Some(alias.clone()))
        }
        _ => None,
    }
}

/// Adds to those that are bound the tables that equalities bind.
fn bind(tables: &[Table], equalities: &[Equality], bound: &mut HashSet<String>) {
    // A name of this query hides that of one around it.
    for table in tables {
        bound.remove(&table.alias);
    }
    let mut own = tables.iter().filter(|table| table.is_table);
    // Without a table's name, it is that of the only one.
    let single = own.next().filter(|_| own.next().is_none()).map(|table| table.alias.clone());
    let name = |side: &String| if side.is_empty() { single.clone() } else { Some(side.clone()) };
    for _ in 0..=equalities.len() {
        for Equality { sides: [one, other], only } in equalities {
            for (from, to) in [(one, other), (other, one)] {
                let known =
                    from.as_ref().is_none_or(|from| name(from).is_some_and(|from| bound.contains(&from)));
                let Some(to) = to.as_ref().and_then(name) else { continue };
                if known && only.as_ref().is_none_or(|only| *only == to) {
                    bound.insert(to);
                }
            }
        }
    }
}

fn is_query(parts: &[Part]) -> bool {
    parts.first().is_some_and(|first| first.is_any(&QUERY))
}

/// Checks the queries within expressions.
fn expressions(parts: &[Part], scope: &Scope) -> Check {
    for part in parts {
        match part {
            Part::Brackets(inner) if is_query(inner) => query(inner, scope)?,
            Part::Brackets(inner) | Part::Case(inner) => {
                if inner.iter().any(|part| part.is_any(&["from", "join", "into", "select"])) {
                    return Err("a query that is not understood".to_owned());
                }
                expressions(inner, scope)?;
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::schema::Schema;

    #[test]
    fn every_statement_stays_within_its_account() {
        let schema = Schema::of_contract();
        let statements = schema.statements();
        assert!(statements.len() > 400);
        for sql in statements {
            assert_eq!(check(sql), Ok(()), "{sql}");
        }
    }

    #[test]
    fn no_statement_does_once_it_forgets_an_account() {
        let schema = Schema::of_contract();
        let conditions = ["account_id = $1", "l.account_id", "SELECT $1,", "account_id, id"];
        for sql in schema.statements() {
            for condition in conditions {
                for (at, _) in sql.match_indices(condition) {
                    let broken = format!(
                        "{}{}",
                        &sql[..at],
                        sql[at..].replacen("account_id", "other_id", 1).replacen("$1,", "$2,", 1)
                    );
                    assert!(check(&broken).is_err(), "{broken}");
                }
            }
        }
    }

    #[test]
    fn what_is_bound_in_other_ways_is_taken() {
        for sql in [
            "SELECT 1 FROM a WHERE $1 = account_id FOR NO KEY UPDATE",
            "SELECT a.x FROM a, b WHERE a.account_id = $1 AND b.account_id = a.account_id",
            "SELECT a.x FROM a JOIN b ON a.account_id = b.account_id WHERE b.account_id = $1 AND (a.x OR b.x)",
            "SELECT x FROM a WHERE account_id = $1 AND x IS DISTINCT FROM $2",
            "SELECT x FROM a WHERE account_id = $1 UNION ALL SELECT x FROM b WHERE account_id = $1",
            "SELECT x FROM (SELECT x FROM a WHERE account_id = $1) q, unnest($2::text[]) AS v(y)",
            "INSERT INTO a (account_id, x) VALUES ($1, $2), ($1, $3) ON CONFLICT DO NOTHING",
            "UPDATE a SET x = b.x FROM b WHERE a.account_id = $1 AND b.account_id = a.account_id AND a.x = 1",
            "SELECT 'FROM b', \"from\" /* FROM b */ FROM a -- , b\n WHERE account_id = $1",
        ] {
            assert_eq!(check(sql), Ok(()), "{sql}");
        }
    }

    #[test]
    fn what_reaches_further_is_refused() {
        for sql in [
            "SELECT x FROM a",
            "SELECT x FROM a WHERE account_id = $2",
            "SELECT x FROM a WHERE account_id = $1 + 1",
            "SELECT x FROM a WHERE account_id >= $1",
            "SELECT x FROM a WHERE NOT account_id = $1",
            "SELECT x FROM a WHERE account_id = $1 OR x = $2",
            "SELECT x FROM a WHERE x = $2 OR y = $3 AND account_id = $1",
            "SELECT x FROM a WHERE (account_id = $1 OR TRUE)",
            "SELECT x FROM a WHERE CASE WHEN x AND account_id = $1 AND y THEN TRUE ELSE TRUE END",
            "SELECT x FROM a, b WHERE a.account_id = $1",
            "SELECT x FROM a, b WHERE account_id = $1",
            "SELECT x FROM a, b WHERE a.account_id = b.account_id",
            "SELECT x FROM a LEFT JOIN b ON a.account_id = $1 AND b.account_id = $1",
            "SELECT x FROM a RIGHT JOIN b ON a.account_id = b.account_id WHERE b.account_id = $1",
            "SELECT x FROM a WHERE account_id = $1 UNION SELECT x FROM b",
            "SELECT x FROM a WHERE account_id = $1 AND EXISTS (SELECT 1 FROM b WHERE b.x = a.x)",
            "SELECT x FROM a WHERE account_id = $1 AND EXISTS (SELECT 1 FROM b a WHERE a.account_id = a.account_id)",
            "SELECT x, (SELECT max(x) FROM b) FROM a WHERE account_id = $1",
            "SELECT x FROM a WHERE account_id = $1 ORDER BY (SELECT x FROM b)",
            "SELECT x FROM other.a WHERE account_id = $1",
            "SELECT x FROM (a JOIN b ON TRUE) WHERE account_id = $1",
            "WITH q AS (SELECT x FROM b) SELECT x FROM a WHERE account_id = $1",
            "WITH q AS (SELECT x FROM a WHERE account_id = $1) SELECT x FROM q, b",
            "INSERT INTO a (id, account_id) VALUES ($2, $1)",
            "INSERT INTO a (account_id, id) VALUES ($2, $1)",
            "INSERT INTO a (account_id, id) VALUES ($1, $2), ($3, $2)",
            "INSERT INTO a (account_id, id) SELECT account_id, id FROM b WHERE account_id = $1",
            "INSERT INTO a (account_id, id) SELECT $1, id FROM b",
            "INSERT INTO a (account_id, id) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING",
            "UPDATE a SET x = $2",
            "UPDATE a SET account_id = $1 WHERE account_id = $1",
            "UPDATE a SET x = $2, account_id = $3 WHERE account_id = $1",
            "UPDATE a SET (x, account_id) = ($2, $3) WHERE account_id = $1",
            "UPDATE a SET x = b.x FROM b WHERE a.account_id = $1 AND a.id = b.id",
            "DELETE FROM a",
            "DELETE FROM a USING b WHERE b.account_id = $1 AND a.id = b.id",
            "DELETE FROM a WHERE account_id = $1; DELETE FROM b",
            "TRUNCATE a",
        ] {
            assert!(check(sql).is_err(), "{sql}");
        }
    }
}
