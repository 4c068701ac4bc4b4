/// How many bits of a value count.
const BITS: u32 = 6;

/// How often a value came, to about a sixtieth of it.
#[derive(Debug)]
pub(crate) struct Histogram(Vec<u64>);

impl Default for Histogram {
    fn default() -> Self {
        Self(vec![0; 64 << BITS])
    }
}

impl Histogram {
    pub(crate) fn count(&mut self, value: u64) {
        let shift = (u64::BITS - value.leading_zeros()).saturating_sub(BITS + 1);
        let bucket = (u64::from(shift) << BITS) + (value >> shift);
        self.0[bucket as usize] += 1;
    }

    /// Returns the value below which this share of all are.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let mut below = (self.0.iter().sum::<u64>() as f64 * share) as u64;
        let bucket = self.0.iter().position(|count| {
            let found = *count > below;
            below = below.saturating_sub(*count);
            found
        });
        bucket.map_or(f64::NAN, value)
    }
}

/// Returns the middle of what is counted in a bucket.
fn value(bucket: usize) -> f64 {
    let shift = (bucket >> BITS).saturating_sub(1);
    let top = bucket - (shift << BITS);
    (top as f64 + 0.5) * (1u64 << shift) as f64
}
