//! How a group of fields is declared.

/// Declares a [`Shape`](super::shape::Shape): doc comments become its text, `= "..."` a default, no `=` a field that must be written.
///
/// `=> place, value` says where a plain field lands: `value` is its reader, and what it reads is put into `place`, which
/// is a part of what the function that is named behind `into` is handed. A field that is not written, or is wrong,
/// leaves its place as it is: the default is the machine's own. Fields that depend on others have no place here; they
/// are read by hand, in `scenario::check`.
macro_rules! shape {
    ($(#[doc = $about:expr])* $id:ident $name:literal $(also [$($also:expr),*])? {
        $($(#[doc = $field_about:expr])* $field:ident: $takes:tt $(= $default:literal)?,)*
    }) => {
        $(#[doc = $about])*
        pub(crate) static $id: $crate::scenario::schema::shape::Shape = $crate::scenario::schema::shape::Shape {
            name: $name,
            about: concat!($($about),*),
            fields: &[$($crate::scenario::schema::shape::Field {
                name: stringify!($field),
                takes: $takes,
                default: $crate::scenario::schema::declare::default_of!($($default)?),
                about: concat!($($field_about),*),
            },)*],
            also: &[$($($also),*)?],
        };
    };
    ($(#[doc = $about:expr])* $id:ident $name:literal $(also [$($also:expr),*])?
     into $land:ident($($target:ident: $kind:ty),*) {
        $($(#[doc = $field_about:expr])* $field:ident: $takes:tt $(= $default:literal)?
          $(=> $($place:ident).+, $value:expr)?,)*
    }) => {
        $crate::scenario::schema::declare::shape! {
            $(#[doc = $about])* $id $name $(also [$($also),*])? {
                $($(#[doc = $field_about])* $field: $takes $(= $default)?,)*
            }
        }
        /// Reads the plain fields of the group into their places.
        pub(crate) fn $land(
            r: &mut $crate::scenario::read::Reader,
            fields: &$crate::scenario::read::Fields<'_>,
            $($target: &mut $kind),*
        ) {
            $($(if let Some(value) = fields.opt(stringify!($field), |node| ($value)(r, node)) {
                $($place).+ = value;
            })?)*
        }
    };
}
macro_rules! default_of {
    () => {
        None
    };
    ($default:literal) => {
        Some($default)
    };
}
pub(crate) use {default_of, shape};
