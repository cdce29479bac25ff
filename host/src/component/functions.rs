//! The functions that a component exports, and invocations of them in WAVE, as in `add(1, 2)`.

use wasmtime::Engine;
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::wasm_wave::ast::Node;
use wasmtime::component::wasm_wave::parser::{ParserError, ParserErrorKind};
use wasmtime::component::wasm_wave::untyped::UntypedValue;
use wasmtime::component::wasm_wave::wasm::DisplayType;
use wasmtime::component::{Component, ComponentExportIndex, Type, Val};

use super::{brief, listed};
use crate::error::{Error, ErrorKind};
use crate::manifest::nearest;

/// All functions that a component exports, by themselves or in interfaces.
pub(crate) struct Functions(Vec<Function>);

struct Function {
    /// As in `example:sums/numbers@1.0.0`; none if it is exported by itself.
    interface: Option<String>,
    name: String,
    index: ComponentExportIndex,
    ty: ComponentFunc,
}

/// A function with its arguments.
pub(crate) struct Invocation {
    pub(crate) function: ComponentExportIndex,
    pub(crate) arguments: Vec<Val>,
    /// Whether it answers something.
    pub(crate) has_result: bool,
}

impl Functions {
    pub(crate) fn of(engine: &Engine, component: &Component) -> Self {
        let mut functions = Vec::new();
        let mut note = |interface: Option<&str>, name: &str, ty: ComponentFunc| {
            let within = interface.and_then(|interface| component.get_export_index(None, interface));
            // What is of a resource is nobody's to call who has none.
            if let Some(index) = component.get_export_index(within.as_ref(), name).filter(|_| !name.starts_with('[')) {
                functions.push(Function { interface: interface.map(str::to_owned), name: name.to_owned(), index, ty });
            }
        };
        for (name, export) in component.component_type().exports(engine) {
            match export.ty {
                ComponentItem::ComponentFunc(ty) => note(None, name, ty),
                ComponentItem::ComponentInstance(instance) => {
                    for (function, export) in instance.exports(engine) {
                        if let ComponentItem::ComponentFunc(ty) = export.ty {
                            note(Some(name), function, ty);
                        }
                    }
                }
                _ => {}
            }
        }
        Functions(functions)
    }

    /// What `text` asks for.
    ///
    /// # Errors
    /// When there is no such function, and when its arguments are none in WAVE, or others than it takes.
    pub(crate) fn read(&self, text: &[u8]) -> Result<Invocation, Error> {
        let text = std::str::from_utf8(text).map_err(|error| refused(format!("an invocation is text: {error}")))?;
        let begin = text.find('(').unwrap_or(text.len());
        let name = text[..begin].trim();
        if name.is_empty() {
            let message = "it is entered by the name of a function with its arguments, as in add(1, 2); none is given";
            return Err(refused(message).with_hint(self.all()));
        }
        let function = self.find(name)?;
        function.check_types()?;
        let signature = |error: Error| error.with_hint(function.signature());
        let arguments = function.arguments(text, begin).map_err(signature)?;
        let has_result = function.ty.results().len() > 0;
        Ok(Invocation { function: function.index, arguments, has_result })
    }

    fn find(&self, name: &str) -> Result<&Function, Error> {
        let meant: Vec<_> = self.0.iter().filter(|function| function.is_meant_by(name)).collect();
        match meant[..] {
            [function] => Ok(function),
            [] => {
                let known: Vec<_> = self.0.iter().flat_map(|it| [it.name.clone(), it.full_name()]).collect();
                let message = format!("it exports no function `{}`", brief(name));
                Err(refused(message).with_hint(match nearest(name, known.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{}`?", brief(near)),
                    None => self.all(),
                }))
            }
            // One that stands by itself has no longer name.
            _ => match meant.iter().find(|function| function.interface.is_none()) {
                Some(function) => Ok(function),
                None => {
                    let names: Vec<_> = meant.iter().map(|function| function.full_name()).collect();
                    let message = format!("`{}` may be each of {}", brief(name), listed(&names));
                    Err(refused(message).with_hint("put its interface in front, with a `/` between"))
                }
            },
        }
    }

    fn all(&self) -> String {
        let names: Vec<_> = self.0.iter().map(Function::full_name).collect();
        format!("its functions are: {}", listed(&names))
    }
}

/// The interface and the function that a name has, if it has both: `words@1.2.0/greet`, or as wasmtime takes it,
/// `words.greet@1.2.0`.
fn parts(name: &str) -> Option<(String, &str)> {
    let versioned = name.rsplit_once('@').filter(|(_, version)| !version.contains('/'));
    let path = versioned.map_or(name, |(path, _)| path);
    match path.rsplit_once('.').filter(|(_, function)| !function.contains('/')) {
        Some((interface, function)) => {
            let version = versioned.map(|(_, version)| format!("@{version}")).unwrap_or_default();
            Some((format!("{interface}{version}"), function))
        }
        None => name.rsplit_once('/').map(|(interface, function)| (interface.to_owned(), function)),
    }
}

impl Function {
    fn full_name(&self) -> String {
        match &self.interface {
            Some(interface) => format!("{interface}/{}", self.name),
            None => self.name.clone(),
        }
    }

    /// Whether `name` is its own name, perhaps with that of its interface in front, of which the package and the version may be
    /// left out.
    fn is_meant_by(&self, name: &str) -> bool {
        let Some((interface, function)) = parts(name) else { return self.name == name };
        let Some(own) = &self.interface else { return false };
        let unversioned = own.split('@').next().unwrap_or(own);
        let short = unversioned.rsplit('/').next().unwrap_or(unversioned);
        self.name == function && [own, unversioned, short].contains(&interface.as_str())
    }

    /// As in `add: func(a: u32, b: u32) -> u32`.
    fn signature(&self) -> String {
        let parameters: Vec<_> = self.ty.params().map(|(name, ty)| format!("{name}: {}", DisplayType(&ty))).collect();
        let result = self.ty.results().next().map(|ty| format!(" -> {}", DisplayType(&ty)));
        brief(&format!("{}: func({}){}", self.name, parameters.join(", "), result.unwrap_or_default()))
    }

    /// Refuses what cannot be written down.
    fn check_types(&self) -> Result<(), Error> {
        let taken = self.ty.params().map(|(_, ty)| ("takes", ty));
        let all = taken.chain(self.ty.results().map(|ty| ("answers", ty)));
        for (does, ty) in all {
            if let Some(what) = unwritable(&ty) {
                let message = format!("`{}` {does} {what}, which no text can be", brief(&self.name));
                return Err(refused(message).with_hint("call it from another component"));
            }
        }
        Ok(())
    }

    /// The arguments in `text`, of which the list of them begins at `begin`.
    fn arguments(&self, text: &str, begin: usize) -> Result<Vec<Val>, Error> {
        let list = &text[begin..];
        let at = |position: usize, why: &str| misplaced(text, begin + position, why);
        if list.is_empty() {
            return Err(at(0, "there are no arguments, not even `()`"));
        }
        let parsed = match UntypedValue::parse(list) {
            Ok(parsed) => Some(parsed),
            // The one list that WAVE has no value for is that of no arguments.
            Err(error) if error.kind() == ParserErrorKind::EmptyTuple && error.span().start == 0 => {
                let (end, rest) = (error.span().end, &list[error.span().end..]);
                if !rest.trim().is_empty() {
                    return Err(at(end + rest.len() - rest.trim_start().len(), MORE));
                }
                None
            }
            Err(error) => return Err(at(error.span().start, &in_words(&error))),
        };
        let given: Vec<&Node> = match &parsed {
            Some(parsed) => {
                parsed.node().as_tuple().map_err(|error| at(error.span().start, &in_words(&error)))?.collect()
            }
            None => Vec::new(),
        };
        let wanted = self.ty.params();
        let count = || format!("of arguments there are {}, and it takes {}", given.len(), self.ty.params().len());
        if let Some(more) = given.get(wanted.len()) {
            return Err(at(more.span().start, &count()));
        }
        let mut given_ones = given.iter();
        let mut values = Vec::with_capacity(wanted.len());
        for (name, ty) in wanted {
            values.push(match given_ones.next() {
                Some(node) => node.to_wasm_value(&ty, list).map_err(|error| {
                    let kind = brief(&DisplayType(&ty).to_string());
                    at(error.span().start, &format!("`{name}` is to be a value of type {kind}: {}", in_words(&error)))
                })?,
                // As everywhere in WAVE, what is optional may be left out at the end.
                None if matches!(ty, Type::Option(_)) => Val::Option(None),
                None => return Err(at(list.trim_end().len() - 1, &count())),
            });
        }
        Ok(values)
    }
}

const MORE: &str = "there is more behind the arguments";

fn refused(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invocation, message)
}

/// What is wrong with a text, without its position.
fn in_words(error: &ParserError) -> String {
    let what = match error.kind() {
        ParserErrorKind::InvalidToken => "this is no WAVE",
        ParserErrorKind::UnexpectedEnd => "the text ends too early",
        ParserErrorKind::UnexpectedToken => "this is out of place",
        ParserErrorKind::TrailingCharacters => MORE,
        ParserErrorKind::InvalidType => "this is of another type",
        ParserErrorKind::InvalidValue => "this is no such value",
        kind => return error.detail().map_or_else(|| kind.to_string(), |detail| format!("{kind}: {}", brief(detail))),
    };
    what.to_owned()
}

/// How much of a line is shown around what is wrong in it.
const SHOWN: usize = 60;

/// That something is wrong with `text` at this byte, with the line and a mark under the place.
fn misplaced(text: &str, position: usize, why: &str) -> Error {
    let position = text.floor_char_boundary(position);
    let before = &text[..position];
    let begin = before.rfind('\n').map_or(0, |end| end + 1);
    let (row, column) = (before.matches('\n').count() + 1, before[begin..].chars().count() + 1);
    let end = text[position..].find('\n').map_or(text.len(), |end| position + end);
    let skipped = column.saturating_sub(SHOWN + 1);
    let shown: String = text[begin..end].chars().skip(skipped).take(2 * SHOWN).collect();
    let mark = " ".repeat(column - 1 - skipped);
    let place = if row == 1 { format!("column {column}") } else { format!("line {row}, column {column}") };
    refused(format!("{why}, at {place}:\n{shown}\n{mark}^"))
}

/// What there is in a type that cannot be written down, if there is something.
fn unwritable(ty: &Type) -> Option<&'static str> {
    let any = |types: &mut dyn Iterator<Item = Type>| types.filter_map(|ty| unwritable(&ty)).next();
    match ty {
        Type::Own(_) | Type::Borrow(_) => Some("a resource"),
        Type::Stream(_) => Some("a stream"),
        Type::Future(_) => Some("a future"),
        Type::ErrorContext => Some("an error-context"),
        Type::Map(_) => Some("a map"),
        Type::List(list) => unwritable(&list.ty()),
        Type::FixedLengthList(list) => unwritable(&list.ty()),
        Type::Option(option) => unwritable(&option.ty()),
        Type::Tuple(tuple) => any(&mut tuple.types()),
        Type::Record(record) => any(&mut record.fields().map(|field| field.ty)),
        Type::Variant(variant) => any(&mut variant.cases().filter_map(|case| case.ty)),
        Type::Result(result) => any(&mut [result.ok(), result.err()].into_iter().flatten()),
        _ => None,
    }
}
