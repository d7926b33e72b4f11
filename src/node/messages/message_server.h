// node/messages/message_server.h - takes the messages that other people's devices bring, and answers when they are on the disk.
//
// Rules and the attacks they answer:
//  - who brings a message is a device of its author by a list that the author's account signed: nobody writes in another's name;
//  - strangers, to whom the owner has never written and who are no contacts, may leave kOfStranger messages each and kOfStrangers
//    in all; those whom the owner blocks, none;
//  - kStreamsMax streams, each with kEntriesAhead entries at once; whoever is silent on his gives way to a new one.
// Threads: network thread.
#pragma once

#include <map>

#include "node/messages/contact_book.h"
#include "node/messages/device_finder.h"
#include "node/messages/message_log.h"
#include "node/session_driver.h"

namespace starling::node {

class MessageServer {
 public:
  static constexpr size_t kStreamsMax = 64;
  static constexpr uint64_t kOfStranger = 20;
  static constexpr uint64_t kOfStrangers = 1'000;

  struct Surroundings {
    env::Runtime& runtime;
    SessionDriver& sessions;
    DeviceFinder& finder;
    MessageLog& log;
    const ContactBook& contacts;
    const crypto::Identity& device;
    const crypto::AccountKey& account;
  };
  // `arrived`: a message is on the disk. `seen`: a device of that account can be reached.
  MessageServer(const Surroundings& around, std::function<void(const Message&)> arrived,
                std::function<void(const crypto::AccountKey&)> seen);

 private:
  struct Caller {
    crypto::NodeKey device;
    messaging::DeliveryReader reader;
    std::optional<crypto::AccountKey> author;  // after its hello
    bool for_us = false;
    bool writing = false;  // an entry is on its way to the disk
    bool finished = false;
    Instant heard;
  };
  SessionDriver::StreamHandlers accept(StreamId stream, const crypto::NodeKey& peer);
  // Whoever has said nothing for longest goes.
  void make_room();
  void read(StreamId stream);
  void work(StreamId stream);
  // False: the caller broke the protocol.
  bool handle(StreamId stream, Caller& caller, const messaging::DeliveryMessage& message);
  bool greet(Caller& caller, const messaging::Hello& hello);
  void take(StreamId stream, Caller& caller, const messaging::Handover& handover);
  void answer(StreamId stream, const space::EntryId& entry,
              std::optional<messaging::Refused::Reason> refusal);
  // Counts one more of strangers.
  std::optional<LogFailure> objection_to(const crypto::AccountKey& author);
  [[nodiscard]] bool is_stranger(const crypto::AccountKey& account) const;

  Surroundings around_;
  std::function<void(const Message&)> arrived_;
  std::function<void(const crypto::AccountKey&)> seen_;
  std::map<StreamId, Caller> callers_;
  uint64_t of_strangers_ = 0;  // as last counted, and since
  Instant count_again_ = Instant::min();
  Lifetime lifetime_;
};

}  // namespace starling::node
