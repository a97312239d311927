//! Nested property types: bags that lower themselves where they are given to a setter.

/// Makes a bag a value of its own kind.
macro_rules! nested {
    ($($name:ident),* $(,)?) => {$(
        impl ironwright_core::kinds::Literal for $name {
            fn lower(self) -> ironwright_core::Tree {
                self.0.into_tree()
            }
        }
    )*};
}

/// Makes a bag a resource with these attributes.
macro_rules! resource {
    ($name:ident, $type_name:literal, $attributes:ident { $($(#[$doc:meta])* $method:ident -> $kind:ty = $attribute:literal),* $(,)? }) => {
        #[diagnostic::do_not_recommend]
        impl ironwright_core::Resource for $name {
            const TYPE: &'static str = $type_name;
            type Attributes = $attributes;
            fn into_bag(self) -> ironwright_core::Bag {
                self.0
            }
            fn bag_mut(&mut self) -> &mut ironwright_core::Bag {
                &mut self.0
            }
        }

        #[doc = concat!("Attributes of [`", stringify!($name), "`], known after apply.")]
        #[derive(Clone, Debug)]
        pub struct $attributes(ironwright_core::resource::Origin);

        impl ironwright_core::resource::Attributes for $attributes {
            fn new(origin: ironwright_core::resource::Origin) -> Self {
                Self(origin)
            }
            fn origin(&self) -> &ironwright_core::resource::Origin {
                &self.0
            }
        }

        impl $attributes {
            $($(#[$doc])* pub fn $method(&self) -> ironwright_core::Value<$kind> { self.0.attribute($attribute) })*
        }
    };
}

pub(crate) use {nested, resource};
