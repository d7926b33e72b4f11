// Reads a list of operations: whatever happens, the bounds hold, no key has two targets, nobody is dialled who
// is linked, no address is ordered while its order is open, and draining ends with nothing due.
#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "base/check.h"
#include "reach/dialer.h"
#include "wire/reader.h"

namespace starling::reach {
namespace {

crypto::NodeKey key_of(uint16_t number) {
  crypto::NodeKey key;
  key.value[0] = static_cast<uint8_t>(number >> 8);
  key.value[1] = static_cast<uint8_t>(number);
  return key;
}

PeerAddress address_of(uint8_t number) {
  return {number % 3 == 0 ? Transport::tcp : Transport::udp, "192.0.2.1",
          static_cast<uint16_t>(number % 32 + 1)};
}

class Run {
 public:
  // One operation: kind, argument (which target, key or address), step of time.
  void step(uint8_t kind, uint16_t argument, uint8_t milliseconds) {
    now_ += milliseconds * (kind >= 128 ? Duration{100ms} : Duration{1ms});
    switch (kind % 8) {
      case 0:
      case 1:
        add(kind, argument);
        break;
      case 2:
        dialer_.remove(target(argument));
        break;
      case 3:
        linked_.insert(key_of(argument % 512));
        dialer_.handle_link_up(key_of(argument % 512));
        open_.clear();  // which orders the link has ended is for the dialer to know
        break;
      case 4:
        linked_.erase(key_of(argument % 512));
        dialer_.handle_link_down(now_, key_of(argument % 512));
        break;
      case 5:
        dialer_.handle_key_learned(now_, target(argument), key_of(argument % 512));
        open_.clear();
        break;
      case 6:
        fail(argument);
        break;
      default:
        drain();
    }
    check();
  }
  void drain() {
    std::erase_if(open_, [&](const auto& order) { return order.second <= now_; });
    for (size_t count = 0; const auto order = dialer_.poll_order(now_); ++count) {
      STARLING_CHECK(count < Dialer::kTargetsMax);
      STARLING_CHECK(!order->key || !linked_.contains(*order->key));
      const auto given_up_at = now_ + Dialer::kOrderPatience;
      const auto is_new = open_.emplace(name_of(order->target, order->address), given_up_at).second;
      STARLING_CHECK(is_new);
    }
    STARLING_CHECK(dialer_.next_timeout() > now_);
  }

 private:
  static std::pair<TargetId, std::string> name_of(TargetId target, const PeerAddress& address) {
    return {target, to_text(address)};
  }
  TargetId target(uint16_t argument) const { return {argument % (ids_given_ + 2)}; }

  void add(uint8_t kind, uint16_t argument) {
    DialTarget target;
    if ((kind & 8) != 0) target.key = key_of(argument % 512);
    target.persistence = (kind & 16) != 0 ? Persistence::passing : Persistence::lasting;
    for (int i = 0; i <= (kind & 32) / 8; ++i) {
      target.addresses.push_back(address_of(static_cast<uint8_t>(argument / 7 + i)));
    }
    const auto id = dialer_.add(now_, std::move(target));
    // An address that made room and came back is a new order.
    open_.clear();
    if (id) ids_given_ = std::max(ids_given_, id->value);
  }
  void fail(uint16_t argument) {
    const PeerAddress address = address_of(static_cast<uint8_t>(argument));
    dialer_.handle_failed(now_, target(argument), address);
    open_.erase(name_of(target(argument), address));
  }
  void check() const {
    const auto states = dialer_.states();
    STARLING_CHECK(states.size() <= Dialer::kTargetsMax);
    std::set<crypto::NodeKey> keys;
    for (const Dialer::State& state : states) {
      const auto& addresses = state.target.addresses;
      STARLING_CHECK(!addresses.empty() && addresses.size() <= Dialer::kAddressesMax);
      STARLING_CHECK(std::ranges::is_sorted(addresses, {}, &PeerAddress::transport));
      const bool is_passing = state.target.persistence == Persistence::passing;
      STARLING_CHECK(!is_passing || state.rounds_failed < Dialer::kPassingRounds);
      if (!state.target.key) continue;
      STARLING_CHECK(keys.insert(*state.target.key).second);
      STARLING_CHECK(state.linked == linked_.contains(*state.target.key));
    }
  }

  Rng rng_{1};
  Dialer dialer_{rng_};
  Instant now_ = Instant{} + 1h;
  uint64_t ids_given_ = 0;
  std::set<crypto::NodeKey> linked_;
  std::map<std::pair<TargetId, std::string>, Instant> open_;  // orders without a report
};

}  // namespace
}  // namespace starling::reach

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kOperationsMax = 1000;
  starling::wire::Reader reader({data, size});
  starling::reach::Run run;
  for (size_t i = 0; i < kOperationsMax && reader.left() >= 4; ++i) {
    const uint8_t kind = reader.u8();
    const uint16_t argument = reader.u16();
    run.step(kind, argument, reader.u8());
  }
  run.drain();
  return 0;
}
