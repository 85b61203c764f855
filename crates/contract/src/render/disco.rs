//! The discovery document.

use super::SERVICE;
use super::xml::Writer;
use crate::{Contract, Namespace};

/// The discovery document of the service at `address`: where its description is, and its two ports.
pub fn disco(contract: &Contract, address: &str) -> String {
    let mut writer = Writer::new(String::new(), "\r\n");
    let root = [
        ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
        ("xmlns:xsd", "http://www.w3.org/2001/XMLSchema"),
        ("xmlns", "http://schemas.xmlsoap.org/disco/"),
    ];
    writer.element("discovery", &root, |w| {
        let description = format!("{address}?wsdl");
        let reference = [
            ("ref", description.as_str()),
            ("docRef", address),
            ("xmlns", "http://schemas.xmlsoap.org/disco/scl/"),
        ];
        w.empty("contractRef", &reference);
        for (prefix, port) in [("q1", "Soap"), ("q2", "Soap12")] {
            let (declaration, binding) = (format!("xmlns:{prefix}"), format!("{prefix}:{SERVICE}{port}"));
            let soap = [
                ("address", address),
                (&declaration, contract.address(Namespace::Messages)),
                ("binding", &binding),
                ("xmlns", "http://schemas.xmlsoap.org/disco/soap/"),
            ];
            w.empty("soap", &soap);
        }
    });
    writer.finish()
}
