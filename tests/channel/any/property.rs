use proptest::{array::uniform2, prelude::*};

use super::{
    commands::{commands, config},
    test::Test,
};
use crate::cases::cases;

proptest! {
    #![proptest_config(cases(4_000))]

    #[test]
    fn subscribers_see_what_the_model_says(configs in uniform2(config()), commands in commands()) {
        let mut test = Test::new(configs);
        commands.into_iter().for_each(|command| test.run(command));
        test.end();
    }
}
