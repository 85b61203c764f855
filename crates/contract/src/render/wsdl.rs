//! The service description.

use super::xml::{NONE, Writer};
use super::{SERVICE, own_attributes, own_elements, scalar_name, session_header};
use crate::model::{Element, EnumId, Item, Operation, Schema};
use crate::{Contract, Member, Model, Namespace, TypeId, TypeRef};

/// The transport of both bindings, whatever their SOAP version.
const TRANSPORT: &str = "http://schemas.xmlsoap.org/soap/http";

/// The WSDL of the service at `address`, byte for byte as it is published there.
pub fn wsdl(contract: &Contract, address: &str) -> String {
    let mut writer = Writer::new(String::new(), "\r\n");
    let messages = contract.address(Namespace::Messages);
    let attributes = [
        ("xmlns:tm", "http://microsoft.com/wsdl/mime/textMatching/"),
        ("xmlns:soapenc", "http://schemas.xmlsoap.org/soap/encoding/"),
        ("xmlns:mime", "http://schemas.xmlsoap.org/wsdl/mime/"),
        ("xmlns:tns", messages),
        ("xmlns:soap", "http://schemas.xmlsoap.org/wsdl/soap/"),
        ("xmlns:s1", contract.address(Namespace::Objects)),
        ("xmlns:s", "http://www.w3.org/2001/XMLSchema"),
        ("xmlns:soap12", "http://schemas.xmlsoap.org/wsdl/soap12/"),
        ("xmlns:http", "http://schemas.xmlsoap.org/wsdl/http/"),
        ("targetNamespace", messages),
        ("xmlns:wsdl", "http://schemas.xmlsoap.org/wsdl/"),
    ];
    writer.element("wsdl:definitions", &attributes, |w| {
        let description = Description { contract, model: &contract.model };
        description.types(w);
        description.messages(w);
        description.port_type(w);
        for port in PORTS {
            description.binding(w, &port);
        }
        description.service(w, address);
    });
    writer.finish()
}

/// The published ports: the prefix of a binding's elements, and what follows the service's name.
const PORTS: [Port; 2] =
    [Port { prefix: "soap", suffix: "Soap" }, Port { prefix: "soap12", suffix: "Soap12" }];

struct Port {
    prefix: &'static str,
    suffix: &'static str,
}

impl Port {
    fn name(&self) -> String {
        format!("{SERVICE}{}", self.suffix)
    }

    fn tag(&self, local: &str) -> String {
        format!("{}:{local}", self.prefix)
    }
}

struct Description<'a> {
    contract: &'a Contract,
    model: &'a Model,
}

impl Description<'_> {
    fn types(&self, w: &mut Writer) {
        w.element("wsdl:types", NONE, |w| {
            for schema in &self.model.schemas {
                self.schema(w, schema);
            }
        });
    }

    fn schema(&self, w: &mut Writer, schema: &Schema) {
        let target = self.contract.address(schema.namespace);
        w.element("s:schema", &[("elementFormDefault", "qualified"), ("targetNamespace", target)], |w| {
            for import in &schema.imports {
                w.empty("s:import", &[("namespace", self.contract.address(*import))]);
            }
            for item in &schema.items {
                match item {
                    Item::Wrapper(id) => {
                        w.element("s:element", &[("name", &self.model.ty(*id).name)], |w| {
                            w.element("s:complexType", NONE, |w| self.content(w, *id));
                        });
                    }
                    Item::Element(index) => self.element(w, &self.model.elements[usize::from(*index)]),
                    Item::Complex(id) => self.complex_type(w, *id),
                    Item::Enumeration(id) => self.enumeration(w, *id),
                }
            }
        });
    }

    fn element(&self, w: &mut Writer, element: &Element) {
        let ty = self.type_name(element.ty);
        w.empty("s:element", &[("name", &element.name), ("type", &ty)]);
    }

    fn complex_type(&self, w: &mut Writer, id: TypeId) {
        let ty = self.model.ty(id);
        w.element("s:complexType", &[("name", &ty.name)], |w| match ty.base {
            Some(base) => w.element("s:complexContent", &[("mixed", "false")], |w| {
                let base = self.type_name(TypeRef::Complex(base));
                w.element("s:extension", &[("base", &base)], |w| self.content(w, id));
            }),
            None => self.content(w, id),
        });
    }

    /// What a type adds to its base: child elements, attributes, and leave for further ones.
    fn content(&self, w: &mut Writer, id: TypeId) {
        let ty = self.model.ty(id);
        if own_elements(ty).next().is_some() {
            w.element("s:sequence", NONE, |w| own_elements(ty).for_each(|member| self.child(w, member)));
        }
        own_attributes(ty).for_each(|member| self.attribute(w, member));
        if ty.any_attribute {
            w.empty("s:anyAttribute", NONE);
        }
    }

    fn child(&self, w: &mut Writer, member: &Member) {
        let (min, ty) = (member.min.to_string(), self.type_name(member.ty));
        let reference = format!("{}:{}", prefix(member.namespace), member.name);
        let max = if member.repeated { "unbounded" } else { "1" };
        let mut attributes = vec![("minOccurs", min.as_str()), ("maxOccurs", max)];
        if member.by_reference {
            attributes.push(("ref", &reference));
        } else {
            attributes.push(("name", &member.name));
            attributes.extend(member.nillable.then_some(("nillable", "true")));
            attributes.push(("type", &ty));
        }
        w.empty("s:element", &attributes);
    }

    fn attribute(&self, w: &mut Writer, member: &Member) {
        let ty = self.type_name(member.ty);
        let mut attributes = Vec::new();
        attributes.extend(member.default.as_deref().map(|default| ("default", default)));
        attributes.extend([("name", member.name.as_str()), ("type", &ty)]);
        attributes.extend(member.required.then_some(("use", "required")));
        w.empty("s:attribute", &attributes);
    }

    fn enumeration(&self, w: &mut Writer, id: EnumId) {
        let enumeration = self.model.enumeration(id);
        w.element("s:simpleType", &[("name", &enumeration.name)], |w| {
            w.element("s:restriction", &[("base", "s:string")], |w| {
                for value in &enumeration.values {
                    w.empty("s:enumeration", &[("value", value)]);
                }
            });
        });
    }

    fn messages(&self, w: &mut Writer) {
        let message = |w: &mut Writer, name: &str, part: &str, element: &str| {
            w.element("wsdl:message", &[("name", name)], |w| {
                w.empty("wsdl:part", &[("name", part), ("element", &qualified(element))]);
            });
        };
        for operation in &self.model.operations {
            let [input, output] = message_names(operation);
            message(w, &input, "parameters", &self.model.ty(operation.request).name);
            message(w, &output, "parameters", &self.model.ty(operation.response).name);
            if let Some(header) = self.header(operation) {
                message(w, &header_message(operation, header), &header.name, &header.name);
            }
        }
    }

    fn port_type(&self, w: &mut Writer) {
        let [port, _] = PORTS;
        w.element("wsdl:portType", &[("name", port.name())], |w| {
            for operation in &self.model.operations {
                let [input, output] = message_names(operation);
                w.element("wsdl:operation", &[("name", &operation.name)], |w| {
                    w.empty("wsdl:input", &[("message", qualified(&input))]);
                    w.empty("wsdl:output", &[("message", qualified(&output))]);
                });
            }
        });
    }

    fn binding(&self, w: &mut Writer, port: &Port) {
        let [first, _] = PORTS;
        w.element("wsdl:binding", &[("name", port.name()), ("type", qualified(&first.name()))], |w| {
            w.empty(&port.tag("binding"), &[("transport", TRANSPORT)]);
            for operation in &self.model.operations {
                self.bound_operation(w, port, operation);
            }
        });
    }

    fn bound_operation(&self, w: &mut Writer, port: &Port, operation: &Operation) {
        let action = format!("{}/{}", self.contract.address(Namespace::Messages), operation.name);
        w.element("wsdl:operation", &[("name", &operation.name)], |w| {
            w.empty(&port.tag("operation"), &[("soapAction", action.as_str()), ("style", "document")]);
            for direction in ["wsdl:input", "wsdl:output"] {
                w.element(direction, NONE, |w| {
                    w.empty(&port.tag("body"), &[("use", "literal")]);
                    if let Some(header) = self.header(operation) {
                        let message = qualified(&header_message(operation, header));
                        let attributes =
                            [("message", message.as_str()), ("part", &header.name), ("use", "literal")];
                        w.empty(&port.tag("header"), &attributes);
                    }
                });
            }
        });
    }

    fn service(&self, w: &mut Writer, address: &str) {
        w.element("wsdl:service", &[("name", SERVICE)], |w| {
            for port in PORTS {
                let name = port.name();
                let attributes = [("name", name.as_str()), ("binding", &qualified(&name))];
                w.element("wsdl:port", &attributes, |w| {
                    w.empty(&port.tag("address"), &[("location", address)]);
                });
            }
        });
    }

    /// The header that goes with an operation.
    fn header(&self, operation: &Operation) -> Option<&Element> {
        session_header(self.model).filter(|_| operation.header)
    }

    fn type_name(&self, ty: TypeRef) -> String {
        let (namespace, name) = match ty {
            TypeRef::Scalar(scalar) => return format!("s:{}", scalar_name(scalar)),
            TypeRef::Complex(id) => (self.model.ty(id).namespace, &self.model.ty(id).name),
            TypeRef::Enumeration(id) => {
                (self.model.enumeration(id).namespace, &self.model.enumeration(id).name)
            }
        };
        format!("{}:{name}", prefix(namespace))
    }
}

fn prefix(namespace: Namespace) -> &'static str {
    match namespace {
        Namespace::Messages => "tns",
        Namespace::Objects => "s1",
    }
}

/// A name of the messages' namespace, where everything but the objects' schema lives.
fn qualified(name: &str) -> String {
    format!("{}:{name}", prefix(Namespace::Messages))
}

fn message_names(operation: &Operation) -> [String; 2] {
    ["SoapIn", "SoapOut"].map(|suffix| format!("{}{suffix}", operation.name))
}

fn header_message(operation: &Operation, header: &Element) -> String {
    format!("{}{}", operation.name, header.name)
}
