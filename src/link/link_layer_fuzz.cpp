// Two honest layers, a peer that says anything under valid keys, and a network that the input commands: nothing
// crashes, tables stay bounded, control messages of one life of a link arrive in order without a gap, and once
// the network behaves the two link up.
#include "link/handmade_peer.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace starling::link {
namespace {

constexpr int kOperationsMax = 400;
// 2 honest nodes and one stranger: keys, pending handshakes, attempts and ended links, each with its bound.
constexpr size_t kTableEntriesMax = 256;
constexpr size_t kCapturedMax = 64;
constexpr CarrierId kStream{2};

// What node `at` received in the present life of its link to the other honest node.
struct Received {
  LinkId link;
  uint32_t last = 0;
};

class Fuzzer {
 public:
  explicit Fuzzer(ByteView input) : reader_(input), pair_(1), hostile_(pair_, 2) {
    pair_.tap = [this](const Flight& flight) {
      if (captured_.size() < kCapturedMax) captured_.push_back(flight);
      return true;
    };
    for (const size_t at : {0u, 1u}) {
      pair_.node(at).layer->add_carrier(kStream, CarrierKind::tcp);
      pair_.node(at).on_event = [this, at](const LayerEvent& event) { check(at, event); };
    }
  }

  void run() {
    for (int i = 0; i < kOperationsMax && reader_.left() > 0; ++i) {
      operate();
      for (const size_t at : {0u, 1u}) check_bounds(pair_.node(at));
    }
    heal();
  }

 private:
  void check(size_t at, const LayerEvent& event) {
    const auto* of_link = std::get_if<LinkEvent>(&event);
    if (!of_link || of_link->peer != pair_.node(1 - at).key()) return;
    const auto* control = std::get_if<ControlReceived>(&of_link->what);
    if (!control) return;
    const uint32_t number = wire::Reader(ByteView(control->message).subspan(1)).u32();
    Received& received = received_[at];
    STARLING_CHECK(received.link == of_link->link ? number == received.last + 1
                                                  : number > received.last);
    received = {of_link->link, number};
  }
  static void check_bounds(const LinkNode& node) {
    STARLING_CHECK(node.layer->table_entries() <= kTableEntriesMax);
    STARLING_CHECK(node.layer->links().size() <= 2);
  }

  void operate() {
    const uint8_t operation = reader_.u8();
    const size_t at = operation & 1;
    switch (operation >> 1 & 0x1f) {
      case 0:
        return pair_.run_for(std::chrono::milliseconds(reader_.u8()));
      case 1:
        return pair_.run_for(std::chrono::seconds(reader_.u8()));
      case 2:
        return pair_.dial(at, 1 - at);
      case 3:
        return send_control(at);
      case 4:
        return void(pair_.send_datagram(at, 1 - at, Bytes(reader_.u16() % (kDatagramMax + 50), 1)));
      case 5:
        return send_sealed(at);
      case 6:
        return drop();
      case 7:
        return duplicate();
      case 8:
        return alter();
      case 9:
        return replay();
      case 10:
        return pair_.inject(hostile_.address, pair_.node(at).address, some_bytes());
      case 11:
        return void(hostile_.shake_hands(at, hostile_.hello()));
      case 12:
        return hostile_says();
      case 13:
        return pair_.node(at).layer->close(pair_.now(), pair_.link_id(at, 1 - at),
                                           CloseReason::leaving),
               pair_.drain(at);
      case 14:
        return restart(at);
      case 15:
        return pair_.move_node(at);
      case 16:
        return pair_.node(at).layer->network_changed(pair_.now()), pair_.drain(at);
      case 17:
        return set_faults(at);
      case 18:
        return pair_.node(at).layer->suspect(pair_.now(), pair_.link_id(at, 1 - at)),
               pair_.drain(at);
      case 19:
        return pair_.node(at).layer->remove_carrier(pair_.now(), carrier()), pair_.drain(at);
      case 20:
        return pair_.node(at).layer->add_carrier(kTestCarrier, CarrierKind::udp), add_stream(at);
      case 21:
        return pair_.node(at).layer->dial(pair_.now(), pair_.node(1 - at).key(),
                                          {kStream, pair_.node(1 - at).address}),
               pair_.drain(at);
      case 22:
        return void(pair_.node(at).layer->ask_key(pair_.now(), pair_.path_to(1 - at))),
               pair_.drain(at);
      default:
        return pair_.run_for(10ms);
    }
  }

  CarrierId carrier() { return reader_.u8() % 2 ? kTestCarrier : kStream; }
  void add_stream(size_t at) { pair_.node(at).layer->add_carrier(kStream, CarrierKind::tcp); }
  Bytes some_bytes() {
    return copy_of(reader_.view(std::min<size_t>(reader_.u8(), reader_.left())));
  }

  void send_control(size_t at) {
    const size_t size = 5 + reader_.u16() % 4'000;
    if (!pair_.link(at, 1 - at)) return;
    // A refused message takes the link down: its number is missing in no life of the link.
    const uint32_t number = ++sent_[at];
    Bytes message = wire::Writer().u8(0x40).u32(number).take();
    message.resize(size);
    pair_.send_control(at, 1 - at, message);
  }
  void send_sealed(size_t at) {
    const size_t header = reader_.u8();
    const size_t body = reader_.u16() % (kDatagramMax + 50);
    pair_.node(at).layer->send_sealed(pair_.now(), pair_.link_id(at, 1 - at),
                                      Bytes(header + body, 1), header);
    pair_.drain(at);
  }
  std::multimap<Instant, Flight>::iterator some_flight() {
    if (pair_.flights.empty()) return pair_.flights.end();
    return std::next(pair_.flights.begin(),
                     static_cast<std::ptrdiff_t>(reader_.u8() % pair_.flights.size()));
  }
  void drop() {
    if (const auto flight = some_flight(); flight != pair_.flights.end())
      pair_.flights.erase(flight);
  }
  void duplicate() {
    if (const auto flight = some_flight(); flight != pair_.flights.end())
      pair_.flights.emplace(flight->first + 3ms, flight->second);
  }
  void alter() {
    const auto flight = some_flight();
    if (flight == pair_.flights.end() || flight->second.bytes.empty()) return;
    Bytes& bytes = flight->second.bytes;
    bytes[reader_.u16() % bytes.size()] ^= static_cast<uint8_t>(reader_.u8() | 1);
  }
  void replay() {
    if (captured_.empty()) return;
    const Flight flight = captured_[reader_.u8() % captured_.size()];
    const bool forged = reader_.u8() % 2;
    pair_.inject(forged ? hostile_.address : flight.source, flight.path.remote, flight.bytes);
  }
  void hostile_says() {
    const Bytes plaintext = some_bytes();
    if (hostile_.established) hostile_.say(plaintext);
  }
  void restart(size_t at) {
    pair_.node(at).start();
    add_stream(at);
    received_[at] = {{}, received_[at].last};
  }
  void set_faults(size_t at) {
    const uint8_t bits = reader_.u8();
    pair_.faults(at, 1 - at) = {.latency = std::chrono::milliseconds(1 + (bits & 0x3f) * 4),
                                .jitter = 5ms,
                                .loss = bits & 0x40 ? 0.2 : 0.0,
                                .mtu = bits & 0x20   ? size_t{256}
                                       : bits & 0x10 ? size_t{9'000}
                                                     : size_t{1'472},
                                .blocked = (bits & 0x83) == 0x83};
  }

  void heal() {
    pair_.set_faults({});
    for (const size_t at : {0u, 1u}) {
      pair_.node(at).layer->add_carrier(kTestCarrier, CarrierKind::udp);
      add_stream(at);
    }
    pair_.run_for(30s);  // what ended on one side only is noticed on the other one
    pair_.dial(0, 1);
    pair_.run_for(10s);
    STARLING_CHECK(pair_.link(0, 1) && pair_.link(1, 0));
    for (const size_t at : {0u, 1u}) {
      const uint32_t before = received_[1 - at].last;
      send_control(at);
      pair_.run_for(10s);
      STARLING_CHECK(received_[1 - at].last > before && received_[1 - at].last == sent_[at]);
      check_bounds(pair_.node(at));
    }
  }

  wire::Reader reader_;
  LinkPair pair_;
  HandmadePeer hostile_;
  std::vector<Flight> captured_;
  uint32_t sent_[2] = {0, 0};
  Received received_[2];
};

}  // namespace
}  // namespace starling::link

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  starling::link::Fuzzer({data, size}).run();
  return 0;
}
