//! Spreading over the machines of a Citus cluster. Citus itself is not among the packages that tests can
//! install: functions of its names stand in for it, which note what they are asked.

use crate::server::TestDatabase;
use crate::support::{Database, contract, postgres, runtime};
use store::{DistributeError, Options, Store};

const STAND_IN: &str = "
    CREATE TABLE pg_dist_partition (logicalrel regclass, by text, colocate_with text);
    CREATE FUNCTION create_distributed_table(
        table_name regclass, distribution_column text, distribution_type text DEFAULT 'hash',
        colocate_with text DEFAULT 'default'
    ) RETURNS void LANGUAGE sql AS
        'INSERT INTO pg_dist_partition VALUES (table_name, distribution_column, colocate_with)'";

/// The tables that hold rows of accounts.
const TABLES: &str = "SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind = 'r' AND a.attname = 'account_id' ORDER BY 1";

#[test]
fn every_table_is_spread_by_account_once() {
    let database = TestDatabase::empty();
    let runtime = runtime();
    let store =
        runtime.block_on(Store::open(contract(), &postgres(&database, None), &Options::default())).unwrap();
    let distribute = || runtime.block_on(store.distribute());
    assert!(matches!(distribute(), Err(DistributeError::NoCitus)));
    database.execute(STAND_IN);
    let mut spread = distribute().unwrap();
    assert_eq!(spread[0], "account", "the others go where it goes");
    spread.sort();
    assert_eq!(spread, database.query(TABLES));
    let columns = database.query("SELECT DISTINCT by FROM pg_dist_partition");
    assert_eq!(columns, ["account_id"]);
    let alone = "SELECT logicalrel::text FROM pg_dist_partition WHERE colocate_with <> 'account'";
    assert_eq!(database.query(alone), ["account"]);
    assert_eq!(distribute().unwrap(), [""; 0], "what is spread stays");
}

#[test]
fn a_file_stays_on_its_machine() {
    let database = Database::folder();
    let refused = database.runtime.block_on(database.store.distribute());
    assert!(matches!(refused, Err(DistributeError::Embedded)));
}
