//! The app: everything one program declares.

use std::sync::Arc;

use crate::Stack;

/// Everything one program declares: stacks, and through them resources.
///
/// ```
/// let mut app = ironwright_core::App::new("shop").region("us-west-2");
/// let web = app.stack("web");
/// web.output("answer", 42);
/// assert_eq!(app.name(), "shop");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct App {
    name: Arc<str>,
    pub(crate) region: Option<String>,
    pub(crate) target: Option<String>,
    pub(crate) stacks: Vec<Stack>,
}

impl App {
    /// An app without stacks. Its name is the folder of its state.
    pub fn new(name: &str) -> Self {
        Self { name: name.into(), region: None, target: None, stacks: Vec::new() }
    }

    /// The region of stacks that name none.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// The target where none is given on the command line: `simulated`, `aws` or `cloudformation`.
    pub fn target(mut self, target: impl Into<String>) -> Self {
        self.target = Some(target.into());
        self
    }

    /// The stack `name`, made if it is not there yet.
    pub fn stack(&mut self, name: &str) -> &mut Stack {
        let index = self.stacks.iter().position(|stack| stack.name() == name).unwrap_or_else(|| {
            self.stacks.push(Stack::new(self.name.clone(), name));
            self.stacks.len() - 1
        });
        &mut self.stacks[index]
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The target the program asks for, if any.
    pub fn default_target(&self) -> Option<&str> {
        self.target.as_deref()
    }
}
