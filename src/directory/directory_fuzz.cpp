// Three honest nodes and strangers that say anything, commanded by the input: nothing crashes, all that strangers can fill stays
// within its bounds, each lookup ends once, and once the network behaves the honest nodes find each other.
#include "directory/directory_pair.h"
#include "directory/example_records.h"
#include "wire/reader.h"

namespace starling::directory {
namespace {

constexpr int kOperationsMax = 200;
constexpr size_t kHonest = 3;

class Fuzzer {
 public:
  explicit Fuzzer(ByteView input)
      : reader_(input), flock_({.seed = 1, .node_count = kHonest, .contact_count = 2}) {
    flock_.start_all();
  }

  void run() {
    for (int i = 0; i < kOperationsMax && reader_.left() > 0; ++i) {
      operate();
      for (size_t at = 0; at < kHonest; ++at) check(at);
    }
    heal();
  }

 private:
  void operate() {
    const uint8_t operation = reader_.u8();
    const size_t at = operation % kHonest;
    switch (operation / kHonest % 16) {
      case 0:
        return flock_.run_for(std::chrono::milliseconds(reader_.u16()));
      case 1:
        return flock_.run_for(std::chrono::seconds(reader_.u8()));
      case 2:
        return flock_.inject_bytes(stranger(), at, some_bytes());
      case 3:
        return ask(at);
      case 4:
        return flock_.inject(stranger(), at, Lookup{reader_.u8(), target(), nodes(), via(), {}});
      case 5:
        return flock_.inject(stranger(), at, Put{reader_.u8(), via(), record()});
      case 6:
        return flock_.inject(stranger(), at, Replica{record()});
      case 7:
        return say_digest(at);
      case 8:
        return flock_.inject(stranger(), at, Greeting{location()});
      case 9:
        return carry(at);
      case 10:
        return answer(at);
      case 11: {
        flock_.directory(at).handle_undeliverable(flock_.now(), stranger());
        return flock_.drain(at);
      }
      case 12: {
        flock_.directory(at).set_contacts(flock_.now(), nodes());
        return flock_.drain(at);
      }
      case 13:
        return publish(at);
      case 14:
        flock_.options().loss = reader_.u8() / 512.0;
        return;
      default:
        return;
    }
  }

  Bytes some_bytes() {
    return copy_of(reader_.view(std::min<size_t>(reader_.u16(), reader_.left())));
  }
  // An honest node or one that does not exist.
  NodeId stranger() {
    const uint8_t choice = reader_.u8();
    if (choice < kHonest) return flock_.at(choice).id;
    NodeId node;
    node.value[0] = choice;
    node.value[1] = reader_.u8();
    return node;
  }
  std::vector<NodeId> nodes() {
    std::vector<NodeId> result;
    for (size_t count = reader_.u8() % (Lookup::kAvoidMax + 1); count > 0; --count)
      result.push_back(stranger());
    return result;
  }
  std::vector<NodeId> via() {
    auto result = nodes();
    result.push_back(last_stranger());
    return result;
  }
  // So that some questions come from who they say.
  NodeId last_stranger() { return reader_.u8() % 2 ? flock_.at(0).id : stranger(); }
  Target target() {
    Target target{reader_.u8(), {}, static_cast<uint16_t>(1 + reader_.u8())};
    target.position.value[0] = reader_.u8();
    if (target.kind < kGathered) target.sequence_min = reader_.u8();
    return target;
  }
  Record record() {
    const auto identity = example_identity(reader_.u8() % 8);
    Position position;
    position.value[0] = reader_.u8() % 4;
    Record result = example_record(identity, reader_.u8() % 4 | (reader_.u8() & 0x80),
                                   reader_.u8() % 8, reader_.u8(), position, 1 + reader_.u16());
    result.age_s = std::min<uint32_t>(reader_.u8(), result.lifetime_s);
    if (reader_.u8() == 0) result.signature.value[0] ^= 1;
    return result;
  }
  Record location() {
    return example_record(example_identity(reader_.u8()), kLocation, reader_.u8());
  }
  void ask(size_t at) {
    if (reader_.u8() % 2) {
      flock_.look_up(at, target());
      ++asked_[at];
      return;
    }
    flock_.directory(at).look_up_carrying(flock_.now(), stranger(), reader_.u8(),
                                          Bytes(reader_.u8() % (Carried::kPayloadMax + 1), 1));
    ++asked_[at];
    flock_.drain(at);
  }
  void say_digest(size_t at) {
    Digest digest;
    digest.tags = {tag_of(record()), RecordTag{}};
    flock_.inject(stranger(), at, digest);
    flock_.inject(stranger(), at, Want{AskToken{}, digest.tags});
  }
  void carry(size_t at) {
    Carried carried;
    carried.id = reader_.u8();
    carried.payload = Bytes(reader_.u8() % (Carried::kPayloadMax + 1), 2);
    carried.sender_location = location();
    flock_.inject(stranger(), at, CarriedDelivery{carried});
  }
  // Nonces are secret, but who is asked knows them: as if by a lucky guess.
  void answer(size_t at) {
    const uint8_t what = reader_.u8();
    bool done = false;
    flock_.tap = [&](const Flight& flight) {
      const auto message = decode_directory_message(flight.payload);
      const auto* lookup = message ? std::get_if<Lookup>(&*message) : nullptr;
      if (!lookup || done) return true;
      done = true;
      LookupAnswer answer{lookup->nonce, 0, {}, {}};
      if (what % 4 == 0) answer.records = {record()};
      if (what % 4 == 1) answer.way = {stranger()};
      if (what % 4 == 2) {
        pending_.emplace_back(flight.to, flight.from, PassedOn{lookup->nonce});
      } else {
        pending_.emplace_back(flight.to, flight.from, answer);
      }
      return false;
    };
    flock_.look_up(at, target());
    ++asked_[at];
    flock_.tap = nullptr;
    for (const auto& [from, to, message] : std::exchange(pending_, {}))
      flock_.inject(flock_.at(from).id, to, message);
  }
  void publish(size_t at) {
    const uint8_t kind = reader_.u8();
    const uint8_t sequence = reader_.u8();
    const Bytes body(reader_.u8(), 3);
    const uint32_t lifetime_s = 1 + reader_.u16();
    if (kind >= kGathered) {
      flock_.directory(at).publish_at(flock_.now(), kind, {}, body, lifetime_s, sequence);
    } else if (kind != kLocation) {
      flock_.directory(at).publish(flock_.now(), kind, body, lifetime_s, sequence);
    }
    flock_.drain(at);
  }

  void check(size_t at) {
    const Directory& directory = flock_.directory(at);
    STARLING_CHECK(directory.store().bytes() <= RecordStore::kBytesMax);
    STARLING_CHECK(directory.open_questions() <= Passages::kPassagesMax + Directory::kLookupsMax);
    for (const auto& [key, stored] : directory.store().all()) {
      STARLING_CHECK(stored.told.size() <= RecordStore::kToldMax);
      STARLING_CHECK(stored.confirmed_by.size() <= RecordStore::kToldMax);
    }
  }
  void heal() {
    flock_.options().loss = 0;
    for (size_t at = 0; at < kHonest; ++at) flock_.draw_contacts(at);
    flock_.run_for(Directory::kContactWait + Directory::kLookupTime);
    for (size_t at = 0; at < kHonest; ++at) STARLING_CHECK(flock_.at(at).done.size() == asked_[at]);
    // Longer than anybody is left out for silence, so everybody is heard again.
    flock_.run_for(2h + 30min);
    for (size_t at = 0; at < kHonest; ++at) {
      const size_t other = (at + 1) % kHonest;
      const LookupId id = flock_.look_up_location(at, other);
      flock_.run_for(Directory::kLookupTime);
      STARLING_CHECK(flock_.found(at, id));
      STARLING_CHECK(becomes_idle(at));
    }
  }
  // No question stays open for ever. Exploring opens some now and then, so not every moment is an idle one.
  bool becomes_idle(size_t at) {
    for (auto left = Directory::kExploreMax; left > 0s; left -= 1s) {
      if (flock_.directory(at).open_questions() == 0) return true;
      flock_.run_for(1s);
    }
    return false;
  }

  wire::Reader reader_;
  Flock flock_;
  std::array<size_t, kHonest> asked_{};
  std::vector<std::tuple<size_t, size_t, DirectoryMessage>> pending_;
};

}  // namespace
}  // namespace starling::directory

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  starling::directory::Fuzzer({data, size}).run();
  return 0;
}
