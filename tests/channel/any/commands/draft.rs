/// Texts that make the data of an event longer.
pub(crate) const MORE: [&str; 5] = [
    "",
    "\n",
    "\nsome more",
    "-----------------------------------------------------",
    "----------------------------------------------------------------------------------------------\
     ----------------------------------------------------------------------------------------------",
];

/// An event to publish.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draft {
    /// The index of one of the texts in [`MORE`].
    pub(crate) more: usize,
    pub(crate) is_named: bool,
    pub(crate) has_id: bool,
}
