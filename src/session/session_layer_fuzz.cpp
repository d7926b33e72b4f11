// Two layers with an open stream between them, and a stranger who sends what the input says under any name, mutates what is
// under way, drops and delays it. The input is a list of operations of a byte and its operands.
#include "session/session_pair.h"
#include "wire/reader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace starling;
  using namespace starling::session;
  wire::Reader input(ByteView(data, size));
  SessionPair pair({});
  std::vector<Flight> seen;
  for (const size_t i : {0u, 1u}) pair.layer(i).listen("a/1", SessionLayer::allow_all());
  pair.tap = [&](Flight& flight) {
    if (seen.size() < 64) seen.push_back(flight);
    return true;
  };
  const StreamId stream = pair.open(0, 1, "a/1");
  const auto some = [&] { return seen[input.u8() % seen.size()]; };
  for (int step = 0; step < 200 && input.left() > 0; ++step) {
    switch (input.u8() % 7) {
      case 0:
        pair.layer(0).write(pair.now(), stream, Bytes(input.u16(), 'x'));
        pair.drain(0);
        break;
      case 1: {  // a packet of the stranger's own
        const size_t to = input.u8() & 1;
        const NodeId from = input.u8() & 1 ? pair.at(1 - to).id : NodeId{};
        pair.inject(from, to, input.view(std::min<size_t>(input.u8(), input.left())));
        break;
      }
      case 2: {  // one that was under way, with a byte changed
        Flight flight = some();
        const size_t at = input.u16() % flight.payload.size();
        flight.payload[at] ^= input.u8();
        pair.inject(flight.from, flight.to, flight.payload);
        break;
      }
      case 3: {  // cut short
        const Flight flight = some();
        pair.inject(flight.from, flight.to,
                    ByteView(flight.payload).first(input.u16() % flight.payload.size()));
        break;
      }
      case 4: {  // back to its sender, as from its receiver
        const Flight flight = some();
        pair.inject(pair.at(flight.to).id, 1 - flight.to, flight.payload);
        break;
      }
      case 5:
        if (input.u8() & 1) {
          pair.cut();
        } else {
          pair.mend();
        }
        break;
      default:
        pair.run_for(Duration(1ms) * input.u8());
    }
  }
  return 0;
}
