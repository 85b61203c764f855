//! What every test needs: a database, ids, and records with all members set.

use crate::server::TestDatabase;
use contract::handles::object::cv_object;
use contract::{
    Contract, Decimal, EnumValue, FieldId, Guid, ObjectId, Record, Scalar, Timestamp, TypeId, TypeRef, Value,
};
use std::sync::LazyLock;
use store::{Account, AccountId, Location, Options, Postgres, Reader, Result, Store, Writer};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// Runs functions over a [`Database`] as tests, each in every place the data can be.
macro_rules! on_all {
    ($($name:ident),* $(,)?) => {
        mod memory {
            $(#[test] fn $name() { super::$name(&crate::support::Database::memory()); })*
        }
        mod folder {
            $(#[test] fn $name() { super::$name(&crate::support::Database::folder()); })*
        }
        mod postgres {
            $(#[test] fn $name() { super::$name(&crate::support::Database::postgres()); })*
        }
        mod partitioned {
            $(#[test] fn $name() { super::$name(&crate::support::Database::partitioned()); })*
        }
    };
}
pub(crate) use on_all;

/// Says that the test server is reached through a pooler.
const POOLER: &str = "UNDERSTUDY_TEST_POOLER";

/// In how many parts the tables are made that are made in parts.
const PARTITIONS: u32 = 3;

/// An open database and a runtime to wait for it in.
pub struct Database {
    pub store: Store,
    pub runtime: Runtime,
    pub location: Location,
    place: Option<Place>,
}

/// What is removed when the database is no longer needed.
enum Place {
    Folder { _folder: TempDir },
    Postgres { database: TestDatabase },
}

impl Database {
    pub fn memory() -> Database {
        Database::open(Location::Memory, None)
    }

    pub fn folder() -> Database {
        let folder = TempDir::new().unwrap();
        let location = Location::Folder(folder.path().to_owned());
        Database::open(location, Some(Place::Folder { _folder: folder }))
    }

    pub fn postgres() -> Database {
        static TEMPLATE: LazyLock<TestDatabase> = LazyLock::new(|| migrated(None));
        Database::like(&TEMPLATE, None)
    }

    /// In PostgreSQL with every table in parts, which refuses what does not keep to one account.
    pub fn partitioned() -> Database {
        static TEMPLATE: LazyLock<TestDatabase> = LazyLock::new(|| migrated(Some(PARTITIONS)));
        Database::like(&TEMPLATE, Some(PARTITIONS))
    }

    fn like(template: &TestDatabase, partitions: Option<u32>) -> Database {
        let database = TestDatabase::like(template);
        let location = postgres(&database, partitions);
        Database::open(location, Some(Place::Postgres { database }))
    }

    fn open(location: Location, place: Option<Place>) -> Database {
        let runtime = runtime();
        // A busy machine may take long for anything.
        let options = Options { read_deadline: None, ..Options::default() };
        let store = runtime.block_on(Store::open(contract(), &location, &options)).unwrap();
        Database { store, runtime, location, place }
    }

    /// The same data, opened once more in another way. What is in memory is in no other place: there it is made anew.
    pub fn reopened(&self, options: &Options) -> Store {
        self.runtime.block_on(Store::open(contract(), &self.location, options)).unwrap()
    }

    /// Changes the data as something other than this program does. Nothing else can where it is in memory: `false`.
    pub fn execute(&self, sql: &str) -> bool {
        match (&self.location, &self.place) {
            (Location::Folder(folder), _) => {
                let tool = rusqlite::Connection::open(folder.join("understudy.db")).unwrap();
                tool.execute_batch(sql).unwrap();
            }
            (_, Some(Place::Postgres { database })) => database.execute(sql),
            _ => return false,
        }
        true
    }

    pub fn try_read<T: Send + 'static>(
        &self,
        job: impl Fn(&Reader<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.runtime.block_on(self.store.read(job))
    }

    pub fn try_write<T: Send + 'static>(
        &self,
        job: impl FnMut(&mut Writer<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.runtime.block_on(self.store.write(job))
    }

    pub fn read<T: Send + 'static>(&self, job: impl Fn(&Reader<'_>) -> Result<T> + Send + 'static) -> T {
        self.try_read(job).unwrap()
    }

    pub fn write<T: Send + 'static>(
        &self,
        job: impl FnMut(&mut Writer<'_>) -> Result<T> + Send + 'static,
    ) -> T {
        self.try_write(job).unwrap()
    }

    /// Adds an account of that number.
    pub fn account(&self, number: &str) -> AccountId {
        let account = Account::new(number, format!("Account {number}"));
        self.write(move |writer| writer.add_account(&account))
    }

    /// Inserts records at time 0.
    pub fn insert(&self, account: AccountId, object: ObjectId, records: Vec<Record>) {
        self.write(move |writer| writer.insert(account, object, &records, Timestamp(0)));
    }
}

/// A database with its tables made.
fn migrated(partitions: Option<u32>) -> TestDatabase {
    let database = TestDatabase::empty();
    runtime().block_on(async {
        let store =
            Store::open(contract(), &postgres(&database, partitions), &Options::default()).await.unwrap();
        store.close().await;
    });
    database
}

/// A database of the test server as a place for data. Tests run side by side, so that each takes few of the
/// server's connections.
pub fn postgres(database: &TestDatabase, partitions: Option<u32>) -> Location {
    let place = Postgres::new(database.url.parse().unwrap());
    let pooler = std::env::var_os(POOLER).is_some();
    Location::Postgres(Postgres { connections: 4, partitions, pooler, ..place })
}

pub fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

pub fn contract() -> &'static Contract {
    Contract::get().unwrap()
}

/// The id of a number.
pub fn guid(number: u64) -> Guid {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    Guid(bytes)
}

/// An object with nothing but an id.
pub fn object(object: ObjectId, id: Guid) -> Record {
    let mut record = contract().record(contract().object(object).ty);
    record.set(cv_object::ID, id.to_string());
    record
}

/// An object with texts.
pub fn with_texts(kind: ObjectId, id: Guid, texts: &[(FieldId, &str)]) -> Record {
    let mut record = object(kind, id);
    for (field, text) in texts {
        record.set(*field, *text);
    }
    record
}

/// Every object type.
pub fn objects() -> impl Iterator<Item = ObjectId> {
    (0..contract().objects.len()).map(|index| ObjectId(index as u16))
}

/// An object with every member set that its row holds: links and message ids are not among them.
pub fn full(kind: ObjectId, id: Guid, seed: u64) -> Record {
    let mut record = filled(contract().object(kind).ty, seed);
    record.set(cv_object::ID, id.to_string());
    for field in [cv_object::MESSAGE_ID, cv_object::TRANSACTION_ID] {
        record.take(field);
    }
    for (field, _) in contract().model.ty(contract().object(kind).ty).fields() {
        if contract().link_of(kind, field).is_some() {
            record.take(field);
        }
    }
    for (index, reference) in contract().references_of(kind).enumerate() {
        record.set(reference.field, guid(seed.wrapping_add(1_000_000 + index as u64)).to_string());
    }
    record
}

/// A record with every member set, and every member of its details.
fn filled(ty: TypeId, seed: u64) -> Record {
    let mut record = contract().record(ty);
    for (field, member) in contract().model.ty(ty).fields() {
        let seed = seed.wrapping_mul(31).wrapping_add(u64::from(field.0));
        let value = if member.repeated {
            Value::List((0..seed % 3 + 1).map(|index| value(member.ty, seed + index)).collect())
        } else {
            value(member.ty, seed)
        };
        record.set(field, value);
    }
    record
}

fn value(ty: TypeRef, seed: u64) -> Value {
    match ty {
        TypeRef::Complex(ty) => filled(ty, seed).into(),
        TypeRef::Enumeration(id) => {
            let values = contract().model.enumeration(id).values.len() as u64;
            Value::Enumeration(EnumValue((seed % values) as u16))
        }
        TypeRef::Scalar(scalar) => match scalar {
            Scalar::String => Value::from(TEXTS[seed as usize % TEXTS.len()].to_owned() + &seed.to_string()),
            Scalar::Integer => Value::from(seed.to_string()),
            Scalar::Boolean => Value::Boolean(seed.is_multiple_of(2)),
            Scalar::Int => Value::Integer(i64::from(seed as i32)),
            Scalar::Long => Value::Integer(seed as i64),
            Scalar::Decimal => Value::Decimal(Decimal::new(seed as i64 / 3, (seed % 8) as u32)),
            Scalar::Double => Value::Double(seed as f64 / 7.0),
            Scalar::DateTime => Value::Time(Timestamp((seed % (1 << 52)) as i64 - (1 << 51))),
        },
    }
}

const TEXTS: [&str; 6] = ["", "plain ", "\"quoted\" ' \\ ", "Ünïcødé ☃ 🦀 ", " <&>\r\n\t ", "%_like\u{0}_"];
