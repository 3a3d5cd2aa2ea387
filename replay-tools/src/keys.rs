//! `replay keys`: the keys to what is personal, wrapped anew or given up.

use anyhow::{Context, Result, ensure};
use platform::config::Config;
use platform::data_dir::DataDir;
use sealing::{Held, KeyName, KeyStore};

use crate::stopped::held;
use crate::{KeysTask, Outcome};

pub(crate) async fn run(config: &Config, task: KeysTask) -> Result<Outcome> {
    let data = held(config, DataDir::open)?;
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
            println!("{name} is given up: what was sealed under it reads as erased");
        }
    }
    Ok(Outcome::Good)
}

/// A key that is there is not lost, and one that was destroyed needs no more.
async fn give_up(store: &impl KeyStore, name: KeyName) -> Result<()> {
    let stands = store.create(name, Held::Destroyed).await.context("failed to give the key up")?;
    ensure!(stands == Held::Destroyed, "{name} is there: only a key that was lost can be given up");
    Ok(())
}
