//! Proves that each way to write an import is read, on small source trees.

use crate::faults::read;

/// Asserts what one file, `a.rs`, imports from others.
#[track_caller]
fn assert_imports(files: &[(&str, &str)], expected: &[&str]) {
    let imports = read(files);
    assert_eq!(imports.unresolved, [""; 0]);
    let files = &imports.files;
    let found: Vec<_> = files.of("a.rs").map(|to| files.edge("a.rs", to)).collect();
    assert_eq!(found, expected);
}

#[test]
fn paths_in_code() {
    let a = "
        use crate::c;
        type Alias = Option<crate::b::InType>;
        impl crate::b::Trait for Alias { const C: u8 = c::CONST + c::Enum::Variant as u8; }
        fn f(x: u8) -> bool {
            use super::b::{in_block as g, inner};
            let y = inner::deep(g(x));
            matches!(y, crate::b::PATTERN)
        }";
    let b = "
        pub struct InType; pub trait Trait {} pub const PATTERN: u8 = 0;
        pub fn in_block() {} pub mod inner { pub fn deep() {} }";
    let c = "pub const CONST: u8 = 0; pub enum Enum { Variant }";

    let lib = ("lib.rs", "mod a; mod b; mod c;");
    assert_imports(
        &[lib, ("a.rs", a), ("b.rs", b), ("c.rs", c)],
        &[
            "a.rs -> b.rs (InType, PATTERN, Trait, deep, in_block)",
            "a.rs -> c.rs (CONST, Enum)",
        ],
    );
}

#[test]
fn globs() {
    let lib = ("lib.rs", "mod a; mod b; mod c;");
    let b = ("b.rs", "pub use crate::c::*; pub enum Kind { One }");
    let c = ("c.rs", "pub struct Far; pub mod deep { pub struct Deep; }");

    let a = "use super::b::*; use self::Kind::*; fn f(_: Far, _: deep::Deep) { One; }";
    assert_imports(
        &[lib, ("a.rs", a), b, c],
        &["a.rs -> b.rs (*, Kind)", "a.rs -> c.rs (Deep, Far)"],
    );
    // A module within the file is the file.
    let a = "use std::io; mod inner { use super::*; fn f(_: io::Error) {} }";
    assert_imports(&[lib, ("a.rs", a), b, c], &[]);
}

#[test]
fn macros() {
    let lib = ("lib.rs", "mod a; mod b; mod c;");
    let b = (
        "b.rs",
        "macro_rules! make { () => {} } pub(crate) use make; pub struct B; pub fn f() {}",
    );
    let c = ("c.rs", "define! { struct Made; } pub fn f() {}");

    let a = "
        use crate::{b::make, c};
        make!();
        macro_rules! own { ($x:ident) => { $crate::b::B; $x::b::f(); ::b::f(); vec![c::f()] } }
        fn g(_: super::c::Made) {}";
    assert_imports(
        &[lib, ("a.rs", a), b, c],
        &["a.rs -> b.rs (B, make)", "a.rs -> c.rs (Made, f)"],
    );
}

/// As `stop::stop`, which `lib.rs` re-exports beside its module.
#[test]
fn a_function_named_as_its_module() {
    let lib = (
        "lib.rs",
        "mod a; mod stop; mod other; pub use self::stop::stop;",
    );
    let a = ("a.rs", "use crate::stop; fn f() { stop(); stop::other(); }");
    let stop = ("stop.rs", "pub fn stop() {} pub use crate::other::other;");
    let other = ("other.rs", "pub fn other() {}");

    assert_imports(
        &[lib, a, stop, other],
        &["a.rs -> other.rs (other)", "a.rs -> stop.rs (stop)"],
    );
}

#[test]
fn modules_under_cfg() {
    let lib = "
        mod a;
        #[cfg(unix)] mod twin;
        #[cfg(not(unix))] #[path = \"absent/twin.rs\"] mod twin;";
    let a = "
        use crate::twin::Twin;
        #[cfg(not(test))] use crate::twin::live;
        #[cfg(test)] mod tests { use crate::twin::tested; }
        #[cfg(all(test, unix))] use crate::twin::tested;
        impl Twin { #[cfg(any(test, doctest))] fn f() { crate::twin::tested(); } }";
    let unix = "pub struct Twin; pub fn tested() {} pub fn live() {}";
    let absent = "mod part; pub use part::Twin; pub fn tested() {}";

    assert_imports(
        &[
            ("lib.rs", lib),
            ("a.rs", a),
            ("twin.rs", unix),
            ("absent/twin.rs", absent),
            ("absent/part.rs", "pub struct Twin;"),
        ],
        &[
            "a.rs -> absent/part.rs (Twin)",
            "a.rs -> twin.rs (Twin, live)",
        ],
    );
}

/// A re-export is no import, but the file may use the name itself.
#[test]
fn reexports_that_are_used() {
    let lib = ("lib.rs", "mod a; mod b; mod c;");
    let a = ("a.rs", "pub(crate) use crate::{b::B, c::C}; struct A(B);");
    let b = ("b.rs", "pub struct B;");
    let c = ("c.rs", "pub struct C;");

    assert_imports(&[lib, a, b, c], &["a.rs -> b.rs (B)"]);
}
