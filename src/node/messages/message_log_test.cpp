#include "node/messages/message_log.h"

#include <gtest/gtest.h>

#include "directory/example_records.h"
#include "sim/world.h"

namespace starling::node {
namespace message_log_test {

const crypto::AccountKey kAda{{1}};
const crypto::AccountKey kBob{{2}};
const crypto::Identity kAdasDevice = directory::example_identity(1);
const crypto::Identity kBobsDevice = directory::example_identity(2);

Message example() {
  Message message;
  message.state = Message::State::refused;
  message.peer = kBob;
  message.changed_unix_ms = 1'767'225'600'000;
  message.reason = messaging::Refused::Reason::unwelcome;
  message.entry = messaging::Conversation(kAda, {.peer = kBob})
                      .compose(kAdasDevice, 1'767'225'600'000, "hello");
  return message;
}

// docs/wire/tables.md#messages shows the same bytes before the entry.
TEST(MessageRowTest, AMessageIsWrittenAndReadUnchanged) {
  const Bytes bytes = encode(example());
  EXPECT_EQ(to_hex(ByteView(bytes).first(43)),
            "010202"
            "02" +
                std::string(62, '0') + "0000019b76daa800");
  EXPECT_EQ(decode_message(bytes), example());
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_message(ByteView(bytes).first(size))) << size;
  for (const auto& [at, value] : {std::pair<size_t, uint8_t>{0, 2}, {1, 4}, {2, 0}, {2, 5}}) {
    Bytes bad = bytes;
    bad[at] = value;
    EXPECT_FALSE(decode_message(bad)) << at;
  }
}

class MessageLogTest : public testing::Test {
 protected:
  sim::World world_{{.seed = 1}};
  sim::HostId host_ = world_.add_host();
  std::unique_ptr<MessageLog> log_ = open();
  std::optional<LogFailure> objection_;

  std::unique_ptr<MessageLog> open() {
    auto log = std::make_unique<MessageLog>(world_.runtime(host_), kAdasDevice, kAda);
    bool loaded = false;
    log->load([&](const auto& result) { loaded = result.has_value(); });
    EXPECT_TRUE(world_.run_until([&] { return loaded; }, 1s));
    return log;
  }
  void crash() {
    log_.reset();
    world_.crash(host_);
    log_ = open();
  }
  using Added = std::expected<Message, LogFailure>;
  Added wait_for(const std::function<void(MessageLog::AddDone)>& act) {
    std::optional<Added> outcome;
    act([&](const Added& added) { outcome = added; });
    EXPECT_TRUE(world_.run_until([&] { return outcome.has_value(); }, 1s));
    return outcome.value_or(std::unexpected(LogFailure::disk_failed));
  }
  Added write(const std::string& text) {
    return wait_for([&](auto done) { log_->add_outgoing(kBob, text, done); });
  }
  Added take(const space::Entry& entry) {
    return wait_for([&](auto done) {
      log_->add_incoming(kBob, kBobsDevice.key(), entry, [this] { return objection_; }, done);
    });
  }
  std::vector<Message> read(uint64_t from = 1) {
    std::vector<Message> all;
    log_->read(from, 100, [&](const auto& messages) { all = messages.value(); });
    world_.run_for(100ms);
    return all;
  }
};

TEST_F(MessageLogTest, WhatWasTakenSurvivesACrashInItsOrderAndWaits) {
  const auto first = write("one");
  const auto second = write("two");
  ASSERT_TRUE(first && second);
  EXPECT_EQ(second->number, 2u);
  EXPECT_EQ(second->entry.parents, std::vector{id_of(first->entry)});
  crash();
  EXPECT_EQ(read(), (std::vector{*first, *second}));
  EXPECT_EQ(read(2), (std::vector{*second}));
  EXPECT_EQ(log_->outbox().at(kBob), (std::set<uint64_t>{1, 2}));
  EXPECT_EQ(write("three")->entry.sequence, 3u);
  const auto delivered = wait_for([&](auto done) { log_->set_delivered(*first, done); });
  EXPECT_EQ(delivered->state, Message::State::delivered);
  const auto refused = wait_for(
      [&](auto done) { log_->set_refused(*second, messaging::Refused::Reason::unwelcome, done); });
  EXPECT_EQ(log_->outbox().at(kBob), (std::set<uint64_t>{3}));
  crash();
  EXPECT_EQ(log_->outbox().at(kBob), (std::set<uint64_t>{3}));
  EXPECT_EQ(read()[0], *delivered);
  EXPECT_EQ(read()[1], *refused);
  EXPECT_EQ(log_->next_number(), 4u);
}

TEST_F(MessageLogTest, ManyAtOnceAreTiedToEachOtherInTheirOrder) {
  std::vector<Message> added;
  for (int i = 0; i < 10; ++i) {
    log_->add_outgoing(kBob, "at once", [&](const Added& one) { added.push_back(one.value()); });
  }
  world_.run_for(1s);
  ASSERT_EQ(added.size(), 10u);
  for (size_t i = 1; i < added.size(); ++i) {
    EXPECT_EQ(added[i].entry.parents, std::vector{id_of(added[i - 1].entry)});
    EXPECT_EQ(added[i].entry.sequence, i + 1);
  }
}

TEST_F(MessageLogTest, AnEntryIsTakenOnceAndOnlyIfItBelongsHere) {
  const messaging::Conversation of_bob(kBob, {.peer = kAda});
  const auto entry = of_bob.compose(kBobsDevice, 1, "hello");
  const auto taken = take(entry);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->state, Message::State::received);
  EXPECT_TRUE(log_->outbox().empty());
  EXPECT_EQ(take(entry).error(), LogFailure::known);
  crash();
  EXPECT_EQ(take(entry).error(), LogFailure::known);
  space::Entry foreign = entry;
  foreign.author = kAda;
  sign(foreign, kBobsDevice);
  EXPECT_EQ(take(foreign).error(), LogFailure::not_allowed);
  EXPECT_EQ(read().size(), 1u);
  EXPECT_EQ(log_->conversations().at(kBob).state().received, 1u);
  objection_ = LogFailure::unwelcome;
  EXPECT_EQ(take(entry).error(), LogFailure::known)
      << "it is here, whatever its author may leave now";
  space::Entry another = entry;
  another.sequence = 2;
  sign(another, kBobsDevice);
  EXPECT_EQ(take(another).error(), LogFailure::unwelcome);
}

TEST_F(MessageLogTest, WhatIsNotTakenLeavesNothingBehind) {
  const messaging::Conversation of_bob(kBob, {.peer = kAda});
  space::Entry forged = of_bob.compose(kBobsDevice, 1, "hello");
  forged.body.push_back('!');
  EXPECT_EQ(take(forged).error(), LogFailure::not_allowed);
  EXPECT_TRUE(log_->conversations().empty());
}

TEST_F(MessageLogTest, AStateIsSetOnce) {
  const auto sent = write("one");
  ASSERT_TRUE(wait_for([&](auto done) { log_->set_delivered(*sent, done); }));
  const auto refused = wait_for(
      [&](auto done) { log_->set_refused(*sent, messaging::Refused::Reason::unwelcome, done); });
  EXPECT_EQ(refused.error(), LogFailure::known);
  EXPECT_EQ(read()[0].state, Message::State::delivered);
}

TEST_F(MessageLogTest, NothingIsWrittenOverWhenTheNextNumberIsLost) {
  ASSERT_TRUE(write("one"));
  world_.runtime(host_).tables().commit({{"next_message", {}, std::nullopt}}, [](const auto&) {});
  world_.run_for(1s);
  MessageLog log(world_.runtime(host_), kAdasDevice, kAda);
  std::optional<bool> loaded;
  log.load([&](const auto& result) { loaded = result.has_value(); });
  world_.run_for(1s);
  EXPECT_EQ(loaded, false);
}

}  // namespace message_log_test
}  // namespace starling::node
