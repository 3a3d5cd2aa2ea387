//! `replay keys`: the keys to what is personal, wrapped anew or given up.

use anyhow::{Context, Result, ensure};
use platform::clock;
use platform::config::Config;
use platform::data_dir::DataDir;
use sealing::{Held, KeyName, KeyStore, Month};

use crate::stopped::held;
use crate::{KeysTask, Outcome};

pub(crate) async fn run(config: &Config, task: KeysTask) -> Result<Outcome> {
    // Whoever destroys a key meanwhile would find it put back.
    let data = held(config, DataDir::open_alone)?;
    let store = process::open_key_store(config, data.path()).await?;
    match task {
        KeysTask::Rewrap => {
            let rewrapped = store.rewrap().await?;
            println!(
                "{rewrapped} keys were wrapped by another master key than the first; now none is"
            );
        }
        KeysTask::GiveUp(name) => {
            give_up(&store, name).await?;
            println!(
                "{name} is given up and has a new key: what was sealed under the lost one reads as erased"
            );
        }
    }
    Ok(Outcome::Good)
}

/// Makes a key in place of a lost one. A channel's begins with the next month, so that no month has two.
async fn give_up(store: &impl KeyStore, name: KeyName) -> Result<()> {
    let fresh = Held::fresh(name, Month::of(clock::now_ms()).next());
    let stands = store.create(name, fresh.clone()).await.context("failed to give the key up")?;
    ensure!(stands == fresh, "{name} is there: only a key that was lost can be given up");
    Ok(())
}
