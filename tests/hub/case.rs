//! What a seed draws.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook},
};

use crate::{
    commands::{self, Command},
    config::Config,
    random::Random,
    test::Test,
};

#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) config: Config,
    pub(crate) commands: Vec<Command>,
}

impl Case {
    pub(crate) fn draw(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let config = Config::draw(&mut random);
        let commands = commands::draw(&mut random, &config);
        Self { config, commands }
    }

    pub(crate) fn run(&self) {
        let mut test = Test::new(&self.config);
        self.commands.iter().for_each(|command| test.run(command));
        test.end();
    }

    pub(crate) fn fails(&self) -> bool {
        catch_unwind(AssertUnwindSafe(|| self.run())).is_err()
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:#?}", self.config)?;
        let mut commands = self.commands.iter();
        commands.try_for_each(|command| writeln!(f, "{command:?}"))
    }
}

/// Prints no message of a panic meanwhile.
pub(crate) fn catch_panics<R>(work: impl FnOnce() -> R) -> R {
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    let done = work();
    set_hook(hook);
    done
}
