//! Rows on their way in.

use super::columns::Columns;
use super::recipe::{Recipe, recipe, types};
use super::{TableError, cell};
use crate::Service;
use crate::session::Session;
use crate::write::{Importing, import};
use contract::handles::code;
use contract::handles::object::cv_object;
use contract::{Code, FieldId, Guid, Record};
use sha2::{Digest, Sha256};
use std::fmt;
use store::{Account, StoreError};

/// Who has made and changed what came in as rows.
const IMPORTED_BY: &str = "import";

/// What a row finds its object by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// The Id; a row whose Id is nobody's makes an object of that Id.
    Id,
    /// The e-mail address.
    Email,
    /// The source id.
    SourceId,
}

impl Match {
    /// Its name on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Match::Id => "id",
            Match::Email => "email",
            Match::SourceId => "source-id",
        }
    }
}

/// What the Ids of the objects that an import makes follow from, together with the numbers of their rows:
/// an import that goes on with the seed it began with makes no object twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub [u8; 16]);

impl Seed {
    /// The Id of the object that a row makes if it brings none.
    fn id(self, row: u64) -> Guid {
        let hash = Sha256::new().chain_update(self.0).chain_update(row.to_be_bytes()).finalize();
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(hash.iter()).for_each(|(byte, hashed)| *byte = *hashed);
        Guid::from_random(bytes)
    }
}

/// A row that was read.
#[derive(Debug)]
pub struct Row {
    number: u64,
    id: Guid,
    record: Record,
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The service's code.
    pub code: &'static str,
    /// What is wrong. No value of the row is in it.
    pub text: String,
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It made an object.
    Created(Guid),
    /// It changed an object, or would have if anything was new.
    Updated(Guid),
    /// It was left out.
    Refused(Vec<Problem>),
}

/// An import into one account.
pub struct Import {
    service: Service,
    account: Account,
    columns: Columns,
    recipe: &'static Recipe,
    matching: Match,
    passed_over: Vec<&'static str>,
    seed: Seed,
}

impl Import {
    /// # Errors
    /// A type that can't be imported; rows that can't be matched as wanted.
    pub(crate) fn new(
        service: Service,
        account: Account,
        mut columns: Columns,
        matching: Option<Match>,
        seed: Option<Seed>,
    ) -> Result<Import, TableError> {
        let (contract, object) = (service.contract(), columns.object());
        let name = || contract.object(object).name.clone();
        let recipe = recipe(object).ok_or_else(|| TableError::NotImported(name(), types(contract)))?;
        let has_id = columns.place(cv_object::ID).is_some();
        let matching = matching.unwrap_or(if has_id { Match::Id } else { (recipe.usual)(&account) });
        let key = key(recipe, matching).ok_or_else(|| TableError::NoSuchMatch(name(), matching.as_str()))?;
        if let Some(key) = key.filter(|key| columns.place(*key).is_none()) {
            return Err(TableError::MatchColumn(columns.name(key).to_owned()));
        }
        let passed_over = columns.leave_out(|field| {
            let is_id = field == cv_object::ID && matching == Match::Id;
            !is_id && !contract.object(object).writable(field)
        });
        if !columns.fields().flatten().any(|field| field != cv_object::ID) {
            return Err(TableError::NothingToWrite);
        }
        let seed = seed.unwrap_or_else(|| Seed(service.random()));
        Ok(Import { service, account, columns, recipe, matching, passed_over, seed })
    }

    /// What rows are matched by.
    pub fn matching(&self) -> Match {
        self.matching
    }

    /// The columns that are not looked at, because clients may not write them or rows are not matched by
    /// them.
    pub fn passed_over(&self) -> &[&'static str] {
        &self.passed_over
    }

    /// What the Ids of new objects follow from.
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// Reads the cells of row `number`; there is one for each column.
    ///
    /// # Errors
    /// Every cell that is not of its member's type.
    pub fn row<'c>(
        &self,
        number: u64,
        cells: impl IntoIterator<Item = &'c str>,
    ) -> Result<Row, Vec<Problem>> {
        let (contract, columns) = (self.columns.contract(), &self.columns);
        let mut record = contract.record(contract.object(columns.object()).ty);
        let (mut id, mut problems) = (None, Vec::new());
        for (field, text) in columns.fields().zip(cells) {
            match field {
                Some(cv_object::ID) if text.trim().is_empty() => {}
                Some(cv_object::ID) => match Guid::parse(text).filter(|id| id.0 != [0; 16]) {
                    Some(found) => id = Some(found),
                    None => problems.push(self.problem(self.invalid_id())),
                },
                Some(field) => match cell::read(contract, columns.member(field), text) {
                    Ok(value) => record.set(field, value),
                    Err(reason) => {
                        let code = &*contract.codes.entry(code::CV91102).name;
                        let text = format!("{} {reason}", columns.name(field));
                        problems.push(Problem { code, text });
                    }
                },
                None => {}
            }
        }
        if problems.is_empty() {
            Ok(Row { number, id: id.unwrap_or_else(|| self.seed.id(number)), record })
        } else {
            Err(problems)
        }
    }

    /// The code for what is no Id.
    fn invalid_id(&self) -> Code {
        let call = self.service.contract().call(self.recipe.update);
        call.id.map_or(code::CV10000, |codes| codes.invalid)
    }

    fn problem(&self, code: Code) -> Problem {
        let entry = self.service.contract().codes.entry(code);
        Problem { code: &entry.name, text: entry.message.clone() }
    }

    /// Writes rows in one transaction, which is on disk when this returns; gives one verdict for each.
    ///
    /// # Errors
    /// The database's trouble; then none of them is written.
    pub async fn write(&self, rows: Vec<Row>) -> Result<Vec<Verdict>, StoreError> {
        self.run(rows, true).await
    }

    /// Finds what would become of rows, and keeps nothing.
    ///
    /// # Errors
    /// The database's trouble.
    pub async fn try_out(&self, rows: Vec<Row>) -> Result<Vec<Verdict>, StoreError> {
        self.run(rows, false).await
    }

    async fn run(&self, rows: Vec<Row>, keeps: bool) -> Result<Vec<Verdict>, StoreError> {
        let Recipe { object, create, update, stamp, .. } = *self.recipe;
        let key = key(self.recipe, self.matching).flatten();
        let importing = Importing { object, create, update, stamp, key };
        let session =
            Session { account: self.account.clone(), user: IMPORTED_BY.to_owned(), at: self.service.now() };
        let numbers: Vec<u64> = rows.iter().map(|row| row.number).collect();
        let (ids, records) = rows.into_iter().map(|row| (row.id, row.record)).unzip();
        let outcomes = import(&self.service, &session, importing, records, ids, keeps).await?;
        let verdict = |(outcome, number): (crate::batch::Outcome, u64)| match outcome.id {
            Some(id) if outcome.errors.is_empty() => {
                // Made by this row when it was written before, and nobody had heard of it.
                let is_own = id == self.seed.id(number);
                if outcome.created == Some(true) || is_own {
                    Verdict::Created(id)
                } else {
                    Verdict::Updated(id)
                }
            }
            _ => Verdict::Refused(outcome.errors.iter().map(|code| self.problem(*code)).collect()),
        };
        Ok(outcomes.into_iter().zip(numbers).map(verdict).collect())
    }

    /// Whether an object is there, such as one that an earlier run of the import has written.
    ///
    /// # Errors
    /// The database's trouble.
    pub async fn has(&self, id: Guid) -> Result<bool, StoreError> {
        let (account, object) = (self.account.id, self.columns.object());
        self.service
            .store()
            .look_up(move |reader| Ok(reader.exists(account, object, &[id])?.contains(&true)))
            .await
    }
}

/// The member that rows are matched by: the inner none is for the Id, the outer for what does not work.
fn key(recipe: &Recipe, matching: Match) -> Option<Option<FieldId>> {
    if matching == Match::Id {
        return Some(None);
    }
    recipe.keys.iter().find(|(found, _)| *found == matching).map(|(_, field)| Some(*field))
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.text)
    }
}
