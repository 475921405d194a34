//! One `tegata serve` and what is done to it.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use sandbox::Sandbox;
use testing::program::Tegata;

use crate::diary::Diary;
use crate::plan::{Act, Turn};

pub struct Node {
    pub tegata: Tegata,
    pub sandbox: Arc<Sandbox>,
    pub diary: Arc<Diary>,
    pub name: &'static str,
    /// The configuration, with `{by}` where the name of each life goes.
    pub config: String,
    pub lives: usize,
}

impl Node {
    fn by(&self) -> String {
        format!("{}{}", self.name, self.lives)
    }

    /// Begins a new life. Blocks.
    pub fn start(&mut self) {
        self.lives += 1;
        let config = self.config.replace("{by}", &self.by());
        fs::write(self.tegata.folder.join("tegata.toml"), config).expect("its folder is writable");
        self.tegata.restart();
    }

    /// # Panics
    /// With its log, when it ended by itself.
    fn still_serves(&self) {
        let at = ("127.0.0.1", self.tegata.port);
        assert!(
            std::net::TcpStream::connect(at).is_ok(),
            "{} ended by itself before {} ms:\n{}",
            self.by(),
            self.sandbox.uptime_ms(),
            self.tegata.log()
        );
    }

    /// Does all of it, one after the other; it runs afterwards. Blocks.
    pub fn live(mut self, turns: &[Turn]) -> Node {
        for turn in turns {
            std::thread::sleep(Duration::from_millis(turn.wait_ms));
            self.still_serves();
            let from = self.sandbox.uptime_ms();
            match turn.act {
                Act::Kill => {
                    self.tegata.kill();
                    self.diary
                        .killed(&self.by(), from, self.sandbox.uptime_ms());
                    self.start();
                }
                Act::Hold(ms) => {
                    self.tegata.hold();
                    std::thread::sleep(Duration::from_millis(ms));
                    self.tegata.go_on();
                    self.diary.held(&self.by(), from, self.sandbox.uptime_ms());
                }
            }
        }
        self
    }
}
