//! YAML as a tree that knows its lines. Nothing of it is quoted in errors but keys: values may be secrets.
//!
//! Aliases share their node, so a file can't grow by them; duplicate keys, merge keys and foreign tags are refused.

use std::{collections::HashMap, rc::Rc};

use granit_parser::{Event, Parser, ScalarStyle, Span, Tag};

/// Why a file can't be read: where, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The line; 0 where it is the file as a whole.
    pub(super) line: usize,
    /// A sentence.
    pub(super) sentence: String,
}

/// A piece of YAML.
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) value: Value,
}

/// What it is. Numbers and switches are texts here: whoever reads knows what is meant.
pub(super) enum Value {
    Null,
    Text(String),
    List(Vec<Rc<Node>>),
    Map(Vec<Entry>),
}

/// A key with its value.
pub(super) struct Entry {
    pub(super) line: usize,
    pub(super) key: String,
    pub(super) node: Rc<Node>,
}

impl Node {
    /// The entries of a map; none of anything else.
    pub(super) fn entries(&self) -> &[Entry] {
        if let Value::Map(entries) = &self.value { entries } else { &[] }
    }

    /// The value under a key, unless it is null.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key == key).and_then(|entry| entry.node.some())
    }

    /// The node, unless it is null.
    pub(super) fn some(&self) -> Option<&Self> {
        (!matches!(self.value, Value::Null)).then_some(self)
    }

    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }
}

/// Reads one document.
pub(super) fn parse(text: &str) -> Result<Rc<Node>, Fault> {
    let mut tree = Tree::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            // What the parser says may quote the file; where it stood is enough to find it.
            fault(error.marker().line(), "this is not YAML from here on: mend the line, or the one before it")
        })?;
        tree.take(event, span)?;
    }
    tree.root.ok_or_else(|| fault(0, "the file is empty"))
}

fn fault(line: usize, sentence: &str) -> Fault {
    Fault { line, sentence: sentence.to_owned() }
}

/// A list or a map that is not closed yet.
struct Open {
    line: usize,
    anchor: usize,
    content: Content,
}

enum Content {
    List(Vec<Rc<Node>>),
    Map { entries: Vec<Entry>, seen: HashMap<String, usize>, key: Option<(String, usize)> },
}

#[derive(Default)]
struct Tree {
    open: Vec<Open>,
    anchors: HashMap<usize, Rc<Node>>,
    root: Option<Rc<Node>>,
}

impl Tree {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Fault> {
        let line = span.start.line();
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let tag = said(tag.as_deref(), line)?;
                let quoted = style != ScalarStyle::Plain || tag == Some("str");
                let null = !quoted && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                let value = if null { Value::Null } else { Value::Text(text.into_owned()) };
                self.close(Node { line, value }, anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                said(tag.as_deref(), line)?;
                self.open.push(Open { line, anchor, content: Content::List(Vec::new()) });
                Ok(())
            }
            Event::MappingStart(_, anchor, tag) => {
                said(tag.as_deref(), line)?;
                let content = Content::Map { entries: Vec::new(), seen: HashMap::new(), key: None };
                self.open.push(Open { line, anchor, content });
                Ok(())
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open { line, anchor, content }) => {
                    let value = match content {
                        Content::List(items) => Value::List(items),
                        Content::Map { entries, .. } => Value::Map(entries),
                    };
                    self.close(Node { line, value }, anchor)
                }
                None => Err(fault(line, "something is closed here that was never opened")),
            },
            Event::Alias(anchor) => match self.anchors.get(&anchor) {
                Some(node) => self.put(Rc::clone(node), line),
                None => Err(fault(line, "this repeats something that is not complete: write it out")),
            },
            Event::DocumentStart(..) if self.root.is_some() => {
                Err(fault(line, "a second document begins here: keep one in the file"))
            }
            _ => Ok(()),
        }
    }

    fn close(&mut self, node: Node, anchor: usize) -> Result<(), Fault> {
        let (line, node) = (node.line, Rc::new(node));
        if anchor != 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        self.put(node, line)
    }

    /// Puts a node where it stands: into the list, as a key, as its value, or as the root.
    fn put(&mut self, node: Rc<Node>, line: usize) -> Result<(), Fault> {
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(Content::List(items)) => items.push(node),
            Some(Content::Map { entries, seen, key }) => match key.take() {
                Some((key, line)) => entries.push(Entry { line, key, node }),
                None => *key = Some((named(&node, line, seen)?, line)),
            },
        }
        Ok(())
    }
}

/// A key, and that it is a new one.
fn named(node: &Node, line: usize, seen: &mut HashMap<String, usize>) -> Result<String, Fault> {
    let key = match &node.value {
        Value::Text(key) => key.clone(),
        Value::Null => String::new(),
        _ => return Err(fault(line, "a key is a text: this one is a list or a map")),
    };
    if key == "<<" {
        return Err(fault(line, "a merge key (<<): write out what it would merge"));
    }
    match seen.insert(key.clone(), line) {
        None => Ok(key),
        Some(first) => Err(fault(
            line,
            &format!("{key:?} stands here a second time (first in line {first}): keep one of them"),
        )),
    }
}

/// The name of a tag that YAML itself knows; refuses others, behind which there are objects of some program.
fn said(tag: Option<&Tag>, line: usize) -> Result<Option<&str>, Fault> {
    match tag {
        None => Ok(None),
        Some(tag) => match tag.core_suffix() {
            Some(name @ ("str" | "null" | "bool" | "int" | "float" | "seq" | "map")) => Ok(Some(name)),
            _ => {
                Err(fault(line, "this has a tag, which makes it an object of some program: write it plainly"))
            }
        },
    }
}

#[cfg(test)]
mod tests;
