//! The room through its handle, with every port a fake.
mod apps;
mod collect;
mod deploy;
mod fakes;
mod groups;
mod harness;
mod keys;
mod membership;
mod pages;
mod people;
mod reach;
mod refresh;
mod refusals;
mod requests;
mod secrets;
mod streams;
mod table;
