use proptest::{array::uniform2, prelude::*};

use super::{
    setting::{setting, steps},
    test::Test,
};

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 4_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn subscribers_see_what_they_should(settings in uniform2(setting()), steps in steps()) {
        let mut test = Test::new(settings);
        steps.into_iter().for_each(|step| test.step(step));
        test.end();
    }
}
