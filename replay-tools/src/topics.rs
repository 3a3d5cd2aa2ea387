//! `replay topics`: makes the topics of a log on Kafka, and says whether those that are there are fit.

use anyhow::{Result, ensure};
use event_log::kafka::topics;
use events::Topic;
use platform::config::Config;

use crate::Outcome;

/// Needs no stopped server: topics that are there are only looked at.
pub(crate) async fn run(config: &Config) -> Result<Outcome> {
    ensure!(
        config.log.url.is_shared(),
        "log.url is {:?}: only a log on Kafka has topics (kafka://<host>:<port>)",
        config.log.url.to_string()
    );
    let options = process::kafka_options(config);
    topics::ensure(&options).await?;
    for topic in Topic::ALL {
        let name = format!("{}{}", options.topic_prefix, topic.name());
        println!("{name}: {} partitions, as it must be", topic.partition_count());
    }
    Ok(Outcome::Good)
}
