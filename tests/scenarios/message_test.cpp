// Messages between people whose nodes are in a simulated mesh, with the production code of all layers.
#include <gtest/gtest.h>

#include "sim/flock.h"

namespace starling::sim {
namespace message_test {

using node::Message;
using State = Message::State;

class Post {
 public:
  Post(World& world, Flock& flock) : world_(world), flock_(flock) {}

  void befriend(size_t owner, size_t contact) {
    bool done = false;
    flock_.node(owner).messenger().contacts().set(flock_.account(contact), {.name = "friend"},
                                                  [&](const auto& set) { done = set.has_value(); });
    EXPECT_TRUE(world_.run_until([&] { return done; }, 1s));
  }
  // Returns when the message is on the sender's disk.
  std::optional<node::SendFailure> send(size_t from, size_t to, const std::string& text) {
    std::optional<std::expected<Message, node::SendFailure>> sent;
    flock_.node(from).messenger().send(flock_.account(to), text,
                                       [&](const auto& result) { sent = result; });
    EXPECT_TRUE(world_.run_until([&] { return sent.has_value(); }, 1s));
    return *sent ? std::nullopt : std::optional(sent->error());
  }
  std::vector<Message> all(size_t node) {
    std::optional<std::vector<Message>> messages;
    flock_.node(node).messenger().read(1, 1'000,
                                       [&](const auto& result) { messages = result.value(); });
    EXPECT_TRUE(world_.run_until([&] { return messages.has_value(); }, 1s));
    return *messages;
  }
  std::vector<State> states(size_t node) {
    std::vector<State> states;
    for (const Message& message : all(node)) states.push_back(message.state);
    return states;
  }
  std::vector<std::string> texts(size_t node) {
    std::vector<std::string> texts;
    for (const Message& message : all(node)) texts.emplace_back(text_of(message.entry.body));
    return texts;
  }
  bool is_all_brought(size_t node) {
    return flock_.node(node).messenger().log().outbox_size() == 0;
  }
  // Whether the outbox gets empty.
  bool wait(size_t node, Duration limit) {
    return world_.run_until([&] { return is_all_brought(node); }, limit);
  }

 private:
  World& world_;
  Flock& flock_;
};

TEST(MessageScenario, AMessageReachesSomebodyFourHopsAwayAndIsAnswered) {
  World world(
      {.seed = seed_from_env_or(1), .link = {.latency = 10ms, .jitter = 3ms, .loss = 0.02}});
  Flock flock(world);
  flock.add_nodes(5);
  flock.connect_chain();
  flock.start_all();
  Post post(world, flock);
  EXPECT_FALSE(post.send(0, 4, "hello"));
  EXPECT_EQ(post.states(0), std::vector{State::queued}) << "not before the other says so";
  ASSERT_TRUE(post.wait(0, 10s));
  EXPECT_EQ(post.states(0), std::vector{State::delivered});
  EXPECT_EQ(post.texts(4), std::vector<std::string>{"hello"});
  EXPECT_FALSE(post.send(4, 0, "hello yourself"));
  ASSERT_TRUE(post.wait(4, 10s));
  EXPECT_EQ(post.texts(0), (std::vector<std::string>{"hello", "hello yourself"}));
  EXPECT_EQ(post.all(0)[1].entry.parents, std::vector{id_of(post.all(0)[0].entry)});
}

TEST(MessageScenario, WhatIsSentToSomebodyWhoIsAwayWaitsAndComesInItsOrder) {
  World world({.seed = seed_from_env_or(2), .link = {.latency = 10ms}});
  Flock flock(world);
  flock.add_nodes(6);
  flock.connect_ring();
  flock.start_all();
  world.run_for(20s);
  Post post(world, flock);
  post.befriend(3, 0);
  flock.crash(3);
  std::vector<std::string> texts;
  for (int i = 0; i < 40; ++i) {
    texts.push_back("message " + std::to_string(i));
    EXPECT_FALSE(post.send(0, 3, texts.back()));
  }
  EXPECT_FALSE(post.wait(0, 5min));
  EXPECT_NE(flock.node(0).messenger().postman()->trouble_of(flock.account(3)),
            node::Postman::Trouble::none);
  // The sender's plug is pulled meanwhile, too.
  flock.crash(0);
  flock.start(0);
  flock.run_until_started();
  EXPECT_FALSE(post.is_all_brought(0));
  flock.start(3);
  flock.run_until_started();
  ASSERT_TRUE(post.wait(0, 5min));
  EXPECT_EQ(post.texts(3), texts);
  EXPECT_EQ(post.states(0), std::vector(40, State::delivered));
}

// Whatever the sender was told is delivered is on the receiver's disk, once; whatever it was told is kept arrives.
TEST(MessageScenario, CrashesOfBothSidesLoseNothingAndDoubleNothing) {
  World world({.seed = seed_from_env_or(3), .link = {.latency = 5ms, .jitter = 5ms}});
  Flock flock(world);
  flock.add_nodes(3);
  flock.connect_chain();
  flock.start_all();
  Post post(world, flock);
  post.befriend(2, 0);
  std::multiset<std::string> kept;
  for (int round = 0; round < 30; ++round) {
    for (int i = 0; i < 5; ++i) {
      const std::string text = std::to_string(round) + "/" + std::to_string(i);
      flock.node(0).messenger().send(flock.account(2), text, [&kept, text](const auto& sent) {
        if (sent) kept.insert(text);
      });
    }
    world.run_for(Duration(world.rng().below(100) * 1'000'000));
    const size_t victim = world.rng().below(2) * 2;
    flock.crash(victim);
    flock.start(victim);
    flock.run_until_started();
    world.run_for(Duration(world.rng().below(3'000) * 1'000'000));
  }
  ASSERT_TRUE(post.wait(0, 10min));
  const auto received = post.texts(2);
  const std::multiset<std::string> there(received.begin(), received.end());
  EXPECT_TRUE(std::ranges::includes(there, kept)) << there.size() << " of " << kept.size();
  EXPECT_EQ(std::set<std::string>(there.begin(), there.end()).size(), there.size()) << "doubled";
  EXPECT_GT(there.size(), 50u);
}

// The sender's plug is pulled between the other's receipt and its own disk: the text is there, and must not count as refused.
TEST(MessageScenario, AStrangersLastMessageIsDeliveredThoughItsReceiptIsLost) {
  World world({.seed = seed_from_env_or(8), .link = {.latency = 20ms}});
  Flock flock(world);
  flock.add_nodes(2);
  flock.connect_chain();
  flock.start_all();
  Post post(world, flock);
  for (uint64_t i = 0; i < node::MessageServer::kOfStranger; ++i)
    EXPECT_FALSE(post.send(0, 1, std::to_string(i)));
  const auto all_there = [&] {
    const auto& conversations = flock.node(1).messenger().log().conversations();
    const auto entry = conversations.find(flock.account(0));
    return entry != conversations.end() &&
           entry->second.state().received == node::MessageServer::kOfStranger;
  };
  ASSERT_TRUE(world.run_until(all_there, 10s));
  flock.crash(0);
  flock.start(0);
  flock.run_until_started();
  ASSERT_TRUE(post.wait(0, 1min));
  EXPECT_EQ(post.states(0), std::vector(node::MessageServer::kOfStranger, State::delivered));
}

TEST(MessageScenario, AFullDiskOfTheSenderDelaysAndLosesNothing) {
  World world({.seed = seed_from_env_or(9), .link = {.latency = 20ms}});
  Flock flock(world);
  flock.add_nodes(2);
  flock.connect_chain();
  flock.start_all();
  Post post(world, flock);
  EXPECT_FALSE(post.send(0, 1, "hello"));
  world.disk(flock.host(0)).set_full(true);
  const uint64_t before = world.events_run();
  world.run_for(1min);
  EXPECT_EQ(post.states(0), std::vector{State::queued});
  EXPECT_EQ(flock.node(0).messenger().postman()->trouble_of(flock.account(1)),
            node::Postman::Trouble::own_disk);
  EXPECT_LT(world.events_run() - before, 10'000u) << "it spins";
  world.disk(flock.host(0)).set_full(false);
  ASSERT_TRUE(post.wait(0, 3min));
  EXPECT_EQ(post.texts(1), std::vector<std::string>{"hello"});
}

TEST(MessageScenario, StrangersMayLeaveAFewMessagesUntilTheyAreAnswered) {
  World world({.seed = seed_from_env_or(4), .link = {.latency = 5ms}});
  Flock flock(world);
  flock.add_nodes(2);
  flock.connect_chain();
  flock.start_all();
  Post post(world, flock);
  const size_t quota = node::MessageServer::kOfStranger;
  for (size_t i = 0; i < quota + 5; ++i) EXPECT_FALSE(post.send(0, 1, "buy this"));
  ASSERT_TRUE(post.wait(0, 30s));
  const auto states = post.states(0);
  EXPECT_EQ(static_cast<size_t>(std::ranges::count(states, State::delivered)), quota);
  EXPECT_EQ(std::ranges::count(states, State::refused), 5);
  EXPECT_EQ(post.all(0).back().reason, messaging::Refused::Reason::unwelcome);
  EXPECT_FALSE(post.send(1, 0, "who are you?"));
  ASSERT_TRUE(post.wait(1, 30s));
  EXPECT_FALSE(post.send(0, 1, "a friend"));
  ASSERT_TRUE(post.wait(0, 30s));
  EXPECT_EQ(post.states(0).back(), State::delivered);
}

// Shows a true device list of somebody else, and that person's true entry, from a device that is not in the list.
TEST(MessageScenario, NobodySpeaksInAnothersName) {
  World world({.seed = seed_from_env_or(5), .link = {.latency = 5ms}});
  Flock flock(world);
  flock.add_nodes(3);
  flock.connect_chain();
  flock.start_all();
  world.run_for(5s);
  crypto::SeededRandom random(7);
  const auto ada = crypto::Identity::generate(random);
  const auto adas_device = crypto::Identity::generate(random);
  const crypto::AccountKey adas_account{ada.key().value};
  const auto list = messaging::device_list_record(ada, {{adas_device.key()}}, 1);
  const auto entry = messaging::Conversation(adas_account, {.peer = flock.account(2)})
                         .compose(adas_device, 1, "I am Ada");
  bool broken = false;
  auto& forger = flock.node(0).sessions();
  const auto stream = forger.open(flock.key(2), messaging::kMessageService,
                                  {.closed = [&](const session::StreamClosed&) { broken = true; }});
  ASSERT_TRUE(stream);
  forger.write(*stream, encode(messaging::Hello{flock.account(2), list}));
  forger.write(*stream, encode(messaging::Handover{encode(entry)}));
  EXPECT_TRUE(world.run_until([&] { return broken; }, 30s));
  EXPECT_TRUE(Post(world, flock).all(2).empty());
}

TEST(MessageScenario, CallersWhoSayNothingDoNotKeepOthersOut) {
  World world({.seed = seed_from_env_or(7), .link = {.latency = 5ms}});
  Flock flock(world);
  flock.add_nodes(4);
  flock.connect_chain();
  flock.start_all();
  world.run_for(5s);
  size_t silent = 0;
  for (const size_t caller : {size_t{0}, size_t{1}}) {
    for (size_t i = 0; i < 40; ++i) {
      silent += flock.node(caller)
                    .sessions()
                    .open(flock.key(2), messaging::kMessageService, {})
                    .has_value();
      world.run_for(100ms);
    }
  }
  EXPECT_GT(silent, node::MessageServer::kStreamsMax);
  Post post(world, flock);
  EXPECT_FALSE(post.send(3, 2, "let me in"));
  ASSERT_TRUE(post.wait(3, 10s));
  EXPECT_EQ(post.texts(2), std::vector<std::string>{"let me in"});
}

TEST(MessageScenario, SomebodyNobodyKnowsStaysQueuedWithItsReason) {
  World world({.seed = seed_from_env_or(6), .link = {.latency = 5ms}});
  Flock flock(world);
  flock.add_nodes(4);
  flock.connect_chain();
  flock.start_all();
  bool sent = false;
  flock.node(0).messenger().send(crypto::AccountKey{{9}}, "anybody?",
                                 [&](const auto& result) { sent = result.has_value(); });
  world.run_for(60s);
  EXPECT_TRUE(sent);
  EXPECT_EQ(Post(world, flock).states(0), std::vector{State::queued});
  EXPECT_EQ(flock.node(0).messenger().postman()->trouble_of(crypto::AccountKey{{9}}),
            node::Postman::Trouble::no_devices);
}

}  // namespace message_test
}  // namespace starling::sim
