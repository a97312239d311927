//! Programs as data: what can be drawn, edited and shrunk, and made into an app.

use std::fmt;
use std::sync::Arc;

use ironwright_core::options::Removal;
use ironwright_core::secret::SecretText;
use ironwright_core::{Address, App, Bag, Reference, Source, Tree};

use crate::dice::{Dice, at};
use crate::kinds::{self, KINDS, Kind, Needs, Secrecy};
use crate::sabotage::Sabotage;

/// What every planted secret contains, and nothing else does.
pub(crate) const PLANTED: &str = "planted-secret";

/// The region of every program.
pub(crate) const REGION: &str = "us-west-2";

/// The resources of a program; each refers only to earlier ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Program {
    pub(crate) resources: Vec<Declared>,
    /// The number of the next resource.
    next: u32,
    /// The addresses that the program says have changed.
    moves: Vec<(Address, Address)>,
    /// What it takes over, and the id of that.
    imports: Vec<(Address, String)>,
}

/// One resource.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent options of a resource")]
pub(crate) struct Declared {
    /// Its number, which names it.
    pub(crate) number: u32,
    pub(crate) kind: usize,
    pub(crate) second_stack: bool,
    /// The property that changes in place.
    pub(crate) label: u32,
    /// The property that is fixed at creation.
    pub(crate) core: u32,
    pub(crate) secret: u32,
    /// The numbers of those it refers to.
    pub(crate) needs: Vec<u32>,
    /// It repeats the label of the first it refers to.
    pub(crate) copies: bool,
    pub(crate) retain: bool,
    pub(crate) protect: bool,
}

impl Declared {
    pub(crate) fn kind(&self) -> &'static Kind {
        &KINDS[self.kind]
    }

    pub(crate) fn address(&self) -> Address {
        Address::new(format!("{}/r{}", self.stack(), self.number))
    }

    fn stack(&self) -> &'static str {
        if self.second_stack { "back" } else { "front" }
    }

    pub(crate) fn name(&self) -> String {
        format!("name-{}", self.number)
    }

    pub(crate) fn label_text(&self) -> String {
        format!("label-{}", self.label)
    }

    pub(crate) fn core_text(&self) -> String {
        format!("core-{}", self.core)
    }

    /// The secret, where its kind has one.
    pub(crate) fn secret_text(&self) -> Option<String> {
        (self.kind().secret != Secrecy::Open).then(|| format!("{PLANTED}-{}", self.secret))
    }
}

impl Program {
    /// A program of up to `most` resources.
    pub(crate) fn draw(dice: &Dice, most: u32) -> Self {
        let mut program = Self::default();
        for _ in 0..=dice.below(most) {
            program.add(dice);
        }
        program
    }

    /// Adds a resource that refers to some of those that are there.
    pub(crate) fn add(&mut self, dice: &Dice) {
        let kind = at(dice.bits(), KINDS.len());
        let mut needs = Vec::new();
        let most = match KINDS[kind].needs {
            Needs::Nothing => 0,
            Needs::Parent => 1,
            Needs::Others => dice.below(4),
        };
        for _ in 0..most {
            let target = self.target(&KINDS[kind], self.resources.len(), dice.bits());
            needs.extend(target.filter(|number| !needs.contains(number)));
        }
        let lonely = KINDS[kind].needs == Needs::Nothing;
        self.resources.push(Declared {
            number: self.next,
            kind,
            second_stack: dice.percent(30),
            label: dice.below(4),
            core: dice.below(4),
            secret: dice.below(4),
            needs,
            copies: dice.percent(40),
            retain: lonely && dice.percent(15),
            protect: lonely && dice.percent(5),
        });
        self.next += 1;
    }

    /// Adds a resource that refers to nothing and has no options, and returns its address.
    pub(crate) fn add_lonely(&mut self, dice: &Dice) -> Address {
        let kinds: Vec<usize> = (0..KINDS.len()).filter(|kind| KINDS[*kind].needs == Needs::Nothing).collect();
        let resource = Declared {
            number: self.fresh_number(),
            kind: dice.pick(&kinds),
            second_stack: dice.percent(30),
            label: dice.below(4),
            core: dice.below(4),
            secret: 0,
            needs: Vec::new(),
            copies: false,
            retain: false,
            protect: false,
        };
        let address = resource.address();
        self.resources.push(resource);
        address
    }

    /// The number of one of the first `before` resources that one of `kind` may refer to.
    pub(crate) fn target(&self, kind: &Kind, before: usize, choice: u32) -> Option<u32> {
        let allowed = self.resources[..before].iter().filter(|resource| kind.may_need(resource.kind()));
        let numbers: Vec<u32> = allowed.map(|resource| resource.number).collect();
        numbers.get(at(choice, numbers.len())).copied()
    }

    /// Gives the resource at `position` an address in the other stack; with `said`, the program says so. The address
    /// before, and the one now.
    pub(crate) fn move_over(&mut self, position: usize, said: bool) -> Option<(Address, Address)> {
        let resource = self.resources.get_mut(position)?;
        let before = resource.address();
        resource.second_stack = !resource.second_stack;
        let after = resource.address();
        // What was said of the way back is no longer true.
        self.moves.retain(|(from, to)| *from != after && *to != before);
        if said {
            self.moves.push((before.clone(), after.clone()));
        }
        Some((before, after))
    }

    /// Takes over `physical_id` at `address`; nothing else any more.
    pub(crate) fn import(&mut self, import: Option<(Address, String)>) {
        self.imports = import.into_iter().collect();
    }

    /// A number no resource has had.
    pub(crate) fn fresh_number(&mut self) -> u32 {
        self.next += 1;
        self.next - 1
    }

    /// Takes out the resource at `position`, and every reference to it. The last one stays: an app is never empty.
    pub(crate) fn remove(&mut self, position: usize) {
        if self.resources.len() < 2 {
            return;
        }
        let gone = self.resources.remove(position).number;
        for resource in &mut self.resources {
            resource.needs.retain(|needed| *needed != gone);
        }
    }

    pub(crate) fn by_number(&self, number: u32) -> Option<&Declared> {
        self.resources.iter().find(|resource| resource.number == number)
    }

    /// The label that a resource repeats.
    pub(crate) fn copied(&self, resource: &Declared) -> Option<&Declared> {
        let first = resource.needs.first().filter(|_| resource.copies)?;
        self.by_number(*first)
    }

    /// The app that says all this.
    pub(crate) fn app(&self, sabotage: Option<Sabotage>) -> App {
        let mut app = App::new("simulation").region(REGION);
        for resource in &self.resources {
            let bag = self.bag(resource, sabotage == Some(Sabotage::PlainSecrets));
            kinds::add(resource.kind, app.stack(resource.stack()), &format!("r{}", resource.number), bag);
        }
        let declared = |address: &Address| self.resources.iter().any(|resource| resource.address() == *address);
        for (from, to) in self.moves.iter().filter(|(from, to)| declared(to) && !declared(from)) {
            app.stack("front").moved(from.clone(), to.clone());
        }
        for (address, id) in self.imports.iter().filter(|(address, _)| declared(address)) {
            app.stack("front").import(address.clone(), id.clone());
        }
        if let Some(last) = self.resources.last() {
            let label = reference(last, "Label");
            app.stack("front").output("last", label);
        }
        app
    }

    fn bag(&self, resource: &Declared, plain: bool) -> Bag {
        let mut bag = Bag::new();
        let mut put = |name: &'static str, tree: Tree| bag.put(name.into(), tree, here(), false);
        put("Label", Tree::text(resource.label_text()));
        put("Core", Tree::text(resource.core_text()));
        if resource.kind().caller_named {
            put("Name", Tree::text(resource.name()));
        }
        if let Some(secret) = resource.secret_text() {
            put("Secret", if plain { Tree::text(secret) } else { Tree::Secret(SecretText::new(secret)) });
        }
        let needed: Vec<&Declared> = resource.needs.iter().filter_map(|number| self.by_number(*number)).collect();
        let mut references = needed.iter().map(|needed| reference(needed, needed.kind().identifier()));
        match resource.kind().needs {
            Needs::Parent => drop(references.next().map(|parent| put("Parent", parent))),
            Needs::Others if !needed.is_empty() => put("Needs", Tree::List(references.collect())),
            _ => {}
        }
        if let Some(copied) = self.copied(resource) {
            put("Copy", reference(copied, "Label"));
        }
        if resource.retain {
            bag.options_mut().removal = Removal::Retain;
        }
        bag.options_mut().protect = resource.protect;
        bag
    }
}

fn reference(resource: &Declared, attribute: &'static str) -> Tree {
    Tree::Reference(Reference {
        app: Arc::from("simulation"),
        address: resource.address(),
        attribute: attribute.into(),
    })
}

fn here() -> Source {
    Source { file: "program.rs".into(), line: 1 }
}

impl fmt::Display for Declared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = self.kind().type_name.rsplit("::").next().unwrap_or_default();
        write!(f, "{} {short} label {} core {}", self.address(), self.label, self.core)?;
        if self.secret_text().is_some() {
            write!(f, " secret {}", self.secret)?;
        }
        if !self.needs.is_empty() {
            write!(f, " needs {:?}", self.needs)?;
        }
        for (holds, word) in [(self.copies, " copies"), (self.retain, " retain"), (self.protect, " protect")] {
            f.write_str(if holds { word } else { "" })?;
        }
        Ok(())
    }
}
