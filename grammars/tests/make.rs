//! Makefiles, before and after: each rewrite is run by a real GNU make, and gives back its original bytes.

use crate::lifting::{Ran, lift, missing, refused, run};

/// A target for each value, so that each can fail by itself.
const SHAPES: &str = r#"HOST = db
FIRST = value-00
SECOND := value-01
THIRD ?= value-02
URL = postgres://shop:value-03@$(HOST)/shop
QUOTED = "value-04 $$HOST"
DOLLAR := pa$$$$value-05
login = $(FIRST)/$(1)

.PHONY: t00 t01 t02 t03 t04 t05 t06 t07 t08 t09 t10 t11 t12 t13 clean
t00:
	@echo '[$(call login,x)]'
t01: ; @echo '[$(SECOND)]'
t02: ; @echo '[$(THIRD)]'
t03: ; @echo '[$(URL)]'
t04: ; $(info [$(QUOTED)])@:
t05: ; $(info [$(DOLLAR)])@:
t06:
	@echo value-06 --flag=x
t07:
	@echo --flag=value-07, 'q'
t08:
	@if [ "$(HOST)" = value-08 ]; then echo equal; else echo different; fi
t09:
	@echo 'a value-09 $$b' "c"
t10:
	@echo "a \"value-10\" $$UNSET $(HOST)" 'b'; echo more
t11:
	@echo one && \
		echo 'two'value-11"three"
t12:
	-@X=value-12 sh -c 'echo "$$X"' || true
t13:
	@echo 'pa$$value-13' # not a comment for make

clean:
	@echo clean
"#;

/// Names by case; those of the file's own variables where they have them, and the text as it stands.
fn value(index: usize) -> (String, String) {
    match index {
        0 => ("value-00".into(), "FIRST".into()),
        2 => ("value-02".into(), "THIRD".into()),
        5 => ("pa$$$$value-05".into(), "V05".into()),
        13 => ("pa$$value-13".into(), "V13".into()),
        _ => (format!("value-{index:02}"), format!("V{index:02}")),
    }
}

const COUNT: usize = 14;

fn make(folder: &std::path::Path, text: &str, target: &str, variables: &[(&str, &str)]) -> Option<Ran> {
    std::fs::write(folder.join("Makefile"), text).expect("the folder is there");
    let version = run(folder, "make", &["--version"], &[])?;
    version.1.contains("GNU Make").then(|| run(folder, "make", &["-s", target], variables))?
}

#[test]
fn rewritten_makefiles_mean_the_same() {
    let values: Vec<(String, String)> = (0..COUNT).map(value).collect();
    let pairs: Vec<(&str, &str)> = values.iter().map(|(value, name)| (&**value, &**name)).collect();
    for pair in &pairs {
        let one = lift("make", SHAPES, &[*pair]);
        assert!(one.is_ok(), "{pair:?} {one:?}");
    }
    let after = lift("make", SHAPES, &pairs).expect("every shape can be lifted");
    let stored: Vec<String> = pairs.iter().map(|(value, _)| value.replace("$$", "$")).collect();
    let set: Vec<(&str, &str)> = pairs.iter().zip(&stored).map(|((_, name), value)| (*name, &**value)).collect();
    let folder = tempfile::tempdir().expect("a folder");
    for (index, (_, name)) in pairs.iter().enumerate() {
        let target = format!("t{index:02}");
        let Some(original) = make(folder.path(), SHAPES, &target, &[]) else { return missing("GNU make") };
        assert!(original.0 && !original.1.trim().is_empty(), "{target}: {}", original.1);
        assert_eq!(make(folder.path(), &after, &target, &set), Some(original), "{target} of {after}");
        let mut rest = set.clone();
        rest.remove(index);
        let (worked, said) = make(folder.path(), &after, &target, &rest).expect("make is there");
        // A dash before a recipe has make go on, though the command did not run.
        assert!(said.contains(name) || target == "t12" && said.is_empty(), "{target}: {said}");
        assert!(!worked || target == "t12", "{target} fails without {name}: {said}");
        assert!(!said.contains("equal") && !said.contains("different"), "no branch is taken: {said}");
    }
    let (worked, said) = make(folder.path(), &after, "clean", &[]).expect("make is there");
    assert!(worked && said == "clean\n", "what needs no secret is made without one: {said}");
}

/// What is exported goes to every recipe, and what is in the environment may have any sign in it.
#[test]
fn exported_variables_keep_their_meaning() {
    let source = "export TOKEN := hunter2x\nPASSWORD = pw-two-2\n\nall:\n\t@printf '%s\\n' \"$$TOKEN\"\n\t$(info [$(PASSWORD)])\n\t@echo shell-pw-3\n";
    let after =
        lift("make", source, &[("hunter2x", "TOKEN"), ("pw-two-2", "SHOP_PASSWORD"), ("shell-pw-3", "SHELL_PASSWORD")])
            .expect("it can be lifted");
    let folder = tempfile::tempdir().expect("a folder");
    let odd = "a$b \"c'd\\ (e),#f";
    let Some(ran) =
        make(folder.path(), &after, "all", &[("TOKEN", "hunter2x"), ("SHOP_PASSWORD", odd), ("SHELL_PASSWORD", odd)])
    else {
        return missing("GNU make");
    };
    assert_eq!(ran, (true, format!("[{odd}]\nhunter2x\n{odd}\n")), "{after}");
    let unset = make(folder.path(), &after, "all", &[]).expect("make is there");
    assert!(!unset.0 && unset.1.contains("is not set"), "{}", unset.1);
}

#[test]
fn a_lookup_cannot_stand_everywhere() {
    for (source, code) in [
        ("define x\nhunter2x\nendef\n", "define"),
        ("ifeq ($(X),hunter2x)\nendif\n", "condition"),
        ("X = hunter2x # note\n", "comment-behind"),
        ("X = hunter2x \n", "comment-behind"),
        ("a: X = hunter2x\n", "target-variable"),
        ("X += hunter2x\n", "make-text"),
        ("X = $(shell hunter2x)\n", "crosses-interpolation"),
        ("X := a hunter2x b\n", "part-of-literal"),
        ("X = 1\nX = hunter2x\nLIFTED = 3\n", "shadowed-name"),
        ("include a.mk\nLIFTED = hunter2x\n", "shadowed-name"),
        ("a:\n\techo hunter2x | cat\n", "compound-recipe"),
        ("a:\n\techo 'x \\\n\thunter2x'\n", "not-a-literal"),
        ("a:\n\techo hunter2x\n.if defined(X)\n.endif\n", "other-make"),
        ("!include x\na:\n\techo hunter2x\n", "other-make"),
        ("SHELL = pwsh\na:\n\techo hunter2x\n", "other-shell"),
        (".RECIPEPREFIX = >\na:\n> echo hunter2x\n", "make-text"),
        (".RECIPEPREFIX = >\nX = hunter2x\n", "other-shell"),
    ] {
        assert_eq!(refused("make", source, "hunter2x"), code, "{source}");
    }
}
