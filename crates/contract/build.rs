//! Writes the handles of the contract: one constant for every type, field, operation, enumeration
//! value and error code, so that Rust code refers to them without spelling a name a second time.

#[path = "src/model.rs"]
#[allow(dead_code, missing_docs)]
mod model;
#[path = "src/read.rs"]
#[allow(dead_code, missing_docs)]
mod read;

use model::{ComplexType, Namespace, snake_case};
use std::fmt::Write as _;
use std::{env, error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../contract");
    println!("cargo:rerun-if-changed={}", folder.display());
    let text = fs::read_to_string(folder.join("v200611.txt"))?;
    let (model, _) = read::read(&text)
        .map_err(|mistakes| mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;

    let mut out = String::new();
    let handles = |out: &mut String, wanted: &dyn Fn(&ComplexType) -> bool| {
        for (index, ty) in model.types.iter().enumerate().filter(|(_, ty)| wanted(ty)) {
            let (module, name) = (snake_case(&ty.name), &ty.name);
            let _ = writeln!(out, "/// Members of `{name}`.\npub mod {module} {{ use crate::model::*;");
            let _ = writeln!(out, "/// The type `{name}`.\npub const TYPE_ID: TypeId = TypeId({index});");
            for (at, member) in ty.members.iter().enumerate() {
                let (constant, name) = (member.column.to_uppercase(), &member.name);
                let _ = writeln!(out, "/// `{name}`\npub const {constant}: FieldId = FieldId({at});");
            }
            out.push_str("}\n");
        }
    };
    out.push_str("/// Object types: a module each, with its members.\npub mod object {\n");
    handles(&mut out, &|ty| !ty.wrapper && ty.namespace == Namespace::Objects);
    out.push_str("}\n/// Array types of the messages namespace.\npub mod array {\n");
    handles(&mut out, &|ty| !ty.wrapper && ty.namespace == Namespace::Messages);
    out.push_str("}\n/// Request and response wrappers.\npub mod message {\n");
    handles(&mut out, &|ty| ty.wrapper);

    out.push_str("}\n/// Operations.\npub mod operation { use crate::model::OperationId;\n");
    for (index, operation) in model.operations.iter().enumerate() {
        let (constant, name) = (snake_case(&operation.name).to_uppercase(), &operation.name);
        let _ = writeln!(out, "/// `{name}`\npub const {constant}: OperationId = OperationId({index});");
    }
    out.push_str("}\n/// Enumerations: a module each, with its values.\npub mod enumeration {\n");
    for (index, enumeration) in model.enumerations.iter().enumerate() {
        let (module, name) = (snake_case(&enumeration.name), &enumeration.name);
        let _ = writeln!(out, "/// Values of `{name}`.\npub mod {module} {{ use crate::model::*;");
        let _ = writeln!(out, "/// The enumeration `{name}`.\npub const ENUM_ID: EnumId = EnumId({index});");
        for (at, value) in enumeration.values.iter().enumerate() {
            let constant = snake_case(value).to_uppercase();
            let _ = writeln!(out, "/// `{value}`\npub const {constant}: EnumValue = EnumValue({at});");
        }
        out.push_str("}\n");
    }
    out.push_str("}\n/// Object types by their names on the wire.\npub mod object_type { use crate::object::ObjectId;\n");
    let types = model.enumerations.iter().find(|enumeration| enumeration.name == "CvObjectType");
    for (index, value) in types.iter().flat_map(|types| &types.values).enumerate() {
        let constant = snake_case(value).to_uppercase();
        let _ = writeln!(out, "/// `{value}`\npub const {constant}: ObjectId = ObjectId({index});");
    }
    out.push_str("}\n/// Error codes.\npub mod code { use crate::code::Code;\n");
    let codes = fs::read_to_string(folder.join("errors.tsv"))?;
    for (index, line) in codes.lines().enumerate() {
        let mut cells = line.split('\t');
        let (name, message) = (cells.next().unwrap_or_default(), cells.nth(1).unwrap_or_default());
        let _ = writeln!(out, "/// {message}\npub const {name}: Code = Code({index});");
    }
    out.push_str("}\n/// Values of the lists: a module each.\npub mod list {\n");
    out.push_str(&lists(&fs::read_to_string(folder.join("lists.txt"))?));
    out.push_str("}\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("handles.rs"), out)?;
    Ok(())
}

/// A module for each list, with its values; a list may hold one twice.
fn lists(text: &str) -> String {
    let (mut out, mut seen) = (String::new(), Vec::new());
    for line in text.lines() {
        match line.split_once(' ') {
            Some(("L", name)) => {
                let end = if seen.is_empty() { "" } else { "}\n" };
                seen = vec![String::new()];
                let _ = writeln!(out, "{end}/// Values of `{name}`.\npub mod {} {{", snake_case(name));
                let _ = writeln!(out, "/// The list's name.\npub const LIST: &str = {name:?};");
            }
            Some(("v", value)) => {
                let constant = snake_case(value.trim()).to_uppercase();
                if !seen.contains(&constant) {
                    let _ = writeln!(out, "/// `{value}`\npub const {constant}: &str = {value:?};");
                    seen.push(constant);
                }
            }
            _ => {}
        }
    }
    if seen.is_empty() { out } else { out + "}\n" }
}
