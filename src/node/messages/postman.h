// node/messages/postman.h - brings the messages of the outbox to the devices of those whom they are for.
//
// How:     wake() when there is something new, or a sign that somebody can be reached. What is not brought is tried again, each time
//          later, until it is; whether a message is delivered is what the log says.
// Bounds:  kRoundsMax people are tried at once; the others wait for their turn.
// Threads: network thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "node/messages/device_finder.h"
#include "node/messages/message_log.h"
#include "node/session_driver.h"

namespace starling::node {

class Postman {
 public:
  static constexpr size_t kRoundsMax = 64;
  static constexpr Duration kRetry = 2s;
  static constexpr Duration kRetryMax = 2min;
  static constexpr Duration kPatience = 1min;

  struct Surroundings {
    env::Runtime& runtime;
    SessionDriver& sessions;
    DeviceFinder& finder;
    MessageLog& log;
  };
  // `own_list`: the account's list, which the other side wants to see.
  Postman(const Surroundings& around, directory::Record own_list,
          std::function<void(const Message&)> changed);
  ~Postman();
  Postman(const Postman&) = delete;
  Postman& operator=(const Postman&) = delete;

  // Tries soon, whatever happened before.
  void wake(const crypto::AccountKey& account);
  // Everybody for whom something waits.
  void wake_all();

  // Why nothing has got through to that account lately.
  enum class Trouble : uint8_t {
    none,
    no_devices,
    unreachable,
    not_now,   // the other's disk is full, or fails
    own_disk,  // ours is, or does
  };
  [[nodiscard]] Trouble trouble_of(const crypto::AccountKey& account) const;

 private:
  // What is done for one account.
  struct Round {
    bool busy = false;
    std::vector<crypto::NodeKey> devices;  // to be tried, the last one first
    std::optional<StreamId> stream;
    crypto::NodeKey device;
    messaging::DeliveryReader reader;
    std::deque<Message> unanswered;
    uint64_t next_number = 0;  // the first that was not sent on this stream
    bool reading = false;      // the next one comes from the disk
    bool writing = false;      // what an answer said goes to the disk
    bool finishing = false;
    Instant patient_until{};  // a round in which nothing is delivered for so long ends
    int failures = 0;
    Instant next_try{};
    Trouble trouble = Trouble::none;
  };

  void work();
  void begin(const crypto::AccountKey& account, Round& round);
  void handle_devices(const crypto::AccountKey& account,
                      const std::optional<messaging::DeviceList>& list);
  void try_next_device(const crypto::AccountKey& account);
  void send_more(const crypto::AccountKey& account);
  void send(const crypto::AccountKey& account, std::vector<Message> messages);
  void read(const crypto::AccountKey& account);
  void handle_answers(const crypto::AccountKey& account);
  // False: the device broke the protocol.
  bool handle_answer(const crypto::AccountKey& account, const messaging::DeliveryMessage& answer);
  void handle_closed(const crypto::AccountKey& account);
  void give_up(const crypto::AccountKey& account, Trouble trouble);
  // Something that was sent is still in the outbox.
  [[nodiscard]] bool waits_before(const crypto::AccountKey& account, uint64_t number) const;
  [[nodiscard]] Instant now() const { return around_.runtime.now(); }

  Surroundings around_;
  directory::Record own_list_;
  std::function<void(const Message&)> changed_;
  std::map<crypto::AccountKey, Round> rounds_;
  std::unique_ptr<env::Timer> timer_;
  Lifetime lifetime_;
};

}  // namespace starling::node
