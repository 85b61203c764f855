//! The page itself.

use crate::sources::Sources;
use contract::Contract;
use std::fmt::Write;

const HEAD: &str = "# Coverage\n\n\
Made by `UNDERSTUDY_COVERAGE=write cargo test -p understudy --test coverage`; a test fails when it is out of date.\n\n\
*Golden* cases are raw requests with their raw answers in `tests/golden`; *suite* calls run the operation on a real\n\
store in `crates/service/tests`. What each case is checked against stands in its `why.md`.\n";

/// Writes the page.
pub fn write(contract: &Contract, sources: &Sources) -> String {
    let mut page = HEAD.to_owned();
    operations(&mut page, contract, sources);
    objects(&mut page, contract, sources);
    codes(&mut page, contract, sources);
    page
}

fn operations(page: &mut String, contract: &Contract, sources: &Sources) {
    let built =
        contract.model.operations.iter().filter(|operation| sources.is_built(&operation.name)).count();
    let count = contract.model.operations.len();
    let _ = write!(page, "\n## Operations\n\n{built} of {count} are built.\n\n");
    page.push_str(
        "| Operation | Built | Golden cases | Suite calls | Checked against |\n|---|---|---|---|---|\n",
    );
    for operation in &contract.model.operations {
        let name = &operation.name;
        let built = if sources.is_built(name) { "yes" } else { "no" };
        let (cases, suites) = (sources.cases(name), sources.suites(name));
        let evidence = sources.evidence(&format!("operation {name}"));
        let _ = writeln!(page, "| {name} | {built} | {cases} | {suites} | {evidence} |");
    }
}

fn objects(page: &mut String, contract: &Contract, sources: &Sources) {
    page.push_str("\n## Object types\n\nAll are stored, retrieved, searched and described by the same code; every one makes the\nround trip through the database with all members set (`crates/store/tests`).\n\n");
    page.push_str(
        "| Object type | Members | Searchable | Calls that write it | GetUpdated | Checked against |\n|---|---|---|---|---|---|\n",
    );
    for object in &contract.objects {
        let searchable = object.properties.iter().filter(|property| property.searchable).count();
        let verbs = [
            (object.verbs.create, "create"),
            (object.verbs.update, "update"),
            (object.verbs.delete, "delete"),
        ];
        let verbs: Vec<&str> = verbs.iter().filter(|(has, _)| *has).map(|(_, name)| *name).collect();
        let updated = if object.verbs.replicate { "yes" } else { "no" };
        let members = contract.model.ty(object.ty).members.len();
        let evidence = sources.evidence(&format!("object {}", object.name));
        let (name, verbs) = (&object.name, verbs.join(", "));
        let _ = writeln!(page, "| {name} | {members} | {searchable} | {verbs} | {updated} | {evidence} |");
    }
}

fn codes(page: &mut String, contract: &Contract, sources: &Sources) {
    let explained = contract.codes.iter().filter(|(_, entry)| sources.reason(&entry.name).is_some()).count();
    let count = contract.codes.iter().count();
    let _ = write!(
        page,
        "\n## Codes\n\n{} of {count} can arise; the other {explained} say why not.\n\n",
        count - explained
    );
    page.push_str("| Code | Message | Raised by | Shown by |\n|---|---|---|---|\n");
    for (_, entry) in contract.codes.iter() {
        let name = &entry.name;
        let (raised, shown) = match sources.reason(name) {
            Some(reason) => (format!("*cannot arise*: {reason}"), String::new()),
            None => (list(sources.raised(name)), list(sources.tested(name))),
        };
        let _ = writeln!(page, "| {name} | {} | {raised} | {shown} |", entry.message);
    }
}

/// The first few, and how many more.
fn list(sources: &[String]) -> String {
    let mut text = sources.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
    if sources.len() > 3 {
        let _ = write!(text, " and {} more", sources.len() - 3);
    }
    text
}
